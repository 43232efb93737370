"""What facts were on a day: of one household for its page, of many for the policy."""

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import DateField, DecimalField, QuerySet
from django.utils import timezone

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.registry.groups import shown
from nuanxin.registry.models import Circumstance, Household, Member, Person
from nuanxin.registry.periods import period_on

from .households import members_of


@dataclass(frozen=True)
class FactAsOf:
    """A fact on a day: whose, the field, what it was, and the period that says so (None: never changed)."""

    subject: Household | Person
    name: str
    value: Any
    period: Circumstance | None


@dataclass(frozen=True)
class FileAsOf:
    """A household as of a day: its own facts, who lived there, and each one's facts."""

    day: date
    facts: list[FactAsOf]
    members: list[Member]
    of_members: dict[int, list[FactAsOf]]


def file_as_of(household: Household, day: date | None = None) -> FileAsOf:
    """All facts of a household and of those who lived in it as they held on a day, today by default."""
    from nuanxin.registry.services import HOUSEHOLD_FIELDS, PERSON_FIELDS

    day = day or timezone.localdate()
    members = list(members_of(household, day))
    own = _by_fact(Circumstance.objects.of(household))
    theirs: dict[int | None, dict[str, list[Circumstance]]] = {}
    for period in _in_order(Circumstance.objects.filter(person__in=[m.person_id for m in members])):
        theirs.setdefault(period.person_id, defaultdict(list))[period.fact].append(period)
    return FileAsOf(
        day,
        [_fact(household, name, own.get(name, []), day) for name in sorted(HOUSEHOLD_FIELDS)],
        members,
        {
            member.person_id: [
                _fact(member.person, name, theirs.get(member.person_id, {}).get(name, []), day)
                for name in sorted(PERSON_FIELDS)
            ]
            for member in members
        },
    )


def periods_of(subject: Household | Person, fact: str) -> QuerySet[Circumstance]:
    """The periods of one fact that count, the latest first; none when it never changed."""
    rows = Circumstance.objects.of(subject).counting().filter(fact=fact)
    return rows.select_related("staff", "evidence", "household", "person").order_by("-since")


def value_of(subject: Household | Person, fact: str, stored: Any) -> Any:
    """What a period keeps, as the column would give it."""
    field = subject._meta.get_field(fact)
    if stored is None:
        return None
    if isinstance(field, MoneyField):
        return Money(stored)
    if isinstance(field, DateField):
        return date.fromisoformat(stored)
    return Decimal(stored) if isinstance(field, DecimalField) else stored


def _fact(subject: Household | Person, name: str, periods: list[Circumstance], day: date) -> FactAsOf:
    period = period_on(periods, day)
    value = value_of(subject, name, period.value) if period else getattr(subject, name)
    return FactAsOf(subject, name, value, period)


def _in_order(rows: QuerySet[Circumstance]) -> QuerySet[Circumstance]:
    counting = rows.filter(replaced__isnull=True)
    return counting.select_related("staff", "evidence").order_by("since")


def _by_fact(rows: QuerySet[Circumstance]) -> dict[str, list[Circumstance]]:
    found: dict[str, list[Circumstance]] = defaultdict(list)
    for period in _in_order(rows):
        found[period.fact].append(period)
    return found


def fact_in_words(fact: FactAsOf) -> str:
    """A fact as the reader may see it."""
    return _in_words(fact.subject, fact.name, fact.value)


def period_in_words(period: Circumstance) -> str:
    """What a period says, as the reader may see it."""
    subject = period.person or period.household
    return _in_words(subject, period.fact, value_of(subject, period.fact, period.value))


def _in_words(subject: Household | Person, name: str, value: Any) -> str:
    """As `groups.shown`, of another value than the row's own."""
    told = copy(subject)
    setattr(told, name, value)
    return shown(told, name)


def held_sql(
    of_persons: bool, names: Sequence[str], day: date, known_until: datetime | None, homes: str
) -> tuple[str, list[Any]]:
    """One row a household, or person, whose facts have periods: subject, facts (what each was on the day).

    Of the periods known before `known_until` the last one begun by the day counts, and for days before all
    of them the first. `homes` is the subquery of the households asked for, whose parameters the caller has
    added; empty for all in scope.
    """
    subject = "person_id" if of_persons else "household_id"
    known = "replaced IS NULL"
    params: list[Any] = [list(names)]
    if known_until:
        known = "created < %s AND (replaced IS NULL OR replaced >= %s)"
        params += [known_until, known_until]
    theirs = ""
    if homes:
        theirs = (
            f"household_id IN ({homes}) AND "
            if not of_persons
            else (
                f"person_id IN (SELECT person_id FROM registry_member WHERE household_id IN ({homes})) AND "
            )
        )
    sql = (
        f"SELECT subject, jsonb_object_agg(fact, value) AS facts FROM ("
        f"SELECT DISTINCT ON ({subject}, fact) {subject} AS subject, fact, value FROM registry_circumstance"
        f" WHERE {theirs}person_id IS {'NOT ' if of_persons else ''}NULL AND fact = ANY (%s) AND {known}"
        f" ORDER BY {subject}, fact, since <= %s DESC,"
        " CASE WHEN since <= %s THEN since END DESC, since) held GROUP BY subject"
    )
    return sql, [*params, day, day]
