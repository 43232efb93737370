"""Pairs of leaders, units and officers with files: one and many, replaced with their history, ended."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import queries, services
from nuanxin.casework.models import File, Pairing
from nuanxin.casework.queries import queues
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import OutOfSight
from nuanxin.records.models import Entry
from nuanxin.registry.models import Household
from tests.orgs import factories as orgs

from . import caring
from . import factories as make
from .conftest import refusal
from .test_pages import browser

pytestmark = pytest.mark.django_db


def test_a_file_gets_a_leader_a_unit_and_an_officer_at_once(county):
    file, head = make.file(county), caring.leader(county)
    with scope.acting(county.reviewer_post.actor()), pytest.raises(Denied):
        services.pair(files=File.objects.all(), leader=head.staff)
    with scope.acting(county.officer):
        assert list(queues.without_leader()) == [file] and queues.counts().without_leader == 1
        made = services.pair(
            files=File.objects.all(), leader=head.staff, unit=county.node, officer=county.officer_post.staff
        )
        assert (made.done, made.replaced, made.left) == (1, 0, 0)
        assert not queues.without_leader().exists() and queues.counts().without_leader == 0
        assert Entry.objects.filter(action="file.paired").exists()
    file.refresh_from_db()
    assert file.officer == county.officer_post.staff
    rows = file.pairings.order_by("pk")
    assert [(row.leader, row.unit_id) for row in rows] == [(head.staff, None), (None, county.node.path)]


def test_a_pair_is_replaced_for_a_reason_and_stays_in_the_history(county):
    first, second = caring.leader(county), caring.leader(county)
    row = caring.paired(county, first, days=40)
    files = File.objects.filter(pk=row.file_id)
    with scope.acting(county.officer):
        with refusal("no_reason"):
            services.pair(files=files, leader=second.staff)
        again = services.pair(files=files, leader=first.staff)
        assert (again.done, again.replaced) == (1, 0) and Pairing.objects.count() == 1
        made = services.pair(files=files, leader=second.staff, reason="工作调动")
    assert (made.done, made.replaced) == (1, 1)
    row.refresh_from_db()
    assert (row.until, row.ended_because) == (timezone.localdate(), "工作调动")
    assert Pairing.objects.get(until__isnull=True).leader == second.staff


def test_a_leader_takes_only_open_files_below_their_post(county):
    file, other = make.file(county), make.file(county)
    below = orgs.post(orgs.node("grassroots", county.union.parent), caring.FAMILIES)
    with scope.acting(county.decider):
        services.close_file(file=other, reason="收入稳定")
    with scope.acting(caring.planner(county).actor()):
        made = services.pair(files=File.objects.all(), leader=below.staff)
        assert (made.done, made.left) == (0, 2)
        made = services.pair(files=File.objects.all(), leader=caring.leader(county).staff)
        assert (made.done, made.left) == (1, 1)
    assert Pairing.objects.get().file == file


@pytest.mark.parametrize(("who", "code"), [({}, "nobody"), ("leader", "no_leader"), ("unit", "no_unit")])
def test_a_pair_that_is_refused(county, who, code):
    make.file(county)
    elsewhere = orgs.node("county")
    given: Any = {
        "leader": {"leader": orgs.post(elsewhere, caring.FAMILIES).staff},
        "unit": {"unit": elsewhere},
    }
    asked = given[who] if isinstance(who, str) else who
    with scope.acting(county.officer), refusal(code):
        services.pair(files=File.objects.all(), **asked)
    if who == "leader":  # of the place, but their role does not visit families
        with scope.acting(county.officer), refusal(code):
            services.pair(files=File.objects.all(), leader=county.decider_post.staff)
    assert not Pairing.objects.exists()


def test_many_files_are_paired_in_as_many_statements_as_few(county):
    head, planner = caring.leader(county), caring.planner(county)
    files = make.files_at_once(county, 12)

    def statements(chosen: list[File], leader: Any, reason: str = "") -> int:
        rows = File.objects.filter(pk__in=[file.pk for file in chosen])
        with scope.acting(planner.actor()), CaptureQueriesContext(connection) as ran:
            services.pair(files=rows, leader=leader, unit=county.node, reason=reason)
        return len(ran)

    assert statements(files[:2], head.staff) == statements(files[2:], head.staff)
    other = caring.leader(county).staff
    assert statements(files[:2], other, "分工调整") == statements(files[2:], other, "分工调整")
    assert Pairing.objects.filter(until__isnull=True).count() == 24
    assert Pairing.objects.filter(ended_because="分工调整").count() == 12


def test_the_database_holds_one_pair_of_a_kind_and_its_end(county):
    row = caring.paired(county, caring.leader(county))
    same = {"org_id": row.org_id, "file": row.file, "since": row.since, "staff": row.staff}
    with pytest.raises(IntegrityError, match="pairing_one_leader"), transaction.atomic():
        Pairing.objects.create(leader=caring.leader(county).staff, **same)
    with pytest.raises(IntegrityError, match="pairing_one"), transaction.atomic():
        Pairing.objects.create(**same)
    with pytest.raises(IntegrityError, match="pairing_ended_why"), transaction.atomic():
        Pairing.objects.filter(pk=row.pk).update(until=timezone.localdate())


def test_a_pair_is_ended_once_and_only_within_sight(county):
    row = caring.paired(county, caring.leader(county))
    with scope.acting(orgs.actor(orgs.node("county"), caring.CARE)), pytest.raises(OutOfSight):
        services.unpair(pairing=row, reason="调离")
    with scope.acting(county.officer):
        with refusal("no_reason"):
            services.unpair(pairing=row, reason=" ")
        assert services.unpair(pairing=row, reason="调离").until == timezone.localdate()
        with refusal("pair_over"):
            services.unpair(pairing=row, reason="调离")


def test_a_closed_file_is_paired_with_nobody(county):
    row = caring.paired(county, caring.leader(county))
    with scope.acting(county.decider):
        services.close_file(file=row.file, reason="收入稳定")
    row.refresh_from_db()
    assert (row.until, row.ended_because) == (timezone.localdate(), "档案已退出")


@pytest.mark.parametrize("stays", [True, False])
def test_a_leader_stays_with_a_family_that_moves_only_under_their_post(county, stays):
    row = caring.paired(county, caring.leader(county))
    parent = county.union.parent if stays else orgs.node("township")
    Household.objects.filter(pk=row.file.household_id).update(org=orgs.node("grassroots", parent))
    row.refresh_from_db()
    assert (row.until is None) == stays
    assert stays or row.ended_because


# -- pages ----------------------------------------------------------------------------------------


def test_ticked_files_are_paired_from_the_list(county):
    files = [make.file(county), make.file(county)]
    head = caring.leader(county)
    planner = browser(caring.planner(county))
    listed = reverse("casework:files")
    answer = planner.post(listed, {"bulk": "pair", "ids": [file.pk for file in files]})
    assert answer["Location"] == reverse("casework:pair")
    assert planner.get(reverse("casework:pair")).status_code == 200
    answer = planner.post(reverse("casework:pair"), {})
    assert answer.status_code == 422 and "leader" in answer.context["form"].errors
    asked = {"leader": head.staff_id, "unit": county.node.code}
    page = planner.post(reverse("casework:pair"), asked, follow=True)
    assert "已为 2 户结对" in page.content.decode()
    assert Pairing.objects.filter(until__isnull=True).count() == 4
    assert planner.get(reverse("casework:pair"))["Location"] == listed  # nothing is ticked any more
    seer = browser(orgs.post(county.node, make.SEE))
    assert seer.post(listed, {"bulk": "pair", "ids": [files[0].pk]}).status_code == 404


def test_a_pair_is_made_replaced_and_ended_on_the_file(county):
    row = caring.paired(county, caring.leader(county))
    planner, url = browser(caring.planner(county)), reverse("casework:pair_file", args=[row.file_id])
    other = caring.leader(county).staff
    answer = planner.post(url, {"leader": other.pk})
    assert answer.status_code == 422 and "reason" in answer.context["form"].errors
    assert planner.post(url, {"leader": other.pk, "reason": "换届"}).status_code == 302
    page = planner.get(f"{reverse('casework:file', args=[row.file_id])}?tab=care").content.decode()
    assert row.leader.name in page and other.name in page and "换届" in page
    live = Pairing.objects.get(until__isnull=True)
    end = reverse("casework:end_pair", args=[live.pk])
    assert planner.post(end, {"reason": ""}).status_code == 422
    assert planner.post(end, {"reason": "调离"}).status_code == 302
    assert not Pairing.objects.filter(until__isnull=True).exists()


@pytest.mark.parametrize("name", ["pair_file", "end_pair"])
def test_a_page_opens_with_permission_in_scope_only(county, name):
    row = caring.paired(county, caring.leader(county))
    url = reverse(f"casework:{name}", args=[row.file_id if name == "pair_file" else row.pk])
    assert browser(orgs.post(county.node, caring.CARE)).get(url).status_code == 200
    assert browser(orgs.post(county.node, make.SEE)).get(url).status_code == 403
    assert browser(orgs.post(orgs.node("county"), caring.CARE)).get(url).status_code == 404


def test_the_list_of_pairs_by_what_is_due(county):
    late = caring.paired(county, caring.leader(county), days=120)
    fresh = caring.paired(county, caring.leader(county))
    over = caring.paired(county, caring.leader(county))
    with scope.acting(county.officer):
        services.unpair(pairing=over, reason="调离")
    seer, url = browser(orgs.post(county.node, make.SEE)), reverse("casework:pairings")

    def shown(**asked: Any) -> set[int]:
        page = seer.get(url, asked)
        assert page.status_code == 200
        return {row.pk for row in page.context["view"].rows}

    assert shown(tab="live") == {late.pk, fresh.pk}
    assert shown(tab="due") == {late.pk}
    assert shown(tab="ended") == {over.pk}
    assert shown(tab="live", leader=fresh.leader_id) == {fresh.pk}
    assert shown(tab="live", q=late.file.number) == {late.pk}
    for name in ("name", "number", "-org", "leader", "unit", "since", "-visited", "next_on"):
        assert shown(tab="live", sort=name) == {late.pk, fresh.pk}
    assert seer.get(url, {"tab": "live", "export": "xlsx"}).status_code == 200
    assert browser(orgs.post(county.node, caring.FAMILIES)).get(url).status_code == 403
    elsewhere = browser(orgs.post(orgs.node("county"), make.SEE)).get(url)
    assert elsewhere.context["total"].number == 0 and late.file.number not in elsewhere.content.decode()


def test_the_list_of_pairs_asks_as_much_for_many_as_for_one(county):
    seer, url = browser(orgs.post(county.node, make.SEE)), f"{reverse('casework:pairings')}?tab=live"
    head = caring.leader(county)
    caring.paired(county, head)

    def asked() -> int:
        with CaptureQueriesContext(connection) as ran:
            seer.get(url)
        return len(ran)

    seer.get(url)
    before = asked()
    with scope.acting(caring.planner(county).actor()):
        services.pair(
            files=File.objects.filter(pk__in=[f.pk for f in make.files_at_once(county, 5)]), leader=head.staff
        )
    assert asked() == before


def test_a_day_before_the_interval_nothing_is_due(county):
    caring.paired(county, caring.leader(county), days=89)
    row = caring.paired(county, caring.leader(county), days=90)
    assert [(pair.pk, pair.next_on) for pair in queries.pairings_due()] == [(row.pk, timezone.localdate())]
    assert timezone.localdate() - row.since == timedelta(days=90)
