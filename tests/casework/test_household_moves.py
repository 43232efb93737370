"""What casework keeps of a household when it moves, splits, merges, ends, or its head dies.

What is under way stops the act; what is settled follows the household; money stays in the books it is in.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from nuanxin.casework import queries
from nuanxin.casework.models import Application, Assessment, Award, File, Notice, Visit
from nuanxin.kernel import scope
from nuanxin.payments.models import Due
from nuanxin.records.models import Attachment
from nuanxin.registry import services as registry
from nuanxin.registry.models import Household, Member, Transfer
from tests.orgs import factories as orgs
from tests.registry import factories as people

from . import factories as make
from .conftest import refusal

UNDER_WAY = ("draft", "submitted", "returned", "noticed")
SETTLED = ("withdrawn", "refused")


@pytest.fixture
def clerk(county: make.County) -> Any:
    """Somebody of the county who may do anything."""
    return orgs.actor(county.node)


@pytest.fixture
def other(county: make.County) -> Any:
    """A second union of the county."""
    return orgs.node("grassroots", county.union.parent)


def partner(home: Household) -> Any:
    """A wife who lives with the head."""
    wife = people.person(str(home.org_id), "王芳")
    registry.add_member(household=home, person=wife, relation="1", since=timezone.localdate())
    return wife


def history(file: File) -> bool:
    """Whether the actor sees what the file was before."""
    rows = apps.get_model("casework", "FileHistory")
    return bool(rows.objects.filter(pgh_obj_id=file.pk).exists())


def moved(home: Household, union: Any) -> Household:
    return registry.move_household(household=home, union=union.path, note="搬家")


@pytest.mark.parametrize("state", UNDER_WAY)
def test_an_application_under_way_stops_a_move_and_an_end(
    county: make.County, clerk: Any, other: Any, state: str
) -> None:
    home = make.application(county, state).household
    kept = make.household(county)
    with scope.acting(clerk):
        with refusal("application_open"), transaction.atomic():
            moved(home, other)
        with refusal("application_open"), transaction.atomic():
            registry.end_household(household=home, because="moved")
        with refusal("application_open"), transaction.atomic():
            registry.merge_households(kept=kept, gone=home, relations={home.head_id: "9"}, note="并户")
        home.refresh_from_db()
        assert (home.org_id, home.ended_on) == (county.union.path, None)


@pytest.mark.parametrize("state", SETTLED)
def test_a_settled_application_stops_nothing_and_moves_along(
    county: make.County, clerk: Any, other: Any, state: str
) -> None:
    row = make.application(county, state)
    with scope.acting(clerk):
        moved(row.household, other)
    with scope.acting(orgs.actor(other)):
        assert Application.objects.get() == row
        registry.end_household(household=row.household, because="moved")
    with scope.acting(orgs.actor(county.union)):
        assert not Application.objects.exists()


def test_a_file_moves_with_all_it_rests_on(county: make.County, clerk: Any, other: Any) -> None:
    row = make.application(county, "approved")
    with scope.acting(clerk):
        moved(row.household, other)
    with scope.acting(orgs.actor(other)):
        file = queries.files().get()
        assert file.org_id == other.path and file.basis is not None and file.basis.org_id == other.path
        assert file.application.process is not None and file.application.process.votes.exists()
        for model in (Assessment, Visit, Notice):
            assert model.objects.exists(), model
        assert Attachment.objects.filter(kind="casework.Application", subject=row.pk).exists()
        assert history(file)
    with scope.acting(orgs.actor(county.union)):
        for model in (File, Application, Assessment, Visit, Notice):
            assert not model.objects.exists(), model
        assert not history(file)


def test_a_file_stops_an_end_and_a_merge_away(county: make.County, clerk: Any) -> None:
    file = make.file(county)
    home, kept = file.household, make.household(county)
    with scope.acting(clerk):
        with refusal("file_open"), transaction.atomic():
            registry.end_household(household=home, because="moved")
        with refusal("file_open"), transaction.atomic():
            registry.merge_households(kept=kept, gone=home, relations={home.head_id: "9"}, note="并户")
        registry.merge_households(kept=home, gone=kept, relations={kept.head_id: "9"}, note="并户")
        assert File.objects.get(household=home).state == "open"
        assert Member.objects.filter(household=home, until__isnull=True).count() == 2


def test_a_split_leaves_the_file_with_the_head(county: make.County, clerk: Any) -> None:
    file = make.file(county)
    with scope.acting(clerk):
        wife = partner(file.household)
        made = registry.split_household(household=file.household, head=wife, relations={})
        assert File.objects.get().household == file.household
        assert not Application.objects.filter(household=made).exists()
        assert make.services.start_application(household=made).household == made


def test_another_head_keeps_the_file(county: make.County, clerk: Any) -> None:
    file = make.file(county)
    number = file.number
    with scope.acting(clerk):
        wife = partner(file.household)
        registry.change_head(household=file.household, head=wife, relations={file.household.head_id: "2"})
        file.refresh_from_db()
        assert (file.number, file.state, file.household.head) == (number, "open", wife)


def test_a_dead_head_is_followed_by_another_and_the_file_stays(county: make.County, clerk: Any) -> None:
    file = make.file(county)
    head, today = file.household.head, timezone.localdate()
    with scope.acting(clerk):
        wife = partner(file.household)
        with refusal("no_head"), transaction.atomic():
            registry.record_death(person=head, died_on=today)
        registry.record_death(person=head, died_on=today, new_head=wife)
        file.refresh_from_db()
        assert (file.state, file.household.head) == ("open", wife)


def test_the_last_one_of_a_filed_household_is_not_buried_with_the_file(
    county: make.County, clerk: Any
) -> None:
    """Nobody follows, so the household would end: the file is closed first, and nothing is half done."""
    file = make.file(county)
    head = file.household.head
    with scope.acting(clerk):
        with refusal("file_open"), transaction.atomic():
            registry.record_death(person=head, died_on=timezone.localdate())
        head.refresh_from_db()
        assert head.died_on is None
        assert Member.objects.filter(person=head, until__isnull=True).exists()


def test_a_proposed_award_stops_a_move(county: make.County, clerk: Any, other: Any) -> None:
    file = make.file(county)
    make.aid_list(county)
    with scope.acting(clerk):
        with refusal("payment_open"), transaction.atomic():
            moved(file.household, other)
        file.household.refresh_from_db()
        assert file.household.org_id == county.union.path


def test_a_due_on_its_way_stops_a_move_and_a_paid_one_stays_where_it_was_paid(
    county: make.County, clerk: Any, other: Any
) -> None:
    file = make.file(county)
    aid = make.aid_list(county, "approved")
    with scope.acting(clerk), refusal("payment_open"), transaction.atomic():
        moved(file.household, other)
    make.paid(county, aid)
    with scope.acting(clerk):
        moved(file.household, other)
    with scope.acting(orgs.actor(other)):
        assert File.objects.get() == file and not Award.objects.exists() and not Due.objects.exists()
    with scope.acting(orgs.actor(county.union)):
        assert Award.objects.get().state == "paid" and Due.objects.exists() and not File.objects.exists()


def test_a_payment_on_its_way_stops_an_agreed_transfer(county: make.County, clerk: Any) -> None:
    """The other county asked for the head: what is open here is settled here first."""
    file = make.file(county)
    far = orgs.node("grassroots")
    with scope.acting(clerk):
        request = registry.offer_transfer(
            household=file.household, county=str(far.parent.parent.path), reason="已搬走"
        )
    aid = make.aid_list(county, "approved")
    accept = {"transfer": request, "union": far.path}
    taker = orgs.actor(far.parent.parent)
    with scope.acting(taker), refusal("payment_open"), transaction.atomic():
        registry.accept_transfer(**accept)
    with scope.acting(taker):
        assert Transfer.objects.get().state == "asked" and not File.objects.exists()
    make.paid(county, aid)
    with scope.acting(taker):
        registry.accept_transfer(**accept)
        assert File.objects.get() == file and Application.objects.get().file == file
    with scope.acting(clerk):
        assert not File.objects.exists() and Award.objects.get().file_id == file.pk


def test_a_day_before_the_move_is_corrected_by_the_union_that_has_the_household(
    county: make.County, clerk: Any, other: Any
) -> None:
    file = make.file(county)
    with scope.acting(clerk):
        moved(file.household, other)
        before = timezone.localdate() - timedelta(days=1)
    with scope.acting(orgs.actor(other)):
        home = Household.objects.get(pk=file.household_id)
        assert registry.change_facts(subject=home, facts={"homes": 2}, since=before) == ["homes"]
        assert set(home.circumstances.values_list("org_id", flat=True)) == {other.path}
