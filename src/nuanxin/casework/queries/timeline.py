"""What happened to a household's file, newest first, by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import format_yuan
from nuanxin.records import queries as records
from nuanxin.records.words import say

from ..models import CLASSES, Application, Award, File, Visit

CASE, VISIT, AWARD, CHANGE = "case", "visit", "award", "change"
#: The kinds of steps, in the order of the filter.
KINDS = {CASE: _("办理过程"), VISIT: _("走访"), AWARD: _("帮扶"), CHANGE: _("信息变动")}
#: The line of the audit trail about a visit; the visit itself says more.
_VISITED = "visit.recorded"
#: The act that gives files another class.
_RECLASSIFIED = "file.reclassify"
_NOON = time(12)


@dataclass(frozen=True)
class Step:
    """One line of the timeline: when (a day where no time is known), what, who, why, and of which kind."""

    when: datetime | date
    what: Any
    who: str
    why: str
    kind: str = CASE


def timeline(application: Application) -> list[Step]:
    """What happened to an application: the audit trail, with the reasons that were given."""
    return [
        Step(entry.at, say(entry.action), _who(entry.staff), entry.note)
        for entry in records.timeline(application)
    ]


def file_timeline(file: File, visits: list[Visit], awards: list[Award]) -> list[Step]:
    """What happened to a file and its household: steps, visits, awards, and changes of the facts."""
    steps = [*_recorded(file), *_reclassified(file), *map(_visited, visits)]
    for award in awards:
        steps += _awarded(award)
    return sorted(steps, key=_moment, reverse=True)


def _recorded(file: File) -> Iterator[Step]:
    """The audit trail of the file, its application and the household."""
    household = file.household
    for entry in records.timeline(file, file.application, household):
        if entry.action != _VISITED:
            kind = CHANGE if entry.kind == household._meta.label else CASE
            yield Step(entry.at, say(entry.action), _who(entry.staff), entry.note, kind)


def _reclassified(file: File) -> Iterator[Step]:
    """Each change of class, from which to which, by whom and why. They are made in sets, and the trail has
    one line for a set; what each file was before is in its history.
    """
    kept = apps.get_model("casework", "FileHistory").objects.filter(id=file.pk).order_by("pgh_id")
    named = dict(CLASSES)
    for before, after in pairwise(kept.only("clazz", "pgh_created_at", "pgh_staff")):
        if before.clazz != after.clazz:
            line = records.line_of_set(_RECLASSIFIED, file, after.pgh_created_at)
            why = f"{named[before.clazz]} → {named[after.clazz]} {line.note if line else ''}".strip()
            yield Step(after.pgh_created_at, say(_RECLASSIFIED), _who(line.staff) if line else "", why)


def _visited(visit: Visit) -> Step:
    return Step(
        visit.created, _("入户走访"), visit.visitors, f"{visit.get_finding_display()} {visit.note}", VISIT
    )


def _awarded(award: Award) -> Iterator[Step]:
    what = _("%(title)s：%(amount)s 元") % {
        "title": award.title,
        "amount": format_yuan(award.amount),
    }
    if award.paid_on:
        yield Step(award.paid_on, _("救助金到卡"), "", what, AWARD)
    if decided := award.decided_on:
        yield Step(decided, _("批准救助"), "", what, AWARD)


def _moment(step: Step) -> datetime:
    """Where a step stands in the order; a day without a time stands at its noon."""
    if isinstance(step.when, datetime):
        return step.when
    return timezone.make_aware(datetime.combine(step.when, _NOON))


def _who(staff: Any) -> str:
    return staff.local_name if staff else ""
