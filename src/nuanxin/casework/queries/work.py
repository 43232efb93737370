"""What waits for whom: never what a person had part in already."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from nuanxin.approvals.models import ProcessStep, Vote

from ..models import AidList, Application, Notice, Objection
from .lists import aid_lists, applications


def mine(staff: int | None, state: str) -> QuerySet[Application]:
    """Applications the person brought in, in a state, the longest waiting first."""
    return applications().filter(officer=staff, state=state).order_by("changed", "id")


def to_review(staff: int | None) -> QuerySet[Application]:
    """Submitted applications at a check, or passed and not put up yet, that the person may review."""
    rows = applications().filter(_at("check", "notice"), state="submitted").exclude(officer=staff)
    return _untouched(rows, staff).order_by("due_on", "id")


def to_decide(staff: int | None) -> QuerySet[Application]:
    """Applications at a decision, or whose notice is over without an open objection, that the person may
    decide.
    """
    over = Notice.objects.filter(application=OuterRef("pk"), withdrawn=False, until__lte=timezone.localdate())
    objected = Objection.objects.filter(
        notice__application=OuterRef("pk"), notice__withdrawn=False, settled_on__isnull=True
    )
    noticed = Q(Exists(over), ~Exists(objected), state="noticed")
    rows = applications().filter(noticed | Q(_at("decide"), state="submitted")).exclude(officer=staff)
    return _untouched(rows, staff).order_by("due_on", "id")


def _at(*kinds: str) -> Exists:
    """The application's process stands at a step of one of the kinds."""
    standing = ProcessStep.objects.filter(entered__isnull=False, done__isnull=True, kind__in=kinds)
    return Exists(standing.filter(process=OuterRef("process")))


def objected_to() -> QuerySet[Application]:
    """Applications under notice with an objection to settle."""
    open_ones = Objection.objects.filter(
        notice__application=OuterRef("pk"), notice__withdrawn=False, settled_on__isnull=True
    )
    return applications().filter(Exists(open_ones), state="noticed").order_by("due_on", "id")


def lists_of(staff: int | None) -> QuerySet[AidList]:
    """Lists the person is still making, returned ones first."""
    return aid_lists().filter(maker=staff, state__in=["returned", "draft"]).order_by("-state", "id")


def lists_to_decide(staff: int | None) -> QuerySet[AidList]:
    """Submitted lists the person may decide."""
    rows = aid_lists().filter(state="submitted").exclude(maker=staff)
    return _untouched(rows, staff).order_by("id")


def _untouched(rows: QuerySet[Any], staff: int | None) -> QuerySet[Any]:
    """Without those the person submitted, or has spoken on in the current round."""
    spoken = Vote.objects.filter(process=OuterRef("process"), round=OuterRef("process__round"), voter=staff)
    return rows.exclude(process__maker=staff).filter(~Exists(spoken))
