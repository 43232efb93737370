"""From the workbook to households: staged, checked, corrected, committed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records.models import Entry
from nuanxin.registry import flow, queries, services
from nuanxin.registry.importing.reading import commit_now
from nuanxin.registry.models import Expense, Household, Member, Person, Roster, RosterRow
from nuanxin.registry.roster.columns import SHEETS
from nuanxin.registry.web.tables import problems_of
from tests.kernel.flows import cases, check, check_database
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
    assert jobs() == 2  # the commit, and the search for doubles after it
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


def test_faulty_rows_stay_behind_with_their_household(officer, union, jobs, tmp_path: Path):
    heads, members = factories.families(6)
    heads[0]["id_number"] = heads[0]["id_number"][:-1] + ("0" if heads[0]["id_number"][-1] != "0" else "1")
    members[-1]["relation"] = "邻居"
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    found = codes(fresh(roster))
    assert found["households", 2] == ["id_check"]
    assert found["members", 2] == ["head_not_found"]
    assert found["members", len(members) + 1] == ["not_in_list"]
    assert roster.ready == 4
    services.commit_roster(roster=roster)
    jobs()
    fresh(roster)
    left = queries.staged(roster).count()
    assert (roster.state, Household.objects.count(), roster.receipts[0]["left"]) == ("checked", 4, left)
    assert all(not row.ready for row in queries.staged(roster))
    assert Member.objects.filter(household__isnull=False).count() == roster.receipts[0]["rows"]


def test_double_click_queues_one_commit_and_a_second_run_changes_nothing(officer, jobs, tmp_path: Path):
    roster = factories.roster(tmp_path, *factories.families(3))
    jobs()
    services.commit_roster(roster=fresh(roster))
    with pytest.raises(Refused) as refusal:
        services.commit_roster(roster=fresh(roster))
    assert refusal.value.code == "busy"
    jobs()
    before = Person.objects.count(), len(fresh(roster).receipts)
    assert commit_now(roster) == 0
    assert (Person.objects.count(), len(fresh(roster).receipts)) == before
    with pytest.raises(Refused) as refusal:
        services.commit_roster(roster=roster)
    assert refusal.value.code == "wrong_state"


def test_same_id_twice_names_both_rows(officer, jobs, tmp_path: Path):
    heads, members = factories.families(3)
    members[-1]["id_number"] = heads[0]["id_number"]
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    rows = {(r.sheet, r.row_no): r for r in queries.staged(fresh(roster), faulty_only=True)}
    last = len(members) + 1
    assert set(rows) == {("households", 2), ("members", last)}
    assert f"成员!E{last}" in problems_of(rows["households", 2])[0].message
    assert "家庭!D2" in problems_of(rows["members", last])[0].message


def test_members_without_head_and_wrong_headcount(officer, jobs, tmp_path: Path):
    heads, members = factories.families(3)
    members[0]["head_id"] = factories.id_number()
    heads[2]["people"] = 9.0
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    found = codes(fresh(roster))
    assert found["members", 2] == ["head_not_found"]
    assert found["households", 2] == ["people_differs"]
    assert found["households", 4] == ["people_differs"]


def test_person_filed_in_another_county_is_answered_with_its_name_alone(union, jobs, tmp_path: Path):
    heads, members = factories.families(2)
    county = orgs.node("county", name="远方县总工会")
    far = orgs.node("grassroots", orgs.node("township", county))
    with scope.acting(orgs.actor(far)):
        factories.household(
            far.path, head=factories.person(far.path, "别人", id_number=heads[0]["id_number"])
        )
    with scope.acting(orgs.actor(union)) as actor:
        roster = factories.roster(tmp_path, heads, members)
        jobs()
        row = queries.staged(fresh(roster), faulty_only=True)[0]
        (problem,) = problems_of(row)
        assert (problem.code, problem.params) == ("id_filed_at", {"where": "远方县总工会"})
        assert Entry.objects.filter(
            action="registry.looked_up", subject=roster.pk, staff=actor.staff_id
        ).exists()
        with pytest.raises(Refused) as refusal:
            factories.person(union.path, id_number=heads[0]["id_number"])
        assert refusal.value.code == "filed_elsewhere" and "远方县总工会" in str(refusal.value)
        assert Person.objects.count() == 0


def test_person_filed_in_scope_is_linked_and_one_without_household_is_kept(
    officer, union, jobs, tmp_path: Path
):
    heads, members = factories.families(2)
    house = factories.household(
        union.path, head=factories.person(union.path, id_number=members[0]["id_number"])
    )
    alone = factories.person(union.path, heads[1]["name"], id_number=heads[1]["id_number"], health="good")
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    (row,) = queries.staged(fresh(roster)).filter(faulty=True)
    assert problems_of(row)[0].params["household"] == house.pk
    services.commit_roster(roster=roster)
    jobs()
    assert fresh(roster).receipts[0]["persons_known"] == 1
    assert Household.objects.get(head=alone).pk != house.pk


def test_registered_elsewhere_between_check_and_commit_leaves_nothing(
    union, jobs, tmp_path: Path, monkeypatch
):
    heads, members = factories.families(2)
    far = orgs.node("grassroots")
    with scope.acting(orgs.actor(union)):
        roster = factories.roster(tmp_path, heads, members)
        jobs()
        services.commit_roster(roster=fresh(roster))
    with scope.acting(orgs.actor(far)):
        factories.person(far.path, id_number=heads[0]["id_number"])
    jobs()
    with scope.acting(orgs.actor(union)):
        assert Household.objects.count() == 1
        (row,) = queries.staged(fresh(roster)).filter(faulty=True)
        assert problems_of(row)[0].code == "id_filed_at"


def test_correcting_in_the_page_judges_the_whole_roster(officer, jobs, tmp_path: Path):
    heads, members = factories.families(2)
    right = heads[0]["id_number"]
    heads[0]["id_number"] = "5.33422E+17"
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    assert codes(fresh(roster))["households", 2] == ["scientific"]
    row = queries.staged(roster).get(sheet="households", row_no=2)
    assert services.typed_cells(row)["id_number"] == "5.33422E+17"
    assert right not in str(row.typed) + str(row.values)
    row = services.correct_row(row=row, typed={"id_number": right})
    assert not row.faulty and codes(fresh(roster)) == {}
    assert (roster.faulty, roster.ready) == (0, 2)
    assert right not in str(row.typed) + str(row.values)
    services.drop_row(row=queries.staged(roster).filter(sheet="members").last())
    assert (fresh(roster).faulty, roster.ready) == (1, 1)
    services.commit_roster(roster=roster)
    jobs()
    assert Household.objects.count() == 1


def test_returned_workbook_comes_back_corrected(officer, jobs, tmp_path: Path):
    from openpyxl import load_workbook

    heads, members = factories.families(3)
    right, heads[1]["mobile"] = heads[1]["mobile"], "12"
    heads[2]["employer"] = "=1+1"
    roster = factories.roster(tmp_path, heads, members)
    jobs()
    path = tmp_path / "back.xlsx"
    with path.open("w+b") as target:
        services.write_returned_workbook(roster=fresh(roster), target=target, language="zh")
    book = load_workbook(path)
    sheet = book["家庭"]
    header = [str(cell.value).rstrip("*") for cell in sheet[1]]
    cell = sheet.cell(3, header.index("手机号码") + 1)
    assert cell.value == "12" and cell.comment and cell.fill.fgColor.rgb.endswith("F8CBC6")
    assert sheet.cell(4, header.index("工作单位") + 1).data_type == "s"
    cell.value = right
    book.save(path)
    again = SimpleUploadedFile("back.xlsx", path.read_bytes())
    services.upload_again(roster=roster, file=again)
    jobs()
    assert (fresh(roster).state, roster.faulty, roster.ready, roster.upload) == ("checked", 0, 3, 2)
    assert queries.staged(roster).count() == RosterRow.objects.count()


def test_unreadable_correction_leaves_the_staged_rows(officer, jobs, tmp_path: Path):
    roster = factories.roster(tmp_path, *factories.families(2))
    jobs()
    heads, members = factories.families(2)
    wrong = factories.upload(tmp_path / "wrong.xlsx", heads, members, leave_out=("id_number",))
    services.upload_again(roster=fresh(roster), file=wrong)
    jobs()
    assert (fresh(roster).state, roster.problem["code"], roster.ready) == ("checked", "missing_columns", 2)


def test_union_by_column_default_and_scope(jobs, tmp_path: Path):
    township = orgs.node("township")
    ours, other = orgs.node("grassroots", township), orgs.node("grassroots", township)
    foreign = orgs.node("grassroots")
    heads, members = factories.families(4)
    heads[0]["union"], heads[1]["union"], heads[2]["union"] = other.name, foreign.name, ""
    heads[3]["union"] = other.code
    with scope.acting(orgs.actor(township)):
        with pytest.raises(Refused) as refusal:
            factories.roster(tmp_path, heads, members, place=foreign.path)
        assert refusal.value.code == "place_out_of_scope"
        roster = factories.roster(tmp_path, heads, members, place=ours.path)
        jobs()
        assert codes(fresh(roster)) == {("households", 3): ["union_unknown"]}
        services.commit_roster(roster=roster)
        jobs()
        places = dict(Household.objects.values_list("head__id_mask", "org_id"))
        assert sorted(places.values()) == sorted([other.path, ours.path, other.path])


@pytest.mark.parametrize("state, action", cases(flow.ROSTER))
def test_every_state_and_action(officer, union, state: str, action: str):
    def make(state: str) -> Roster:
        row = Roster(org_id=union.path, state=state, name="r.xlsx", sha256="0" * 64, year=2021)
        row.staff_id = officer.staff_id
        row.save(force_insert=True)
        return row

    check(flow.ROSTER, state, action, make)
    check_database(flow.ROSTER, make(state))


@pytest.mark.parametrize("spec", SHEETS.values(), ids=lambda spec: spec.key)
def test_every_code_fits_its_column(spec):
    for column in spec.columns:
        field = {"status": "work_status"}.get(column.key, column.key)
        model = next((m for m in (Person, Household) if field in {f.name for f in m._meta.fields}), None)
        if column.codes and model:
            longest = max(len(item.code) for item in column.codes.items)
            stored = model._meta.get_field(field)
            assert longest <= getattr(stored, "base_field", stored).max_length, column.key
