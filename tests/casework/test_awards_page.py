"""All awards in one list: of lists and of applications, found by whom they were for, taken out whole."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.casework import services
from nuanxin.casework.models import Award
from nuanxin.kernel import scope
from tests.orgs import factories as orgs

from . import applying
from . import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def award(county: make.County) -> Award:
    row = applying.temporary(county, "approved")
    return Award.objects.get(application=row)


def page(client: Client, **asked: str) -> str:
    answer = client.get(reverse("casework:awards"), {"tab": "all"} | asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def link(award: Award) -> str:
    return reverse("casework:award", args=[award.pk])


def test_both_kinds_of_awards_are_listed(county: make.County, award: Award, client: Client) -> None:
    make.file(county)
    listed = Award.objects.get(aid_list=make.aid_list(county))
    client.force_login(county.reviewer_post.staff)
    shown = page(client)
    assert link(award) in shown and link(listed) in shown
    approved = page(client, tab="approved")
    assert link(award) in approved and link(listed) not in approved


def test_found_by_name_file_programme_and_amount(county: make.County, award: Award, client: Client) -> None:
    file = make.file(county)
    listed = Award.objects.get(aid_list=make.aid_list(county))
    client.force_login(county.reviewer_post.staff)
    who = award.application.person.name
    assert link(award) in page(client, q=who)
    by_number = page(client, q=file.number)
    assert link(listed) in by_number and link(award) not in by_number
    only = page(client, programme="temporary-aid")
    assert link(award) in only and link(listed) not in only
    assert link(award) not in page(client, at_most="1")
    assert link(award) not in page(client, q="无此人")


def test_another_county_sees_nothing_and_others_are_refused(
    county: make.County, award: Award, client: Client
) -> None:
    client.force_login(orgs.post(orgs.node("county"), make.SEE).staff)
    assert link(award) not in page(client)
    client.force_login(orgs.post(county.node, "registry.household.see").staff)
    assert client.get(reverse("casework:awards")).status_code == 403


def test_the_list_asks_no_query_per_row_and_is_taken_out_whole(county: make.County, client: Client) -> None:
    money = applying.fund(county)
    client.force_login(county.reviewer_post.staff)
    counts = []
    for number in (2, 4):
        rows = [applying.temporary(county, "checked", money=money) for _ in range(number)]
        with scope.acting(county.decider):
            assert services.decide_many(applications=rows).passed == number
        with CaptureQueriesContext(connection) as asked:
            page(client)
        counts.append(len(asked))
    assert counts[1] <= counts[0]
    taken = client.get(reverse("casework:awards"), {"tab": "all", "export": "csv"})
    lines = b"".join(taken.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 7 and "2500.00" in lines[1]
