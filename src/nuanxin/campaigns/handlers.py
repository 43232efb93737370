"""What comes up from below: money on the cards, persons found to be one. And words for the audit trail."""

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.events import subscribe
from nuanxin.payments import queries as payments
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Due
from nuanxin.records import documents, words
from nuanxin.registry.events import MergeUndone, PersonsMerged

from .models import Drive, Recipient
from .permissions import SEE, VISIT
from .services import OPEN, following

for _action, _label in {
    "drive.created": _("新建活动"),
    "drive.changed": _("修改活动"),
    "drive.files_added": _("选择家庭"),
    "drive.worker_added": _("添加职工"),
    "drive.group_added": _("添加集体"),
    "drive.taken_off": _("移出名单"),
    "drive.people_merged": _("名单随人员合并更新"),
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


@subscribe(PersonsMerged)
def follow_merge(event: PersonsMerged) -> None:
    """Drives in preparation that the actor sees follow at once, those of federations above at submission."""
    following.follow_merges(drives=_preparing().filter(recipients__person=event.gone))


@subscribe(MergeUndone)
def follow_parting(event: MergeUndone) -> None:
    """Families on lists in preparation stand for their head again."""
    following.follow_parting(drives=_preparing(), kept=event.kept, gone=event.gone)


def _preparing() -> QuerySet[Drive]:
    return Drive.objects.filter(state__in=OPEN)
