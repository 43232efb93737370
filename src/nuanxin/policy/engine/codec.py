"""Frozen dataclasses to plain JSON and back, by their annotations."""

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from nuanxin.kernel.money import Money


def encode(value: Any) -> Any:
    """Decimal and dates become text, Money whole fen, tuples lists; what JSON has itself stays."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value):
        of: type = type(value)
        return {name: encode(getattr(value, name)) for name in _names(of)}
    return value.isoformat() if isinstance(value, date) else value


def decode(of: Any, data: Any) -> Any:
    """The value of type `of` that `encode` wrote."""
    if get_origin(of) in (Union, UnionType):
        return None if data is None else decode(_only(of), data)
    if get_origin(of) is tuple:
        return tuple(decode(get_args(of)[0], item) for item in data)
    if of is Money:
        return Money(data)
    if of is Decimal:
        return Decimal(data)
    if of is date:
        return date.fromisoformat(data)
    if is_dataclass(of) and isinstance(of, type):
        hints = _hints(of)
        return of(**{name: decode(hints[name], value) for name, value in data.items()})
    return data


def _only(of: Any) -> Any:
    """The one type of an optional; a union of plain JSON types needs no decoding."""
    kinds = [kind for kind in get_args(of) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 else object


@cache
def _names(of: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(of))


@cache
def _hints(of: type) -> dict[str, Any]:
    return get_type_hints(of)
