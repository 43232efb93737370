"""Rosters and their staged rows."""

from copy import copy
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.registry.groups import shown
from nuanxin.registry.importing.commit import differences_of
from nuanxin.registry.models import Household, Person, Roster, RosterRow

from .history import name_of


def rosters() -> QuerySet[Roster]:
    """Rosters in scope, newest first."""
    return Roster.objects.select_related("org", "staff", "job", "place").order_by("-id")


def staged(roster: Roster, *, faulty_only: bool = False) -> QuerySet[RosterRow]:
    """The staged rows, households before members, in the order of the workbook."""
    rows = roster.rows.filter(upload=roster.upload)
    if faulty_only:
        rows = rows.filter(Q(faulty=True) | ~Q(problems=[]) | ~Q(conflicts=[]))
    return rows.order_by("-faulty", "sheet", "row_no") if faulty_only else rows.order_by("sheet", "row_no")


def likely_doubles(roster: Roster, most: int = 20) -> tuple[int, list[str]]:
    """How many staged rows are very like a person on file or another row, and where the first stand."""
    rows = roster.rows.filter(upload=roster.upload, conflicts__contains=[{"code": "likely_double"}])
    places = rows.order_by("sheet", "row_no").values_list("sheet", "row_no")[:most]
    names = {sheet: kept.get("name", sheet) for sheet, kept in roster.layout.items()}
    return rows.count(), [f"{names.get(sheet, sheet)}!{row_no}" for sheet, row_no in places]


class Line(NamedTuple):
    """A fact of a file that a roster would change, in words, as the reader may see it."""

    name: str
    label: Any
    before: str
    after: str


def differences(roster: Roster) -> list[Line]:
    """What the commit of a checked roster would change in files there are: the first of it."""
    if roster.state != "checked" or not roster.ready:
        return []
    found = differences_of(roster)
    persons = Person.objects.in_bulk({line.person for line in found})
    houses = Household.objects.in_bulk({line.household for line in found if line.kind == "household"})
    lines = []
    for line in found:
        person = persons[line.person]
        row = person if line.kind == "person" else houses[line.household]
        said = [_said(row, line.fact, value) for value in (line.before, line.after)]
        lines.append(Line(shown(person, "name"), name_of(type(row), line.fact), *said))
    return lines


def _said(row: Any, fact: str, value: Any) -> str:
    """A value as JSON keeps it, in words, or hidden from who may not see the fact."""
    field, twin = row._meta.get_field(fact), copy(row)
    if isinstance(field, MoneyField):
        setattr(twin, fact, None if value is None else Money(value))
    else:
        setattr(twin, fact, field.to_python(value))
    return shown(twin, fact)
