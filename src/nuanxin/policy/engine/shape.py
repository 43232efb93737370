"""The keys each part of a pack or programme may have (shapes.yaml, programme_shapes.yaml).

Read by the readers and published as schemas.
"""

from collections.abc import Mapping
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


Shapes = Mapping[str, Mapping[str, Key]]


def _read(name: str) -> Shapes:
    data = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return {
        shape: {
            name.rstrip("?"): Key(told["is"], not name.endswith("?"), Text(told["zh"], told["en"]))
            for name, told in keys.items()
        }
        for shape, keys in data.items()
    }


SHAPES = _read("shapes.yaml")
PROGRAMME_SHAPES = _read("programme_shapes.yaml")


def keys(shape: str, shapes: Shapes = SHAPES) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that must be there and those that may, in the order they are written."""
    found = shapes[shape]
    return (
        tuple(name for name, key in found.items() if key.needed),
        tuple(name for name, key in found.items() if not key.needed),
    )
