"""A federation's own version of a programme: made with the form, put in force by a second person."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node, Post
from nuanxin.policy import flow, permissions, queries, services
from nuanxin.policy.models import ProgrammeProposal
from nuanxin.policy.programme_reading import load
from nuanxin.policy.programme_writing import write
from nuanxin.policy.services.programmes import next_version
from tests.kernel import flows
from tests.orgs import factories as orgs

from .test_programmes import PROGRAMMES, numbered

pytestmark = pytest.mark.django_db
BOTH = (permissions.PROPOSE_PROGRAMME, permissions.ACTIVATE_PROGRAMME)


@pytest.fixture(autouse=True)
def loaded(db):
    services.load_programmes()


class Home:
    """A county with a person who proposes and one who puts in force."""

    def __init__(self, node: Node | None = None) -> None:
        self.node = node or orgs.node("county")
        self.proposer = orgs.post(self.node, permissions.PROPOSE_PROGRAMME)
        self.decider = orgs.post(self.node, permissions.ACTIVATE_PROGRAMME)


def text(node: Node, code: str = "union-grant", version: int = 1) -> str:
    made = PROGRAMMES[code].text.replace("place: all", f'place: "{node.code}"')
    return numbered(made, version)


def as_(post: Post) -> Any:
    return scope.acting(post.actor())


def proposal(home: Home, state: str, **of: Any) -> ProgrammeProposal:
    """A proposal brought into a state by the services."""
    with as_(home.proposer):
        row = services.draft_programme(text=text(home.node, **of))
        if state == "draft":
            return row
        row = services.submit_programme(proposal=row)
        if state == "withdrawn":
            return services.withdraw_programme(proposal=row)
    with as_(home.decider):
        if state == "returned":
            return services.return_programme(proposal=row, reason="请核对材料")
        if state == "in_force":
            services.activate_programme(proposal=row)
        row.refresh_from_db()
    return row


# the text


@pytest.mark.parametrize("code", PROGRAMMES)
def test_what_is_written_reads_the_same(code: str):
    programme = PROGRAMMES[code]
    again = load(write(programme).encode(), "again")
    for name in programme.__slots__:
        if name not in ("text", "sha256"):
            assert getattr(again, name) == getattr(programme, name), name


# two people


@pytest.mark.parametrize(("state", "action"), flows.cases(flow.PROGRAMME))
def test_states_and_actions(state: str, action: str):
    home = Home()
    row = proposal(home, state)
    with scope.acting(orgs.actor(home.node, *BOTH)) as actor:
        data: dict[str, Any] = {}
        if action == "submit":
            data = {"submitted_at": timezone.now()}
        if action == "return":
            data = {"returned_because": "请修改"}
        if action == "activate":
            data = {"approver_id": actor.staff_id, "decided_at": timezone.now()}
        if (state, action) == ("submitted", "activate"):
            approvals.vote(process=row.process, step="test", verdict="pass")
        flows.check(flow.PROGRAMME, state, action, lambda _state: row, **data)


def test_the_second_person_puts_it_in_force_for_its_place_only():
    home = Home()
    assert proposal(home, "in_force").state == "in_force"
    here = queries.programme_in_force("union-grant", home.node.path, timezone.localdate())
    there = queries.programme_in_force("union-grant", orgs.node("county").path, timezone.localdate())
    assert (here.place, there.place) == (home.node.code, "all")
    assert next_version("union-grant", home.node.code) == 2


def test_who_submitted_it_does_not_put_it_in_force():
    home = Home()
    both = orgs.post(home.node, *BOTH)
    with as_(both):
        row = services.draft_programme(text=text(home.node))
        row = services.submit_programme(proposal=row)
        with pytest.raises(Refused) as refused:
            services.activate_programme(proposal=row)
        assert refused.value.code == "same_person"
        with pytest.raises(DatabaseError, match="vote of a second person"), transaction.atomic():
            ProgrammeProposal.objects.filter(pk=row.pk).update(
                state="in_force", approver_id=both.staff_id, decided_at=timezone.now()
            )


def test_what_was_submitted_does_not_change():
    home = Home()
    row = proposal(home, "submitted")
    with as_(home.proposer):
        with pytest.raises(Refused) as refused:
            services.change_programme(proposal=row, text=text(home.node))
        assert refused.value.code == "wrong_state"
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            ProgrammeProposal.objects.filter(pk=row.pk).update(version=9)


def test_refused_for_another_place_an_old_version_a_fault_and_without_the_permission():
    home, other = Home(), orgs.node("county")
    proposal(home, "in_force")
    bad = {
        "out_of_scope": text(other),
        "version": text(home.node),
        "faulty": text(home.node).replace("subject: organisation", "subject: planet"),
    }
    with as_(home.proposer):
        for code, of in bad.items():
            row = services.draft_programme(text=of + "# again\n")
            with pytest.raises(Refused) as refused:
                services.submit_programme(proposal=row)
            assert refused.value.code == code
    with as_(home.decider), pytest.raises(Denied):
        services.draft_programme(text=text(home.node))


def test_two_versions_of_one_number_the_second_is_refused():
    home = Home()
    first, second = proposal(home, "submitted"), None
    with as_(home.proposer):
        second = services.draft_programme(text=text(home.node) + "# other\n")
        second = services.submit_programme(proposal=second)
    with as_(home.decider):
        services.activate_programme(proposal=first)
        with pytest.raises(Refused) as refused:
            services.activate_programme(proposal=second)
    assert refused.value.code == "version"


# pages


def page(client: Client, post: Post, path: str, **data: Any) -> Any:
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.post(f"/policy/{path}", data) if data else client.get(f"/policy/{path}")


def form(code: str, **changes: Any) -> dict[str, Any]:
    """What the browser sends when nothing was changed but `changes`."""
    base = PROGRAMMES[code]
    data: dict[str, Any] = {
        "title": base.title.zh, "title_en": base.title.en, "valid_from": "2024-03-01", "route": base.route,
        "funds": list(base.funds), "q-TOTAL_FORMS": len(base.fields) + 1, "q-INITIAL_FORMS": len(base.fields),
        "d-TOTAL_FORMS": len(base.documents) + 1, "d-INITIAL_FORMS": len(base.documents),
    }  # fmt: skip
    for i, field in enumerate(base.fields):
        data |= {f"q-{i}-code": field.code, f"q-{i}-zh": field.title.zh, f"q-{i}-en": field.title.en}
        data |= {f"q-{i}-type": field.type, f"q-{i}-needed": "on" if field.required else ""}
        data |= {f"q-{i}-options": "\n".join(text.zh for _code, text in field.options)}
    for i, paper in enumerate(base.documents):
        data |= {f"d-{i}-code": paper.code, f"d-{i}-zh": paper.title.zh, f"d-{i}-en": paper.title.en}
        data |= {f"d-{i}-needed": "on" if paper.required else ""}
    return data | changes


def drafted(home: Home) -> ProgrammeProposal:
    with as_(home.proposer):
        return ProgrammeProposal.objects.get()


def test_everyone_with_a_post_reads_the_programmes(client):
    post = orgs.post(orgs.node("county"))
    assert page(client, post, "programmes/").status_code == 200
    for code in PROGRAMMES:
        assert page(client, post, f"programmes/{code}/").status_code == 200
    assert page(client, post, "programmes/none/").status_code == 404
    assert page(client, post, "programmes/filing/text/").content.decode() == PROGRAMMES["filing"].text
    assert page(client, post, "programmes/filing/own/").status_code == 403
    assert page(client, post, "programme-proposals/").status_code == 403


def test_a_county_makes_its_own_version_with_the_form(client):
    home = Home()
    assert page(client, home.proposer, "programmes/temporary-aid/own/").status_code == 200
    new = len(PROGRAMMES["temporary-aid"].fields)
    papers = len(PROGRAMMES["temporary-aid"].documents)
    data = form(
        "temporary-aid",
        title="本县临时救助", about="本县说明", visit="on",
        **{f"q-{new}-zh": "婚姻状况", f"q-{new}-type": "code", f"q-{new}-options": "已婚\n未婚"},
        **{f"d-{papers}-zh": "社区证明", f"d-{papers}-needed": "on", "d-0-drop": "on"},
    )  # fmt: skip
    sent = page(client, home.proposer, "programmes/temporary-aid/own/", **data)
    assert sent.status_code == 302, sent.context["form"].programme.errors
    row = drafted(home)
    assert page(client, home.proposer, f"programme-proposals/{row.pk}/").status_code == 200
    assert page(client, home.proposer, f"programme-proposals/{row.pk}/edit/").status_code == 200
    page(client, home.proposer, f"programme-proposals/{row.pk}/submit/", go=1)
    page(client, home.decider, f"programme-proposals/{row.pk}/activate/", go=1)
    made = queries.programme_in_force("temporary-aid", home.node.path, timezone.localdate())
    base = PROGRAMMES["temporary-aid"]
    assert (made.title.zh, made.visit, made.place) == ("本县临时救助", True, home.node.code)
    assert made.valid_from == date(2024, 3, 1)
    assert made.facts[0].options == base.fields[0].options
    assert made.fields[-1].title.zh == "婚姻状况"
    assert [text.zh for _code, text in made.fields[-1].options] == ["已婚", "未婚"]
    assert made.documents[-1].title.zh == "社区证明"
    assert base.documents[0] not in made.documents
    assert (made.act_first, made.double) == (base.act_first, base.double)


def test_a_fact_of_the_pack_is_neither_dropped_nor_turned_into_another_question(client):
    home = Home()
    data = form("temporary-aid", **{"q-0-drop": "on", "q-0-type": "text", "q-0-zh": "因为什么"})
    assert page(client, home.proposer, "programmes/temporary-aid/own/", **data).status_code == 302
    made = load(drafted(home).text.encode(), "made")
    assert (made.fields[0].title.zh, made.fields[0].type) == ("因为什么", "code")


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("programme", {"title": ""}),
        ("programme", {"valid_to": "2024-03-01"}),
        ("programme", {"funds": []}),
        ("programme", {"route": "no-such"}),
        ("questions", {"q-2-type": "code", "q-2-options": "只有一个"}),
        ("papers", {"d-0-zh": ""}),
    ],
)
def test_what_is_wrong_in_the_form_is_told(client, where: str, changes: dict[str, Any]):
    home = Home()
    sent = page(client, home.proposer, "programmes/temporary-aid/own/", **form("temporary-aid", **changes))
    assert sent.status_code == 422
    assert getattr(sent.context["form"], where).errors
    with as_(home.proposer):
        assert not ProgrammeProposal.objects.exists()


def test_pages_of_a_proposal_and_another_countys(client):
    home, other = Home(), Home()
    row = proposal(home, "submitted")
    assert page(client, home.decider, f"programme-proposals/{row.pk}/").status_code == 200
    assert page(client, home.decider, "programme-proposals/").status_code == 200
    assert page(client, other.decider, f"programme-proposals/{row.pk}/").status_code == 404
    assert page(client, home.proposer, f"programme-proposals/{row.pk}/edit/").status_code == 404
    page(client, home.decider, f"programme-proposals/{row.pk}/return/", reason="请核对材料")
    with as_(home.proposer):
        row.refresh_from_db()
    assert (row.state, row.returned_because) == ("returned", "请核对材料")
    assert page(client, home.proposer, f"programme-proposals/{row.pk}/return/", reason="x").status_code == 403
    assert page(client, home.proposer, f"programme-proposals/{row.pk}/nothing/", go=1).status_code == 404
