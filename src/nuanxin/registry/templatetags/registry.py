"""Filters of the registry's pages: {% load registry %}."""

from typing import Any

from django import template

from nuanxin.kernel import scope
from nuanxin.records.models import Entry
from nuanxin.records.words import say
from nuanxin.registry import groups, labels, papers

register = template.Library()


@register.filter
def code(value: str, field: str) -> str:
    """{{ person.health|code:"health" }}: the code in words."""
    return labels.label(field, value)


@register.filter
def paper(category: str) -> Any:
    """{{ document.category|paper }}: what kind of document it is, in words."""
    return dict(papers.CATEGORIES).get(category, category)


@register.filter
def said(entry: Entry) -> Any:
    """{{ entry|said }}: what was done, in words."""
    return say(entry.action)


@register.filter
def shown(row: Any, name: str) -> str:
    """{{ person|shown:"health" }}: a fact in words, "•••" when its group is closed to the reader."""
    return groups.shown(row, name)


@register.filter
def opened(group: str) -> bool:
    """{% if "finance"|opened %}: whether the reader may see the facts of a group."""
    return groups.may(scope.current(), group)
