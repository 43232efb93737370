"""The keys each part of a pack may have (shapes.yaml): read by the reader and published as a schema."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from .texts import Text


@dataclass(frozen=True, slots=True)
class Key:
    """What stands under a key: a kind or another shape, perhaps as `list ...` or `map ...` of it."""

    kind: str
    needed: bool
    about: Text


def _read() -> dict[str, dict[str, Key]]:
    data = yaml.safe_load(Path(__file__).with_name("shapes.yaml").read_text(encoding="utf-8"))
    return {
        shape: {
            name.rstrip("?"): Key(told["is"], not name.endswith("?"), Text(told["zh"], told["en"]))
            for name, told in keys.items()
        }
        for shape, keys in data.items()
    }


SHAPES = _read()


def keys(shape: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that must be there and those that may, in the order they are written."""
    found = SHAPES[shape]
    return (
        tuple(name for name, key in found.items() if key.needed),
        tuple(name for name, key in found.items() if not key.needed),
    )
