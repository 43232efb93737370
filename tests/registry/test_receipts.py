"""The receipt of a roster: per sheet, masked by permission, recorded."""

import io
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.records.models import Entry
from nuanxin.registry import services
from nuanxin.registry.models import Roster
from nuanxin.registry.permissions import IMPORT_ROSTER, SEE_CHILDREN, SEE_FINANCE, SEE_HEALTH, SEE_HOUSEHOLD
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


def staged(post: Any, jobs: Any, folder: Any) -> Roster:
    """Four households: one with an unknown illness, the member of another in no relation; two committed."""
    heads, members = factories.families(4)
    heads[0]["health"], members[-1]["relation"] = "肝里长东西", "=邻居"
    with scope.acting(post.actor()):
        roster = factories.roster(folder, heads, members)
        jobs()
        roster.refresh_from_db()
        services.commit_roster(roster=roster)
    jobs()
    return roster


def sheets(client: Any, roster: Roster) -> dict[str, list[list[Any]]]:
    answer = client.get(reverse("registry:roster_receipt", args=[roster.pk]))
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def test_it_tells_per_sheet_what_came_of_the_rows(client, jobs, tmp_path):
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER, SEE_HEALTH, SEE_FINANCE, SEE_CHILDREN)
    client.force_login(post.staff)
    roster = staged(post, jobs, tmp_path)
    found = sheets(client, roster)
    assert list(found) == ["回执", "家庭有误的行", "成员有误的行"]
    figures = {row[0]: row[1:7] for row in found["回执"] if row[0] in ("家庭", "成员")}
    assert figures["家庭"] == [4, 2, 0, 0, 1, 1]
    read, new, changed, same, wrong, waiting = figures["成员"]
    assert (changed, same, wrong) == (0, 0, 1) and read == new + wrong + waiting
    (line,) = [row for row in found["家庭有误的行"][1:] if row[5] == "错误"]
    assert line[0] == 2 and line[4] == "健康状况" and "肝里长东西" in line[6] and line[7]
    assert "********" in line[2]
    (other,) = [row for row in found["成员有误的行"][1:] if row[5] == "错误"]
    assert "=邻居" in other[6] and not other[6].startswith("=")
    with scope.acting(post.actor()):
        assert Entry.objects.get(action="roster.receipt_downloaded").detail["refused"] == 2


def test_facts_the_reader_may_not_see_stay_hidden_in_the_reasons(client, jobs, tmp_path):
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(post.staff)
    found = sheets(client, staged(post, jobs, tmp_path))
    (line,) = [row for row in found["家庭有误的行"][1:] if row[5] == "错误"]
    assert "肝里长东西" not in str(found) and "•••" in line[6]


def test_others_do_not_get_it(client, jobs, tmp_path):
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    url = reverse("registry:roster_receipt", args=[staged(post, jobs, tmp_path).pk])
    client.force_login(orgs.post(orgs.node("grassroots"), IMPORT_ROSTER).staff)
    assert client.get(url).status_code == 404
    client.force_login(orgs.post(orgs.node("grassroots"), SEE_HOUSEHOLD).staff)
    assert client.get(url).status_code == 403
