"""Every state × action of the two tables, through the engine and against the database."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.reviews.flow import DIFFERENCE, REVIEW
from nuanxin.reviews.models import Difference, Review
from tests.kernel import flows

from . import factories as make

pytestmark = pytest.mark.django_db


def review(county: make.County, state: str) -> Review:
    """A review in a state, with nothing on its list that would hold it back."""
    row = make.start(county)
    ways = {"open": ["finish"], "closed": ["finish", "close"], "cancelled": ["cancel"]}
    for action in ways.get(state, []):
        row = REVIEW.fire(row, action, **data_for(action))
    return row


def difference(ready: "Ready", state: str) -> Difference:
    """A difference in a state."""
    county = ready.county
    row = make.computed(county, ready.jobs).differences.get()
    ways = {
        "proposed": ["propose"],
        "returned": ["propose", "return"],
        "visiting": ["propose", "send_to_visit"],
        "settled": ["propose", "settle"],
        "cleared": ["clear"],
        "noted": ["note"],
    }
    for action in ways.get(state, []):
        row = DIFFERENCE.fire(row, action, **data_for(action, county))
    return row


def data_for(action: str, county: make.County | None = None) -> dict[str, Any]:
    """What a move has to set beside the state."""
    if action == "close":
        return {"closed_on": timezone.localdate()}
    if county is None:
        return {}
    decided = {"decider_id": county.decider_post.staff_id, "decided_at": timezone.now()}
    return {
        "propose": {"proposer_id": county.reviewer_post.staff_id, "opinion": "follow"},
        "settle": decided,
        "send_to_visit": decided,
        "return": decided | {"returned_because": "理由"},
    }.get(action, {})


@dataclass
class Ready:
    """A county with a file that a review finds, and the jobs to compute one."""

    county: make.County
    jobs: Any


@pytest.fixture
def ready(county: make.County, jobs: Any) -> Ready:
    make.file(county)
    return Ready(county, jobs)


@pytest.mark.parametrize("state", REVIEW.states)
def test_review(ready, state):
    flows.check_state(REVIEW, state, lambda state: review(ready.county, state), data_for)


@pytest.mark.parametrize("state", DIFFERENCE.states)
def test_difference(ready, state):
    def data(action: str) -> dict[str, Any]:
        return data_for(action, ready.county)

    flows.check_state(DIFFERENCE, state, lambda state: difference(ready, state), data)


@pytest.mark.parametrize("flow", [REVIEW, DIFFERENCE], ids=lambda flow: flow.name)
def test_every_move_asks_its_permission(ready, flow):
    row = difference(ready, "open")
    rows = {REVIEW: row.review, DIFFERENCE: row}
    nobody = make.orgs.actor(ready.county.node, make.SEE)
    for action in flow.moves:
        with scope.acting(nobody), pytest.raises(Denied):
            flow.fire(rows[flow], action)
