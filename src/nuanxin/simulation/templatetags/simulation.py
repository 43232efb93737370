"""Filters of this app: {% load simulation %}."""

from typing import Any

from django import template

from nuanxin.kernel.money import Money, format_yuan

register = template.Library()


@register.filter
def cell(value: Any) -> str:
    """A cell of a table: amounts with two decimals, counts with thousands, words as they are."""
    if isinstance(value, Money):
        return format_yuan(value)
    return f"{value:,}" if isinstance(value, int) else str(value)
