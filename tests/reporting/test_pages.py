"""Pages, downloads and API of returns: permission, scope, refusals."""

import io

import openpyxl
import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.reporting import permissions, queries
from nuanxin.reporting.models import Return
from tests.campaigns import factories as campaigns
from tests.orgs import factories as orgs

from .test_returns import PERIOD, House

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    house = House()
    campaigns.file(house.county.unions[0], "和建国")
    return house


def sign_in(client, at, *codes):
    post = orgs.post(at, *codes)
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return post


PAGES = ["", "cells/files_new.deep/", "download/"]
ACTS = {
    "derive": permissions.FILL,
    "submit": permissions.FILL,
    "accept": permissions.CHECK,
    "return": permissions.CHECK,
    "correct": permissions.FILL,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_the_permission_and_within_the_scope_only(client, house, page):
    report = house.make()
    url = f"/returns/{report.pk}/{page}"
    sign_in(client, house.county.node, permissions.SEE)
    assert client.get(url).status_code == 200
    sign_in(client, house.county.node, "orgs.node.see")
    assert client.get(url).status_code == 403
    sign_in(client, orgs.node("county"), permissions.SEE)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("act, permission", ACTS.items())
def test_an_act_needs_its_permission_and_scope(client, house, act, permission):
    report = house.make()
    url = f"/returns/{report.pk}/{act}/"
    sign_in(client, house.county.node, permissions.SEE)
    assert client.post(url).status_code == 403
    sign_in(client, orgs.node("county"), permission)
    assert client.post(url, {"reason": "x"}).status_code == 404


def test_made_sent_up_and_accepted_through_the_pages(client, house):
    sign_in(client, house.county.node, permissions.SEE, permissions.FILL)
    year = PERIOD["starts_on"].year
    form = {"form": "aid_centre", "starts_on": f"{year}-01-01", "last_day": f"{year}-12-31"}
    made = client.post(reverse("reporting:create"), form)
    assert made.status_code == 302
    again = client.post(reverse("reporting:create"), form)
    assert again.status_code == 422
    assert "该统计期的报表已经存在" in again.content.decode()
    assert f'value="{year}-12-31"' in again.content.decode()  # what was typed is kept
    assert client.post(made["Location"] + "submit/", {"note": "说明"}).status_code == 302
    sign_in(client, house.prefecture, permissions.SEE, permissions.CHECK)
    refused = client.post(made["Location"] + "return/", {"reason": ""})
    assert refused.status_code == 422
    assert client.post(made["Location"] + "accept/").status_code == 302
    with scope.acting(house.checker):
        assert Return.objects.get().state == "accepted"


def test_the_official_workbook_holds_the_figures(client, house):
    report = house.make()
    sign_in(client, house.county.node, permissions.SEE)
    response = client.get(f"/returns/{report.pk}/download/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = {row[0]: row for row in sheet.iter_rows(min_row=4, values_only=True) if row[0]}
    assert rows["本期新建档户数"][1:4] == ("合计", "户", 1)
    assert rows["期末资金结余"][2:5] == ("元", 100000, 10)


def test_the_list_narrows_to_what_waits_for_me(client, house):
    house.submitted()
    sign_in(client, house.prefecture, permissions.SEE, permissions.CHECK)
    assert "困难职工帮扶中心工作统计表" in client.get("/returns/?tab=check").content.decode()
    assert (
        "困难职工帮扶中心工作统计表"
        not in client.get("/returns/?tab=own").content.decode().split('class="list-sum"')[1]
    )
    assert "待审核报表" in client.get("/").content.decode()


def test_pages_read_well_in_english(client, house):
    report = house.make()
    sign_in(client, house.county.node, permissions.SEE)
    client.cookies["django_language"] = "en"
    page = client.get(f"/returns/{report.pk}/").content.decode()
    assert "Aid-centre statistics" in page
    assert "Files newly opened" in page


def test_the_api_answers_in_scope_and_refuses_beyond(client, house):
    report = house.make()
    sign_in(client, house.county.node, permissions.SEE)
    assert client.get("/api/returns/").json()["items"][0]["id"] == report.pk
    cells = {cell["code"]: cell["value"] for cell in client.get(f"/api/returns/{report.pk}/cells").json()}
    assert cells["files_new.deep"] == 1
    sign_in(client, orgs.node("county"), permissions.SEE)
    assert client.get("/api/returns/").json()["items"] == []
    assert client.get(f"/api/returns/{report.pk}/cells").status_code == 404
    sign_in(client, house.county.node, "orgs.node.see")
    assert client.get(f"/api/returns/{report.pk}/cells").status_code == 403


def test_an_unknown_cell_is_not_found(client, house):
    report = house.make()
    sign_in(client, house.county.node, permissions.SEE)
    assert client.get(f"/returns/{report.pk}/cells/nonsense/").status_code == 404
    with scope.acting(house.filler):
        assert queries.open_cell(report, "nonsense") is None


def test_a_cell_of_many_records_is_paged(client, house):
    for number in range(55):
        campaigns.file(house.county.unions[0], f"第{number}户")
    report = house.make()
    sign_in(client, house.county.node, permissions.SEE)
    url = f"/returns/{report.pk}/cells/files_new.deep/"
    assert client.get(url).content.decode().count("<tr") == 51
    assert client.get(url + "?page=2").content.decode().count("<tr") == 7
