"""Proposing the class of households by the filing policy, one or many by the same path."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.sets import among, by_key
from nuanxin.policy.engine.explanation import Explanation
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.models import JobRun
from nuanxin.registry.models import Household

from .. import bulk, determination, facts
from ..models import Application, Assessment
from ..permissions import APPLY, REVIEW

#: Above so many households the work goes to a job with progress.
AT_ONCE = 200
#: Households determined and written in one transaction.
CHUNK = 500

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
def assess(*, households: Households, as_of: date | None = None) -> list[int]:
    """Determine the class of each household as of a day and keep the explanation; the keys.

    Drafts and returned applications of these households take the new assessment; what was submitted
    keeps the one it was submitted with. Refused when no filing pack is in force for a household.
    """
    actor = scope.current()
    if not actor.can(REVIEW):
        actor.require(APPLY)
    return determine_and_keep(households=households, as_of=as_of)


def determine_and_keep(*, households: Households, as_of: date | None = None) -> list[int]:
    """`assess` without asking for the permission: what follows from a change somebody else may make."""
    actor = scope.current()
    day = as_of or timezone.localdate()
    subjects = facts.of_households(keys(households), day)
    explained = determination.explain(determination.FILING, subjects, day)
    rows = [_row(pk, subjects[pk], explanation) for pk, explanation in explained.items()]
    made = bulk.insert(Assessment, rows)
    if made:
        _hand_to_applications(made)
        kind = Assessment._meta.label
        records.note_many("assessment.made", kind=kind, pks=tuple(made), org_path=actor.org_path)
    return made


def _row(pk: int, subject: facts.Subject, explanation: Explanation) -> dict[str, Any]:
    return {
        "org_path": subject.place,
        "household_id": pk,
        "as_of": explanation.day,
        "pack": explanation.pack,
        "pack_version": explanation.version,
        "pack_hash": explanation.sha256,
        "result": explanation.result,
        "monthly_per_head": determination.value(explanation, "monthly_per_head"),
        "facts": determination.plain(explanation),
        "explanation": explanation.to_json(),
        "staff_id": scope.current().staff_id,
        "created": timezone.now().isoformat(),
    }


def _hand_to_applications(made: list[int]) -> None:
    """Let the applications still being prepared point at the assessments just made."""
    rows = Assessment.objects.filter(among(made))
    newest = dict(rows.order_by("pk").values_list("household", "pk"))
    preparing = Application.objects.filter(among(newest, "household"), state__in=["draft", "returned"])
    given = {pk: newest[home] for pk, home in preparing.values_list("pk", "household")}
    Application.objects.filter(among(given)).update(
        assessment=by_key(Application, given, "bigint"), changed=timezone.now()
    )


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
