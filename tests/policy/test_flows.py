"""Every state of a proposal and of a change with every action; what the database itself refuses."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import flow, permissions, services
from nuanxin.policy.models import PackProposal
from tests.kernel import flows
from tests.orgs import factories as orgs

from . import factories as make

pytestmark = pytest.mark.django_db
EVERYTHING = (
    permissions.PROPOSE_PACK,
    permissions.ACTIVATE_PACK,
    permissions.PROPOSE_STANDARD,
    permissions.SET_STANDARD,
)


def bring(at: make.Home, of: Any, state: str) -> Any:
    if of is flow.PROPOSAL:
        return make.proposal(at, state)
    make.lines(make.line(at.node, 620))
    return make.changed(at, state, make.entry(at.node, 650))


def check(of: Any, state: str, action: str) -> None:
    """The move by a third person who may do everything; entering force needs their vote first."""
    at = make.home()
    row = bring(at, of, state)
    with scope.acting(orgs.actor(at.node, *EVERYTHING)) as actor:
        data: dict[str, Any] = {}
        if action == "submit":
            data = {"submitted_at": timezone.now()}
        if action == "return":
            data = {"returned_because": "请修改"}
        if action == "activate":
            data = {"approver_id": actor.staff_id, "decided_at": timezone.now()}
        if (state, action) == ("submitted", "activate"):
            approvals.vote(process=row.process, step="test", verdict="pass")
        flows.check(of, state, action, lambda _state: row, **data)


@pytest.mark.parametrize(("state", "action"), flows.cases(flow.PROPOSAL))
def test_proposal_states_and_actions(state: str, action: str):
    check(flow.PROPOSAL, state, action)


@pytest.mark.parametrize(("state", "action"), flows.cases(flow.CHANGE))
def test_change_states_and_actions(state: str, action: str):
    check(flow.CHANGE, state, action)


@pytest.mark.parametrize("of", [flow.PROPOSAL, flow.CHANGE])
@pytest.mark.parametrize("state", ["draft", "withdrawn", "in_force"])
def test_the_database_knows_the_table(of: Any, state: str):
    at = make.home()
    row = bring(at, of, state)
    with at.acting("decider"):
        flows.check_database(of, row)


@pytest.mark.parametrize("of", [flow.PROPOSAL, flow.CHANGE])
def test_each_action_asks_its_permission(of: Any):
    at = make.home()
    row = bring(at, of, "submitted")
    for action, move in of.moves.items():
        others = [code for code in EVERYTHING if code != move.permission]
        with scope.acting(orgs.actor(at.node, *others)), pytest.raises(Denied) as denied:
            of.fire(row, action)
        assert denied.value.permission == move.permission


# what raw SQL cannot do


@pytest.mark.parametrize("of", [flow.PROPOSAL, flow.CHANGE])
def test_nothing_comes_into_force_without_a_vote(of: Any):
    at = make.home()
    row = bring(at, of, "submitted")
    rows = type(row).objects.filter(pk=row.pk)
    with at.acting("decider") as actor:
        force = {"state": "in_force", "decided_at": timezone.now()}
        for alone in (actor.staff_id, row.maker_id, orgs.staff().pk, None):
            with pytest.raises(DatabaseError, match="second person"), transaction.atomic():
                rows.update(approver_id=alone, **force)
        with pytest.raises(DatabaseError, match="vote_not_maker"), transaction.atomic():
            approvals.vote(process=row.process, step="test", verdict="pass")
            type(row.process.votes.get()).objects.create(
                org_id=row.org_id, process=row.process, maker_id=row.maker_id, voter_id=row.maker_id,
                round=1, step="test", verdict="pass",
            )  # fmt: skip


def test_who_submitted_again_does_not_decide():
    """The process remembers its first maker; the last one is held by the proposal itself."""
    at = make.home()
    row = make.proposal(at, "returned")
    with scope.acting(orgs.actor(at.node, *EVERYTHING)) as actor:
        row = services.submit_proposal(proposal=row)
        assert row.maker_id == actor.staff_id and row.process.maker_id == at.proposer.staff_id
        with pytest.raises(Refused) as refused:
            services.activate_proposal(proposal=row)
        assert refused.value.code == "same_person"
        approvals.vote(process=row.process, step="test", verdict="pass")
        with pytest.raises(DatabaseError, match="two_people"), transaction.atomic():
            PackProposal.objects.filter(pk=row.pk).update(
                state="in_force", approver_id=actor.staff_id, decided_at=timezone.now()
            )


@pytest.mark.parametrize(
    ("of", "column", "value"),
    [
        (flow.PROPOSAL, "text", "x"),
        (flow.PROPOSAL, "version", 9),
        (flow.PROPOSAL, "maker_id", 0),
        (flow.CHANGE, "entries", [{"row": 1, "place": "x", "residence": "", "value": "1"}]),
        (flow.CHANGE, "valid_from", "2030-01-01"),
        (flow.CHANGE, "correction", True),
    ],
)
@pytest.mark.parametrize("state", ["submitted", "in_force", "withdrawn"])
def test_what_was_submitted_is_frozen(of: Any, column: str, value: Any, state: str):
    at = make.home()
    row = bring(at, of, state)
    if column == "maker_id":
        value = orgs.staff().pk
    with at.acting("decider"), pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**{column: value})


@pytest.mark.parametrize("of", [flow.PROPOSAL, flow.CHANGE])
def test_a_draft_may_change_but_is_not_deleted(of: Any):
    at = make.home()
    row = bring(at, of, "draft")
    with at.acting("proposer"):
        assert type(row).objects.filter(pk=row.pk).update(returned_because="x") == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).delete()
