"""A leader's own families: which they are, when each is to be visited, and the visits written down."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import queries, services, work
from nuanxin.casework.models import File, Pairing, Visit
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.orgs.models import Post
from nuanxin.policy import services as policy
from tests.orgs import factories as orgs

from . import caring
from . import factories as make
from .test_pages import browser

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def leader(county: make.County) -> Post:
    return caring.leader(county)


def seen(post: Post) -> Any:
    with scope.acting(post.actor()):
        return queries.families(post.actor()).get()


def visited(file: File, days: int, staff: Any, visitors: str = "走访人") -> None:
    Visit.objects.create(
        org_id=file.org_id, household=file.household, visited_on=TODAY() - timedelta(days=days),
        visitors=visitors, finding="agrees", note="", staff=staff,
    )  # fmt: skip


def test_the_interval_counts_from_the_pairing_then_from_the_leaders_own_visits(county, leader):
    pair = caring.paired(county, leader, days=100)
    row = seen(leader)
    assert (row.visited, row.days, row.next_on) == (None, 90, pair.since + timedelta(days=90))
    visited(pair.file, 5, county.officer_post.staff)  # somebody else's
    row = seen(leader)
    assert (row.last, row.visited) == (TODAY(), None)  # that of the application
    visited(pair.file, 30, leader.staff)
    row = seen(leader)
    assert (row.visited, row.next_on) == (TODAY() - timedelta(days=30), TODAY() + timedelta(days=60))
    visited(
        pair.file, 10, county.officer_post.staff, f"{leader.staff.name}、李梅"
    )  # named among the visitors
    assert seen(leader).visited == TODAY() - timedelta(days=10)


def test_visits_before_the_pairing_do_not_count(county, leader):
    pair = caring.paired(county, leader, days=20)
    visited(pair.file, 25, leader.staff)
    assert seen(leader).visited is None


def test_the_nearest_place_sets_the_interval(county, leader):
    pair = caring.paired(county, leader, days=40)
    with scope.acting(system()):
        policy.set_standards(standards=[_interval(county.node, 30)])
    row = seen(leader)
    assert (row.days, row.next_on) == (30, pair.since + timedelta(days=30))


def _interval(node: Any, days: int) -> policy.NewStandard:
    return policy.NewStandard(
        code="pairing_visit_days",
        name="结对走访间隔天数",
        name_en="Days between visits",
        place=node.path,
        valid_from=date(2020, 1, 1),
        document="测试文件",
        document_en="Test document",
        number=Decimal(days),
    )


def test_a_unit_has_several_families_and_any_of_its_people_visits(county):
    bureau = orgs.node("grassroots", county.union.parent)
    member = orgs.post(bureau, caring.FAMILIES)
    file = make.file(county)
    with scope.acting(county.officer):
        services.pair(files=File.objects.all(), unit=county.node)
    somebody = caring.leader(county)
    Pairing.objects.update(since=TODAY() - timedelta(days=9))
    visited(file, 3, somebody.staff)
    assert seen(somebody).visited == TODAY() - timedelta(days=3)
    with scope.acting(county.officer):
        services.pair(files=File.objects.all(), unit=bureau, reason="分工调整")
    with scope.acting(member.actor()):  # the families of another union stay out of sight; only their number
        rows = list(queries.families(member.actor()))
        assert (rows, queries.out_of_sight(member.actor(), rows)) == ([], 1)
    page = browser(member).get(reverse("casework:families")).content.decode()
    assert file.household.head.name not in page and "1 户其他工会的家庭" in page


def test_a_family_of_mine_and_of_my_unit_stands_once_with_the_visit_due_first(county, leader):
    pair = caring.paired(county, leader, days=30)
    with scope.acting(county.officer):
        services.pair(files=File.objects.all(), unit=county.node)
    Pairing.objects.filter(unit=county.node.path).update(since=TODAY() - timedelta(days=95))
    shown = browser(leader).get(reverse("casework:families")).context
    assert [row.file_id for row in shown["due"]] == [pair.file_id] and shown["others"] == []


def test_the_page_shows_my_families_and_nobody_elses(county, leader):
    mine, other = caring.paired(county, leader, days=100), caring.paired(county, caring.leader(county))
    caring.need(county, mine.file, kind="medical", note="每周透析三次")
    page = browser(leader).get(reverse("casework:families")).content.decode()
    ours, theirs = (reverse("casework:visit", args=[row.file.household_id]) for row in (mine, other))
    assert ours in page and theirs not in page
    assert "透析" not in page and reverse("casework:file", args=[mine.file_id]) not in page
    assert browser(county.officer_post).get(reverse("casework:families")).status_code == 403
    with scope.acting(county.officer):
        services.unpair(pairing=mine, reason="调离")
    assert ours not in browser(leader).get(reverse("casework:families")).content.decode()


def test_a_leader_writes_a_visit_down_to_a_family_of_theirs_only(county, leader):
    mine, other = caring.paired(county, leader, days=100), caring.paired(county, caring.leader(county))
    inside = browser(leader)
    url = reverse("casework:visit", args=[mine.file.household_id])
    page = inside.get(url)
    assert page.status_code == 200 and reverse("casework:families") in page.content.decode()
    asked = {
        "visited_on": TODAY(),
        "visitors": leader.staff.name,
        "finding": "agrees",
        "note": "",
        "key": uuid4(),
    }
    assert inside.post(url, asked | {"visitors": ""}).status_code == 422
    answer = inside.post(url, asked)
    assert (answer.status_code, answer["Location"]) == (302, reverse("casework:families"))
    assert seen(leader).visited == TODAY()
    theirs = reverse("casework:visit", args=[other.file.household_id])
    assert inside.get(theirs).status_code == 404 and inside.post(theirs, asked).status_code == 404
    with scope.acting(leader.actor()), pytest.raises(Denied):
        services.record_visit(
            household=other.file.household, visited_on=TODAY(), visitors="我", finding="agrees", note=""
        )
    for name in ("casework:visits", "casework:files"):
        assert inside.get(reverse(name)).status_code == 403


def test_a_leaders_visit_is_no_visit_of_an_application(county, leader):
    """Filing asks for the officer's own visit; a leader who may decide must not stand in for it."""
    pair = caring.paired(county, leader)
    with scope.acting(county.officer):
        services.start(programme="temporary-aid", person=pair.file.household.head)
    asked = {"visited_on": TODAY(), "visitors": "我", "finding": "agrees", "note": "", "key": uuid4()}
    url = reverse("casework:visit", args=[pair.file.household_id])
    assert browser(leader).post(url, asked).status_code == 302
    assert Visit.objects.get(staff=leader.staff).application is None


def test_the_work_list_has_the_visits_that_are_due(county, leader):
    late = caring.paired(county, leader, days=100)
    caring.paired(county, leader)
    with scope.acting(leader.actor()):
        heap = {heap.key: heap for heap in work.care_work.care(leader.actor())}["families"]
    assert (heap.count, heap.items[0].due) == (1, late.since + timedelta(days=90))
    assert browser(leader).get(reverse("home")).status_code == 200


def test_the_page_asks_as_much_for_many_families_as_for_one(county, leader):
    caring.paired(county, leader)
    inside, url = browser(leader), reverse("casework:families")

    def asked() -> int:
        with CaptureQueriesContext(connection) as ran:
            inside.get(url)
        return len(ran)

    inside.get(url)
    before = asked()
    files = make.files_at_once(county, 6)
    with scope.acting(caring.planner(county).actor()):
        services.pair(files=File.objects.filter(pk__in=[file.pk for file in files]), leader=leader.staff)
    assert asked() == before
