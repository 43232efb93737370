"""What comes up from below: money that reached the cards."""

from django.db.models import OuterRef, Subquery

from nuanxin.kernel.events import subscribe
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Due

from .models import Recipient


@subscribe(DuesSettled)
def mark_paid(event: DuesSettled) -> None:
    """Date the payment of every recipient whose due reached the card."""
    dues = Due.objects.filter(pk__in=event.paid, source_kind=Recipient._meta.label)
    booked = dues.filter(source=OuterRef("pk")).values("settled_on")[:1]
    Recipient.objects.filter(pk__in=dues.values("source")).update(paid_on=Subquery(booked))
