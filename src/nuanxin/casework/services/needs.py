"""What a family needs: stated, graded, and met."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records

from ..models import File, Need
from ..permissions import CARE


@transaction.atomic
def state_need(*, file: File, kind: str, track: str, note: str, found_on: date | None = None) -> Need:
    """Write down what a family needs and how urgently; Refused when the same kind is open already."""
    scope.current().require(CARE)
    day = found_on or timezone.localdate()
    if day > timezone.localdate():
        raise Refused(_("提出日期不能晚于今天。"), code="future", field="found_on")
    row = File.objects.select_for_update(of=("self",)).get(pk=file.pk)
    need_open_file(row)
    try:
        with transaction.atomic():
            need = Need.objects.create(
                org_id=row.org_id,
                file=row,
                kind=kind,
                track=track,
                note=_worded(note),
                found_on=day,
                staff_id=scope.current().staff_id,
            )
    except IntegrityError as error:
        if "need_one_open" not in str(error):
            raise
        message = _("该户已有未解决的同类需求，请在原需求上补充。")
        raise Refused(message, code="need_open", field="kind") from error
    records.note("need.stated", subject=row, note=_named(need))
    return need


@transaction.atomic
def change_need(*, need: Need, track: str, note: str) -> Need:
    """Grade an open need anew, or say more of it."""
    row = _open_need(need)
    row.track, row.note = track, _worded(note)
    row.save(update_fields=["track", "note"])
    records.note("need.changed", subject=row.file, note=_named(row))
    return row


@transaction.atomic
def meet_need(*, need: Need, outcome: str, met_on: date | None = None) -> Need:
    """The need is met, or will not be, and how it came out; Refused while a task of it is under way."""
    row = _open_need(need)
    day = met_on or timezone.localdate()
    if not row.found_on <= day <= timezone.localdate():
        raise Refused(_("解决日期应在提出日期之后、今天之前。"), code="wrong_day", field="met_on")
    if not outcome.strip():
        raise Refused(_("请写明结果。"), code="no_outcome", field="outcome")
    if row.tasks.filter(state__in=["open", "answered"]).exists():
        raise Refused(_("还有没办结的任务，请先确认完成或取消。"), code="task_open")
    row.met_on, row.outcome = day, outcome.strip()
    row.save(update_fields=["met_on", "outcome"])
    records.note("need.met", subject=row.file, note=f"{row.get_kind_display()}：{row.outcome}")
    return row


def need_open_file(row: File) -> None:
    """Refused when the household has left."""
    if row.state != "open":
        raise Refused(_("档案已退出，不再安排帮扶。"), code="file_closed")


def _open_need(need: Need) -> Need:
    """The stored need, locked, for somebody who may plan."""
    scope.current().require(CARE)
    row = Need.objects.select_for_update(of=("self",)).select_related("file").filter(pk=need.pk).first()
    if row is None:
        raise OutOfSight(Need._meta.label, need.pk)
    if row.met_on:
        raise Refused(_("该需求已解决，不能再改。"), code="need_met")
    return row


def _worded(note: str) -> str:
    if not note.strip():
        raise Refused(_("请写明具体情况。"), code="no_note", field="note")
    return note.strip()


def _named(need: Need) -> str:
    return f"{need.get_kind_display()} · {need.get_track_display()}"
