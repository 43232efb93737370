"""The one place where casework asks the policy: determinations of many, explanations, limits in days."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.types import Kind, Type
from nuanxin.policy.queries import Explanation
from nuanxin.registry import groups
from nuanxin.registry.models import Household, Person

from .facts import Subject
from .models import Assessment, Award, Omission

FILING = "filing"
LIVING = "living-aid"
EXIT = "exit"
TAPER = "taper"
#: Standards that count working days, set by place and date like any other.
NOTICE_DAYS = "notice_working_days"
REVIEW_DAYS = "review_working_days"
#: Days between the visits to a household that is watched.
WATCH_DAYS = "watch_days"
#: Days between the visits of who is paired with a household.
PAIRING_DAYS = "pairing_visit_days"
#: The share of income by which a household is near the standard, and in how many days a survey is finished.
SURVEY_MARGIN = "survey_margin"
SURVEY_DAYS = "survey_days"
#: The local living allowance, against which a household's income is told.
LINE = "dibao"

Record = Assessment | Award | Omission


def explain(programme: str, subjects: Mapping[int, Subject], day: date) -> dict[int, Explanation]:
    """Determine every subject by the pack in force where it lives, with the full account of each.

    Nothing is kept. Refused when no pack is in force at one of the places.
    """
    given = {key: (subject.place, subject.facts) for key, subject in subjects.items()}
    return policy.determine_many(programme, given, day)


def explanation_of(record: Record) -> Explanation:
    """The full account of a determination that was kept, made again from its record."""
    return policy.explanation_of(kept(record))


def result_in_words(record: Assessment) -> str:
    """What a determination came to, in the reader's language: a class, or what its own pack calls it.

    It stands by itself, in a list or a chip; packs name results as they stand within a sentence.
    """
    if record.programme == FILING:
        return str(record.get_result_display())
    title = policy.pack_by_hash(record.pack_hash).result_title(record.result)
    return capfirst(title.in_(get_language() or "zh"))


def told(record: Record) -> Explanation:
    """The full account of a determination that was kept, as far as the actor may see it."""
    return open_to_reader(explanation_of(record))


def open_to_reader(found: Explanation) -> Explanation:
    """The account without the figures of families' income or health when those are closed to the actor."""
    actor = scope.current()
    facts = (groups.FINANCE, groups.HEALTH, groups.CHILDREN)
    closed = frozenset(group for group in facts if not groups.may(actor, group))
    return policy.reproduce(found, partial(_hides, closed)) if closed else found


def _hides(closed: frozenset[str], name: str, of: Type) -> bool:
    """Whether a fact is of a closed group: by the column it comes from, and any other amount is finance."""
    listed, _, column = name.rpartition(".")
    group = groups.group_of(Household, column) or groups.group_of(Person, column)
    if group is None and of.kind is Kind.MONEY:
        group = groups.FINANCE
    if name == "expenses.kind":
        group = groups.HEALTH
    if listed and column in groups.CHILD_FIELDS:
        group = groups.CHILDREN
    return group in closed


def open_facts(record: Record, told: Explanation) -> dict[str, Any]:
    """The facts of a record as far as the account tells them: null stands for what it keeps back."""
    closed = {figure.name for figure in told.facts if figure.text.zh == groups.HIDDEN}
    columns = {
        rows.name: {cell.name for row in rows.rows for cell in row if cell.text.zh == groups.HIDDEN}
        for rows in told.lists
    }

    def opened(name: str, value: Any) -> Any:
        if not isinstance(value, list):
            return None if name in closed else value
        return [{key: None if key in columns[name] else cell for key, cell in row.items()} for row in value]

    return {name: opened(name, value) for name, value in record.facts.items()}


def kept(record: Record) -> policy.Kept:
    """The record as the policy takes it."""
    day = record.aid_list.as_of if isinstance(record, Omission) else record.as_of
    return policy.Kept(
        sha256=record.pack_hash,
        day=day,
        place=str(record.org_id),
        facts=record.facts,
        standards=record.standards,
        outcome=record.outcome,
        overruled=record.overruled,
    )


def differences(record: Record) -> list[tuple[str, Any, Any]]:
    """Where the determination comes out otherwise when it is made again: (what, as kept, made again)."""
    return policy.differences(record.outcome, policy.outcome(explanation_of(record)))


def days(parameter: str, place: str, day: date) -> int | None:
    """A limit in working days where the policy sets one, else None."""
    found = policy.standard(parameter, place, day)
    return int(found.value) if found else None


def due(explanation: Explanation) -> Money | None:
    """What the programme's benefits come to together; None when one is unknown or none is open."""
    if not explanation.decided or not explanation.benefits:
        return None
    amounts = [benefit.amount for benefit in explanation.benefits]
    return None if None in amounts else Money.total(amount for amount in amounts if amount is not None)
