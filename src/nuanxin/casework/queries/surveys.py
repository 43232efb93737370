"""Reads of surveys: the lists, the households on them, how far each union has come."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from nuanxin.kernel.actor import Actor
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Node
from nuanxin.registry.models import Household

from ..models import Survey, Surveyed
from .lists import below, candidates


def without_file(survey: Survey) -> QuerySet[Household]:
    """The households a survey has still to look at, in the order of their keys: without a file, and
    without an application for one on its way.
    """
    rows = below(candidates(), str(survey.org_id)).filter(pk__gt=survey.reached, pk__lte=survey.until)
    return rows.select_related(None).prefetch_related(None).order_by("pk")


def surveys() -> QuerySet[Survey]:
    """Surveys in sight, newest first, with how many of the households in sight are `listed`, `waiting` for
    an answer, and of those answered `begun` an application.
    """
    counted = {
        "listed": ~Q(state="lapsed"),
        "waiting": Q(state="open"),
        "begun": Q(state="applied"),
    }
    mine = Surveyed.objects.filter(survey=OuterRef("pk")).order_by().values("survey")
    sums = {
        name: Coalesce(
            Subquery(mine.filter(chosen).annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
        )
        for name, chosen in counted.items()
    }
    return Survey.objects.select_related("org", "maker", "job", "roster").annotate(**sums).order_by("-id")


def surveyed(survey: Survey) -> QuerySet[Surveyed]:
    """The households on a list, union by union."""
    return _rows().filter(survey=survey).order_by("org", "pk")


def _rows() -> QuerySet[Surveyed]:
    """With `share`, the income a head as a share of the local living allowance."""
    rows = Surveyed.objects.select_related("org", "officer", "survey").prefetch_related("household__head")
    return rows.annotate(share=F("per_head") / F("line"))


def surveyed_mine(actor: Actor) -> QuerySet[Surveyed]:
    """The households somebody is to look up: theirs, and those of their unit that nobody is named for."""
    own = Q(officer=actor.staff_id, officer__isnull=False) | Q(org=actor.org_path, officer__isnull=True)
    return _rows().filter(own, state="open", survey__state="open").order_by("survey__due_on", "pk")


def surveys_due(actor: Actor) -> QuerySet[Survey]:
    """Surveys of the actor's unit that can be closed, for all are answered, or are past their day."""
    settled = Q(reached__gte=F("until"), waiting=0)
    rows = surveys().filter(settled | Q(due_on__lt=timezone.localdate()), org=actor.org_path, state="open")
    return rows.order_by("due_on", "pk")


def surveys_late() -> QuerySet[Survey]:
    """Surveys past their day with households nobody has answered for."""
    return surveys().filter(state="open", due_on__lt=timezone.localdate(), waiting__gt=0)


@dataclass
class Standing:
    """How far a union has come with a list: households by state."""

    org: Node
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def listed(self) -> int:
        return self.counts.total() - self.counts["lapsed"]

    @property
    def settled(self) -> int:
        return self.listed - self.counts["open"]


def standings(survey: Survey, path: str) -> list[Standing]:
    """By unit directly below `path` (or at it) how far its households are, those with most to do first."""
    rows = Surveyed.objects.filter(survey=survey).order_by().values_list("org_id", "state")
    units = {node.path: Standing(node) for node in [orgs.node_at(path), *orgs.children_of(path)]}
    for org, state, number in rows.annotate(n=Count("pk")):
        unit = next((step for step in reversed(orgs.chain_paths(str(org))) if step in units), path)
        units[unit].counts[state] += number
    found = [unit for unit in units.values() if unit.listed]
    return sorted(found, key=lambda unit: (-unit.counts["open"], unit.org.path))
