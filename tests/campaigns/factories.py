"""A county with families on file, a fund with money, and drives in every state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone

from nuanxin.campaigns import permissions, services
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.casework.models import Application, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node, Post
from tests.ledger import factories as ledger
from tests.orgs import factories as orgs
from tests.registry import factories as registry

_numbers = count(1)


@dataclass
class County:
    """A county with two unions in two townships, its posts, and a fund of 100,000 yuan."""

    node: Node
    unions: list[Node]
    fund: Fund
    planner: Post
    decider: Post
    officer: Post

    @contextmanager
    def acting(self, who: str) -> Iterator[Actor]:
        with scope.acting(getattr(self, who).actor()) as actor:
            yield actor


def county(yuan: int = 100_000, parent: Node | None = None) -> County:
    node = orgs.node("county", parent)
    unions = [orgs.node("grassroots", orgs.node("township", node)) for _ in range(2)]
    fund = ledger.fund()
    if yuan:
        ledger.give(fund, node, yuan)
    see = permissions.SEE
    return County(
        node=node,
        unions=unions,
        fund=fund,
        planner=orgs.post(node, see, permissions.PLAN, permissions.VISIT, "casework.file.see"),
        decider=orgs.post(node, see, permissions.DECIDE),
        officer=orgs.post(unions[0], see, permissions.VISIT, "casework.file.see", "registry.finance.see"),
    )


def file(at: Node, name: str = "和建国", **household: Any) -> File:
    """An open file of a new family at a union."""
    with scope.acting(system()):
        family = registry.household(at.path, name, **household)
        today = timezone.localdate()
        application = Application.objects.create(
            org_id=at.path,
            household=family,
            officer=orgs.staff(),
            applied_on=today,
            state="approved",
            decided_on=today,
        )
        return File.objects.create(
            org_id=at.path,
            number=f"T-{next(_numbers):06d}",
            household=family,
            application=application,
            clazz="deep",
            opened_on=today,
        )


def drive(home: County, **plan: Any) -> Drive:
    """A drive in draft: 500 yuan and a gift pack valued at 300 each."""
    values = {
        "name": f"迎新春送温暖{next(_numbers)}",
        "theme": "情暖职工",
        "starts_on": date(2021, 12, 20),
        "ends_on": date(2022, 2, 15),
        "fund": home.fund,
        "cash": Money.yuan(500),
        "gift": "棉被礼包",
        "gift_value": Money.yuan(300),
    } | plan
    with home.acting("planner"):
        return services.create_drive(**values)


def with_files(home: County, *names: str, **plan: Any) -> Drive:
    """A drive in draft with these families of the first union on it."""
    for name in names or ("和建国",):
        file(home.unions[0], name)
    made = drive(home, **plan)
    with home.acting("planner"):
        services.add_files(drive=made, files=File.objects.all(), target="hardship")
    return made


def submitted(home: County, *names: str, **plan: Any) -> Drive:
    made = with_files(home, *names, **plan)
    with home.acting("planner"):
        return services.submit_drive(drive=made)


def approved(home: County, *names: str, **plan: Any) -> Drive:
    made = submitted(home, *names, **plan)
    with home.acting("decider"):
        return services.approve_drive(drive=made)


def in_state(home: County, state: str) -> Drive:
    """A drive brought into a state by the services."""
    if state == "draft":
        return with_files(home)
    if state == "dropped":
        made = with_files(home)
        with home.acting("planner"):
            return services.drop_drive(drive=made)
    if state == "submitted":
        return submitted(home)
    if state == "returned":
        made = submitted(home)
        with home.acting("decider"):
            return services.return_drive(drive=made, reason="名单有误")
    made = approved(home)
    if state == "approved":
        return made
    with home.acting("planner"):
        return services.close_drive(drive=made)


def listed(home: County, of: Drive) -> list[Recipient]:
    """Who is on a drive, as the planner sees it."""
    with home.acting("planner"):
        return list(of.recipients.order_by("pk"))


def visit(recipient: Recipient, **said: Any) -> Recipient:
    """A visit as the acting officer records it."""
    values = {"key": uuid4(), "finding": "agrees", "signed_name": recipient.name} | said
    return services.record_visit(recipient=recipient, **values)
