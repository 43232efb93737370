"""Tabs of a page: which one is open, and how much each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class PageTab:
    """One tab: `key` is the value of the query parameter, `count` None where nothing is counted."""

    key: str
    label: Any
    count: int | None
    on: bool


def chosen(names: Mapping[str, Any], request: HttpRequest) -> str:
    """The tab asked for, else the first."""
    asked = request.GET.get("tab", "")
    return asked if asked in names else next(iter(names))


def tabs(names: Mapping[str, Any], on: str, counts: Mapping[str, int]) -> list[PageTab]:
    """The tabs in order."""
    return [PageTab(key, label, counts.get(key), key == on) for key, label in names.items()]
