"""Objections to a notice: recorded by who hears of one, settled by a second person."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records
from nuanxin.registry.services.people import phone_fields

from ..models import Application, Notice, Objection
from ..permissions import DECIDE, REVIEW
from .common import need_reason


@transaction.atomic
def record_objection(
    *, notice: Notice, source: str, text: str, received_on: date, by: str = "", phone: str = ""
) -> Objection:
    """Keep an objection raised during a notice; it stops the decision until it is settled.

    Without `by` it is anonymous; `phone` is kept sealed. The application is locked, so that a decision
    made at the same moment comes before it, and it is refused, or after it, and the decision is.
    """
    scope.current().require(REVIEW)
    row = Application.objects.select_for_update(of=("self",)).filter(pk=notice.application_id).first()
    if row is None:
        raise OutOfSight(Application._meta.label, notice.application_id)
    notice.refresh_from_db()
    if notice.withdrawn or row.state != "noticed":
        raise Refused(_("该公示已结束或已撤下，不能再登记异议。"), code="notice_ended")
    if not notice.since <= received_on <= timezone.localdate():
        raise Refused(_("收到日期应在公示开始之后、今天之前。"), code="wrong_day", field="received_on")
    sealed = phone_fields(phone)
    objection = Objection.objects.create(
        org_id=notice.org_id,
        notice=notice,
        source=source,
        by=by.strip(),
        phone_cipher=sealed["phone_cipher"],
        phone_mask=sealed["phone_mask"],
        text=text.strip(),
        received_on=received_on,
        recorded_by_id=scope.current().staff_id,
    )
    records.note("objection.recorded", subject=row)
    return objection


@transaction.atomic
def settle_objection(*, objection: Objection, finding: str, outcome: str) -> Objection:
    """Close an objection with what was found and why.

    Refused for who recorded it, for who brought the application in, and when it is settled already.
    """
    if not scope.current().can_any((REVIEW, DECIDE)):
        scope.current().require(REVIEW)
    outcome = need_reason(outcome)
    row = Objection.objects.select_for_update(of=("self",)).filter(pk=objection.pk).first()
    if row is None:
        raise OutOfSight(Objection._meta.label, objection.pk)
    if row.settled_on:
        raise Refused(_("该异议已经处理。"), code="settled")
    if refusal := may_not_settle(row):
        raise refusal
    row.finding, row.outcome = finding, outcome
    row.settled_on, row.settled_by_id = timezone.localdate(), scope.current().staff_id
    row.save(update_fields=["finding", "outcome", "settled_on", "settled_by"])
    records.note("objection.settled", subject=row.notice.application, note=outcome)
    return row


def may_not_settle(objection: Objection) -> Refused | None:
    """Why the actor is not the one to settle it: a second person does, who has no part in the application."""
    application, staff = objection.notice.application, scope.current().staff_id
    maker = application.process.maker_id if application.process else None
    if staff == objection.recorded_by_id:
        return Refused(_("异议由登记人以外的人核实处理。"), code="recorded_it")
    if staff in (application.officer_id, maker):
        return Refused(_("您经办了该申请，异议由他人核实处理。"), code="brought_it_in")
    return None
