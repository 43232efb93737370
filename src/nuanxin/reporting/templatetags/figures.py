"""Figures of returns in templates, each in its own unit."""

from typing import Any

from django import template

from nuanxin.kernel.money import Money, format_yuan
from nuanxin.records.words import say

register = template.Library()


@register.simple_tag
def amount(cell: Any, value: int | None) -> str:
    """The value in the cell's unit; a dash where no records fill it."""
    if value is None:
        return "—"
    return format_yuan(Money(value)) if cell.is_money else f"{value:,}"


@register.simple_tag
def figure(cell: Any, values: dict[str, int | None]) -> str:
    """The cell's value out of all values."""
    return amount(cell, values.get(cell.code))


@register.simple_tag
def sides(check: Any) -> str:
    """Both sides of a check."""
    show = (lambda fen: format_yuan(Money(fen))) if check.is_money else (lambda number: f"{number:,}")
    sign = (
        "="
        if check.left == check.right
        else ("≤" if check.at_most and check.holds else ">" if check.at_most else "≠")
    )
    return f"{show(check.left)} {sign} {show(check.right)}"


@register.simple_tag
def said(action: str) -> Any:
    """An audit action in words."""
    return say(action)
