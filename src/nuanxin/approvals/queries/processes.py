"""Reads of processes, their steps and votes."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from nuanxin.kernel.actor import Actor, subtree

from ..models import Barred, Deputy, Kin, Process, ProcessStep, StepKind, Vote


def votes_of(process: Process | None) -> QuerySet[Vote]:
    """Who said what, in order."""
    if process is None:
        return Vote.objects.none()
    return Vote.objects.filter(process=process).select_related("voter", "stands_for").order_by("id")


def has_part(process: Process | None, staff_id: int | None) -> bool:
    """True when the person made the matter or has spoken in its current round."""
    if process is None:
        return False
    return (
        process.maker_id == staff_id or process.votes.filter(round=process.round, voter_id=staff_id).exists()
    )


def step_of(process: Process | None) -> ProcessStep | None:
    """The step the process stands at; None when it is with the maker, decided, or has no route."""
    return open_steps().filter(process=process).first() if process else None


def steps_of(process: Process | None) -> QuerySet[ProcessStep]:
    """The steps of the current round, in order, with their units."""
    if process is None:
        return ProcessStep.objects.none()
    steps = ProcessStep.objects.filter(process=process, round=F("process__round"))
    return steps.select_related("org").prefetch_related("votes__voter").order_by("position")


def open_steps() -> QuerySet[ProcessStep]:
    """The steps that processes stand at now."""
    return ProcessStep.objects.filter(
        entered__isnull=False, done__isnull=True, process__closed__isnull=True
    ).select_related("org", "process")


def overdue(place: str, day: date | None = None) -> QuerySet[ProcessStep]:
    """Open steps of matters at or below `place` whose last day is before `day` (today)."""
    low, high = subtree(place)
    late = open_steps().filter(due_on__lt=day or timezone.localdate(), home__gte=low, home__lt=high)
    return late.order_by("due_on", "pk")


def waiting_for(actor: Actor) -> QuerySet[ProcessStep]:
    """The open steps the actor may pass now, the most urgent first.

    At their own unit, or overdue and escalated at a unit right below it; see `open_to`.
    """
    today = timezone.localdate()
    here = Q(org=actor.org_path) | Q(escalate=True, due_on__lt=today, org__parent__path=actor.org_path)
    steps = open_steps().exclude(kind=StepKind.NOTICE).filter(here)
    return open_to(actor, steps).order_by(F("due_on").asc(nulls_last=True), "pk")


def open_to(actor: Actor, steps: QuerySet[ProcessStep]) -> QuerySet[ProcessStep]:
    """Of steps, at which the actor may speak: with the permission, and without a part in the matter yet.

    Not as its maker, not barred, not kin of whom it is about, and with no word in its round that counts;
    neither they nor whom they stand in for.
    """
    people = counted(actor)
    if not actor.all_permissions:
        steps = steps.filter(permission__in=actor.permissions)
    barred = Barred.objects.filter(process=OuterRef("process"), staff__in=people)
    # by process and round, which an open step carries itself: each is one look into an index
    spoken = Vote.objects.filter(_one_of(people), process=OuterRef("process"), round=OuterRef("round"))
    free = steps.exclude(process__maker__in=people).exclude(Exists(barred)).exclude(Exists(spoken))
    free = free.exclude(Exists(_standing(people)))
    if kin := own_kin(actor):
        free = free.exclude(process__persons__overlap=kin)
    return free


def counted(actor: Actor) -> set[int]:
    """The staff a vote of this actor counts for: they themselves, and whom their post stands in for."""
    people = {actor.staff_id} if actor.staff_id else set()
    holder = stands_for(actor)
    return people | {holder} if holder else people


def own_kin(actor: Actor) -> list[bytes]:
    """The hashes of the ID numbers the actor declared: their own and their relatives'."""
    rows = Kin.objects.filter(staff=actor.staff_id, withdrawn__isnull=True)
    return [bytes(one) for one in rows.values_list("id_hash", flat=True)]


def stands_for(actor: Actor) -> int | None:
    """The holder of the post the actor's own post was made for; None for a post in its own right."""
    if actor.post_id is None:
        return None
    return Deputy.objects.filter(post=actor.post_id).values_list("holder__staff", flat=True).first()


def _standing(people: set[int]) -> QuerySet[ProcessStep]:
    """For a step: those of its round that stand by a word one of the people gave in an earlier one."""
    given = Vote.objects.filter(_one_of(people), process_step=OuterRef("carried"))
    steps = ProcessStep.objects.filter(process=OuterRef("process"), round=OuterRef("round"))
    return steps.filter(Exists(given), carried__isnull=False)


def _one_of(people: set[int]) -> Q:
    return Q(voter__in=people) | Q(stands_for__in=people)
