"""Reads of the registry."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import IdentityError, check_phone, parse_id
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.sealing import fingerprint
from nuanxin.kernel.sets import begins
from nuanxin.orgs.models import Staff

from . import labels
from .models import Expense, Household, Member, Person, Roster, RosterRow


def households() -> QuerySet[Household]:
    """All households in scope, newest first, with head and organisation."""
    return Household.objects.select_related("head", "org").order_by("-id")


def members_of(household: Household, day: date | None = None) -> QuerySet[Member]:
    """Who lives in the household, the head first; on a day in the past when one is given."""
    members = Member.objects.filter(household=household).select_related("person").order_by("relation", "id")
    if day is None:
        return members.filter(until__isnull=True)
    return members.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


def expenses_of(household: Household) -> QuerySet[Expense]:
    """The household's rigid spending, the latest year first."""
    return Expense.objects.filter(household=household).order_by("-year", "kind")


def household_of(person: Person) -> Household | None:
    """The household a person lives in."""
    live = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    return live.household if live else None


# -- history ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What somebody changed at a time: of whom, and (label, before, after) for each field."""

    at: datetime
    staff: str
    subject: str
    lines: list[tuple[Any, str, str]]


#: Columns of the history that say nothing to a reader.
_SILENT = re.compile(
    r"^(id|pgh_.*|org|roster|head|created|changed|pinyin|initials|.*_cipher|.*_hash|id_mask)$"
)


def changes(household: Household) -> list[Change]:
    """What was changed in the facts of a household and of those who live in it, newest first."""
    persons = [member.person for member in members_of(household)]
    found = _changes_of(household, [household]) + _changes_of(persons[0] if persons else None, persons)
    staff = Staff.objects.in_bulk({staff for _at, staff, _subject, _lines in found if staff})
    made = [
        Change(at, staff[by].local_name if by in staff else "", subject, lines)
        for at, by, subject, lines in found
    ]
    return sorted(made, key=lambda change: change.at, reverse=True)


def _changes_of(like: models.Model | None, rows: Sequence[Any]) -> list[tuple[datetime, Any, str, Any]]:
    """The differences between one kept state of each row and the next."""
    if like is None:
        return []
    history = apps.get_model("registry", f"{type(like).__name__}History")
    names = {row.pk: str(row) for row in rows}
    kept = history.objects.filter(id__in=list(names)).order_by("id", "pgh_id")
    found = []
    for before, after in pairwise(kept):
        lines = _differences(before, after) if before.id == after.id else []
        if lines:
            found.append((after.pgh_created_at, after.pgh_staff, names[after.id], lines))
    return found


def _differences(before: Any, after: Any) -> list[tuple[Any, str, str]]:
    return [
        (field.verbose_name, in_words(before, field.name), in_words(after, field.name))
        for field in after._meta.concrete_fields
        if not _SILENT.match(field.name) and getattr(before, field.attname) != getattr(after, field.attname)
    ]


def name_of(model: type[models.Model], field: str) -> Any:
    """What a field is called."""
    found = model._meta.get_field(field)
    assert isinstance(found, models.Field)
    return found.verbose_name


def in_words(row: Any, name: str) -> str:
    """A fact of a household or person as one reads it; a dash when it is not known."""
    value = getattr(row, name)
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, Money):
        return format_yuan(value)
    if name in labels.LISTS:
        return labels.labels(name, value if isinstance(value, list) else [value])
    return str(value)


# -- finding ------------------------------------------------------------------------------------


def by_number(text: str) -> QuerySet[Person] | None:
    """Persons in scope with this very ID number or mobile number; None when the text is neither."""
    try:
        return Person.objects.filter(id_hash=fingerprint(parse_id(text).number, "id_number"))
    except IdentityError:
        pass
    try:
        return Person.objects.filter(phone_hash=fingerprint(check_phone(text), "phone"))
    except IdentityError:
        return None


def find_people(text: str) -> QuerySet[Person]:
    """Persons in scope by full ID or mobile number, else by name, pinyin or initials."""
    text = text.strip()
    exact = by_number(text)
    if exact is not None:
        return exact
    key = text.lower()
    called = begins("pinyin", key) | begins("initials", key) if text.isascii() else begins("name", text)
    return Person.objects.filter(called).order_by("pinyin", "id")


def find_households(text: str, among: QuerySet[Household] | None = None) -> QuerySet[Household]:
    """Households in which somebody answers to the text: see `find_people`."""
    rows = households() if among is None else among
    if not text.strip():
        return rows
    lives = Member.objects.filter(
        household=OuterRef("pk"), until__isnull=True, person__in=find_people(text).order_by()
    )
    return rows.filter(Exists(lives))


# -- facts for the policy engine ------------------------------------------------------------------


class Relation(NamedTuple):
    """A query with `%s` for its parameters and the columns it yields, as the policy engine takes it."""

    sql: str
    params: Sequence[Any]
    columns: frozenset[str]


_MONEY = ("annual_income", "other_income", "loss")
_FACTS = (
    "residence", "people", "dibao_certificate", "homes", "vehicle", "business", "costly_schooling",
    "disaster_victim", "single_parent", "self_help", "zero_employment", "main_cause",
)  # fmt: skip


def facts_relation(household_ids: QuerySet[Household] | Iterable[int]) -> Relation:
    """One row a household: subject, place (path), and the facts; money in fen, null for unknown.

    `expenses` tells whether the household's spending is known in full.
    """
    chosen, params = _chosen(household_ids)
    facts = ", ".join(f"h.{name}" for name in (*_FACTS, *_MONEY))
    sql = (
        f"SELECT h.id AS subject, h.org_path AS place, {facts}, h.expenses_known AS expenses"
        f" FROM registry_household h WHERE h.id IN ({chosen})"
    )
    return Relation(sql, params, frozenset(["subject", "place", "expenses", *_FACTS, *_MONEY]))


def expenses_relation(household_ids: QuerySet[Household] | Iterable[int]) -> Relation:
    """One row an expense, of the latest year a household has any: subject, kind, amount (fen), evidenced."""
    chosen, params = _chosen(household_ids)
    sql = (
        "SELECT household_id AS subject, kind, amount, evidenced FROM ("
        "SELECT e.*, max(e.year) OVER (PARTITION BY e.household_id) AS latest"
        f" FROM registry_expense e WHERE e.household_id IN ({chosen})) spent WHERE year = latest"
    )
    return Relation(sql, params, frozenset(["subject", "kind", "amount", "evidenced"]))


def facts(household_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The same facts for a few households, by key: money as Money, `expenses` as rows or None if unknown."""
    ids = list(household_ids)
    found = {}
    for row in _rows(facts_relation(ids)):
        complete = row.pop("expenses")
        for name in _MONEY:
            row[name] = None if row[name] is None else Money(row[name])
        found[row.pop("subject")] = row | {"expenses": [] if complete else None}
    for row in _rows(expenses_relation(ids)):
        spent = found[row.pop("subject")]["expenses"]
        if spent is not None:
            spent.append(row | {"amount": Money(row["amount"])})
    return found


def _chosen(household_ids: QuerySet[Household] | Iterable[int]) -> tuple[str, Sequence[Any]]:
    """The keys as a subquery and its parameters."""
    if isinstance(household_ids, QuerySet):
        sql, params = household_ids.order_by().values("pk").query.sql_with_params()
        return sql, params
    return "SELECT unnest(%s::bigint[])", [list(household_ids)]


def _rows(relation: Relation) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(relation.sql, relation.params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# -- rosters ------------------------------------------------------------------------------------


def rosters() -> QuerySet[Roster]:
    """Rosters in scope, newest first."""
    return Roster.objects.select_related("org", "staff", "job", "place").order_by("-id")


def staged(roster: Roster, *, faulty_only: bool = False) -> QuerySet[RosterRow]:
    """The staged rows, households before members, in the order of the workbook."""
    rows = roster.rows.filter(upload=roster.upload)
    if faulty_only:
        rows = rows.filter(Q(faulty=True) | ~Q(problems=[]) | ~Q(conflicts=[]))
    return rows.order_by("-faulty", "sheet", "row_no") if faulty_only else rows.order_by("sheet", "row_no")
