"""Persons found to be one: lists in preparation follow, decided ones stand as they were decided."""

from dataclasses import replace
from typing import Any

import pytest

from nuanxin.campaigns import services
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.casework.models import File
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records.models import Entry
from nuanxin.registry import services as registry
from nuanxin.registry.models import Merge, Person
from tests.ledger import factories as ledger
from tests.orgs import factories as orgs
from tests.registry import factories as people

from . import factories as made
from .test_drives import CARD

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> made.County:
    return made.county()


def worker(home: made.County, drive: Drive, name: str) -> tuple[Recipient, str]:
    """Somebody without a file on a list, and their ID number."""
    number = people.id_number()
    with home.acting("planner"):
        row = services.add_worker(
            drive=drive, org=home.unions[0], name=name, id_number=number, target="migrant", **CARD
        )
    return row, number


def entered_twice(home: made.County, of: Any, name: str = "和建囯") -> Person:
    """The same human once more, under a mistyped number."""
    with scope.acting(orgs.actor(home.node)):
        return people.person(str(of.org_id), name)


def merge(home: made.County, kept: Any, gone: Any) -> Merge:
    with scope.acting(orgs.actor(home.node)):
        return registry.merge_persons(
            kept=Person.objects.get(pk=kept), gone=Person.objects.get(pk=gone), reason="身份证一致"
        )


def on(home: made.County, drive: Drive) -> list[tuple[str, int | None]]:
    """Kind and person of each recipient."""
    return [(row.kind, row.person_id) for row in made.listed(home, drive)]


def test_a_list_in_preparation_follows_with_the_copies_it_shows(home: made.County):
    drive = made.drive(home)
    row, _number = worker(home, drive, "和建国")
    other = entered_twice(home, row, "和建囯")
    merge(home, other.pk, row.person_id)
    [now] = made.listed(home, drive)
    assert (now.person_id, now.name, now.pinyin) == (other.pk, "和建囯", other.pinyin)
    assert bytes(now.id_hash) == bytes(other.id_hash) and now.id_mask == other.id_mask
    assert now.card_mask == row.card_mask and bytes(now.card_hash) == bytes(row.card_hash)
    with home.acting("planner"):
        assert Entry.objects.filter(action="drive.people_merged").count() == 1


def test_who_is_on_it_twice_is_visited_once_and_as_a_family(home: made.County):
    drive = made.with_files(home, "和建国")
    family = made.listed(home, drive)[0].person_id
    row, _number = worker(home, drive, "和建囯")
    merge(home, row.person_id, family)
    assert on(home, drive) == [("file", row.person_id)]


def test_of_two_workers_the_one_of_the_person_kept_stays(home: made.County):
    drive = made.drive(home)
    first, _ = worker(home, drive, "和建囯")
    second, _ = worker(home, drive, "和建国")
    bystander, _ = worker(home, drive, "王芳")
    merge(home, second.person_id, first.person_id)
    assert [row.pk for row in made.listed(home, drive)] == [second.pk, bystander.pk]


def test_a_family_stands_for_its_head_again_when_the_merge_is_taken_back(home: made.County):
    drive = made.with_files(home, "和建国")
    head = made.listed(home, drive)[0].person_id
    other = entered_twice(home, made.listed(home, drive)[0])
    done = merge(home, other.pk, head)
    assert on(home, drive) == [("file", other.pk)]
    with scope.acting(orgs.actor(home.node)):
        registry.undo_merge(merge=done)
    assert on(home, drive) == [("file", head)]
    assert made.listed(home, drive)[0].name == "和建国"


@pytest.mark.parametrize("state", ["approved", "closed", "dropped"])
def test_what_was_decided_or_given_up_stays_as_it_was(home: made.County, state: str):
    drive = made.in_state(home, state)
    [row] = made.listed(home, drive)
    other = entered_twice(home, row)
    merge(home, other.pk, row.person_id)
    assert on(home, drive) == [("file", row.person_id)]


def test_a_list_handed_in_is_returned_first_and_follows_when_handed_in_again(home: made.County):
    drive = made.submitted(home, "和建国")
    [row] = made.listed(home, drive)
    other = entered_twice(home, row)
    merge(home, other.pk, row.person_id)
    with home.acting("decider"):
        with pytest.raises(Refused) as refusal:
            services.approve_drive(drive=drive)
        assert refusal.value.code == "merged_since" and row.name in str(refusal.value)
        services.return_drive(drive=drive, reason="名单有人员合并")
    with home.acting("planner"):
        services.submit_drive(drive=drive)
    assert on(home, drive) == [("file", other.pk)]
    with home.acting("decider"):
        assert services.approve_drive(drive=drive).state == "approved"


def test_a_drive_of_the_federation_above_follows_when_it_is_handed_in(home: made.County):
    fund = ledger.fund()
    ledger.give(fund, home.node.parent, 100_000)
    above = replace(home, node=home.node.parent, planner=orgs.post(home.node.parent, "*"), fund=fund)
    drive = made.drive(above)
    made.file(home.unions[0], "和建国")
    with above.acting("planner"):
        services.add_files(drive=drive, files=File.objects.all(), target="hardship")
    [row] = made.listed(above, drive)
    other = entered_twice(home, row)
    merge(home, other.pk, row.person_id)
    assert on(above, drive) == [("file", row.person_id)]  # the county does not see the drive yet
    with above.acting("planner"):
        services.submit_drive(drive=drive)
    assert on(above, drive) == [("file", other.pk)]


def test_another_county_s_list_is_left_alone(home: made.County):
    far = made.county()
    theirs = made.with_files(far, "和建国")
    before = on(far, theirs)
    drive = made.drive(home)
    row, _number = worker(home, drive, "和建国")
    merge(home, entered_twice(home, row).pk, row.person_id)
    assert on(far, theirs) == before
    with far.acting("planner"):
        assert not Entry.objects.filter(action="drive.people_merged").exists()
