"""The facts the policy asks, read set-based: one query for the households, one for their expenses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nuanxin.registry.models import Expense, Household

from .models import File

#: Columns of the household that are facts by the same name.
ASKED = (
    "people",
    "annual_income",
    "dibao_certificate",
    "homes",
    "vehicle",
    "business",
    "loss",
    "disaster_victim",
    "residence",
    "main_cause",
)


@dataclass(frozen=True)
class Subject:
    """One household as the policy sees it: where it belongs, and what is known of it."""

    place: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def of_households(households: Iterable[int], as_of: date) -> dict[int, Subject]:
    """The subjects of these households; those out of scope are missing."""
    expenses = _expenses(households)
    rows = Household.objects.filter(pk__in=households).values("pk", "org_id", *ASKED)
    return {
        row["pk"]: Subject(
            row["org_id"], {name: _known(row[name]) for name in ASKED} | {"expenses": expenses[row["pk"]]}
        )
        for row in rows
    }


def of_files(files: Iterable[int], as_of: date) -> dict[int, Subject]:
    """The subjects of these files: their households' facts and the class they are filed in."""
    filed = dict(File.objects.filter(pk__in=files).values_list("pk", "household_id"))
    clazz = dict(File.objects.filter(pk__in=files).values_list("pk", "clazz"))
    households = of_households(list(filed.values()), as_of)
    return {
        pk: Subject(found.place, {**found.facts, "file_class": clazz[pk]})
        for pk, household in filed.items()
        if (found := households.get(household))
    }


def _expenses(households: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Expense.objects.filter(household__in=households).order_by("household", "year", "kind")
    for row in rows.values("household", "kind", "amount", "evidenced"):
        found[row.pop("household")].append(row)
    return found


def _known(value: Any) -> Any:
    """A text column holds "" for what nobody said."""
    return None if value == "" else value
