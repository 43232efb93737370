"""Every state × action of casework's four tables, through the engine and against the database."""

from typing import Any

import pytest
from django.utils import timezone

from nuanxin.casework.flow import AID_LIST, APPLICATION, AWARD, FILE
from nuanxin.casework.models import Application, Award
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from tests.kernel import flows

from . import applying
from . import factories as make

pytestmark = pytest.mark.django_db


def data_for(action: str) -> dict[str, Any]:
    """What a move has to set beside the state."""
    today = timezone.localdate()
    return {
        "return": {"returned_because": "理由"},
        "send_back": {"returned_because": "理由"},
        "approve": {"decided_on": today},
        "refuse": {"decided_on": today, "refused_because": "理由"},
        "close": {"closed_on": today, "closed_because": "脱困"},
        "pay": {"paid_on": today},
    }.get(action, {})


@pytest.mark.parametrize("state", APPLICATION.states)
def test_application(county, state):
    def row(state: str) -> Application:
        """One whose route is done where it can be approved: without a notice before, with one after it."""
        if state == "submitted":
            made = applying.temporary(county, state)
        else:
            made = make.application(county, state, over=True)
        if state in ("submitted", "noticed"):
            applying.pass_every_step(county, made)
        if state == "draft":
            with scope.acting(county.officer):
                make.complete(made)
        return made

    flows.check_state(APPLICATION, state, row, data_for)


@pytest.mark.parametrize("state", FILE.states)
def test_file(county, state):
    def row(state: str) -> Any:
        file = make.file(county)
        if state == "closed":
            return FILE.fire(file, "close", **data_for("close"))
        return file

    flows.check_state(FILE, state, row, data_for)


@pytest.mark.parametrize("state", AID_LIST.states)
def test_aid_list(county, state):
    make.file(county)
    flows.check_state(AID_LIST, state, lambda state: make.aid_list(county, state), data_for)


#: How an award comes into each state.
WAYS = {
    "proposed": [],
    "removed": ["remove"],
    "approved": ["approve"],
    "paid": ["approve", "pay"],
    "returned": ["approve", "return"],
}


def paid_today(action: str) -> dict[str, Any]:
    """What a move of an award has to set beside the state."""
    return {"paid_on": timezone.localdate()} if action == "pay" else {}


@pytest.mark.parametrize("state", AWARD.states)
def test_award(county, state):
    def row(state: str) -> Award:
        make.file(county)
        made = make.aid_list(county).awards.get()
        for action in WAYS[state]:
            made = AWARD.fire(made, action, **paid_today(action))
        return made

    flows.check_state(AWARD, state, row, paid_today)


@pytest.mark.parametrize("flow", [APPLICATION, FILE, AID_LIST, AWARD], ids=lambda flow: flow.name)
def test_every_move_asks_its_permission(county, flow):
    make.file(county)
    rows = {
        APPLICATION: Application.objects.first(),
        FILE: Application.objects.get(state="approved").file,
        AID_LIST: make.aid_list(county),
        AWARD: Award.objects.first(),
    }
    nobody = make.orgs.actor(county.node, make.SEE)
    for action in flow.moves:
        with scope.acting(nobody), pytest.raises(Denied):
            flow.fire(rows[flow], action)
