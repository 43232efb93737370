"""The work list: each has what is theirs, by what presses, by kind, and no more than is asked for."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.casework import services
from nuanxin.casework.models import Application
from nuanxin.kernel import scope, worklist
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.worklist import collect
from nuanxin.orgs.models import Post
from tests.orgs import factories as orgs

from . import applying
from . import factories as make
from .test_notices import let_pass


def seen(actor: Actor, tab: str = "", kind: str = "") -> dict[str, Any]:
    with scope.acting(actor):
        found = collect(actor, tab, kind)
        return found | {"urls": {work.url for work in found["items"]}, "facets": dict(found["facets"])}


def url(row: Application) -> str:
    return reverse("casework:application", args=[row.pk])


def test_facets_tell_what_presses(county):
    today = timezone.localdate()
    rows = [make.application(county, "submitted") for _one in range(4)]
    for row, days in zip(rows, (-1, 0, 3, 4), strict=True):
        Application.objects.filter(pk=row.pk).update(due_on=today + timedelta(days=days))
    found = seen(county.reviewer)
    assert {name: found["facets"].get(name) for name in ("late", "soon")} == {"late": 1, "soon": 2}
    assert seen(county.reviewer, "late")["urls"] == {url(rows[0])}
    assert seen(county.reviewer, "soon")["urls"] == {url(rows[1]), url(rows[2])}
    assert [work.due for work in found["items"]] == sorted(work.due for work in found["items"])
    assert all(work.since for work in found["items"])


def test_what_came_back_is_with_who_brought_it_in(county):
    back = make.application(county, "returned")
    make.application(county)
    found = seen(county.officer, "returned")
    assert found["urls"] == {url(back)} and found["items"][0].returned
    assert found["facets"]["returned"] == 1
    assert "returned" not in seen(county.reviewer)["facets"]


def test_a_check_is_the_unit_of_its_step_and_no_other_s(county):
    row = make.application(county, "submitted")
    assert url(row) in seen(county.reviewer)["urls"]
    above = orgs.actor(county.node.parent, *make.REVIEWER)
    below = orgs.actor(county.union, *make.REVIEWER)
    other = make.county().reviewer
    assert not any(url(row) in seen(actor)["urls"] for actor in (above, below, other))


def test_who_passed_the_check_puts_up_the_notice(county):
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        services.pass_on(application=row)
    assert url(row) in seen(county.reviewer)["urls"]
    assert url(row) not in seen(county.decider)["urls"]


def test_a_check_after_the_notice_waits_for_somebody_else(county, tmp_path):
    text = (settings.PACKS / "routes" / "filing-county.yaml").read_text()
    first = next(line for line in text.splitlines() if "code: review" in line)
    again = first.replace("code: review", "code: recheck")
    text = text.replace("place: all", f'place: "{county.node.code}"')
    (tmp_path / "filing.yaml").write_text(text.replace("  - {code: decide", f"{again}\n  - {{code: decide"))
    with scope.acting(system()):
        approvals.load_routes(folder=tmp_path)
    colleague = orgs.actor(county.node, *make.REVIEWER)
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        services.pass_to_notice(application=row, phone="1")
    let_pass(row)
    assert url(row) in seen(colleague)["urls"]
    assert url(row) not in seen(county.reviewer)["urls"], "one person makes one check"
    assert url(row) not in seen(county.decider)["urls"], "the decision comes later"


def test_who_is_barred_has_nothing_to_decide(county):
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        services.pass_to_notice(application=row, phone="1")
    let_pass(row)
    assert url(row) in seen(county.decider)["urls"]
    with scope.acting(county.decider):
        approvals.bar(process=row.process, reason="邻居")
    assert url(row) not in seen(county.decider)["urls"]


def test_what_is_late_below_comes_up_and_says_so(county, monkeypatch):
    row = applying.temporary(county, "submitted")
    above = orgs.actor(county.node.parent, *make.REVIEWER)
    assert seen(above)["urls"] == set()
    due = steps.step_of(row.process).due_on
    monkeypatch.setattr(timezone, "localdate", lambda *_args: due + timedelta(days=1))
    found = seen(above, "escalated")
    assert found["urls"] == {url(row)} and county.node.local_name in found["items"][0].via
    assert found["facets"]["late"] == 1
    assert seen(county.reviewer, "late")["urls"] == {url(row)}
    assert "escalated" not in seen(county.reviewer)["facets"]


def test_a_deputy_sees_for_whom_in_either_post(county):
    row = make.application(county, "submitted")
    colleague = orgs.post(county.node, make.SEE)
    today = timezone.localdate()
    with scope.acting(county.reviewer):
        deputy = approvals.name_deputy(
            post=county.reviewer_post, staff=colleague.staff, since=today, until=today + timedelta(days=5)
        )
    holder = county.reviewer_post.staff.local_name
    own = seen(colleague.actor(), "delegated")
    assert [str(work.what) for work in own["items"]] == [f"代{holder}办理"]
    standing = Post.objects.select_related("staff", "node", "role").get(pk=deputy.post_id).actor()
    found = seen(standing, "delegated")
    assert found["urls"] == {url(row)} and holder in found["items"][0].via
    with scope.acting(county.reviewer):
        approvals.end_deputy(deputy=deputy)
    assert "delegated" not in seen(colleague.actor())["facets"]


def test_many_are_counted_and_few_are_fetched(county, monkeypatch):
    monkeypatch.setattr(worklist, "FEW", 2)
    monkeypatch.setattr(worklist, "MOST", 3)
    for _one in range(5):
        make.application(county, "submitted")
    found = seen(county.reviewer)
    (rest,) = [more for more in found["rest"] if "todo=review" in more.url]
    assert (rest.shown, rest.count, len(found["items"])) == (2, 5, 2)
    alone = seen(county.reviewer, "", "application-review")
    assert (len(alone["items"]), alone["rest"][0].count, alone["kind"]) == (3, 5, "application-review")


def test_the_page_takes_no_more_statements_for_more_work(county, client):
    client.force_login(county.reviewer_post.staff)
    counts = []
    for number in (3, 27):
        for _one in range(number):
            make.application(county, "submitted")
        client.get("/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/").status_code == 200
        counts.append(len(caught))
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("tab", ["", "late", "soon", "returned", "delegated", "escalated", "nothing"])
def test_every_tab_opens(county, client, tab, language):
    make.application(county, "returned")
    client.force_login(county.officer_post.staff)
    with translation.override(language):
        for kind in ("", "application-returned", "unknown"):
            page = client.get("/", {"tab": tab, "kind": kind}, headers={"accept-language": language})
            assert page.status_code == 200


@pytest.mark.parametrize(
    ("who", "todo", "state"),
    [
        ("officer", "draft", "draft"),
        ("officer", "returned", "returned"),
        ("reviewer", "review", "submitted"),
        ("reviewer", "objected", None),
        ("decider", "decide", "noticed"),
    ],
)
def test_the_list_it_leads_to_has_the_same(county, client, who, todo, state):
    rows = {
        "draft": make.application(county),
        "returned": make.application(county, "returned"),
        "submitted": make.application(county, "submitted"),
        "noticed": make.application(county, "noticed", over=True),
    }
    make.application(county, "noticed")
    client.force_login(getattr(county, f"{who}_post").staff)
    page = client.get(f"{reverse('casework:applications')}?tab=all&todo={todo}&sort=due_on").content.decode()
    assert [row for row in rows if f'data-href="{url(rows[row])}"' in page] == ([state] if state else [])
