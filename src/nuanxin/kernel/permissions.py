"""The register of permissions: each app declares its own in permissions.py."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Permission:
    """code is "app.noun.verb"; `weight` says what needs a second factor: "see", "do", "decide", "pay"."""

    code: str
    label: Any
    weight: str = "do"


_register: dict[str, Permission] = {}


def declare(code: str, label: Any, weight: str = "do") -> str:
    """Announce a permission and return its code."""
    _register[code] = Permission(code, label, weight)
    return code


def declared() -> dict[str, Permission]:
    return dict(_register)


def weighty(codes: frozenset[str]) -> bool:
    """True when any of the permissions decides or pays: its holder needs a second factor."""
    return any(_register[code].weight in {"decide", "pay"} for code in codes if code in _register)
