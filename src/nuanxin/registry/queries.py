"""Reads of the registry."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
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


Households = QuerySet[Household] | Iterable[int]

_TEXTS = ("residence", "main_cause", "focus_group")
_FACTS = (
    "people", "dibao_certificate", "homes", "vehicle", "business", "costly_schooling", "disaster_victim",
    "single_parent", "self_help", "zero_employment", "annual_income", "other_income", "loss",
)  # fmt: skip
_PERSON = ("work_status", "health", "disability_level", "education")
#: Columns that hold whole fen.
MONEY = frozenset(["annual_income", "other_income", "loss", "amount", "monthly_income"])


def facts_relation(households: Households, known_on: date | None = None) -> Relation:
    """One row a household: subject, place (path), and the facts; money in fen, null for unknown.

    `started_work_on` is the head's. `expenses` and `members` tell whether those lists are known in full:
    the spending when it was recorded, the members when as many are registered as the household counts.
    With a day in the past the facts are those known at the end of it; who was not registered is missing.
    """
    known = _Known(households, known_on)
    facts = [*(f"h.{name}" for name in _FACTS), *(f"nullif(h.{name}, '') AS {name}" for name in _TEXTS)]
    sql = (
        f"SELECT h.id AS subject, h.org_path AS place, {', '.join(facts)}, p.started_work_on,"
        " h.expenses_known AS expenses, coalesce(lives.persons >= h.people, false) AS members"
        f" FROM {known.homes()}"
        f" LEFT JOIN {known.person('h.head_id')}"
        f" LEFT JOIN (SELECT m.household_id, count(*) AS persons FROM {known.members()}"
        " GROUP BY m.household_id) lives ON lives.household_id = h.id"
    )
    names = ["subject", "place", "started_work_on", "expenses", "members", *_FACTS, *_TEXTS]
    return Relation(sql, known.params, frozenset(names))


def expenses_relation(households: Households, known_on: date | None = None) -> Relation:
    """One row an expense, of the latest year a household has any: subject, kind, amount (fen), evidenced."""
    known = _Known(households, known_on)
    sql = (
        "SELECT household_id AS subject, kind, amount, evidenced FROM ("
        "SELECT e.*, max(e.year) OVER (PARTITION BY e.household_id) AS latest"
        f" FROM {known.expenses()}) spent WHERE year = latest"
    )
    return Relation(sql, known.params, frozenset(["subject", "kind", "amount", "evidenced"]))


def places_relation(households: Households) -> Relation:
    """Each place where one of the households is kept now, once: place (path).

    For all households in scope it goes from each path in the index to the next, and reads no household.
    """
    known = _Known(households, None)
    sql = f"SELECT DISTINCT h.org_path AS place FROM {known.homes()}"
    if known.everybody:
        after = "SELECT min(org_path) AS place FROM registry_household"
        sql = (
            f"WITH RECURSIVE places AS ({after}"
            f" UNION ALL SELECT ({after} WHERE org_path > places.place) FROM places WHERE place IS NOT NULL)"
            " SELECT place FROM places WHERE place IS NOT NULL"
        )
    return Relation(sql, known.params, frozenset(["place"]))


def members_relation(households: Households, known_on: date | None = None) -> Relation:
    """One row a person who lives in a household: subject, relation to the head (codes as GB/T 4761),
    born_on, monthly_income (fen) and the codes of work, health, disability and education.
    """
    known = _Known(households, known_on)
    codes = ", ".join(f"nullif(p.{name}, '') AS {name}" for name in _PERSON)
    sql = (
        "SELECT m.household_id AS subject, nullif(m.relation, '') AS relation, p.born_on, p.monthly_income,"
        f" {codes} FROM {known.members()} LEFT JOIN {known.person('m.person_id')}"
    )
    names = ["subject", "relation", "born_on", "monthly_income", *_PERSON]
    return Relation(sql, known.params, frozenset(names))


class _Known:
    """The tables of the registry as they are, or as they were at the end of a day in the past.

    Each method gives a piece of a FROM clause and adds its parameters, so they are called in the order
    in which the pieces stand in the statement.
    """

    def __init__(self, households: Households, known_on: date | None) -> None:
        past = known_on is not None and known_on < timezone.localdate()
        self.until = _end_of(known_on) if past and known_on else None
        self.households = households
        self.params: list[Any] = []

    def chosen(self) -> str:
        """The keys of the households as a subquery."""
        if isinstance(self.households, QuerySet):
            sql, params = self.households.order_by().values("pk").query.sql_with_params()
            self.params += params
            return sql
        self.params.append(self.keys)
        return "SELECT unnest(%s::bigint[])"

    @cached_property
    def keys(self) -> str:
        """The keys as one text: as an array each would be written on its own, every time they are named."""
        assert not isinstance(self.households, QuerySet)
        return "{" + ",".join(map(str, self.households)) + "}"

    @property
    def everybody(self) -> bool:
        """Whether all households in scope are asked for, so that none need be chosen."""
        rows = self.households
        return isinstance(rows, QuerySet) and not (rows.query.where or rows.query.is_sliced)

    def homes(self) -> str:
        if self.until:
            return self._rows("household", "pgh_obj_id", "h")
        if not isinstance(self.households, QuerySet):
            return f"(SELECT * FROM registry_household WHERE id IN ({self.chosen()})) h"
        fields = Household._meta.concrete_fields
        rows = self.households.order_by().values(*(field.attname for field in fields))
        sql, params = rows.query.sql_with_params()
        self.params += params
        return f"({sql}) h ({', '.join(field.column for field in fields)})"

    def members(self) -> str:
        """Who lives in the households: who did on the day."""
        if self.until is None:
            return self._live("member", "m", "until IS NULL")
        rows = self._rows("member", "household_id", "lived")
        day = timezone.localdate(self.until) - timedelta(days=1)
        self.params += [day, day]
        return f"(SELECT * FROM {rows} WHERE since <= %s AND coalesce(until, 'infinity'::date) > %s) m"

    def expenses(self) -> str:
        return self._rows("expense", "household_id", "e") if self.until else self._live("expense", "e")

    def person(self, key: str) -> str:
        """One person, to be joined; the columns stand under p."""
        if self.until is None:
            return f"registry_person p ON p.id = {key}"
        self.params.append(self.until)
        return (
            f"LATERAL (SELECT * FROM registry_personhistory k WHERE k.pgh_obj_id = {key}"
            " AND k.pgh_created_at < %s ORDER BY k.pgh_id DESC LIMIT 1) p ON true"
        )

    def _live(self, table: str, alias: str, condition: str = "true") -> str:
        theirs = "true" if self.everybody else f"household_id IN ({self.chosen()})"
        return f"(SELECT * FROM registry_{table} WHERE {condition} AND {theirs}) {alias}"

    def _rows(self, table: str, key: str, alias: str) -> str:
        """The last state of each row before the end of the day, without those deleted by then."""
        self.params.append(self.until)
        return (
            "(SELECT * FROM (SELECT DISTINCT ON (pgh_obj_id) *"
            f" FROM registry_{table}history WHERE pgh_created_at < %s AND {key} IN ({self.chosen()})"
            f" ORDER BY pgh_obj_id, pgh_id DESC) kept WHERE pgh_label <> 'delete') {alias}"
        )


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


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
