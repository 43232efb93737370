"""What a checklist asks and what a visit found, in words, for pages and papers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.programmes import Field
from nuanxin.registry.groups import HIDDEN

from . import answers, checklists, declared
from .checklists import Item
from .models import Found

#: How an item stands: the word for it, and the tone it is marked with.
TONES = {"agrees": "done", "differs": "warn", "unverified": "off", "noted": ""}


@dataclass(frozen=True)
class Line:
    """One item of a visit as its reader sees it."""

    code: str
    title: str
    declared: str
    found: str
    state: str
    word: str
    note: str
    taken: str
    fact: str

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def differs(self) -> bool:
        return self.state == "differs"

    @property
    def is_open(self) -> bool:
        """Whether it is what a reader looks at first."""
        return self.state in ("differs", "unverified")


def said(item: Item, kept: Any) -> str:
    """A declared or found value of an item in words; that nothing is on file when it is None."""
    unit = item.unit.in_(_language()) if item.unit else ""
    return _("档案中没有") if kept is None else _worded(item.field, kept, unit)


def lines(rows: Iterable[Found], version: str = "") -> list[Line]:
    """The items of a visit for the current reader; figures of a closed group are "•••"."""
    known = checklists.of_version(version) if version else None
    items = {item.code: item for item in known.items} if known else {}
    return [_line(row, items.get(row.item)) for row in rows]


def _line(row: Found, item: Item | None) -> Line:
    closed = not declared.open_to(scope.current(), row.groups.split())
    state = state_of(row)
    return Line(
        code=row.item,
        title=row.local_title,
        declared=HIDDEN if closed else _figure(row, item, row.declared) if row.fact else "",
        found=HIDDEN if closed else _figure(row, item, row.found),
        state=state,
        word=words()[state],
        note=HIDDEN if closed and row.note else row.note,
        taken=_taken(row),
        fact=row.fact,
    )


def state_of(row: Found) -> str:
    """How an item stands; "noted" where nothing was declared to hold it against."""
    if row.found is None:
        return "unverified"
    if row.agrees is None:
        return "noted"
    return "agrees" if row.agrees else "differs"


def words() -> dict[str, str]:
    """The words for how an item stands."""
    return {"agrees": _("一致"), "differs": _("有出入"), "unverified": _("未核实"), "noted": _("已记录")}


def _figure(row: Found, item: Item | None, kept: Any) -> str:
    """A value as it was asked; where the checklist is gone, as it is kept."""
    if kept is None:
        return "—"
    field = item.field if item else Field(row.item, row.kind, Text(row.title, row.title_en))
    return _worded(field, kept, row.local_unit)


def _worded(field: Field, kept: Any, unit: str) -> str:
    words = answers.worded(field, kept, _language())
    return f"{words} {unit}" if unit else words


def _taken(row: Found) -> str:
    if row.taken_on is None or row.taken_by is None:
        return ""
    return _("%(day)s 由%(who)s记入家庭信息") % {
        "day": row.taken_on.isoformat(),
        "who": row.taken_by.local_name,
    }


def _language() -> str:
    return get_language() or "zh"
