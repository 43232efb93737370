"""Showing a full number once: for a stated purpose, recorded, and only so many an hour."""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import unseal
from nuanxin.records import services as records
from nuanxin.records.models import Entry
from nuanxin.registry import groups
from nuanxin.registry.models import Household, Person
from nuanxin.registry.permissions import REVEAL

#: Full numbers one member of staff may look at within an hour.
AN_HOUR = 30
ACTION = "identity.revealed"

PURPOSES = {
    "verify": _("核对身份"),
    "contact": _("联系本人"),
    "pay": _("核对发放账户"),
    "complaint": _("处理投诉或异议"),
}
#: What can be revealed: model, column of the sealed value, purpose it was sealed for.
WHAT: dict[str, tuple[Any, str, str]] = {
    "id": (Person, "id_cipher", "id_number"),
    "phone": (Person, "phone_cipher", "phone"),
    "contact": (Person, "contact_cipher", "phone"),
    "card": (Household, "card_cipher", "card"),
}
#: The mask pages show of each.
MASKS = {"id": "id_mask", "phone": "phone_mask", "contact": "contact_mask", "card": "card_mask"}


@transaction.atomic
def reveal(*, subject: Person | Household, what: str, purpose: str) -> str:
    """The full ID number, phone, contact or card; Refused without a purpose or beyond the hourly limit."""
    actor = scope.current()
    actor.require(REVEAL)
    model, column, sealed_for = WHAT[what]
    if not isinstance(subject, model):
        raise TypeError(f"{what} is not of a {type(subject).__name__}")
    for group in groups.groups_of(subject, MASKS[what]):  # whose mask is closed, whose number is as well
        actor.require(groups.PERMISSIONS[group])
    if purpose not in PURPOSES:
        raise Refused(_("请选择查看的目的。"), code="no_purpose", field="purpose")
    _within_limit(actor.staff_id)
    sealed = getattr(subject, column)
    if sealed is None:
        raise Refused(_("没有登记该号码。"), code="nothing_there")
    records.note(
        ACTION, subject=subject, note=str(PURPOSES[purpose]), detail={"what": what, "purpose": purpose}
    )
    return unseal(sealed, sealed_for)


def _within_limit(staff: int | None) -> None:
    """Refused at the limit; two requests of one person at a time wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [ACTION, (staff or 0) % 2**31])
    since = timezone.now() - timedelta(hours=1)
    if Entry.objects.filter(staff_id=staff, action=ACTION, at__gte=since).count() >= AN_HOUR:
        raise Refused(
            _("一小时内最多查看 %(n)s 次，请稍后再试。确有需要请联系管理员。") % {"n": AN_HOUR},
            code="too_many",
        )
