"""The decision of one application: a word at its step, and at the last one a file, money or a service."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import StepKind
from nuanxin.kernel.refusal import Refused
from nuanxin.policy.programmes import Programme

from .. import guards, programmes
from ..flow import APPLICATION
from ..models import FILING, Application, Award, File
from . import awarding
from .applications import take_down
from .common import Verdict, held, need_reason, process_of, stand_at, word
from .opening import class_filed, not_filed, open_files


@transaction.atomic
def approve(
    *, application: Application, on: date | None = None, outcome: str = ""
) -> File | Award | Application:
    """Pass the decision the application stands at. At the last step of its route comes what it is for:
    the household's file with its number, an award that is owed, or a service with its `outcome` in words.

    Gives the file or the award; else the application: of a service, or one that goes on to another step.
    Refused before the notice is over or with an open objection, for who made or checked it, for an amount
    above what the assessment, the programme's limit or the yearly cap leaves, and when the fund is short.
    """
    day = on or timezone.localdate()
    row = held(application, "approve")
    guards.notice_over(row)
    programme = programmes.of(row)
    ready = _prepare(row, programme, outcome, day)
    past_notice(row)
    progress = word(row, Verdict.PASS)
    if progress.outcome != "done":
        return stand_at(row, progress.step)
    approved = APPLICATION.fire(row, "approve", decided_on=day, due_on=None, outcome=outcome.strip())
    return _carry_out(approved, ready, day)


def _prepare(row: Application, programme: Programme, outcome: str, day: date) -> list[awarding.Ready]:
    """What the outcome needs, before a word is given; Refused when it cannot be had."""
    if programme.outcome == "file":
        if class_filed(row) is None:
            raise not_filed()
        return []
    if programme.outcome == "service":
        if not outcome.strip():
            raise no_outcome()
        return []
    ready, refused = awarding.ready([row], day)
    if refused:
        raise refused[row.pk]
    return ready


def no_outcome() -> Refused:
    """That a service needs its result in words."""
    return Refused(_("请写明办理结果。"), code="no_outcome", field="outcome")


def past_notice(row: Application) -> None:
    """A notice that is over is behind the application: its process goes on to the next step."""
    if row.state != "noticed":
        return
    step = steps.step_of(row.process)
    if step is not None and step.kind == StepKind.NOTICE:
        approvals.pass_notice(process=process_of(row))


def _carry_out(row: Application, ready: list[awarding.Ready], day: date) -> File | Award | Application:
    if row.programme == FILING:
        return open_files([row], day)[0]
    if ready:
        return Award.objects.get(pk__in=awarding.give(ready, day))
    return row


@transaction.atomic
def refuse(*, application: Application, reason: str) -> Application:
    """Refuse the application with a reason that the family is told; who decides at a later step of the
    route need not wait for their turn.
    """
    reason = need_reason(reason)
    row = held(application, "refuse")
    word(row, Verdict.REFUSE, reason)
    return APPLICATION.fire(
        row, "refuse", note=reason, refused_because=reason, decided_on=timezone.localdate(), due_on=None
    )


@transaction.atomic
def send_back(*, application: Application, reason: str, to: int | None = None) -> Application:
    """The decision maker returns the application: to the officer, or to the earlier step `to` of the
    route; the notice comes down.
    """
    reason = need_reason(reason)
    row = held(application, "send_back")
    progress = word(row, Verdict.RETURN, reason, to)
    take_down(row)
    if progress.step is None:
        return APPLICATION.fire(row, "send_back", note=reason, returned_because=reason, due_on=None)
    if row.state == "noticed":
        row = APPLICATION.fire(row, "step_back", note=reason)
    return stand_at(row, progress.step)
