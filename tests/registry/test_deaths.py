"""A member of a union who died is a member no more, wherever the union is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records.models import Entry
from nuanxin.registry import services
from nuanxin.registry.models import Membership, Person
from nuanxin.registry.services import memberships
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
DIED = timezone.localdate() - timedelta(days=2)


@pytest.fixture
def union() -> Any:
    return orgs.node("grassroots")


def joined(person: Person, union: Any, day: date = date(2021, 5, 8)) -> Membership:
    with scope.acting(orgs.actor(union)):
        return Membership.objects.create(org_id=union.path, person=person, form="employed", joined_on=day)


def left(row: Membership, union: Any) -> tuple[Any, str]:
    with scope.acting(orgs.actor(union)):
        now = Membership.objects.get(pk=row.pk)
        return now.left_on, now.left_because


def die(person: Person, union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        services.record_death(person=person, died_on=DIED)


def test_the_membership_ends_with_the_life(union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        person = factories.person(union.path)
    row = joined(person, union)
    die(person, union)
    assert left(row, union) == (DIED, Membership.Left.DIED)
    with scope.acting(orgs.actor(union)), pytest.raises(Refused) as refusal:
        memberships.join_union(person=person, union=union.path, form="employed", joined_on=DIED)
    assert refusal.value.code == "dead"


def test_a_membership_in_a_county_out_of_sight_ends_too_and_is_told_there(union: Any) -> None:
    far = orgs.node("grassroots")
    with scope.acting(orgs.actor(union)):
        person = factories.person(union.path)
    row = joined(person, far)
    die(person, union)
    assert left(row, far) == (DIED, Membership.Left.DIED)
    with scope.acting(orgs.actor(far)):
        assert Entry.objects.filter(action="membership.left").count() == 1
        assert not Person.objects.exists()
    with scope.acting(orgs.actor(union)):
        assert not Entry.objects.filter(action="membership.left").exists()
        assert not Membership.objects.exists()


def test_one_that_began_after_the_death_ends_the_day_it_began(union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        person = factories.person(union.path)
    row = joined(person, union, DIED + timedelta(days=1))
    die(person, union)
    assert left(row, union) == (DIED + timedelta(days=1), Membership.Left.DIED)


def test_what_ended_before_and_other_peoples_memberships_stay(union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        person, other = factories.person(union.path), factories.person(union.path, "王芳")
    earlier, theirs = joined(person, union), joined(other, union)
    with scope.acting(orgs.actor(union)):
        memberships.leave_union(membership=earlier, left_on=date(2022, 1, 1), because="resigned")
    die(person, union)
    assert left(earlier, union) == (date(2022, 1, 1), Membership.Left.RESIGNED)
    assert left(theirs, union) == (None, "")


def test_the_county_that_has_a_member_records_no_death_of_a_person_out_of_sight(union: Any) -> None:
    far = orgs.node("grassroots")
    with scope.acting(orgs.actor(union)):
        person = factories.person(union.path)
    row = joined(person, far)
    with scope.acting(orgs.actor(far)), pytest.raises(OutOfSight):
        services.record_death(person=person, died_on=DIED)
    assert left(row, far) == (None, "")
