"""Filters of the registry's pages: {% load registry %}."""

from typing import Any

from django import template

from nuanxin.records.models import Entry
from nuanxin.records.words import say
from nuanxin.registry import labels

register = template.Library()


@register.filter
def code(value: str, field: str) -> str:
    """{{ person.health|code:"health" }}: the code in words."""
    return labels.label(field, value)


@register.filter
def said(entry: Entry) -> Any:
    """{{ entry|said }}: what was done, in words."""
    return say(entry.action)
