"""Units with staff, matters and routes for the tests of approvals."""

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from nuanxin.approvals import services
from nuanxin.approvals.models import Process, Route, RouteStep
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.orgs.models import Node
from tests.orgs import factories as orgs

CHECK = "casework.application.review"
DECIDE = "casework.application.decide"
_numbers = count(1)


class Subject:
    """Stands in for any record that is decided on."""

    def __init__(self, org: str) -> None:
        self.pk = next(_numbers)
        self.org_id = org

    class _meta:
        label = "tests.Matter"


@dataclass
class Tree:
    """One unit of each level below each other, the grassroots union lowest."""

    nodes: dict[str, Node]

    def __getitem__(self, level: str) -> Node:
        return self.nodes[level]

    def actor(self, level: str, *permissions: str) -> Actor:
        return orgs.actor(self.nodes[level], *(permissions or (CHECK, DECIDE)))


def tree(*, township: bool = True) -> Tree:
    nodes: dict[str, Node] = {}
    levels = [
        "national",
        "province",
        "prefecture",
        "county",
        *(["township"] if township else []),
        "grassroots",
    ]
    above = None
    for level in levels:
        above = nodes[level] = orgs.node(level, parent=above)
    return Tree(nodes)


def step(code: str, **fields: Any) -> RouteStep:
    """A deciding step at the county unless said otherwise."""
    values = {"kind": "decide", "level": "county", "permission": DECIDE, "title": code, "title_en": code}
    if fields.get("kind") == "check":
        values["permission"] = CHECK
    if fields.get("kind") == "notice":
        values |= {"permission": "", "needed": 0}
    return RouteStep(code=code, **(values | fields))


def route(*steps: RouteStep, code: str = "", org: str | None = None, since: date = date(2020, 1, 1)) -> Route:
    """A route in force, as one delivered with the program."""
    code = code or f"route{next(_numbers)}"
    made = Route.objects.create(
        code=code, title=code, title_en=code, org_id=org, valid=DateRange(since, None)
    )
    for position, one in enumerate(steps, start=1):
        one.route, one.position = made, position
    RouteStep.objects.bulk_create(steps)
    with scope.acting(system()):
        for state in ("submitted", "in_force"):
            Route.objects.filter(pk=made.pk).update(state=state)
    made.refresh_from_db()
    return made


def begin(maker: Actor, way: Route | str, **fields: Any) -> Process:
    """A matter of the maker's unit, submitted by them."""
    subject = fields.pop("subject", None) or Subject(maker.org_path)
    code = way if isinstance(way, str) else way.code
    with scope.acting(maker):
        return services.begin(subject=subject, route=code, place=subject.org_id, **fields)


def say(actor: Actor, process: Process, verdict: str = "pass", **fields: Any) -> services.Progress:
    with scope.acting(actor):
        return services.speak(process=process, verdict=verdict, **fields)
