"""A pack from a text to force: faults, places, versions, rivals, two people."""

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.policy import admission, permissions, queries, services
from nuanxin.policy.models import Pack, PackProposal
from nuanxin.records.models import Entry
from tests.orgs import factories as orgs

from . import factories as make

pytestmark = pytest.mark.django_db


def refused(at: make.Home, who: str, service: Any, **given: Any) -> Refused:
    with at.acting(who), pytest.raises(Refused) as error:
        service(**given)
    return error.value


def test_two_people_put_a_pack_in_force():
    at = make.home()
    row = make.submitted(at)
    assert (row.code, row.version, row.place, row.title_en) == (
        f"aid.{at.node.code.lower()}",
        1,
        at.node.code,
        "Local aid",
    )
    with at.acting("decider"):
        pack = services.activate_proposal(proposal=row, note="同意")
        row.refresh_from_db()
        row.process.refresh_from_db()
    assert (row.state, row.maker, row.approver) == ("in_force", at.proposer.staff, at.decider.staff)
    assert row.process.closed is not None
    assert (pack.org_id, pack.text, pack.sha256, pack.proposal) == (at.node.path, row.text, row.sha256, row)
    found = queries.pack_in_force("test-aid", at.node.path + "9/", row.valid_from)
    assert found.sha256 == row.sha256
    assert queries.pack_in_force("test-aid", orgs.node().path, row.valid_from) is None
    with scope.acting(system()):
        entries = Entry.objects.filter(subject=row.pk, kind=row._meta.label).order_by("pk")
        done = list(entries.values_list("action", flat=True))
    assert done == ["pack_proposal.drafted", "pack_proposal.submit", "pack_proposal.activate"]


def test_a_draft_keeps_what_is_wrong_and_says_where():
    at = make.home()
    wrong = make.text(at.node).replace("annual_income / people", "annual_incom / people")
    row = make.draft(at, of=wrong.replace("\n", "\r\n"))
    assert row.text == wrong and row.code == f"aid.{at.node.code.lower()}"
    (fault,) = admission.examine(row.text).faults
    line = wrong[: wrong.index("annual_incom ")].count("\n") + 1
    assert (fault.at.line, fault.code) == (line, "unknown_name")
    said = refused(at, "proposer", services.submit_proposal, proposal=row)
    assert said.code == "faulty" and str(line) in str(said)
    with at.acting("proposer"):
        row = services.change_proposal(proposal=row, text=make.text(at.node))
        assert services.submit_proposal(proposal=row).state == "submitted"


def test_a_situation_must_come_out():
    at = make.home()
    row = make.draft(at, income=13_000)
    said = refused(at, "proposer", services.submit_proposal, proposal=row)
    assert said.code == "faulty"
    assert [fault.code for fault in admission.examine(row.text).faults] == ["situation"]


@pytest.mark.parametrize("text", ["", ":", "a: b", "- 1", "pack: [", "\x01", "pack: x\nversion: y\n"])
def test_any_text_may_be_a_draft(text: str):
    row = make.draft(make.home(), of=text)
    assert row.text == text and admission.examine(text).faults


@pytest.mark.parametrize(("text", "code"), [("x" * 1_000_001, "too_big"), ("a\0b", "not_text")])
def test_what_is_no_text_is_refused(text: str, code: str):
    at = make.home()
    assert refused(at, "proposer", services.draft_proposal, text=text).code == code


# places, versions, rivals


def objection(at: make.Home, **fields: Any) -> str:
    """The code with which submitting is refused."""
    return refused(at, "proposer", services.submit_proposal, proposal=make.draft(at, **fields)).code


def test_a_pack_is_for_ones_own_place_or_below():
    at = make.home("prefecture", orgs.node("province"))
    county, other = orgs.node("county", at.node), orgs.node()
    assert make.submitted(at, place=county.code).state == "submitted"
    assert objection(at, place=other.code) == "out_of_scope"
    assert objection(at, place=at.node.parent.code) == "out_of_scope"
    assert objection(at, place="nowhere") == "no_place"
    assert objection(at, place="all") == "whole_tree"


def test_a_code_belongs_to_one_place():
    at, other = make.home(), make.home()
    code = make.proposal(other, "in_force").code
    assert objection(at, code=code, version=2) == "code_taken"
    with scope.acting(system()):
        services.load_packs()
    assert objection(at, code="filing.three-class", version=9) == "code_taken"


def test_versions_go_up():
    at = make.home()
    make.proposal(at, "in_force", version=3)
    assert objection(at, version=3) == "version" == objection(at, version=2)
    make.proposal(at, "in_force", version=4, start="2026-01-01", limit=7000)
    assert [pack.version for pack in Pack.objects.filter(org=at.node)] == [4, 3]


def test_a_rival_is_named_with_what_to_do():
    at = make.home()
    first = make.proposal(at, "in_force")
    row = make.draft(at, code="aid.rival")
    said = refused(at, "proposer", services.submit_proposal, proposal=row)
    assert (
        said.code == "rival" and "本地帮扶标准" in str(said) and first.code in str(said) and "2" in str(said)
    )
    assert make.submitted(at, code="aid.other", programme="other-aid").state == "submitted"
    below = make.home("township", at.node)
    assert make.submitted(below).state == "submitted"


def test_what_changed_meanwhile_is_seen_at_activation():
    at = make.home()
    first, second = make.submitted(at), make.submitted(at, code="aid.rival")
    with at.acting("decider"):
        services.activate_proposal(proposal=first)
    assert refused(at, "decider", services.activate_proposal, proposal=second).code == "rival"
    with at.acting("decider"):
        second.refresh_from_db()
        assert second.state == "submitted" and not second.process.votes.exists()


def test_whom_it_concerns():
    at = make.home("prefecture", orgs.node("province"))
    for county in (orgs.node("county", at.node), orgs.node("county", at.node, active=False)):
        orgs.node("township", county)
    assert admission.affected(at.node.path) == 4
    assert admission.affected(orgs.node("county", at.node).path) == 1


def test_a_model_is_taken_as_a_start():
    at = make.home()
    model = (settings.PACKS / "living-aid.yaml").read_text(encoding="utf-8")
    own = admission.adapted(model, code="living-aid.ours", place=at.node.code, version=1)
    assert own.count("\n") == model.count("\n") and "# 生活救助" in own
    row = make.draft(at, of=own)
    with at.acting("proposer"):
        assert services.submit_proposal(proposal=row).code == "living-aid.ours"


# two people


def test_who_submitted_does_not_decide():
    at = make.home()
    both = orgs.post(at.node, permissions.PROPOSE_PACK, permissions.ACTIVATE_PACK).actor()
    row = make.draft(at)
    with scope.acting(both):
        row = services.submit_proposal(proposal=row)
        for service, given in (
            (services.activate_proposal, {}),
            (services.return_proposal, {"reason": "x"}),
        ):
            with pytest.raises(Refused) as error:
                service(proposal=row, **given)
            assert error.value.code == "same_person"
    with at.acting("decider"):
        assert services.activate_proposal(proposal=row).version == 1


def test_a_returned_text_is_changed_and_submitted_again():
    at = make.home()
    row = make.proposal(at, "returned")
    assert row.returned_because == "倍数请核对"
    with at.acting("proposer"):
        row = services.change_proposal(proposal=row, text=make.text(at.node, limit=7000))
        row = services.submit_proposal(proposal=row)
    assert (row.returned_because, row.process.round) == ("", 2)
    said = refused(at, "proposer", services.change_proposal, proposal=row, text="x")
    assert said.code == "wrong_state"
    with at.acting("decider"):
        assert "7000" in services.activate_proposal(proposal=row).text


def test_a_return_needs_a_reason():
    at = make.home()
    row = make.submitted(at)
    assert refused(at, "decider", services.return_proposal, proposal=row, reason=" ").code == "no_reason"


def test_without_permission_nothing_moves():
    at = make.home()
    row = make.submitted(at)
    with at.acting("decider"):
        for service, given in (
            (services.draft_proposal, {"text": "x"}),
            (services.change_proposal, {"proposal": row, "text": "x"}),
            (services.withdraw_proposal, {"proposal": row}),
        ):
            with pytest.raises(Denied):
                service(**given)
    with at.acting("proposer"), pytest.raises(Denied):
        services.activate_proposal(proposal=row)


# who sees what


def test_a_county_sees_its_own_and_what_those_above_put_in_force():
    above = make.home("prefecture", orgs.node("province"))
    at, other = make.home("county", above.node), make.home("county", above.node)
    waiting, done = make.submitted(above), make.proposal(above, "in_force", code="aid.above", programme="p2")
    own, theirs = make.draft(at), make.proposal(other, "in_force")
    with at.acting("proposer"):
        assert set(PackProposal.objects.all()) == {own, done}
        for hidden in (waiting, theirs):
            with pytest.raises(OutOfSight):
                services.change_proposal(proposal=hidden, text="x")
        assert Pack.objects.filter(proposal=theirs).exists()
    with above.acting("decider"):
        assert set(PackProposal.objects.all()) == {waiting, done, own, theirs}


def test_nobody_writes_into_what_is_above():
    above = make.home("prefecture", orgs.node("province"))
    at = make.home("county", above.node)
    done = make.proposal(above, "in_force")
    with at.acting("decider"), transaction.atomic():
        assert PackProposal.objects.filter(pk=done.pk).update(returned_because="x") == 0


# what raw SQL cannot do


def test_a_pack_of_a_person_comes_from_a_proposal_in_force():
    at = make.home()
    row = make.submitted(at)
    values = {
        "code": "aid.x", "version": 1, "programme": "p", "org_id": at.node.path, "text": row.text,
        "sha256": row.sha256, "valid": ("2025-01-01", None),
    }  # fmt: skip
    with at.acting("decider"):
        for proposal in (None, row):
            with pytest.raises(DatabaseError, match="two people"), transaction.atomic():
                Pack.objects.create(proposal=proposal, **values)
    with scope.acting(system()), pytest.raises(DatabaseError, match="pack_hash"), transaction.atomic():
        Pack.objects.create(**(values | {"text": "x"}))


def test_a_hash_that_does_not_fit_is_refused():
    at = make.home()
    row = make.draft(at)
    with at.acting("proposer"), pytest.raises(DatabaseError, match="packproposal_hash"), transaction.atomic():
        PackProposal.objects.filter(pk=row.pk).update(text="x")
