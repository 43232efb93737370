"""What waits for whom: never what a person had part in already."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from nuanxin.approvals import queries as approvals
from nuanxin.approvals.models import ProcessStep, StepKind, Vote
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.sets import found_in

from ..models import AidList, Application, Notice, Objection
from .lists import aid_lists, applications


def mine(staff: int | None, state: str) -> QuerySet[Application]:
    """Applications the person brought in, in a state, the longest waiting first."""
    return applications().filter(officer=staff, state=state).order_by("changed", "id")


def to_review(actor: Actor) -> QuerySet[Application]:
    """Applications at a check the actor may pass, to be put up for notice at their unit, or whose notice is
    over and followed by a check there.
    """
    checks = approvals.waiting_for(actor).filter(kind=StepKind.CHECK)
    notices = approvals.open_steps().filter(kind=StepKind.NOTICE, org=actor.org_path)
    standing = Q(found_in(checks.order_by().values("process"), "process"))
    up = Q(found_in(notices.values("process"), "process"))
    rows = applications().filter((standing | up) & Q(state="submitted") | _over(actor, StepKind.CHECK))
    return _standing(rows.exclude(officer=actor.staff_id))


def to_decide(actor: Actor) -> QuerySet[Application]:
    """Applications at a decision the actor may make, or whose notice is over without an open objection and
    is followed by one.
    """
    steps = approvals.waiting_for(actor).filter(kind=StepKind.DECIDE)
    standing = Q(found_in(steps.order_by().values("process"), "process"), state="submitted")
    rows = applications().filter(standing | _over(actor, StepKind.DECIDE))
    return _standing(rows.exclude(officer=actor.staff_id))


def to_do(what: str, actor: Actor) -> QuerySet[Application]:
    """One heap of the work list: returned or draft (the actor's own), review, objected, decide."""
    if what == "objected":
        return objected_to(actor)
    if what in ("review", "decide"):
        return to_review(actor) if what == "review" else to_decide(actor)
    return mine(actor.staff_id, what)


def _over(actor: Actor, kind: str) -> Q:
    """The notice is over, nobody objects, and the step after it is one the actor may take."""
    day = timezone.localdate()
    running = Notice.objects.filter(application=OuterRef("pk"), withdrawn=False, until__gt=day)
    objected = Objection.objects.filter(notice__application=OuterRef("pk"), settled_on__isnull=True)
    following = ProcessStep.objects.filter(
        process=OuterRef("process"),
        round=OuterRef("process__round"),
        position=OuterRef("process__position") + 1,
        kind=kind,
        org=actor.org_path,
    )
    mine = Exists(approvals.open_to(actor, following))
    return Q(~Exists(running), ~Exists(objected), mine, state="noticed")


def _standing(rows: QuerySet[Application]) -> QuerySet[Application]:
    """With the unit of the step each stands at and since when, the soonest due first."""
    steps = ProcessStep.objects.filter(process=OuterRef("process"), entered__isnull=False, done__isnull=True)
    rows = rows.annotate(
        step_org=Subquery(steps.values("org")[:1]), step_since=Subquery(steps.values("entered")[:1])
    )
    return rows.order_by(F("due_on").asc(nulls_last=True), "id")


def objected_to(actor: Actor) -> QuerySet[Application]:
    """Applications under way with an objection to a notice of the actor's unit, that somebody else recorded,
    for the actor to settle.
    """
    here = Q(notice__step__org=actor.org_path) | Q(notice__step__isnull=True)
    open_ones = Objection.objects.filter(here, notice__application=OuterRef("pk"), settled_on__isnull=True)
    theirs = Exists(open_ones.exclude(recorded_by=actor.staff_id))
    rows = applications().filter(theirs, state__in=("submitted", "noticed")).exclude(officer=actor.staff_id)
    return rows.order_by("due_on", "id")


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
