"""What money may be used for, in words: the programmes' purposes and a few uses no programme has."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Words(Protocol):
    """The same words in two languages."""

    def in_(self, language: str) -> str: ...


#: Uses outside the programmes, and those a programme shares with drives and lists.
OTHERS: dict[str, Any] = {
    "send-warmth": _("送温暖慰问"),
    "holiday-goods": _("会员节日慰问品"),
    "taper": _("渐退期救助"),
    "training": _("职业培训"),
    "job-placement": _("职业介绍"),
    "legal-aid": _("法律援助"),
    "rent-relief": _("小微企业房租减免"),
}
_sources: list[Callable[[], Mapping[str, Words]]] = []


def names_purposes(source: Callable[[], Mapping[str, Words]]) -> Callable[[], Mapping[str, Words]]:
    """Register who tells further purposes by their codes; it is asked anew each time."""
    _sources.append(source)
    return source


def purposes() -> dict[str, str]:
    """Every purpose there is, by code, in the reader's language."""
    language = get_language() or "zh"
    named = {code: words.in_(language) for source in _sources for code, words in source().items()}
    return named | {code: str(words) for code, words in OTHERS.items()}


def purpose_label(code: str) -> str:
    """A purpose in words; one nobody has named is shown as its code."""
    return purposes().get(code, code)
