"""The pages of a new application over HTTP: choosing, filling in, what is missing, the steps, refusals."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.casework.models import Application, Award

from . import applying
from . import factories as make
from .test_pages import act, browser

pytestmark = pytest.mark.django_db


def start(client: Any, code: str, **chosen: int) -> Any:
    return client.post(reverse("casework:new_subject", args=[code]), chosen)


def answer(client: Any, row: Application, **typed: Any) -> Any:
    data = {f"q_{code}": value for code, value in applying.NEED.items()} | typed
    return client.post(reverse("casework:answer", args=[row.pk]), data)


def test_temporary_aid_over_http(county):
    officer, reviewer, decider = map(
        browser, (county.officer_post, county.reviewer_post, county.decider_post)
    )
    home, money = make.household(county), applying.fund(county)
    menu = officer.get(reverse("casework:new_application")).content.decode()
    assert reverse("casework:new_subject", args=["temporary-aid"]) in menu
    found = officer.post(reverse("casework:new_subject", args=["temporary-aid"]), {"q": home.head.name})
    assert found.status_code == 200 and home.head.id_mask in found.content.decode()
    assert start(officer, "temporary-aid", person=home.head_id).status_code == 302
    row = Application.objects.get(person=home.head)
    page = officer.get(reverse("casework:application", args=[row.pk]))
    assert page.context["tab"] == "form" and {lack.code for lack in page.context["lacks"]} >= {"no_answer"}
    wrong = answer(officer, row, q_needed="一千")
    assert wrong.status_code == 422 and "一千" in wrong.content.decode()
    assert answer(officer, row, fund=money.pk).status_code == 302
    for kind in applying.PAPERS:
        assert act(officer, row, "attach", category=kind, upload=make.upload()).status_code == 302
    assert act(officer, row, "submit").status_code == 302
    assert act(decider, row, "approve").status_code == 422
    assert act(reviewer, row, "pass").status_code == 302
    page = decider.get(reverse("casework:application", args=[row.pk]))
    assert [step.tone for step in page.context["way"]] == ["done", "wait"]
    assert "approve" in {item["name"] for item in page.context["offers"]}
    assert act(decider, row, "approve").status_code == 302
    award = Award.objects.get(application=row)
    assert decider.get(reverse("casework:award", args=[award.pk])).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("tab", ["form", "explanation", "members", "documents"])
def test_every_tab_in_both_languages(county, tab, language):
    row = applying.temporary(county, "checked")
    client = browser(county.reviewer_post)
    client.cookies["django_language"] = language
    page = client.get(reverse("casework:application", args=[row.pk]), {"tab": tab})
    assert page.status_code == 200 and page.context["tab"] == tab


def test_the_result_is_told_while_typing_and_nothing_is_kept(county):
    row = applying.temporary(county, "bare")
    before = row.assessment_id
    url = reverse("casework:preview", args=[row.pk])
    data = {f"q_{code}": value for code, value in applying.NEED.items()}
    page = browser(county.officer_post).post(url, data)
    assert "2,500.00" in page.content.decode()
    row.refresh_from_db()
    assert (row.answers, row.assessment_id) == ({}, before)


@pytest.mark.parametrize("name", ["new_application", "new_subject", "preview", "answer"])
def test_who_may_not_apply_opens_none_of_them(county, name):
    row = applying.temporary(county)
    args = {"new_subject": ["temporary-aid"], "preview": [row.pk], "answer": [row.pk]}.get(name, [])
    url = reverse(f"casework:{name}", args=args)
    seer = browser(make.orgs.post(county.node, make.SEE))
    assert (seer.post(url) if name in ("preview", "answer") else seer.get(url)).status_code == 403


@pytest.mark.parametrize("name", ["preview", "answer"])
def test_another_countys_application_is_not_there(county, name):
    row = applying.temporary(county)
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), "*"))
    assert elsewhere.post(reverse(f"casework:{name}", args=[row.pk])).status_code == 404


def test_another_countys_person_is_not_chosen(county):
    home = make.household(make.county())
    assert start(browser(county.officer_post), "temporary-aid", person=home.head_id).status_code == 404
    assert not Application.objects.exists()


def test_the_list_filters_and_asks_no_query_per_row(county):
    money = applying.fund(county)
    client, url = browser(county.reviewer_post), reverse("casework:applications")
    counts = []
    for _round in range(2):
        applying.temporary(county, "submitted", money=money)
        make.application(county, "submitted")
        client.get(url, {"tab": "all"})
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url, {"tab": "all"}).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    page = client.get(url, {"tab": "all", "programme": "temporary-aid", "step": "review"})
    assert page.context["total"].number == 2
    assert client.get(url, {"tab": "all", "at_least": "2500.01"}).context["total"].number == 0
    assert client.get(url, {"tab": "all", "at_most": "2500"}).context["total"].number == 2


def test_the_api_shows_programme_amount_and_step(county):
    row = applying.temporary(county, "submitted")
    client = browser(county.reviewer_post)
    found = client.get(f"/api/casework/applications/{row.pk}").json()
    assert (found["programme"], found["amount_fen"], found["step"]) == ("temporary-aid", 250_000, "县级审核")
