"""Home visits, also those written on a phone without a connection; and documents taken away again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.records.models import Attachment
from nuanxin.registry.models import Household

from ..models import Application, Found, Visit
from ..permissions import APPLY
from . import checks
from .pairings import is_paired
from .watches import visited

PHOTO = "visit_photo"
MOST_PHOTOS = 9
#: A place is kept to four decimals of a degree, some ten metres: enough to tell the house.
_GRAIN = Decimal("0.0001")
#: The states in which an application's documents may still change.
CHANGING = ("draft", "returned", "submitted")


@dataclass(frozen=True)
class Place:
    """Where a visit was made: degrees (WGS 84), and by how many metres that may be wrong."""

    latitude: Decimal
    longitude: Decimal
    doubt: int | None = None


@transaction.atomic
def record_visit(
    *,
    household: Household,
    visited_on: date,
    visitors: str,
    finding: str,
    note: str,
    application: Application | None = None,
    key: UUID | None = None,
    agreed: bool = False,
    place: Place | None = None,
    photos: Sequence[UploadedFile] = (),
    checked: checks.Checked | None = None,
) -> Visit:
    """Keep what a home visit found against what was declared; those paired with the family may as well.

    `key` is made where the visit is written: sent again, it answers with the visit kept first. `checked` is
    the checklist, which a visit needs where the programme of its application asks for one. Refused for a
    day to come, a difference without a word on it, items that cannot be taken (checks.Unclear), and photos
    or a place without consent.
    """
    actor = scope.current()
    if not is_paired(household.pk):
        actor.require(APPLY)
    if key and (known := _sent_before(key)):
        return known
    _check(visited_on, finding, note, agreed, place, photos)
    rows = checks.hold_against(household, checked, whole=checks.wants_checklist(application))
    _refuse_contradiction(finding, rows)
    visit = Visit(
        org_id=household.org_id,
        household=household,
        application=application,
        visited_on=visited_on,
        visitors=visitors.strip(),
        finding=finding,
        note=note.strip(),
        staff_id=actor.staff_id,
        key=key,
        agreed=agreed,
        checklist=checks.version_of(checked) if rows else "",
        **_coordinates(place),
    )
    try:
        with transaction.atomic():
            visit.save(force_insert=True)
            checks.keep(visit, rows)
    except IntegrityError as error:
        if "visit_sent_once" not in str(error):
            raise
        return Visit.objects.get(staff_id=actor.staff_id, key=key)
    visited(visit)
    records.attach_all(subject=visit, category=PHOTO, uploads=photos)
    records.note("visit.recorded", subject=application or household, note=visit.get_finding_display())
    return visit


def _sent_before(key: UUID) -> Visit | None:
    return Visit.objects.filter(staff_id=scope.current().staff_id, key=key).first()


def _check(
    day: date, finding: str, note: str, agreed: bool, place: Place | None, photos: Sequence[UploadedFile]
) -> None:
    if day > timezone.localdate():
        raise Refused(_("入户日期不能晚于今天。"), code="future_visit", field="visited_on")
    if finding != Visit.Finding.AGREES and not note.strip():
        raise Refused(_("与申报不一致或无法核实时，请写明情况。"), code="no_note", field="note")
    if (place or photos) and not agreed:
        raise Refused(_("拍照和定位须先征得该户同意。"), code="not_agreed", field="agreed")
    if len(photos) > MOST_PHOTOS:
        message = _("一次走访最多 %(most)s 张照片。") % {"most": MOST_PHOTOS}
        raise Refused(message, code="too_many_photos", field="photos")


def _refuse_contradiction(finding: str, rows: list[Found]) -> None:
    if finding == Visit.Finding.AGREES and any(checks.differing(rows)):
        message = _("核查清单中有与申报不一致的项目，请选“有变化”并写明情况。")
        raise Refused(message, code="items_differ", field="finding")


def _coordinates(place: Place | None) -> dict[str, Decimal | int | None]:
    if place is None:
        return {}
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        raise Refused(_("定位数据有误，请重新定位。"), code="wrong_place", field="latitude")
    return {
        "latitude": place.latitude.quantize(_GRAIN),
        "longitude": place.longitude.quantize(_GRAIN),
        "doubt": place.doubt,
    }


@transaction.atomic
def remove_document(*, application: Application, document: Attachment, reason: str) -> Attachment:
    """Take a document of an application away, with the reason; Refused once the review is over."""
    scope.current().require(APPLY)
    row = Application.objects.select_for_update().get(pk=application.pk)
    if row.state not in CHANGING:
        raise Refused(_("申请已审核，材料不能再移除。"), code="reviewed")
    return records.remove_attachment(attachment=document, subject=row, reason=reason)
