"""A roster of households on file: only what differs is written, and shown before."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.registry import queries, services
from nuanxin.registry.groups import HIDDEN
from nuanxin.registry.importing.commit import differences_of
from nuanxin.registry.models import (
    Circumstance,
    Expense,
    ExpenseHistory,
    Household,
    HouseholdHistory,
    Member,
    Person,
    PersonHistory,
)
from nuanxin.registry.permissions import IMPORT_ROSTER
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
HISTORIES = (PersonHistory, HouseholdHistory, ExpenseHistory)


@pytest.fixture
def officer():
    with scope.acting(orgs.actor(orgs.node("grassroots"))) as actor:
        yield actor


@pytest.fixture
def listed(officer, jobs, tmp_path: Path):
    """Four households taken in a while ago, as the lists that brought them."""
    heads, members = factories.families(4)
    commit(factories.roster(tmp_path, heads, members), jobs)
    Member.objects.update(since=timezone.localdate() - timedelta(days=400))
    return heads, members


def commit(roster, jobs):
    jobs()
    roster.refresh_from_db()
    services.commit_roster(roster=roster)
    jobs()
    roster.refresh_from_db()
    return roster


def written() -> list[int]:
    return [history.objects.count() for history in HISTORIES]


def found(roster) -> dict[tuple[str, int], list[str]]:
    roster.refresh_from_db()
    return {
        (row.sheet, row.row_no): [p["code"] for p in row.problems + row.conflicts]
        for row in queries.staged(roster, faulty_only=True)
    }


def test_same_roster_again_writes_nothing(listed, jobs, tmp_path: Path):
    before = written()
    roster = commit(factories.roster(tmp_path, *listed), jobs)
    receipt = roster.receipts[0]
    rows = len(listed[0]) + len(listed[1])
    assert (receipt["rows"], receipt["unchanged"], receipt["changed"]) == (rows, rows, 0)
    assert (receipt["households"], receipt["persons_new"]) == (0, 0)
    assert written() == before
    assert not Circumstance.objects.exists()
    assert roster.state == "committed"


def test_only_what_differs_is_written_with_its_period(listed, jobs, tmp_path: Path):
    heads, members = listed
    heads[0]["address"], old = "德钦县升平镇新街9号", heads[0]["address"]
    heads[0]["annual_income"] += 500
    members[0]["school"] = ""
    before = written()
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    roster.refresh_from_db()
    shown = differences_of(roster)
    assert len(shown) == 2
    assert {(row.fact, row.before) for row in shown if row.fact == "address"} == {("address", old)}
    receipt = commit(roster, jobs).receipts[0]
    assert (receipt["changed"], receipt["unchanged"]) == (1, len(heads) + len(members) - 1)
    assert [after - first for first, after in zip(before, written(), strict=True)] == [0, 1, 0]
    house = Household.objects.get(address="德钦县升平镇新街9号")
    today = timezone.localdate()
    periods = Circumstance.objects.of(house).filter(fact="address").order_by("since")
    assert [(p.value, p.until, p.source) for p in periods] == [
        (old, today, "roster"),
        ("德钦县升平镇新街9号", None, "roster"),
    ]
    assert Circumstance.objects.of(house).filter(fact="annual_income").count() == 2
    assert Circumstance.objects.count() == 4


def test_second_change_on_the_same_day_replaces_the_first(listed, jobs, tmp_path: Path):
    heads, members = listed
    for address in ("升平镇一街1号", "升平镇二街2号"):
        heads[0]["address"] = address
        commit(factories.roster(tmp_path, heads, members), jobs)
    house = Household.objects.get(address="升平镇二街2号")
    open_ = Circumstance.objects.of(house).counting().filter(fact="address", until=None)
    assert [period.value for period in open_] == ["升平镇二街2号"]


def test_spending_of_the_year_follows(listed, jobs, tmp_path: Path):
    heads, members = listed
    heads[1]["spend_medical"], heads[1]["spend_medical_evidenced"] = 4321.0, "是"
    commit(factories.roster(tmp_path, heads, members), jobs)
    assert Expense.objects.get(kind="medical", amount=Money.yuan(4321), year=2021).evidenced


def test_newborn_joins_and_a_member_left_out_holds_the_household_back(listed, jobs, tmp_path: Path):
    heads, members = listed
    gone, persons = members.pop(), Person.objects.count()
    child = members[0] | {"id_number": factories.id_number(), "name": "和小妹", "relation": "女"}
    members.insert(0, child)
    for head in heads:
        head["people"] = 1.0 + sum(row["head_id"] == head["id_number"] for row in members)
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    assert found(roster) == {("households", 5): ["member_left_out"]}
    (row,) = queries.staged(roster, faulty_only=True)
    assert row.conflicts[0]["params"] == {"names": gone["name"]}
    receipt = commit(roster, jobs).receipts[0]
    assert receipt["persons_new"] == 1
    assert Person.objects.count() == persons + 1
    assert Member.objects.filter(person__name="和小妹", until=None).exists()


def test_card_on_file_stays(listed, jobs, tmp_path: Path):
    heads, members = listed
    mask = Household.objects.get(head__name=heads[2]["name"]).card_mask
    heads[2]["card"] = "6217001234567890128"
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    assert "card_differs" in found(roster)["households", 4]
    commit(roster, jobs)
    assert Household.objects.get(head__name=heads[2]["name"]).card_mask == mask


def test_household_of_another_union_is_not_moved(jobs, tmp_path: Path):
    county = orgs.node("county")
    here, there = orgs.node("grassroots", county), orgs.node("grassroots", county)
    with scope.acting(orgs.actor(county)):
        heads, members = factories.families(1)
        commit(factories.roster(tmp_path, heads, members, place=here.path), jobs)
        roster = factories.roster(tmp_path, heads, members, place=there.path)
        jobs()
        assert found(roster)["households", 2] == ["id_filed_here"]
        assert roster.ready == 0


def test_page_lists_what_will_change_as_far_as_the_reader_may_see(client, jobs, tmp_path: Path):
    union = orgs.node("grassroots")
    with scope.acting(orgs.actor(union)):
        heads, members = factories.families(1)
        commit(factories.roster(tmp_path, heads, members), jobs)
        heads[0]["address"] = "升平镇新街9号"
        heads[0]["annual_income"] += 500
        roster = factories.roster(tmp_path, heads, members)
        jobs()
    client.force_login(orgs.post(union, IMPORT_ROSTER).staff)
    page = client.get(reverse("registry:roster", args=[roster.pk])).content.decode()
    assert "入库将更改的内容" in page and "升平镇新街9号" in page
    assert HIDDEN in page
