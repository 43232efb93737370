"""Every state × action of dues and batches, by the engine and by the database."""

from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.orgs.models import Node
from nuanxin.payments import flow, queries, services
from nuanxin.payments.models import Batch, Due
from tests.kernel import flows
from tests.ledger.factories import fund, give
from tests.orgs.factories import node, post, staff

from .factories import owed

pytestmark = pytest.mark.django_db


class Maker:
    """Brings a due or a batch into a state, by the moves that lead there."""

    def __init__(self) -> None:
        self.county: Node = node("county")
        self.actor: Actor = post(self.county, "*").actor()
        self.money = fund()
        give(self.money, self.county, 1000)
        self.approver = staff()

    def batch(self, state: str) -> Batch:
        owed(self.county, self.money, self.approver, 10)
        batch = services.make_batch(fund=self.money).batch
        path = {"made": [], "sent": ["send"], "settled": ["send", "settle"], "dissolved": ["dissolve"]}
        for action in path[state]:
            batch = flow.BATCH.fire(batch, action)
        return batch

    def due(self, state: str) -> Due:
        if state == "waiting":
            return Due.objects.get(pk=owed(self.county, self.money, self.approver, 10)[0])
        due = queries.lines(self.batch("made"))[0]
        path = {"paid": ["pay"], "returned": ["return"], "reissued": ["return", "reissue"], "batched": []}
        for action in path[state]:
            due = flow.DUE.fire(due, action, **self.data(action))
        return due

    def data(self, action: str) -> dict[str, Any]:
        """The fields a move of a due sets."""
        if action == "batch":
            return {"batch": self.batch("made"), "batcher_id": self.actor.staff_id, "line": 99}
        today = timezone.localdate()
        return {
            "unbatch": {"batch": None, "batcher": None, "line": None},
            "pay": {"settled_on": today},
            "return": {"settled_on": today, "bank_reason": "账号户名不符"},
            "reissue": {},
        }[action]


@pytest.fixture
def make():
    maker = Maker()
    with scope.acting(maker.actor):
        yield maker


@pytest.mark.parametrize("state, action", flows.cases(flow.DUE))
def test_due(make, state: str, action: str):
    flows.check(flow.DUE, state, action, make.due, **make.data(action))


@pytest.mark.parametrize("state, action", flows.cases(flow.BATCH))
def test_batch(make, state: str, action: str):
    flows.check(flow.BATCH, state, action, make.batch)


@pytest.mark.parametrize("state", flow.DUE.states)
def test_the_database_refuses_other_moves_of_a_due(make, state: str):
    flows.check_database(flow.DUE, make.due(state))


@pytest.mark.parametrize("state", flow.BATCH.states)
def test_the_database_refuses_other_moves_of_a_batch(make, state: str):
    flows.check_database(flow.BATCH, make.batch(state))
