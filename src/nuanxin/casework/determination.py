"""The one place where casework asks the policy: determinations of many, explanations, limits in days."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from nuanxin.kernel.money import Money
from nuanxin.policy import queries as policy
from nuanxin.policy.queries import Explanation

from .facts import Subject
from .models import Assessment, Award, Omission

FILING = "filing"
LIVING = "living-aid"
#: Standards that count working days, set by place and date like any other.
NOTICE_DAYS = "notice_working_days"
REVIEW_DAYS = "review_working_days"

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


def kept(record: Record) -> policy.Kept:
    """The record as the policy takes it."""
    day = record.as_of if isinstance(record, Assessment) else record.aid_list.as_of
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
