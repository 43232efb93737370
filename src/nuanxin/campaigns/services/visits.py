"""The visit on the phone: what was handed over, what was found, who signed."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import Visit
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records

from .. import flow
from ..models import Recipient
from ..permissions import VISIT

#: Under which the photos of a visit are kept.
PHOTO = "visit_photo"


@transaction.atomic
def record_visit(
    *,
    recipient: Recipient,
    key: UUID,
    finding: str,
    note: str = "",
    gifts_delivered: int | None = None,
    signed_name: str = "",
    signature: bytes = b"",
    visited_on: date | None = None,
    photos: Iterable[UploadedFile] = (),
) -> Recipient:
    """Record a visit once: the same `key` again changes nothing and returns what stands.

    `gifts_delivered` is all packs when not said. Signed by a drawing, or by a typed name; a group is
    signed for by somebody with a name. Refused when already visited (with another key), not yet
    approved, or not signed.
    """
    actor = scope.current()
    actor.require(VISIT)
    row = Recipient.objects.select_for_update(of=("self",)).filter(pk=recipient.pk).first()
    if row is None:
        raise OutOfSight(Recipient._meta.label, recipient.pk)
    if row.visit_key == key:
        return row
    _refuse_visited(row)
    given = row.gifts if gifts_delivered is None else gifts_delivered
    day = visited_on or timezone.localdate()
    signer = _signer(row, signed_name.strip(), signature)
    _check(row, finding, note, given, day)
    visit: dict[str, Any] = {
        "visit_key": key,
        "finding": finding,
        "visit_note": note.strip(),
        "gifts_delivered": given,
    }
    visit |= {"visited_on": day, "visitor_id": actor.staff_id, "signed_name": signer}
    row = _fire(row, visit | {"signature": signature or None})
    records.attach_all(subject=row, category=PHOTO, uploads=photos)
    return row


def _fire(row: Recipient, visit: dict[str, Any]) -> Recipient:
    try:
        with transaction.atomic():
            return flow.RECIPIENT.fire(row, "visit", **visit)
    except IntegrityError as error:
        if "visit_key" in str(error):
            raise Refused(
                _("此走访编号已用于另一位慰问对象，请重新打开登记页。"), code="key_used", field="key"
            ) from error
        raise


def _refuse_visited(row: Recipient) -> None:
    if row.state == "visited":
        raise Refused(
            _("%(name)s已于 %(day)s 由%(visitor)s走访登记，不能重复登记。")
            % {"name": row.name, "day": row.visited_on, "visitor": row.visitor},
            code="visited_already",
        )


def _signer(row: Recipient, typed: str, signature: bytes) -> str:
    """The name that stands under the visit."""
    if typed:
        return typed
    if not signature:
        raise Refused(_("请手写签名，或填写签收人姓名。"), code="not_signed", field="signed_name")
    if row.is_group:
        raise Refused(_("集体慰问请填写签收代表的姓名。"), code="no_signer", field="signed_name")
    return row.name


def _check(row: Recipient, finding: str, note: str, given: int, day: date) -> None:
    if finding not in Visit.Finding.values:
        raise Refused(_("请选择走访结果。"), code="finding", field="finding")
    if finding != Visit.Finding.AGREES and not note.strip():
        raise Refused(_("有变化或无法核实时，请写明情况。"), code="no_note", field="note")
    if not 0 <= given <= row.gifts:
        raise Refused(
            _("送达份数应在 0 至 %(gifts)s 之间。") % {"gifts": row.gifts},
            code="gifts",
            field="gifts_delivered",
        )
    if day > timezone.localdate():
        raise Refused(_("走访日期不能晚于今天。"), code="future", field="visited_on")
