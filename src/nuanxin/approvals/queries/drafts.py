"""Routes as the editor shows them: those in force at a place, its own versions, and who would act."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node, Staff

from ..models import Route, RouteStep
from .routes import Chosen, nodes_for, skipped
from .staffing import first_unstaffed, people_at, places_of, refusal_for


@dataclass(frozen=True)
class Acting:
    """A step at a sample place: the unit that acts there, and who could today."""

    step: RouteStep
    node: Node | None
    people: Sequence[Staff] = ()
    left_out: bool = False

    @property
    def short(self) -> bool:
        """Nobody, or fewer than the votes the step needs."""
        return not self.left_out and len(self.people) < self.step.needed


def routes_in_sight() -> QuerySet[Route]:
    """Routes in force anywhere above, and every version of the places in the actor's scope."""
    place = scope.current().org_path
    low, high = subtree(place)
    parts = place.rstrip("/").split("/")
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    own = Q(org__gte=low, org__lt=high)
    rows = Route.objects.filter(own | Q(state="in_force") & (Q(org__isnull=True) | Q(org__in=above)))
    return rows.select_related("org", "made_by", "activated_by").prefetch_related("steps")


def sample_places() -> QuerySet[Node]:
    """Counties in the actor's scope (or the actor's own unit), to try a route out on."""
    place = scope.current().org_path
    return Node.objects.within(place).filter(Q(kind=Node.Kind.COUNTY) | Q(path=place), active=True)


def acting_at(route: Route, place: str) -> tuple[list[Acting], Refused | None]:
    """For each step of the route the unit that would act for a matter of the place, and who could today.

    And why such a matter could not be submitted today, when too few different people could act.
    """
    steps = list(route.steps.all())
    nodes = nodes_for({(place, step.level) for step in steps})
    chosen = [
        Chosen(step, node)
        for step in steps
        if (node := nodes.get((place, step.level))) and not skipped(step, node)
    ]
    able = people_at(places_of(chosen))
    staff = Staff.objects.in_bulk({pk for keys in able.values() for pk in keys})
    by_step = {one.step.pk: one for one in chosen}
    found = []
    for step in steps:
        one, node = by_step.get(step.pk), nodes.get((place, step.level))
        keys = able.get((one.node.path, step.permission), ()) if one else ()
        found.append(Acting(step, node, [staff[pk] for pk in sorted(keys)], left_out=bool(node and not one)))
    lacking = first_unstaffed(chosen, able, frozenset())
    return found, refusal_for(lacking) if lacking else None


def permissions_in_use() -> list[str]:
    """The permissions that steps in force ask for: what a step of one's own may ask for."""
    day = timezone.localdate()
    steps = RouteStep.objects.filter(route__state="in_force", route__valid__contains=day)
    return sorted(set(steps.exclude(permission="").values_list("permission", flat=True)))
