"""A text in both languages, and how values are written in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .types import Kind, Type


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """The words in 'zh' or 'en' (a longer tag such as 'zh-hans' is cut)."""
        return self.en if language.startswith("en") else self.zh


UNKNOWN = Text("不详", "unknown")
YES, NO = Text("是", "yes"), Text("否", "no")

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?::(percent))?\}")


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
