"""What a review of many households comes to: files change class, are closed, or are applied for, in sets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.records import services as records
from nuanxin.registry.models import Household

from ..events import FileClosed
from ..flow import FILE
from ..models import FILED, UNDER_WAY, Application, Assessment, Award, File
from ..permissions import DECIDE
from .assessments import determine_and_keep
from .common import need_reason


@dataclass
class Result:
    """What a set-based decision came to: `done` maps the rows acted on to what was kept or made for them
    (an assessment, an application, or the row itself); `refused` says why each of the others was left."""

    done: dict[int, int] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)


@transaction.atomic
def reclassify_many(*, files: Mapping[int, str], as_of: date, reason: str) -> Result:
    """Give open files the class their households come to as of a day; `files` says which is expected.

    The households are determined anew and the assessments kept, so that each file can say why. A file that
    is no longer open, or whose household comes to another class now, is left as it is.
    """
    scope.current().require(DECIDE)
    reason = need_reason(reason)
    result = Result()
    homes = dict(_open_files(files, result).values_list("pk", "household_id"))
    found = _determined(homes.values(), as_of)
    by_class: dict[str, list[int]] = {}
    for pk, home in homes.items():
        assessment, clazz = found[home]
        if clazz != files[pk] or clazz not in FILED:
            result.refused[pk] = Refused(
                _("按最新情况认定的结论已不同，请重新认定本户。"), code="result_changed"
            )
        else:
            by_class.setdefault(clazz, []).append(pk)
            result.done[pk] = assessment
    for clazz, pks in by_class.items():
        rows = File.objects.filter(among(pks))
        made = by_key(File, {pk: result.done[pk] for pk in pks}, "bigint")
        path = scope.current().org_path
        FILE.fire_many(rows, "reclassify", org_path=path, note=reason, clazz=clazz, assessment=made)
    return result


def _open_files(files: Collection[int], result: Result) -> QuerySet[File]:
    """The open ones of the files, locked; the others are refused."""
    chosen = File.objects.filter(among(files), state="open")
    locked = set(chosen.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    for pk in set(files) - locked:
        result.refused[pk] = Refused(_("档案已退出，不必再处理。"), code="file_closed")
    return File.objects.filter(among(locked))


def _determined(households: Iterable[int], as_of: date) -> dict[int, tuple[int, str]]:
    """Each household's new assessment and what it came to."""
    made = determine_and_keep(households=sorted(households), as_of=as_of)
    rows = Assessment.objects.filter(among(made)).values_list("household_id", "pk", "result")
    return {home: (pk, outcome) for home, pk, outcome in rows}


@transaction.atomic
def close_many(*, files: Collection[int], reason: str) -> Result:
    """Close open files today with a reason; those with money on its way are left and named."""
    scope.current().require(DECIDE)
    reason, today = need_reason(reason), timezone.localdate()
    result = Result()
    rows = _open_files(files, result)
    owed = Award.objects.filter(
        among(rows.values_list("pk", flat=True), "file"), state__in=["approved", "returned"]
    )
    for pk in set(owed.values_list("file_id", flat=True)):
        result.refused[pk] = Refused(
            _("该户还有待发放或被银行退回的救助金，办结后才能退出。"), code="award_open"
        )
    leaving = rows.exclude(pk__in=owed.values("file"))
    path = scope.current().org_path
    closed = FILE.fire_many(
        leaving, "close", org_path=path, note=reason, closed_on=today, closed_because=reason
    )
    for pk in closed:
        result.done[pk] = pk
        events.publish(FileClosed(file=pk))
    return result


@transaction.atomic
def invite_many(*, households: Mapping[int, int], as_of: date) -> Result:
    """Open draft applications for households that were found to qualify, each for an officer (staff key).

    The officer completes and submits it. A household that has a file or an application by now is left.
    """
    actor = scope.current()
    actor.require(DECIDE)
    result = Result()
    chosen = among(households, "household")
    taken = set(File.objects.filter(chosen, state="open").values_list("household_id", flat=True))
    taken |= set(
        Application.objects.filter(chosen, state__in=UNDER_WAY).values_list("household_id", flat=True)
    )
    for pk in taken:
        result.refused[pk] = Refused(_("该家庭已有在档档案或办理中的申请。"), code="applied_already")
    free = Household.objects.live().filter(among(set(households) - taken)).values_list("pk", "org_id")
    today = timezone.localdate()
    drafts = [
        Application(household_id=pk, org_id=org, officer_id=households[pk], applied_on=today)
        for pk, org in free
    ]
    Application.objects.bulk_create(drafts, ignore_conflicts=True)
    made = Application.objects.filter(among(set(households) - taken, "household"), state="draft").values_list(
        "household_id", "pk"
    )
    result.done = dict(made)
    if result.done:
        kind, keys = Application._meta.label, tuple(result.done.values())
        records.note_many("application.start", kind=kind, pks=keys, org_path=actor.org_path)
        determine_and_keep(households=list(result.done), as_of=as_of)
    return result
