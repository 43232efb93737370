"""How values are written for people, in Chinese and in English."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .phrases import NO, UNKNOWN, YES
from .texts import Text
from .types import Kind, Type


def write(value: Any, of: Type, labels: Mapping[str, Text], language: str) -> str:
    """A value as people read it: '1,234.50', '3', '是', a code's label, '2024-01-01'; no unit."""
    if value is None:
        return UNKNOWN.in_(language)
    if of.kind is Kind.FLAG:
        return (YES if value else NO).in_(language)
    if of.kind is Kind.CODE:
        return labels[value].in_(language) if value in labels else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return write_number(value, cents=of.kind is Kind.MONEY)


def write_number(value: Decimal, *, cents: bool = False) -> str:
    """Two fixed decimals for money, else at most four and no trailing zeros."""
    if cents:
        return f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"
    text = f"{value.quantize(Decimal('0.0001'), ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".")


def percent(value: Decimal | None, language: str) -> str:
    """0.8 as '80%'."""
    return UNKNOWN.in_(language) if value is None else write_number(value * 100) + "%"
