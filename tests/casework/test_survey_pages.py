"""The pages of surveys over HTTP: who may open them, and each act with its refusal."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import Survey, Surveyed
from nuanxin.kernel import scope
from nuanxin.orgs.models import Post
from tests.orgs import factories as orgs

from . import factories as make
from . import surveying
from .test_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(county: make.County) -> Post:
    return surveying.maker(county)


def page(name: str, pk: int, *more: str) -> str:
    return reverse(f"casework:{name}", args=[pk, *more])


@pytest.mark.parametrize("name", ["survey", "surveyed"])
def test_a_row_opens_with_permission_in_scope_only(county: make.County, name: str) -> None:
    row = surveying.row(county)
    url = page(name, row.survey_id if name == "survey" else row.pk)
    for post in (orgs.post(county.node, make.SEE), county.officer_post):
        assert browser(post).get(url).status_code == 200
    assert browser(orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    assert browser(orgs.post(orgs.node("county"), "*")).get(url).status_code == 404


def test_making_one(county: make.County, maker: Post) -> None:
    url = reverse("casework:new_survey")
    assert browser(county.officer_post).get(url).status_code == 403
    home = surveying.earning(county, 500)
    web, today = browser(maker), timezone.localdate().isoformat()
    form = web.get(url).context["form"]
    assert form.initial["due"] > timezone.localdate()
    bad = web.post(url, {"title": "排查", "as_of": "2099-01-01", "due": "2099-01-01"})
    assert bad.status_code == 422 and not Survey.objects.exists()
    done = web.post(url, {"title": "排查", "as_of": today, "due": today})
    row = Survey.objects.get()
    assert done.url == page("survey", row.pk) and row.households.get().household == home
    answer = web.get(reverse("casework:surveys"))
    assert answer.status_code == 200 and "排查" in answer.content.decode()


def test_who_visits_has_a_list_of_their_own(county: make.County, maker: Post) -> None:
    row, url = surveying.row(county), reverse("casework:to_survey")
    answer = browser(county.officer_post).get(url)
    assert answer.status_code == 200 and page("surveyed", row.pk) in answer.content.decode()
    assert browser(maker).get(url).context["total"].number == 0
    assert browser(orgs.post(county.node, make.SEE)).get(url).status_code == 403


def test_figures_are_for_who_may_see_finances(county: make.County, maker: Post) -> None:
    row = surveying.row(county)
    seer = browser(orgs.post(county.node, make.SEE))
    for url in (page("survey", row.survey_id), page("surveyed", row.pk)):
        assert "500.00" in browser(maker).get(url).content.decode()
        told = seer.get(url).content.decode()
        assert "500.00" not in told and "13987654321" not in told


def test_what_is_found_is_written_down(county: make.County) -> None:
    row = surveying.row(county)
    web = browser(county.officer_post)
    decline = page("act_on_surveyed", row.pk, "decline")
    assert web.get(decline).status_code == 405
    assert web.post(decline, {"reason": ""}).status_code == 422
    assert web.post(decline, {"reason": "不愿公示"}).url == page("surveyed", row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("declined", "不愿公示")
    assert "不愿公示" in web.get(page("surveyed", row.pk)).content.decode()
    assert web.post(page("act_on_surveyed", row.pk, "reopen")).status_code == 302
    begun = web.post(page("act_on_surveyed", row.pk, "apply"))
    row.refresh_from_db()
    assert row.application_id and begun.url == page("application", row.application_id)
    assert web.post(page("act_on_surveyed", row.pk, "decline"), {"reason": "改口"}).status_code == 422
    assert web.post(page("act_on_surveyed", row.pk, "nothing")).status_code == 404
    seer = browser(orgs.post(county.node, make.SEE))
    assert seer.post(decline, {"reason": "不愿公示"}).status_code == 403


def test_ticked_rows_are_given_away_taken_off_and_begun(county: make.County, maker: Post) -> None:
    homes = [surveying.earning(county, 500) for _number in range(3)]
    row, web = surveying.survey(county), browser(maker)
    url = page("survey", row.pk)
    first, second, third = (row.households.get(household=home) for home in homes)

    def tick(act: str, *rows: Surveyed) -> Any:
        return web.post(url, {"bulk": act, "ids": [one.pk for one in rows]})

    there = tick("assign", first, second).url
    assert there == page("assign_surveyed", row.pk) and "2" in web.get(there).content.decode()
    assert web.post(there, {"officer": maker.staff_id}).url == url
    assert set(row.households.values_list("officer", flat=True)) == {maker.staff_id, county.officer.staff_id}
    there = tick("lapse", third).url
    assert web.post(there, {"reason": ""}).status_code == 422
    assert web.post(there, {"reason": "重复列入"}).url == url
    assert tick("start", first).status_code == 302
    states = dict(row.households.values_list("pk", "state"))
    assert states == {first.pk: "applied", second.pk: "open", third.pk: "lapsed"}
    for name in ("assign_surveyed", "lapse_surveyed"):
        assert browser(county.officer_post).get(page(name, row.pk)).status_code == 403
        assert browser(orgs.post(orgs.node("county"), "*")).get(page(name, row.pk)).status_code == 404


def test_closing_and_calling_off(county: make.County, maker: Post) -> None:
    row, web = surveying.row(county), browser(maker)
    url, close = page("survey", row.survey_id), page("act_on_survey", row.survey_id, "close")
    assert web.get(url).context["may_cancel"] and not web.get(url).context["may_close"]
    assert web.post(close).status_code in (302, 409, 422)
    row.survey.refresh_from_db()
    assert row.survey.state == "open"
    with scope.acting(county.officer):
        services.settle_surveyed(row=row, action="clear", reason="已就业。")
    assert web.get(url).context["may_close"]
    assert browser(county.officer_post).post(close).status_code == 403
    assert browser(orgs.post(orgs.node("county"), "*")).post(close).status_code == 404
    assert web.post(close).status_code == 302
    row.survey.refresh_from_db()
    assert row.survey.state == "closed" and not web.get(url).context["may_close"]
    assert web.post(page("act_on_survey", row.survey_id, "nothing")).status_code == 404


def test_calling_off_asks_why(county: make.County, maker: Post) -> None:
    row = surveying.row(county)
    cancel = page("act_on_survey", row.survey_id, "cancel")
    browser(maker).post(cancel, {"reason": " "})
    assert Survey.objects.get().state == "open"
    assert browser(maker).post(cancel, {"reason": "范围有误"}).status_code == 302
    assert Survey.objects.get().state == "cancelled"


def test_the_export_is_masked(county: make.County, maker: Post) -> None:
    row = surveying.row(county)
    answer = browser(maker).get(page("survey", row.survey_id), {"export": "csv"})
    told = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "和建国" in told and "13987654321" not in told
    assert Client().get(page("survey", row.survey_id)).status_code in (302, 403)
