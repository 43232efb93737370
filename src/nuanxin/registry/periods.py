"""How a new period of a fact is laid over those before it: nothing is overwritten, no two overlap.

The periods of a fact that count follow each other without a gap, and the last one is open. A period laid
over them cuts what it covers: an open one is closed, a closed one is replaced by what is left of it.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date

from .models import Circumstance


@dataclass
class Laid:
    """What laying a period asks of the table: rows to close, rows to mark as replaced, rows to add."""

    closed: list[Circumstance] = field(default_factory=list)
    replaced: list[Circumstance] = field(default_factory=list)
    added: list[Circumstance] = field(default_factory=list)


def period_on(periods: Sequence[Circumstance], day: date) -> Circumstance | None:
    """The period that counts for a day, of periods in order; the first also for the days before it."""
    begun = [period for period in periods if period.since <= day]
    return begun[-1] if begun else next(iter(periods), None)


def lay(periods: Sequence[Circumstance], new: Circumstance) -> Laid:
    """Lay a period over those of the same fact, in order; a row without key is not in the table yet."""
    laid = Laid()
    for old in periods:
        if _apart(old, new):
            laid.added += [] if old.pk else [old]
            continue
        left = _part(old, old.since, new.since) if old.since < new.since else None
        ends_later = new.until is not None and (old.until is None or old.until > new.until)
        right = _part(old, new.until, old.until) if ends_later and new.until else None
        if old.pk and left and old.until is None:
            old.until, left = new.since, None
            laid.closed.append(old)
        elif old.pk:
            laid.replaced.append(old)
        laid.added += [part for part in (left, right) if part]
    laid.added.append(new)
    if periods and new.until and new.until < periods[0].since:
        laid.added.append(_part(periods[0], new.until, periods[0].since))
    return laid


def _apart(one: Circumstance, other: Circumstance) -> bool:
    return bool((one.until and one.until <= other.since) or (other.until and other.until <= one.since))


def _part(whole: Circumstance, since: date, until: date | None) -> Circumstance:
    """What is left of a period: the same value, source and evidence for fewer days."""
    part = copy(whole)
    part._state = copy(whole._state)
    part.pk, part.since, part.until, part._state.adding = None, since, until, True
    return part
