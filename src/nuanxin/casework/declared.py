"""The declared facts a home visit can be held against: of a household, of its head, and what it spends.

A fact is named `household.<field>`, `head.<field>` or `expense.<kind>`. Values are given as answers are kept
(see answers.py): money in fen, numbers and days as exact text, flags as true and false, None for unknown.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import override

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.kernel.sets import among
from nuanxin.policy.engine.texts import Text
from nuanxin.registry import labels
from nuanxin.registry import services as registry
from nuanxin.registry.groups import (
    CHILD_FIELDS,
    CHILDREN,
    FINANCE,
    HEALTH,
    HEALTH_KINDS,
    group_of,
    may,
)
from nuanxin.registry.models import Expense, Household, Person

from . import answers

EXPENSE = "expense"
_OWNERS: dict[str, type[models.Model]] = {"household": Household, "head": Person, EXPENSE: Expense}
_KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (MoneyField, "money"),
    (models.DecimalField, "number"),
    (models.PositiveSmallIntegerField, "count"),
    (models.BooleanField, "flag"),
    (models.DateField, "date"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: whose it is, its column (of an expense its kind), the kind of answer, who may see it."""

    owner: str
    name: str
    kind: str
    groups: frozenset[str]

    @property
    def corrected(self) -> bool:
        """Whether a correction of the file can carry it; spending counts by its bills alone."""
        return self.owner != EXPENSE

    def subject(self, household: Household) -> Household | Person:
        """Whose fact it is in a household."""
        return household.head if self.owner == "head" else household

    def options(self) -> tuple[tuple[str, Text], ...]:
        """The codes it can have, in words of both languages."""
        said: list[list[tuple[str, Any]]] = []
        for language in ("zh-hans", "en"):
            with override(language):
                said.append([(code, str(words)) for code, words in labels.choices(self.name) if code])
        return tuple((code, Text(zh, en)) for (code, zh), (_code, en) in zip(*said, strict=True))

    def value(self, kept: Any) -> Any:
        """What its column holds for a kept answer; ValidationError when it cannot hold it."""
        found = answers.meant(self.kind, kept)
        found = int(found) if self.kind == "count" else found
        if self.owner == EXPENSE:
            return found
        field: Any = _OWNERS[self.owner]._meta.get_field(self.name)
        # the form rounds nothing, so neither does the column
        if self.kind == "number" and round(found, field.decimal_places) != found:
            raise ValidationError([])
        field.run_validators(found)
        return found


@cache
def facts() -> Mapping[str, Fact]:
    """All facts there are, by name."""
    found = [
        *_facts_of("household", registry.HOUSEHOLD_FIELDS, Household()),
        *_facts_of("head", registry.PERSON_FIELDS, Person()),
    ]
    for kind in Expense.Kind.values:
        closed = {FINANCE, HEALTH} if kind in HEALTH_KINDS else {FINANCE}
        found.append(Fact(EXPENSE, kind, "money", frozenset(closed)))
    return {f"{fact.owner}.{fact.name}": fact for fact in found}


def _facts_of(owner: str, names: Collection[str], row: Household | Person) -> Iterable[Fact]:
    for name in sorted(names):
        kind = _kind(name, type(row)._meta.get_field(name))
        if kind and registry.keeps_periods(row, name):
            groups = {group_of(type(row), name)}
            groups |= {CHILDREN} if owner == "head" and name in CHILD_FIELDS else set()
            yield Fact(owner, name, kind, frozenset(group for group in groups if group))


def _kind(name: str, field: Any) -> str:
    """The kind of answer that gives a column; empty for those no single answer gives."""
    for of, kind in _KINDS:
        if isinstance(field, of):
            return kind
    if not isinstance(field, models.CharField):
        return ""
    return "code" if name in labels.LISTS else "text"


def open_to(actor: Actor, groups: Iterable[str]) -> bool:
    """Whether the actor may see facts that all of these groups must open."""
    return all(may(actor, group) for group in groups)


def of_households(households: Collection[Household], names: Collection[str]) -> dict[int, dict[str, Any]]:
    """What these facts of each household are today, by its key; two queries for any number of them.

    The households come with their heads. Spending is that of the latest year there is any of; a kind that is
    missing in spending known in full is nought.
    """
    known = {name: facts()[name] for name in names}
    spent = _spent(households) if any(fact.owner == EXPENSE for fact in known.values()) else {}
    return {
        home.pk: {name: _declared(fact, home, spent.get(home.pk, {})) for name, fact in known.items()}
        for home in households
    }


def _spent(households: Collection[Household]) -> dict[int, dict[str, Money]]:
    """By household what it spends on each kind in its latest year."""
    rows = Expense.objects.filter(among([home.pk for home in households], "household"))
    found: dict[int, tuple[int, dict[str, Money]]] = defaultdict(lambda: (0, {}))
    for row in rows.order_by("year"):
        year, kinds = found[row.household_id]
        found[row.household_id] = (row.year, (kinds if year == row.year else {}) | {row.kind: row.amount})
    return {home: kinds for home, (_year, kinds) in found.items()}


def _declared(fact: Fact, home: Household, spent: Mapping[str, Money]) -> Any:
    if fact.owner == EXPENSE:
        return plain(spent.get(fact.name, Money(0) if home.expenses_known else None))
    return plain(getattr(fact.subject(home), fact.name))


def plain(value: Any) -> Any:
    """The value of a column as an answer is kept."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)
