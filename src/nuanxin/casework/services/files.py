"""Closing a household's file."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events
from nuanxin.kernel.refusal import Refused

from ..events import FileClosed
from ..flow import FILE
from ..models import Award, File
from .common import need_reason


@transaction.atomic
def close_file(*, file: File, reason: str, on: date | None = None) -> File:
    """The household leaves difficulty (or the file ends otherwise), with the reason.

    Refused for a day before it was opened or after today, and while money to the household is on
    its way.
    """
    reason = need_reason(reason)
    day = on or timezone.localdate()
    if not file.opened_on <= day <= timezone.localdate():
        raise Refused(_("退出日期应在建档日期之后、今天之前。"), code="wrong_day", field="closed_on")
    if Award.objects.filter(file=file, state__in=["approved", "returned"]).exists():
        raise Refused(_("该户还有待发放或被银行退回的救助金，办结后才能退出。"), code="award_open")
    closed = FILE.fire(file, "close", note=reason, closed_on=day, closed_because=reason)
    events.publish(FileClosed(file=closed.pk))
    return closed
