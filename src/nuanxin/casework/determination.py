"""The one place where casework asks the policy: explanations of many subjects, limits in days."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.kernel.money import Money, round_fen
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.explanation import Explanation, Figure

from .facts import Subject

FILING = "filing"
LIVING = "living-aid"
#: Standards that count working days, set by place and date like any other.
NOTICE_DAYS = "notice_working_days"
REVIEW_DAYS = "review_working_days"


def explain(programme: str, subjects: Mapping[int, Subject], day: date) -> dict[int, Explanation]:
    """Determine every subject by the pack in force where it lives, with the full account of each.

    Refused when no pack is in force at one of the places.
    """
    given = {key: (subject.place, subject.facts) for key, subject in subjects.items()}
    return policy.determine_many(programme, given, day)


def days(parameter: str, place: str, day: date) -> int | None:
    """A limit in working days where the policy sets one, else None."""
    found = policy.standard(parameter, place, day)
    return int(found.value) if found else None


def figure(explanation: Explanation, name: str) -> Figure | None:
    """A named expression of the pack as it came out."""
    return next((value for value in explanation.values if value.name == name), None)


def value(explanation: Explanation, name: str) -> Decimal | None:
    """The exact value of a named expression; None when unknown or not of this pack."""
    found = figure(explanation, name)
    return found.value if found else None


def due(explanation: Explanation) -> Money | None:
    """What the programme's benefits come to together; None when one is unknown or none is open."""
    if not explanation.decided or not explanation.benefits:
        return None
    amounts = [benefit.amount for benefit in explanation.benefits]
    return None if None in amounts else Money.total(amount for amount in amounts if amount is not None)


def yearly_cap(explanation: Explanation) -> Money | None:
    """The most the household may have of the programme in the year; None when the pack names no limit."""
    limit = value(explanation, "yearly_limit")
    return None if limit is None else round_fen(limit)


def plain(explanation: Explanation) -> dict[str, Any]:
    """The facts the determination rested on, in JSON."""
    lists = {
        rows.name: [{figure.name: figure.raw for figure in row} for row in rows.rows] if rows.known else None
        for rows in explanation.lists
    }
    return {figure.name: figure.raw for figure in explanation.facts} | lists
