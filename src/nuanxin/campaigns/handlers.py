"""What comes up from below: money that reached the cards. And the words for the audit trail's lines."""

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.events import subscribe
from nuanxin.payments import queries as payments
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Due
from nuanxin.records import documents, words

from .models import Recipient
from .permissions import SEE, VISIT

for _action, _label in {
    "drive.created": _("新建活动"),
    "drive.changed": _("修改活动"),
    "drive.files_added": _("选择家庭"),
    "drive.worker_added": _("添加职工"),
    "drive.group_added": _("添加集体"),
    "drive.taken_off": _("移出名单"),
}.items():
    words.name(_action, _label)

payments.opens(Recipient._meta.label, lambda pk: reverse("campaigns:visit", args=[pk]), SEE)
documents.opened_by(Recipient._meta.label, SEE, VISIT)


@subscribe(DuesSettled)
def mark_paid(event: DuesSettled) -> None:
    """Date the payment of every recipient whose due reached the card."""
    dues = Due.objects.filter(pk__in=event.paid, source_kind=Recipient._meta.label)
    booked = dues.filter(source=OuterRef("pk")).values("settled_on")[:1]
    Recipient.objects.filter(pk__in=dues.values("source")).update(paid_on=Subquery(booked))
