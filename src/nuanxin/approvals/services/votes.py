"""Processes without a route: opening one and voting in it. Closing any."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused

from ..models import Process, ProcessStep, Vote


@transaction.atomic
def open_process(*, subject: Any) -> Process:
    """Open (or, after a return, open a new round of) the process of a record, made by the current actor."""
    staff = scope.current().staff_id
    kind = subject._meta.label
    process = (
        Process.objects.select_for_update().filter(kind=kind, subject=subject.pk, closed__isnull=True).first()
    )
    if process is None:
        return Process.objects.create(org_id=subject.org_id, kind=kind, subject=subject.pk, maker_id=staff)
    if process.votes.filter(round=process.round).exists():
        Process.objects.filter(pk=process.pk).update(round=process.round + 1)
        process.round += 1
    return process


@transaction.atomic
def vote(*, process: Process, step: str, verdict: str, reason: str = "") -> Vote:
    """Give the current actor's word at a step.

    Refused when the voter made the matter, or has already spoken in this round: who makes does not
    check, and who checks does not decide. The database holds both rules as well.
    """
    staff = scope.current().staff_id
    process = Process.objects.select_for_update().get(pk=process.pk)
    if process.maker_id == staff:
        raise Refused(_("您是经办人，不能审核或审批自己经办的事项。"), code="maker_may_not_vote")
    if process.closed:
        raise Refused(_("该事项已经办结，不能再表态。"), code="process_closed")
    if process.barred.filter(staff=staff).exists():
        raise Refused(_("您已回避该事项，不能审核或审批。"), code="barred")
    if verdict != Vote.Verdict.PASS and not reason.strip():
        raise Refused(_("退回或不同意时请写明理由。"), code="no_reason", field="reason")
    try:
        with transaction.atomic():
            return Vote.objects.create(
                org_id=process.org_id,
                process=process,
                maker_id=process.maker_id,
                voter_id=staff,
                round=process.round,
                step=step,
                verdict=verdict,
                reason=reason.strip(),
            )
    except IntegrityError as error:
        if "vote_once" in str(error):
            raise Refused(_("您在本轮已经表过态，须由另一人办理。"), code="voted_already") from error
        raise


@transaction.atomic
def close(*, process: Process) -> None:
    """The matter is over: no further round, no further vote. One that is closed stays as it is."""
    now = timezone.now()
    running = ProcessStep.objects.filter(process=process, entered__isnull=False, done__isnull=True)
    running.update(done=now, result=ProcessStep.Result.ENDED)
    ended = Process.objects.filter(pk=process.pk, closed__isnull=True)
    ended.update(closed=now, outcome=Process.Outcome.ENDED)
