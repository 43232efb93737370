"""The facts the policy asks, read set-based from the registry and from the files themselves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nuanxin.kernel.money import Money
from nuanxin.kernel.sets import among
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

from .models import Award, File


@dataclass(frozen=True)
class Subject:
    """One household as the policy sees it: where it belongs, and what is known of it."""

    place: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def of_households(households: Iterable[int], as_of: date) -> dict[int, Subject]:
    """The subjects of these households; those out of scope are missing."""
    known = registry.facts(households)
    rows = Household.objects.filter(among(known))
    heads = rows.values_list("pk", "org_id", "focus_group", "head__started_work_on")
    return {
        pk: Subject(
            str(place),
            {
                **{name: _said(value) for name, value in known[pk].items()},
                "focus_group": _said(focus),
                "employment_months": _months(started, as_of),
            },
        )
        for pk, place, focus, started in heads
    }


def _said(value: Any) -> Any:
    """A text column holds "" for what nobody said."""
    return None if value == "" else value


def _months(since: date | None, until: date) -> int | None:
    """Whole months between two days."""
    if since is None or since > until:
        return None
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def of_files(files: Iterable[int], programme: str, as_of: date) -> dict[int, Subject]:
    """The subjects of these files: their households' facts, the class, and what they had this year."""
    rows = {row.pk: row for row in File.objects.filter(among(files))}
    households = of_households([row.household_id for row in rows.values()], as_of)
    granted = _granted([row.household_id for row in rows.values()], programme, as_of.year)
    found = {}
    for pk, row in rows.items():
        subject = households[row.household_id]
        own = {
            "file_class": row.clazz if row.state == "open" else "none",
            "granted_this_year": granted[row.household_id],
        }
        found[pk] = Subject(subject.place, {**subject.facts, **own})
    return found


def _granted(households: list[int], programme: str, year: int) -> dict[int, Money]:
    """What each household was granted of a programme in the year, paid or on its way."""
    files = dict(File.objects.filter(among(households, "household")).values_list("pk", "household_id"))
    rows = Award.objects.filter(
        among(files, "file"), programme=programme, year=year, state__in=["approved", "paid", "returned"]
    )
    found: dict[int, Money] = defaultdict(lambda: Money(0))
    for file, amount in rows.values_list("file_id", "amount"):
        found[files[file]] += amount
    return found
