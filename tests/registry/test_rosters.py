"""From the workbook to households: staged, checked, corrected, committed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanxin.kernel import scope
from nuanxin.registry import queries, services
from nuanxin.registry.models import Expense, Household, Member, Person, RosterRow
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture
def officer(union):
    with scope.acting(orgs.actor(union)) as actor:
        yield actor


def fresh(roster: Any) -> Any:
    roster.refresh_from_db()
    return roster


def codes(roster: Any) -> dict[tuple[str, int], list[str]]:
    return {
        (row.sheet, row.row_no): [p["code"] for p in row.problems + row.conflicts]
        for row in queries.staged(roster, faulty_only=True)
    }


def test_clean_roster_goes_in_whole(officer, union, jobs: Callable[[], int], tmp_path: Path):
    heads, members = factories.families(12)
    roster = factories.roster(tmp_path, heads, members)
    assert jobs() == 1
    fresh(roster)
    assert codes(roster) == {}
    assert (roster.state, roster.households_read, roster.members_read) == ("checked", 12, len(members))
    assert (roster.faulty, roster.ready, roster.file) == (0, 12, "")
    services.commit_roster(roster=roster)
    assert jobs() == 1
    fresh(roster)
    assert roster.state == "committed"
    assert Household.objects.count() == 12
    assert Person.objects.count() == Member.objects.count() == 12 + len(members)
    assert not RosterRow.objects.exists()
    house = Household.objects.get(
        head__id_mask=heads[0]["id_number"][:6] + "********" + heads[0]["id_number"][-4:]
    )
    assert house.head.name == heads[0]["name"]
    assert house.org_id == union.path
    assert house.people == queries.members_of(house).count()
    assert house.annual_income.to_yuan() == heads[0]["annual_income"]
    assert house.head.pinyin
    assert Expense.objects.filter(household=house, kind="medical").count() == bool(heads[0]["spend_medical"])
    receipt = roster.receipts[0]
    assert receipt["rows"] == 12 + len(members)
    assert receipt["persons_new"] == 12 + len(members)
    assert receipt["left"] == 0
