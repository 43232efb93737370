"""A home visit on paper: the checklist as it was filled, or an empty one to take along.

Figures go through the reader's field groups; of the empty form, items that are closed to the reader are left
out. In Chinese, whatever language the reader's pages are in.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from nuanxin.registry.groups import shown
from nuanxin.registry.models import Household

from . import checklists, declared, queries
from .checklists import Checklist, Item
from .found_words import Line, lines, said, words
from .models import Visit
from .printing import render
from .services import checklist_for


def filled_pdf(visit: Visit) -> bytes:
    """What a visit found, item by item."""
    with override("zh-hans"):
        return render("visit.typ", filled(visit))


def empty_pdf(household: Household) -> bytes:
    """The form with what was declared, and room for what is found."""
    with override("zh-hans"):
        return render("visit.typ", empty(household))


def filled(visit: Visit) -> dict[str, Any]:
    """What the paper of a visit shows, as plain text."""
    found = lines(queries.found_of(visit), visit.checklist)
    checklist = checklists.of_version(visit.checklist) if visit.checklist else None
    return _head(visit.household, checklist) | {
        "day": visit.visited_on.isoformat(),
        "visitors": visit.visitors,
        "finding": str(visit.get_finding_display()),
        "note": visit.note,
        "parts": _parts(found, checklist),
    }


def empty(household: Household) -> dict[str, Any]:
    """What the empty form shows."""
    checklist = checklist_for()
    told = declared.of_households([household], checklist.facts)[household.pk] if checklist else {}
    parts = [
        [part.title.zh, [_blank(item, told.get(item.against)) for item in part.items]]
        for part in (checklist.parts if checklist else ())
    ]
    finding = "  ".join(f"□{label}" for label in Visit.Finding.labels)
    return _head(household, checklist) | {
        "day": "", "visitors": "", "finding": finding, "note": "", "parts": parts,
    }  # fmt: skip


def _head(household: Household, checklist: Checklist | None) -> dict[str, Any]:
    return {
        "title": checklist.title.zh if checklist else _("入户走访"),
        "version": checklist.version if checklist else "",
        "household": shown(household.head, "name"),
        "address": household.address or "—",
        "unit": household.org.name,
        "printed_on": timezone.localdate().isoformat(),
    }


def _parts(found: list[Line], checklist: Checklist | None) -> list[list[Any]]:
    """The lines under the headings of their checklist; under none when its file is gone."""
    rows = {line.code: [line.title, line.declared or "—", line.found, line.word, line.note] for line in found}
    if checklist is None:
        return [["", list(rows.values())]] if rows else []
    parts = [
        [part.title.zh, [rows[item.code] for item in part.items if item.code in rows]]
        for part in checklist.parts
    ]
    return [part for part in parts if part[1]]


def _blank(item: Item, kept: Any) -> list[str]:
    """A line to be filled in by hand."""
    title = item.field.title.zh
    if not item.against:
        return [title, "—", _choices(item), "", ""]
    said_of = words()
    marks = "  ".join(f"□{said_of[mark]}" for mark in ("agrees", "differs", "unverified"))
    return [title, said(item, kept), "", marks, ""]


def _choices(item: Item) -> str:
    """The options to tick; nothing where a figure is written."""
    return "  ".join(f"□{text.zh}" for _code, text in item.field.options)
