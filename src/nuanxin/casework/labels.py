"""Code lists of the registry and states in words, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.records import words
from nuanxin.registry.roster.codes import CODE_LISTS

#: The tone of each state, for chips.
APPLICATION_TONES = {
    "draft": "off",
    "submitted": "wait",
    "returned": "warn",
    "noticed": "wait",
    "approved": "done",
    "refused": "no",
    "withdrawn": "off",
}
FILE_TONES = {"open": "done", "closed": "off"}
CLASS_TONES = {
    "deep": "warn",
    "relative": "wait",
    "accident": "warn",
    "none": "off",
    "excluded": "no",
    "unknown": "off",
}
LIST_TONES = {"draft": "off", "submitted": "wait", "returned": "warn", "approved": "done", "dropped": "off"}
AWARD_TONES = {"proposed": "off", "approved": "wait", "paid": "done", "returned": "no", "removed": "off"}

#: What the timeline calls acts that are no moves of a flow.
for _action, _label in {
    "application.start": _("建立申请"),
    "assessment.made": _("认定"),
    "visit.recorded": _("登记入户调查"),
    "objection.recorded": _("登记异议"),
    "objection.settled": _("处理异议"),
    "file.open": _("建立档案"),
    "aid_list.made": _("编制名单"),
}.items():
    words.name(_action, _label)


def code_label(code_list: str, code: str | None) -> str:
    """The name of a code of the file form; the code itself when the list does not know it."""
    if not code:
        return ""
    found = CODE_LISTS[code_list].by_code.get(code)
    return found.label(get_language() or "zh") if found else code


def code_choices(code_list: str) -> list[tuple[str, Any]]:
    """The list as choices of a filter."""
    language = get_language() or "zh"
    return [(item.code, item.label(language)) for item in CODE_LISTS[code_list].items]


def code_labels(code_list: str, codes: list[str]) -> str:
    """Several codes by name."""
    return "、".join(code_label(code_list, code) for code in codes)


def tone(tones: Mapping[str, str], state: str) -> str:
    """The tone of a state; "off" when it has none."""
    return tones.get(state, "off")


def said(text: Mapping[str, str]) -> str:
    """A stored text in both languages, in the reader's."""
    return text["en" if (get_language() or "").startswith("en") else "zh"]
