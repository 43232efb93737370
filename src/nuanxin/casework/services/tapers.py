"""The taper after an exit: stopped when it no longer fits; its money is a list's, as the pack computes it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records

from ..models import Taper
from ..permissions import PROPOSE_AID
from .common import need_reason


@transaction.atomic
def stop_taper(*, taper: Taper, reason: str) -> Taper:
    """No further month is paid, and why; Refused when it was stopped before."""
    scope.current().require(PROPOSE_AID)
    reason = need_reason(reason)
    row = Taper.objects.select_for_update().get(pk=taper.pk)
    if row.stopped_on:
        raise Refused(_("该户的渐退期已停止。"), code="taper_stopped")
    return halt(row, reason)


def halt(row: Taper, reason: str) -> Taper:
    """Stop a taper today, for a reason."""
    row.stopped_on, row.stopped_because = timezone.localdate(), reason[:200]
    row.save(update_fields=["stopped_on", "stopped_because"])
    records.note("taper.stopped", subject=row.file, note=reason)
    return row
