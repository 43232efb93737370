"""The checks of the route: pass on or to public notice, return with reasons; notices and objections."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import StepKind
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workdays import add_working_days
from nuanxin.records import services as records

from .. import determination, guards
from ..flow import APPLICATION
from ..models import FILING, Application, Notice, Objection
from ..permissions import REVIEW
from .applications import take_down
from .common import Verdict, held, need_reason, process_of, stand_at, word
from .opening import class_filed


@dataclass(frozen=True)
class Period:
    """From when to when a notice stands (half-open), and for how many working days."""

    since: date
    until: date
    days: int


@transaction.atomic
def return_application(*, application: Application, reason: str, to: int | None = None) -> Application:
    """Send the application back with reasons: to the officer, or to the earlier step `to` of its route.

    A running notice comes down. At a check it is the reviewer's word in this round; under a notice it
    takes back the word given before (an objection proved right), so no second one is asked.
    """
    reason = need_reason(reason)
    row = held(application, "return")
    if row.state == "submitted":
        progress = word(row, Verdict.RETURN, reason, to)
    else:
        progress = approvals.take_back(process=process_of(row), reason=reason, to=to)
        take_down(row)
    if progress.step is None:
        return APPLICATION.fire(row, "return", note=reason, returned_because=reason, due_on=None)
    if row.state == "noticed":
        row = APPLICATION.fire(row, "resume", note=reason)
    return stand_at(row, progress.step)


@transaction.atomic
def pass_on(*, application: Application) -> Application:
    """Pass the check the application stands at; it goes on to the next step, or waits for other votes."""
    row = held(application, "notice")
    _refuse_unfiled(row)
    return stand_at(row, word(row, Verdict.PASS).step)


@transaction.atomic
def pass_to_notice(
    *, application: Application, phone: str, place: str = "", since: date | None = None
) -> Notice:
    """Pass the check, where it is not passed yet, and put the notice up for the working days set.

    `since` is the day it was put up: today, or an earlier day when a paper notice is entered
    afterwards. Refused without a supervision phone, when the proposed class opens no file, when the
    policy names no notice period, and when the route has no notice now.
    """
    stands = period(application, phone, since)
    row = held(application, "notice")
    _refuse_unfiled(row)
    step = steps.step_of(row.process)
    if step is None or step.kind != StepKind.NOTICE:
        step = word(row, Verdict.PASS).step
    if step is None or step.kind != StepKind.NOTICE:
        raise Refused(_("下一步不是公示：还须由他人审核，或本项目不需公示。"), code="no_notice_step")
    passed = APPLICATION.fire(row, "notice", due_on=stands.until)
    take_down(passed)
    return put_up({passed: stands}, phone, place)[0]


def put_up(periods: Mapping[Application, Period], phone: str, place: str) -> list[Notice]:
    """The notices of applications that came to theirs."""
    return Notice.objects.bulk_create(
        Notice(
            org_id=row.org_id,
            application=row,
            since=stands.since,
            until=stands.until,
            working_days=stands.days,
            phone=phone.strip(),
            place=place.strip(),
            staff_id=scope.current().staff_id,
        )
        for row, stands in periods.items()
    )


@transaction.atomic
def resume(*, application: Application) -> Application:
    """A notice that is over is followed by another check: the application goes on to it.

    Refused while the notice runs or an objection is open, and when a decision is what follows.
    """
    row = held(application, "resume")
    guards.notice_over(row)
    step = approvals.pass_notice(process=process_of(row)).step
    if step is None or step.kind != StepKind.CHECK:
        raise Refused(_("公示期满后由审批人办理。"), code="no_check_step")
    return stand_at(APPLICATION.fire(row, "resume"), step)


def period(application: Application, phone: str, since: date | None) -> Period:
    """How long a notice put up on a day stands; Refused without a phone or a period of the policy."""
    if not phone.strip():
        raise Refused(_("公示必须写明监督电话。"), code="no_phone", field="phone")
    today = timezone.localdate()
    since = since or today
    if since > today:
        raise Refused(_("公示起始日不能晚于今天。"), code="future_notice", field="since")
    days = determination.days(determination.NOTICE_DAYS, application.org_id, since)
    if not days:
        raise Refused(_("当地政策没有规定公示天数，请先在政策标准中补充。"), code="no_notice_days")
    return Period(since, add_working_days(since, days) + timedelta(days=1), days)


def _refuse_unfiled(row: Application) -> None:
    if refusal := unfiled(row):
        raise refusal


def unfiled(row: Application) -> Refused | None:
    """Why an application for a file does not pass its check: the proposed class opens none."""
    if row.programme != FILING or class_filed(row) is not None:
        return None
    return Refused(_("认定结论不属于建档类别，不能公示；请退回补正或不予建档。"), code="not_filed_class")


@transaction.atomic
def record_objection(*, notice: Notice, by: str, text: str, received_on: date) -> Objection:
    """Keep an objection raised during a notice; it stops the decision until it is settled."""
    scope.current().require(REVIEW)
    if notice.withdrawn or notice.application.state != "noticed":
        raise Refused(_("该公示已结束或已撤下，不能再登记异议。"), code="notice_ended")
    if not notice.since <= received_on <= timezone.localdate():
        raise Refused(_("收到日期应在公示开始之后、今天之前。"), code="wrong_day", field="received_on")
    objection = Objection.objects.create(
        org_id=notice.org_id, notice=notice, by=by.strip(), text=text.strip(), received_on=received_on
    )
    records.note("objection.recorded", subject=notice.application)
    return objection


@transaction.atomic
def settle_objection(*, objection: Objection, outcome: str) -> Objection:
    """Close an objection with what was found; Refused when it is settled already."""
    scope.current().require(REVIEW)
    outcome = need_reason(outcome)
    row = Objection.objects.select_for_update().get(pk=objection.pk)
    if row.settled_on:
        raise Refused(_("该异议已经处理。"), code="settled")
    row.outcome, row.settled_on = outcome, timezone.localdate()
    row.save(update_fields=["outcome", "settled_on"])
    records.note("objection.settled", subject=row.notice.application, note=outcome)
    return row
