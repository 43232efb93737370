"""Proposing the class of households by the filing policy, one or many by the same path."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.sets import among
from nuanxin.policy import queries as policy
from nuanxin.policy.queries import Pack
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.models import JobRun
from nuanxin.registry.models import Household

from .. import determination, keeping, relations
from ..models import KEPT, Application, Assessment
from ..permissions import APPLY, REVIEW

#: Above so many households the work goes to a job with progress.
AT_ONCE = 200
#: Households determined and written by one statement, between two signs of progress.
CHUNK = 10_000

Households = QuerySet[Household] | Iterable[int]


def keys(households: Households) -> list[int]:
    """The primary keys of a queryset, or the keys themselves."""
    if isinstance(households, QuerySet):
        return list(households.order_by("pk").values_list("pk", flat=True))
    return list(households)


def chunks(items: Sequence[int], size: int = CHUNK) -> Iterator[Sequence[int]]:
    """The items in runs of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


@transaction.atomic
def assess(*, households: Households, as_of: date | None = None, known_on: date | None = None) -> list[int]:
    """Determine the class of each household as of a day and keep the record; the keys.

    By the policy and the standards of that day, on the facts known at its end, or at the end of
    `known_on`; a household that was not registered by then is passed over. Drafts and returned
    applications of these households take the new assessment; what was submitted keeps the one it was
    submitted with. Refused when no filing pack is in force for a household.
    """
    actor = scope.current()
    if not actor.can(REVIEW):
        actor.require(APPLY)
    return determine_and_keep(households=households, as_of=as_of, known_on=known_on)


def determine_and_keep(
    *, households: Households, as_of: date | None = None, known_on: date | None = None
) -> list[int]:
    """`assess` without asking for the permission: what follows from a change somebody else may make."""
    day = as_of or timezone.localdate()
    known_on = min(known_on or day, timezone.localdate())
    made: list[int] = []
    for chunk in chunks(keys(households)):
        made += _hand_to_applications(_determine(chunk, day, known_on))
    if made:
        kind, path = Assessment._meta.label, scope.current().org_path
        records.note_many("assessment.made", kind=kind, pks=tuple(made), org_path=path)
    return made


def _determine(households: Sequence[int], day: date, known_on: date) -> list[int]:
    """One statement for each pack in force among the households; the keys of the records made."""
    given = relations.of_households(households, day, known_on)
    made: list[int] = []
    for pack, statement in policy.records_sql(determination.FILING, given.subjects, given.lists, day):
        query = keeping.insert(Assessment, _columns(pack), "FROM made", "RETURNING id")
        made += keeping.run(statement, query, _values(pack, day, known_on))
    return made


def _columns(pack: Pack) -> dict[str, str]:
    return {
        "org_path": "made.place",
        "household_id": "made.subject",
        "as_of": "%(day)s::date",
        "known_on": "%(known_on)s::date",
        "pack": "%(pack)s",
        "pack_version": "%(version)s::integer",
        "pack_hash": "%(sha256)s",
        "result": "made.result",
        "monthly_per_head": keeping.figure(pack, "monthly_per_head"),
        "staff_id": "%(staff)s::bigint",
        "created": "%(now)s::timestamptz",
        **{name: f"made.{name}" for name in KEPT},
    }


def _values(pack: Pack, day: date, known_on: date) -> dict[str, Any]:
    return {
        "day": day,
        "known_on": known_on,
        "pack": pack.code,
        "version": pack.version,
        "sha256": pack.sha256,
        "staff": scope.current().staff_id,
        "now": timezone.now(),
    }


def _hand_to_applications(made: list[int]) -> list[int]:
    """Let the applications still being prepared point at the assessments just made."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Application._meta.db_table} waiting SET assessment_id = made.id, changed = %s"
            f" FROM {Assessment._meta.db_table} made WHERE made.id = ANY (%s)"
            " AND waiting.household_id = made.household_id AND waiting.programme = made.programme"
            " AND waiting.state IN ('draft', 'returned')",
            [timezone.now(), made],
        )
    return made


def assess_later(*, households: Households, as_of: date | None = None, result_url: str = "") -> JobRun:
    """Queue the determination of many households as a job with progress."""
    pks = keys(households)
    day = (as_of or timezone.localdate()).isoformat()
    title = _("认定 %(count)s 户家庭") % {"count": len(pks)}
    return jobs.start(
        "casework.assess", title=title, total=len(pks), result_url=result_url, households=pks, as_of=day
    )


def assessed_since(households: Sequence[int], run: Any) -> set[int]:
    """Which of the households this job has determined already, before it was interrupted."""
    mine = among(households, "household")
    rows = Assessment.objects.filter(mine, created__gte=run.created, staff_id=run.staff_id)
    return set(rows.values_list("household_id", flat=True))
