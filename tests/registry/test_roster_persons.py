"""Rows of a roster that name somebody under another number: merged-away persons, likely doubles."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.orgs.models import Node
from nuanxin.registry import queries, services
from nuanxin.registry.models import Household, Person, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.queries.rosters import likely_doubles
from nuanxin.registry.roster.problems import Problem
from nuanxin.registry.services import merging
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.usefixtures("committed")


def said(roster: Roster) -> dict[str, list[Problem]]:
    """What stands against the rows, by name."""
    return {
        row.values["name"]: [Problem(**stored) for stored in row.conflicts]
        for row in queries.staged(roster, faulty_only=True)
    }


def taken_in(jobs: Any, folder: Path, heads: list[Any], members: list[Any]) -> Roster:
    """Read and checked."""
    roster = factories.roster(folder, heads, members)
    jobs()
    return Roster.objects.get(pk=roster.pk)


def named(number: int, *names: str) -> tuple[list[Any], list[Any]]:
    """Households of one, of these names."""
    heads, _members = factories.families(number)
    for head, name in zip(heads, names, strict=True):
        head["name"], head["people"] = name, 1.0
    return heads, []


def neighbour(union: Node) -> Node:
    """A union of another county in the same prefecture."""
    county = orgs.node("county", parent=union.parent.parent.parent)
    return orgs.node("grassroots", parent=orgs.node("township", parent=county))


@pytest.fixture
def union():
    return orgs.node("grassroots")


def test_merged_away_person_holds_back_its_own_household_only(union, jobs, tmp_path: Path):
    heads, members = named(2, "和建国", "木秀兰")
    with scope.acting(orgs.actor(union)):
        kept = factories.person(union.path, "和建囯")
        gone = factories.person(union.path, "和建国", id_number=heads[0]["id_number"])
        merging.merge_persons(kept=kept, gone=gone, reason="同一人")
        roster = taken_in(jobs, tmp_path, heads, members)
        (problem,) = said(roster)["和建国"]
        assert (problem.code, problem.is_error) == ("id_merged", True)
        assert problem.params["who"] == f"和*（{kept.id_mask[-4:]}）"
        assert kept.name not in problem.message and kept.id_mask not in problem.message
        assert (roster.faulty, roster.ready) == (1, 1)
        services.commit_roster(roster=roster)
    jobs()
    with scope.acting(orgs.actor(union)):
        assert [household.head.name for household in Household.objects.all()] == ["木秀兰"]
        assert Person.objects.get(pk=gone.pk).merged_into_id == kept.pk


def test_kept_person_of_another_county_is_not_named(union, jobs, tmp_path: Path):
    heads, members = named(1, "和建国")
    with scope.acting(system()):
        kept = factories.person(neighbour(union).path, "李隐")
        gone = factories.person(union.path, "和建国", id_number=heads[0]["id_number"])
        merging.merge_persons(kept=kept, gone=gone, reason="同一人")
    with scope.acting(orgs.actor(union)):
        roster = taken_in(jobs, tmp_path, heads, members)
        (problem,) = said(roster)["和建国"]
        assert problem.code == "id_merged_away" and problem.is_error
        assert kept.name[0] not in str(problem.params) and kept.id_mask[-4:] not in str(problem.params)


def test_likely_doubles_are_told_before_the_commit(client, union, jobs, tmp_path: Path):
    heads, members = named(3, "和建国", "木秀兰", "木秀兰")
    heads[2] |= {"mobile": heads[1]["mobile"]}
    actor = orgs.actor(union)
    with scope.acting(actor):
        factories.household(union.path, "和建国", head=factories.person(union.path, phone=heads[0]["mobile"]))
        with scope.acting(system()):
            factories.person(neighbour(union).path, "木秀兰", phone=heads[1]["mobile"])
        roster = taken_in(jobs, tmp_path, heads, members)
        rows = list(queries.staged(roster))
        found = {row.row_no: [p for p in row.conflicts if p["code"] == "likely_double"] for row in rows}
        assert all(len(problems) == 1 for problems in found.values())
        assert all(problems[0]["severity"] == "warning" for problems in found.values())
        first, second, third = (found[row.row_no][0]["params"]["who"] for row in rows)
        assert first.startswith("和*（") and union.name in first
        assert second.endswith(str(rows[2].row_no)) and third.endswith(str(rows[1].row_no))
        assert (roster.faulty, roster.ready) == (0, 3)
        assert likely_doubles(roster)[0] == 3
    client.force_login(orgs.post(union, IMPORT_ROSTER).staff)
    page = client.get(reverse("registry:roster", args=[roster.pk]))
    assert page.status_code == 200 and "3 行可能与已有人员或别的行重复" in page.content.decode()


def test_who_is_on_file_is_no_double_of_himself(union, jobs, tmp_path: Path):
    heads, members = named(1, "和建国")
    with scope.acting(orgs.actor(union)):
        factories.person(union.path, "和建国", id_number=heads[0]["id_number"], phone=heads[0]["mobile"])
        roster = taken_in(jobs, tmp_path, heads, members)
        assert "likely_double" not in {problem.code for found in said(roster).values() for problem in found}
        assert likely_doubles(roster) == (0, [])
