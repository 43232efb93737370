"""Watching households after exit, on the borderline, or struck by sickness or disaster."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry.models import Household

from .. import determination
from ..models import File, Visit, Watch
from ..permissions import CARE
from .common import need_reason


@transaction.atomic
def begin_watch(
    *,
    household: Household,
    kind: str,
    because: str,
    every_days: int | None = None,
    officer: int | None = None,
) -> Watch:
    """Watch a household, with a visit every so many days, or as often as the policy says.

    Refused when it is watched already, or has an open file (which is looked after anyway).
    """
    scope.current().require(CARE)
    if File.objects.filter(household=household, state="open").exists():
        raise Refused(_("该户有在档档案，按档案走访，不另列监测。"), code="file_open")
    return watch(
        household=household, kind=kind, because=need_reason(because), every_days=every_days, officer=officer
    )


def watch(
    *,
    household: Household,
    kind: str,
    because: str,
    file: File | None = None,
    every_days: int | None = None,
    officer: int | None = None,
) -> Watch:
    """`begin_watch` without asking for the permission: what follows from an exit somebody else decided."""
    today = timezone.localdate()
    days = every_days or determination.days(determination.WATCH_DAYS, household.org_id, today)
    if not days:
        raise Refused(_("当地政策没有规定监测走访间隔，请先在政策标准中补充。"), code="no_watch_days")
    try:
        with transaction.atomic():
            row = Watch.objects.create(
                org_id=household.org_id,
                household=household,
                file=file,
                kind=kind,
                because=because[:300],
                since=today,
                every_days=days,
                next_on=today + timedelta(days=days),
                officer_id=officer or (file.officer_id if file else None),
            )
    except IntegrityError as error:
        if "watch_one_live" not in str(error):
            raise
        raise Refused(_("该户已在监测中。"), code="watched") from error
    records.note("watch.began", subject=household, note=row.because)
    return row


@transaction.atomic
def end_watch(*, watch: Watch, reason: str) -> Watch:
    """The household is watched no longer, and why; Refused when it is over already."""
    scope.current().require(CARE)
    reason = need_reason(reason)
    row = Watch.objects.select_for_update().get(pk=watch.pk)
    if row.until:
        raise Refused(_("该户的监测已结束。"), code="watch_over")
    return finish(row, reason)


def finish(row: Watch, reason: str) -> Watch:
    """End a watch today, for a reason."""
    row.until, row.ended_because, row.next_on = timezone.localdate(), reason[:300], None
    row.save(update_fields=["until", "ended_because", "next_on"])
    records.note("watch.ended", subject=row.household, note=reason)
    return row


def visited(visit: Visit) -> None:
    """A visit moves the next one on; the longest wait is counted from it."""
    row = Watch.objects.select_for_update().filter(household=visit.household_id, until__isnull=True).first()
    if row is None:
        return
    row.next_on = max(row.next_on or row.since, visit.visited_on + timedelta(days=row.every_days))
    row.save(update_fields=["next_on"])
