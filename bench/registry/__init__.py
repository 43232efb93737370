"""The registry with a million households: `make bench ARGS="registry"`."""

from bench.registry.measure import measure

__all__ = ["measure"]
