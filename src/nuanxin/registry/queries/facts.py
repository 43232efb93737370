"""Facts for the policy engine, as relations."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.registry.models import Household

from .held import held_sql


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


#: What a fact is as text in JSON, to be turned into what its column holds.
_KINDS = {
    "people": "smallint", "homes": "smallint", "annual_income": "bigint", "other_income": "bigint",
    "loss": "bigint", "monthly_income": "bigint", "started_work_on": "date", **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_PERSON, "text"),
}  # fmt: skip


def facts_relation(
    households: Households, known_on: date | None = None, held_on: date | None = None
) -> Relation:
    """One row a household: subject, place (path), and the facts; money in fen, null for unknown.

    `started_work_on` is the head's. `expenses` and `members` tell whether those lists are known in full:
    the spending when it was recorded, the members when as many are registered as the household counts.
    With `known_on` in the past the facts are those known at the end of that day; who was not registered is
    missing. With `held_on` before it they are those that held on that day, as far as known.
    """
    known = _Known(households, known_on, held_on)
    facts = [f"{known.fact('h', name)} AS {name}" for name in _FACTS]
    facts += [f"nullif({known.fact('h', name)}, '') AS {name}" for name in _TEXTS]
    sql = (
        f"SELECT h.id AS subject, h.org_path AS place, {', '.join(facts)},"
        f" {known.fact('p', 'started_work_on')} AS started_work_on, h.expenses_known AS expenses,"
        f" coalesce(lives.persons >= {known.fact('h', 'people')}, false) AS members"
        f" FROM {known.homes()}{known.held('h', 'h.id', (*_FACTS, *_TEXTS))}"
        f" LEFT JOIN {known.person('h.head_id')}{known.held('p', 'h.head_id', ('started_work_on',))}"
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


def members_relation(
    households: Households, known_on: date | None = None, held_on: date | None = None
) -> Relation:
    """One row a person who lives in a household: subject, relation to the head (codes as GB/T 4761),
    born_on, monthly_income (fen) and the codes of work, health, disability and education.
    """
    known = _Known(households, known_on, held_on)
    codes = ", ".join(f"nullif({known.fact('p', name)}, '') AS {name}" for name in _PERSON)
    sql = (
        "SELECT m.household_id AS subject, nullif(m.relation, '') AS relation, p.born_on,"
        f" {known.fact('p', 'monthly_income')} AS monthly_income, {codes}"
        f" FROM {known.members()} LEFT JOIN {known.person('m.person_id')}"
        f"{known.held('p', 'm.person_id', ('monthly_income', *_PERSON))}"
    )
    names = ["subject", "relation", "born_on", "monthly_income", *_PERSON]
    return Relation(sql, known.params, frozenset(names))


class _Known:
    """The tables of the registry as they are, or as they were at the end of a day in the past.

    Each method gives a piece of a FROM clause and adds its parameters, so they are called in the order
    in which the pieces stand in the statement.
    """

    def __init__(self, households: Households, known_on: date | None, held_on: date | None = None) -> None:
        today = timezone.localdate()
        past = known_on is not None and known_on < today
        self.until = _end_of(known_on) if past and known_on else None
        self.day = held_on if held_on and held_on < min(known_on or today, today) else None
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
        """The households that had not ended; an ended one is never determined anew."""
        if self.until:
            stood = self._rows("household", "pgh_obj_id", "stood")
            self.params.append(timezone.localdate(self.until) - timedelta(days=1))
            return f"(SELECT * FROM {stood} WHERE coalesce(ended_on, 'infinity'::date) > %s) h"
        if not isinstance(self.households, QuerySet):
            return f"(SELECT * FROM registry_household WHERE ended_on IS NULL AND id IN ({self.chosen()})) h"
        fields = Household._meta.concrete_fields
        rows = self.households.order_by().values(*(field.attname for field in fields))
        sql, params = rows.query.sql_with_params()
        self.params += params
        names = ", ".join(field.column for field in fields)
        return f"(SELECT * FROM ({sql}) chosen ({names}) WHERE ended_on IS NULL) h"

    def fact(self, table: str, name: str) -> str:
        """A fact of a household (h) or person (p): its column, or what it was on the day."""
        if self.day is None:
            return f"{table}.{name}"
        was, kind = f"{table}_held.facts", _KINDS.get(name, "boolean")
        return f"CASE WHEN {was} ? '{name}' THEN ({was} ->> '{name}')::{kind} ELSE {table}.{name} END"

    def held(self, table: str, key: str, names: Sequence[str]) -> str:
        """What facts were on the day, to be joined; nothing when it is the day the facts are known on."""
        if self.day is None:
            return ""
        homes = "" if self.everybody else f"SELECT id FROM registry_household WHERE id IN ({self.chosen()})"
        sql, params = held_sql(table == "p", names, self.day, self.until, homes)
        self.params += params
        return f" LEFT JOIN ({sql}) {table}_held ON {table}_held.subject = {key}"

    def members(self) -> str:
        """Who lives in the households: who did on the day; the first ones did before they were entered."""
        if self.until is None and self.day is None:
            return self._live("member", "m", "until IS NULL")
        if self.until is None:
            rows = self._live("member", "lived")
            day = self.day
        else:
            rows = self._rows("member", "household_id", "lived")
            day = self.day or timezone.localdate(self.until) - timedelta(days=1)
        self.params += [day, day]
        first = "min(since) OVER (PARTITION BY household_id)" if self.day else "since"
        return (
            f"(SELECT * FROM (SELECT *, {first} AS first FROM {rows}) stays"
            " WHERE since <= greatest(%s, first) AND coalesce(until, 'infinity'::date) > %s) m"
        )

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
