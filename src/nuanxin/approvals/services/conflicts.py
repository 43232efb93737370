"""Declared conflicts: staff name themselves and their kin, and step back from a matter by hand."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.identity import IdentityError, mask_id, parse_id
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.records import services as records

from ..models import Barred, Kin, Process, Vote
from .cases import Speaker, locked


@transaction.atomic
def declare_kin(*, relation: str, id_number: str) -> Kin:
    """Keep an ID number of the current actor's own, or of a relative; only its hash and mask are kept.

    From now on they have no vote on matters about this person. Refused for a number that cannot be
    right, or declared already.
    """
    staff = scope.current().staff_id
    try:
        number = parse_id(id_number).number
    except IdentityError as error:
        raise Refused(error.message, code=error.code, field="id_number") from error
    try:
        with transaction.atomic():
            row = Kin.objects.create(
                staff_id=staff,
                relation=relation,
                id_hash=fingerprint(number, "id_number"),
                id_mask=mask_id(number),
            )
    except IntegrityError as error:
        if "kin_once" not in str(error):
            raise
        message = _("这个身份证号已经申报过。")
        raise Refused(message, code="declared_already", field="id_number") from error
    records.note("approvals.kin_declared", subject=row)
    return row


@transaction.atomic
def withdraw_kin(*, kin: Kin) -> None:
    """Take a declaration back (a wrong number, a marriage that ended); matters it barred stay barred."""
    changed = Kin.objects.filter(pk=kin.pk, withdrawn__isnull=True).update(withdrawn=timezone.now())
    if not changed:
        raise OutOfSight(Kin._meta.label, kin.pk)
    records.note("approvals.kin_withdrawn", subject=kin)


@transaction.atomic
def bar(*, process: Process, reason: str, staff_id: int | None = None) -> Barred:
    """Declare a conflict of interest in a matter: one's own, or (`staff_id`) somebody else's.

    Somebody else's by those who act at one of its steps. Refused without a reason, once the matter is
    over, or when the person's word counts already: it has to be returned first.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(_("请写明回避的理由。"), code="no_reason", field="reason")
    speaker = Speaker.of(scope.current())
    row = Process.objects.select_for_update(of=("self",)).filter(pk=process.pk).first()
    if row is None:
        raise OutOfSight(Process._meta.label, process.pk)
    staff_id = staff_id or speaker.actor.staff_id
    _refuse_too_late(row, staff_id)
    if staff_id != speaker.actor.staff_id and not any(
        speaker.acts_at(step) for step in locked([row.pk])[row.pk].steps.values()
    ):
        raise Refused(_("只有该事项的审核、审批人员可以替他人申报回避。"), code="not_your_matter")
    made, _new = Barred.objects.get_or_create(
        process=row,
        staff_id=staff_id,
        defaults={
            "org_id": row.org_id,
            "why": Barred.Why.DECLARED,
            "reason": reason,
            "by_id": speaker.actor.staff_id,
        },
    )
    return made


def _refuse_too_late(process: Process, staff_id: int | None) -> None:
    if process.closed:
        raise Refused(_("该事项已经办结，不能再表态。"), code="process_closed")
    if Vote.objects.filter(process=process, round=process.round, voter_id=staff_id).exists():
        message = _("此人在本轮已经表态，请先退回该事项，再申报回避。")
        raise Refused(message, code="voted_already")
