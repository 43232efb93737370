"""Reads of care: needs and tasks, who is paired with whom, and when the next visit of a pair is due."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    DateField,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from nuanxin.kernel.actor import Actor
from nuanxin.orgs.models import Post
from nuanxin.policy import queries as policy

from ..determination import PAIRING_DAYS
from ..models import File, Need, Pairing, Task, Visit

# needs and tasks


def needs_of(file: File) -> QuerySet[Need]:
    """The needs of a file with their tasks in `planned`: open ones first, the newest first."""
    planned = Task.objects.select_related("staff", "unit", "answered_by").order_by("due_on", "id")
    rows = Need.objects.filter(file=file).prefetch_related(Prefetch("tasks", planned, "planned"))
    return rows.order_by(F("met_on").desc(nulls_first=True), "-id")


def tasks() -> QuerySet[Task]:
    """Tasks in sight, the first due first. `head` and `file` are the family's, None where it is out of
    sight: a department sees its task, not the family.
    """
    file = File.objects.filter(needs=OuterRef("need"))
    rows = Task.objects.select_related("org", "unit", "staff", "maker", "answered_by")
    rows = rows.annotate(
        head=Subquery(file.values("household__head__name")[:1]), file=Subquery(file.values("pk")[:1])
    )
    return rows.order_by("due_on", "id")


def held_by(actor: Actor) -> Q:
    """Tasks of the person, or of the unit the person sits at when nobody in it is named."""
    return Q(staff=actor.staff_id, staff__isnull=False) | Q(unit=actor.org_path, staff__isnull=True)


def tasks_mine(actor: Actor) -> QuerySet[Task]:
    """What the actor has to do and answer."""
    return tasks().filter(held_by(actor), state="open")


def tasks_late() -> QuerySet[Task]:
    """Tasks past their day."""
    return tasks().filter(state="open", due_on__lt=timezone.localdate())


def tasks_answered() -> QuerySet[Task]:
    """Answers somebody has to look at."""
    return tasks().filter(state="answered")


# pairs


def pairings_of(file: File) -> QuerySet[Pairing]:
    """Who is and was paired with a file, those of today first."""
    rows = Pairing.objects.filter(file=file).select_related("leader", "unit", "staff")
    return rows.order_by(F("until").desc(nulls_first=True), "-id")


def pairings() -> QuerySet[Pairing]:
    """Pairs in scope whose family is in sight, with their visits, the newest first."""
    rows = Pairing.objects.select_related("org", "leader", "unit", "file__household__head")
    return with_visits(rows).order_by("-id")


def with_visits(rows: QuerySet[Pairing]) -> QuerySet[Pairing]:
    """Pairs with `last` (the household's last visit by anybody), `visited` (by the leader or the unit since
    they were paired), `days` (between such visits, by the policy of the place) and `next_on`.

    A visit is the leader's when they wrote it down or are named among the visitors, and a unit's when one
    of its people wrote it down. Where the policy sets no interval, none is due.
    """
    home = Visit.objects.filter(household=OuterRef("file__household")).order_by().values("household")
    of_unit = Post.objects.filter(staff=OuterRef("staff"), node__path=OuterRef(OuterRef("unit")))
    theirs = Q(staff=OuterRef("leader")) | Q(visitors__contains=OuterRef("leader__name")) | Q(Exists(of_unit))
    own = home.filter(theirs, visited_on__gte=OuterRef("since"))
    rows = rows.annotate(last=_latest(home), visited=_latest(own), days=_days(timezone.localdate()))
    return rows.annotate(
        next_on=Func(
            Coalesce("visited", "since"),
            Cast("days", IntegerField()),
            template="(%(expressions)s)",
            arg_joiner=" + ",
            output_field=DateField(),
        )
    )


def _latest(visits: QuerySet[Any, Any]) -> Subquery:
    return Subquery(visits.annotate(day=Max("visited_on")).values("day"))


def _days(day: date) -> Subquery:
    """How many days lie between the visits of a pair where the family lives: the nearest place decides."""
    above = Func(OuterRef("org"), F("org"), function="starts_with", output_field=BooleanField())
    rows = policy.standards_in_force(day).filter(code=PAIRING_DAYS, residence="any")
    rows = rows.filter(Q(org__isnull=True) | Q(above))
    return Subquery(rows.order_by(F("org").desc(nulls_last=True)).values("number")[:1])


def pairings_due(day: date | None = None) -> QuerySet[Pairing]:
    """Pairs whose visit is due, the longest overdue first."""
    rows = pairings().filter(until__isnull=True, file__state="open")
    return rows.filter(next_on__lte=day or timezone.localdate()).order_by("next_on", "id")


def paired_with(actor: Actor) -> QuerySet[Pairing]:
    """The pairs of today of the person and of the unit the person sits at."""
    mine = Q(leader=actor.staff_id, leader__isnull=False) | Q(unit=actor.org_path)
    return Pairing.objects.filter(mine, until__isnull=True)


def families(actor: Actor) -> QuerySet[Pairing]:
    """The families the actor is paired with, the first due first; what they need in `file.unmet`."""
    rows = pairings().filter(pk__in=paired_with(actor).values("pk"), file__state="open")
    unmet = Prefetch("file__needs", Need.objects.filter(met_on__isnull=True).order_by("id"), "unmet")
    rows = rows.select_related("file__household__org").prefetch_related(unmet)
    return rows.order_by(F("next_on").asc(nulls_last=True), "id")


def families_due(actor: Actor) -> QuerySet[Pairing]:
    """Those the actor is to visit by now."""
    return families(actor).filter(next_on__lte=timezone.localdate())


def out_of_sight(actor: Actor, seen: Sequence[Pairing]) -> int:
    """How many pairs of the unit are with families of other unions, whose files it does not see."""
    return paired_with(actor).count() - len(seen)
