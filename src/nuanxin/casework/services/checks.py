"""What a home visit found on each item of its checklist, held against what the file says that day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.registry.models import Household

from .. import answers, declared, programmes
from ..checklists import Checklist, Item, in_force, of_version
from ..models import Application, Found, Visit

#: What was found on an item, as the visitor marks it.
AGREES, DIFFERS, UNVERIFIED = "agrees", "differs", "unverified"
MOST_NOTE = 200


@dataclass(frozen=True)
class Answer:
    """What was marked and typed on one item: how it stands, the figure found, a word on it."""

    state: str = ""
    found: Any = ""
    note: str = ""

    @property
    def blank(self) -> bool:
        return not (self.state or str(self.found).strip() or self.note.strip())


@dataclass(frozen=True)
class Checked:
    """A checklist as it was gone through: its version (empty: the one in force) and the answers by item."""

    version: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)


class Unclear(answers.Unreadable):
    """Some items cannot be taken; `errors` says of each why, naming it."""


def wants_checklist(application: Application | None) -> bool:
    """Whether the programme asks for a visit, so that the visit goes by the checklist."""
    return application is not None and programmes.of(application).visit


def checklist_for(version: str = "") -> Checklist | None:
    """The checklist the current actor goes by: this version, or else the one in force today."""
    found = (of_version(version) if version else None) or in_force(timezone.localdate())
    return found.open_to(scope.current()) if found else None


def as_declared(household: Household) -> Checked:
    """The checklist of a visit that found everything that was declared as it was declared."""
    found = checklist_for()
    if found is None:
        return Checked()
    said = declared.of_households([household], found.facts)[household.pk]
    marks = {
        item.code: Answer(UNVERIFIED if said[item.against] is None else AGREES)
        for item in found.items
        if item.against and (item.field.required or said[item.against] is not None)
    }
    return Checked(found.version, marks)


def hold_against(household: Household, checked: Checked | None, *, whole: bool) -> list[Found]:
    """The rows to be kept with a visit, beside what the file says now; none where nothing was answered.

    `whole`: every required item must be answered. Raises Unclear naming each item that cannot be taken.
    """
    checklist = checklist_for(checked.version if checked else "")
    given = {code: one for code, one in (checked.answers if checked else {}).items() if not one.blank}
    if checklist is None or not (given or whole):
        return []
    said = declared.of_households([household], checklist.facts)[household.pk]
    known = {item.code for item in checklist.items}
    errors: dict[str, Any] = {code: _("清单没有这一项。") for code in given.keys() - known}
    made = []
    for position, item in enumerate(checklist.items, 1):
        try:
            row = _row(item, said.get(item.against), given.get(item.code), whole)
        except ValueError as error:
            errors[item.code] = _("“%(title)s”：%(reason)s") % {
                "title": _title(item),
                "reason": error.args[0],
            }
        else:
            if row:
                row.org_id, row.position = household.org_id, position
                made.append(row)
    if errors:
        raise Unclear(errors)
    return made


def version_of(checked: Checked | None) -> str:
    """The version a visit keeps."""
    found = checklist_for(checked.version if checked else "")
    return found.version if found else ""


def keep(visit: Visit, rows: list[Found]) -> None:
    """Write the rows with their visit."""
    for row in rows:
        row.visit = visit
    Found.objects.bulk_create(rows)


def _title(item: Item) -> str:
    return item.field.title.in_(get_language() or "zh")


def _row(item: Item, said: Any, answer: Answer | None, whole: bool) -> Found | None:
    """The row of one item; ValueError with the reason in words."""
    if answer is None:
        if whole and item.field.required:
            raise ValueError(_("请选“一致”、“有出入”或“未核实”。"))
        return None
    found = _found(item, said, answer)
    title, unit = item.field.title, item.unit
    return Found(
        item=item.code,
        title=title.zh,
        title_en=title.en,
        unit=unit.zh if unit else "",
        unit_en=unit.en if unit else "",
        kind=item.field.type,
        fact=item.against,
        groups=" ".join(sorted(item.groups)),
        declared=said,
        found=found,
        agrees=None if found is None or not item.against else found == said,
        note=_note(answer.note),
    )


def _note(text: str) -> str:
    if len(text.strip()) > MOST_NOTE:
        raise ValueError(_("说明最多 %(most)s 字。") % {"most": MOST_NOTE})
    return text.strip()


def _found(item: Item, said: Any, answer: Answer) -> Any:
    """What was found as it is kept; None where it was not verified."""
    if answer.state == AGREES:
        if not item.against or said is None:
            raise ValueError(_("申报中没有这一项，请填写看到的情况。"))
        return said
    if answer.state == UNVERIFIED:
        return None
    if answer.state not in (DIFFERS, ""):
        raise ValueError(_("请选“一致”、“有出入”或“未核实”。"))
    found = answers.kept_as(item.field, answer.found)
    if found is None:
        raise ValueError(_("请填写看到的情况。"))
    if item.least is not None and Decimal(found) < item.least:
        raise ValueError(_("不能小于 %(least)s。") % {"least": item.least})
    _refuse_what_no_file_holds(item, found)
    return found


def _refuse_what_no_file_holds(item: Item, found: Any) -> None:
    """A figure that could not be taken over into the file is not taken down either."""
    if not item.against:
        return
    try:
        declared.facts()[item.against].value(found)
    except ValidationError as error:
        said = next(iter(error.messages), "") or _("填写的数值超出范围。")
        raise ValueError(said) from None


def differing(rows: list[Found]) -> Iterator[Found]:
    """The rows on which the visit found something else than was declared."""
    return (row for row in rows if row.agrees is False)
