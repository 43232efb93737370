"""Which route is in force at a place, and which of its steps a matter takes there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node

from ..models import Route, RouteStep, WhenMissing

#: Units that do the work of a level without being called by its name.
STANDS_AS = {Node.Kind.INDUSTRY: Node.Kind.COUNTY}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step a matter takes, and the unit that acts at it."""

    step: RouteStep
    node: Node


def routes_in_force(place: str, day: date) -> list[Route]:
    """Of each code the route of the nearest place at or above `place`, by code."""
    nearest: dict[str, Route] = {}
    for route in Route.objects.filter(state="in_force", valid__contains=day).order_by("code"):
        if place.startswith(route.org_id or "") and _nearer(route, nearest.get(route.code)):
            nearest[route.code] = route
    return list(nearest.values())


def route_in_force(code: str, place: str, day: date) -> Route | None:
    """The route of this code for a place on a day, that of the nearest place; None when there is none."""
    found: Route | None = None
    for route in Route.objects.filter(code=code, state="in_force", valid__contains=day):
        if place.startswith(route.org_id or "") and _nearer(route, found):
            found = route
    return found


def _nearer(route: Route, other: Route | None) -> bool:
    return other is None or len(route.org_id or "") > len(other.org_id or "")


def taken(steps: Iterable[RouteStep], amount: Money | None, clazz: str) -> list[RouteStep]:
    """The steps a matter of this amount and class does not pass by, whatever its place."""
    return [
        step
        for step in steps
        if (step.over is None or (amount is not None and amount > step.over))
        and (not step.classes or clazz in step.classes)
    ]


def steps_for(steps: Iterable[RouteStep], place: str, amount: Money | None, clazz: str) -> list[Chosen]:
    """The steps with the units that act at them; one without a unit at its level or above is left out."""
    chosen = taken(steps, amount, clazz)
    nodes = nodes_for({(place, step.level) for step in chosen})
    return [
        Chosen(step, node)
        for step in chosen
        if (node := nodes.get((place, step.level))) and not skipped(step, node)
    ]


def skipped(step: RouteStep, node: Node) -> bool:
    """The place has no unit of the step's level, and the route says to leave the step out then."""
    kind = STANDS_AS.get(Node.Kind(node.kind), node.kind)
    return step.when_missing == WhenMissing.SKIP and kind != step.level


def nodes_for(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Node]:
    """For each place and level the unit of the level, or of the next one above; one query."""
    pairs = list(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.home, u.level, approvals_place(u.home, u.level)"
            " FROM unnest(%s::text[], %s::text[]) AS u (home, level)",
            [[home for home, _level in pairs], [level for _home, level in pairs]],
        )
        paths = {(home, level): path for home, level, path in cursor.fetchall() if path}
    nodes = {node.path: node for node in Node.objects.filter(path__in=set(paths.values()))}
    return {pair: nodes[path] for pair, path in paths.items()}
