"""The facts of a few households or files one by one: the same relations, read into values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel.money import Money
from nuanxin.kernel.sets import among
from nuanxin.policy.queries import Relation

from . import relations
from .models import File


@dataclass(frozen=True)
class Subject:
    """One household as the policy sees it: where it belongs, and what is known of it.

    Money is Money, unknown is None; a list is its rows, None when it is not known in full.
    """

    place: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def of_households(households: Iterable[int], as_of: date, known_on: date | None = None) -> dict[int, Subject]:
    """The subjects of these households; those out of scope, or not known on the day, are missing."""
    return read(relations.of_households(list(households), as_of, known_on), "subject")


def of_files(files: Iterable[int], programme: str, as_of: date) -> dict[int, Subject]:
    """The subjects of these files: their households' facts, the class, and what they had this year."""
    return read(relations.of_files(File.objects.filter(among(files)), programme, as_of), "file")


def read(given: relations.Given, key: str, money: frozenset[str] = relations.MONEY) -> dict[int, Subject]:
    """The subjects of relations by the column `key`; `money` names the columns that hold fen."""
    homes = {row["subject"]: row for row in _rows(given.subjects, money)}
    for name, relation in given.lists.items():
        for home in homes.values():
            home[name] = [] if home[name] else None
        for row in _rows(relation, money):
            listed = homes.get(row.pop("subject"), {}).get(name)
            if listed is not None:
                listed.append(row)
    return {home[key]: Subject(home["place"], _facts(home)) for home in homes.values()}


def _facts(home: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in home.items() if name not in _NO_FACTS}


#: What a relation carries beside the facts.
_NO_FACTS = ("subject", "place", "file", "application", "household", "overruled", "reasons")


def _rows(relation: Relation, money: frozenset[str]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(relation.sql, relation.params)
        names = [column.name for column in cursor.description]
        return [
            {name: _value(name in money, value) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]


def _value(money: bool, value: Any) -> Any:
    return Money(value) if money and value is not None else value
