"""The reviewer's part: return with reasons, pass to public notice, keep and settle objections."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workdays import add_working_days
from nuanxin.records import services as records

from .. import determination
from ..flow import APPLICATION
from ..models import FILED, Application, Notice, Objection
from ..permissions import REVIEW
from .applications import take_down
from .common import Verdict, need_reason, speak

STEP = "review"


@transaction.atomic
def return_application(*, application: Application, reason: str) -> Application:
    """Send the application back to the officer with reasons; a running notice comes down.

    From review it is the reviewer's word in this round. From a notice it takes the word back that
    was given before (an objection proved right), so no second one is asked.
    """
    reason = need_reason(reason)
    was_in_review = application.state == "submitted"
    returned = APPLICATION.fire(application, "return", note=reason, returned_because=reason, due_on=None)
    if was_in_review:
        speak(returned, STEP, Verdict.RETURN, reason)
    take_down(returned)
    return returned


@transaction.atomic
def pass_to_notice(
    *, application: Application, phone: str, place: str = "", since: date | None = None
) -> Notice:
    """Pass the review and put the notice up for the working days the policy sets.

    `since` is the day it was put up: today, or an earlier day when a paper notice is entered
    afterwards. Refused without a supervision phone, when the proposed class opens no file, or when
    the policy names no notice period.
    """
    if not phone.strip():
        raise Refused(_("公示必须写明监督电话。"), code="no_phone", field="phone")
    today = timezone.localdate()
    since = since or today
    if since > today:
        raise Refused(_("公示起始日不能晚于今天。"), code="future_notice", field="since")
    days = determination.days(determination.NOTICE_DAYS, application.org_id, since)
    if not days:
        raise Refused(_("当地政策没有规定公示天数，请先在政策标准中补充。"), code="no_notice_days")
    until = add_working_days(since, days) + timedelta(days=1)
    passed = APPLICATION.fire(application, "notice", due_on=until)
    if passed.assessment is None or passed.assessment.result not in FILED:
        raise Refused(_("认定结论不属于建档类别，不能公示；请退回补正或不予建档。"), code="not_filed_class")
    speak(passed, STEP, Verdict.PASS)
    take_down(passed)
    return Notice.objects.create(
        org_id=passed.org_id,
        application=passed,
        since=since,
        until=until,
        working_days=days,
        phone=phone.strip(),
        place=place.strip(),
        staff_id=scope.current().staff_id,
    )


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
