"""Codes of the file form in words, in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .roster.codes import CODE_LISTS

#: The code list of each coded field of a person, a household and a member.
LISTS = {
    "sex": ("sex",),
    "ethnic": ("ethnic_group",),
    "political": ("political_status",),
    "education": ("education",),
    "marriage": ("marriage",),
    "hukou": ("hukou",),
    "health": ("health",),
    "disability_kind": ("disability_kind",),
    "disability_level": ("disability_level",),
    "work_status": ("work_status", "member_status"),
    "model_worker": ("model_worker",),
    "medical_insurance": ("insurance",),
    "residence": ("residence",),
    "housing": ("housing",),
    "industry": ("industry",),
    "main_cause": ("cause",),
    "other_causes": ("cause",),
    "focus_group": ("focus_group",),
    "origin": ("origin",),
    "declared_class": ("hardship_class",),
    "relation": ("relation",),
}
ROSTER_TONES = {
    "uploaded": "wait",
    "checked": "warn",
    "unreadable": "no",
    "committed": "done",
    "discarded": "off",
    "undone": "off",
}
STAGED_TONES = {"faulty": "no", "held": "wait", "warned": "warn", "ready": "done"}
STAGED = {"faulty": _("有误"), "held": _("待同户更正"), "warned": _("有提醒"), "ready": _("可入库")}


def label(field: str, code: str | None) -> str:
    """The name of a field's code; the code itself when no list knows it."""
    if not code:
        return ""
    for key in LISTS[field]:
        if found := CODE_LISTS[key].by_code.get(code):
            return found.label(get_language() or "zh")
    return code


def labels(field: str, codes: Iterable[str]) -> str:
    """Several codes by name."""
    return "、".join(label(field, code) for code in codes)


_lazy_label = lazy(label, str)


def choices(field: str, blank: Any = "") -> list[tuple[str, Any]]:
    """The codes of a field as choices, in words of the moment they are shown; an empty one first."""
    seen: dict[str, Any] = {"": blank or "——"}
    for key in LISTS[field]:
        for item in CODE_LISTS[key].items:
            seen.setdefault(item.code, _lazy_label(field, item.code))
    return list(seen.items())
