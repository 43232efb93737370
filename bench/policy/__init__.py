"""The policy at work on a million households, beside other ways to compute the same rule."""

from bench.policy.measure import measure

__all__ = ["measure"]
