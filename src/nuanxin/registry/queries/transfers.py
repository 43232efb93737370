"""Requests between unions that either side sees."""

from django.db.models import Q, QuerySet

from nuanxin.kernel.actor import Actor, subtree
from nuanxin.registry.models import Person, Transfer


def transfers() -> QuerySet[Transfer]:
    """Requests by or to the actor's scope, newest first."""
    return Transfer.objects.select_related("org", "other", "target", "staff", "answered_by").order_by("-id")


def transfers_to_answer(actor: Actor) -> QuerySet[Transfer]:
    """Open requests that the actor's side is to answer."""
    low, high = subtree(actor.org_path)
    return transfers().filter(Q(other__gte=low, other__lt=high), state="asked")


def person_asked_for(transfer: Transfer) -> Person | None:
    """Who is meant, for the side that has the person; None for the other."""
    return Person.objects.filter(pk=transfer.person_id).select_related("org").first()
