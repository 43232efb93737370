"""Households split, merged, moved and ended, heads changed, deaths and consents: success beside refusal."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import queries, services
from nuanxin.registry.models import Household, Member, Person
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture(autouse=True)
def officer(union):
    with scope.acting(orgs.actor(union.parent)) as actor:
        yield actor


@pytest.fixture
def family(union):
    """A head with a wife and a grown son, filed a hundred days ago."""
    house = factories.household(union.path, people=3, since=days_ago(100))
    for name, relation in (("王芳", "1"), ("和小军", "2")):
        person = factories.person(union.path, name)
        services.add_member(household=house, person=person, relation=relation, since=days_ago(100))
    return house


def of(house, relation) -> Person:
    return queries.members_of(house).get(relation=relation).person


def refused(act, **arguments) -> str:
    with pytest.raises(Refused) as refusal:
        act(**arguments)
    return refusal.value.code


def test_a_son_leaves_into_a_household_of_his_own(family):
    son = of(family, "2")
    made = services.split_household(household=family, head=son, relations={}, since=days_ago(5))
    assert queries.household_of(son) == made and made.people == 1 and made.residence == family.residence
    family.refresh_from_db()
    assert family.people == 2 and queries.members_of(family).count() == 2
    assert queries.members_of(family, days_ago(6)).count() == 3
    assert refused(services.split_household, household=family, head=family.head, relations={}) == "head_goes"
    assert refused(services.split_household, household=family, head=son, relations={}) == "not_there"


def test_two_households_become_one(family, union):
    other = factories.household(union.path, "李梅", since=days_ago(50))
    act = {"kept": family, "gone": other, "note": "再婚"}
    assert refused(services.merge_households, **act, relations={}) == "no_relation"
    assert refused(services.merge_households, **act | {"gone": family}, relations={}) == "itself"
    services.merge_households(**act, relations={other.head_id: "8"})
    other.refresh_from_db()
    assert other.merged_into == family and other.ended_because == "merged"
    assert queries.household_of(other.head) == family and other not in queries.households()
    assert refused(services.merge_households, kept=other, gone=family, relations={}, note="反过来") == (
        "household_ended"
    )
    assert not [row for row in queries.find_households("李梅") if row == other]


def test_the_database_refuses_rings_and_stays_in_ended_households(family, union):
    other = factories.household(union.path, "李梅")
    with pytest.raises(DatabaseError), transaction.atomic():
        Household.objects.filter(pk=other.pk).update(ended_on=days_ago(0), ended_because="moved")
    services.end_household(household=other, because="moved")
    with pytest.raises(DatabaseError), transaction.atomic():
        Member.objects.create(
            org_id=union.path, household=other, person=other.head, relation="0", since=days_ago(0)
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Household.objects.filter(pk=other.pk).update(merged_into=other)


def test_an_ended_household_is_opened_again_by_a_new_act(family):
    assert refused(services.end_household, household=family, because="merged") == "no_reason"
    services.end_household(household=family, because="mistake", note="重复建户")
    assert not queries.members_of(family).exists()
    assert not rows_determined(family)
    assert refused(services.end_household, household=family, because="mistake") == "household_ended"
    services.reopen_household(household=family, note="核实后恢复")
    assert [member.person for member in queries.members_of(family)] == [family.head]
    assert rows_determined(family)
    assert refused(services.reopen_household, household=family, note="再次") == "lives"


def rows_determined(house) -> list[dict]:
    from .test_people import rows_of

    return rows_of(queries.facts_relation([house.pk])) + rows_of(
        queries.facts_relation(Household.objects.filter(pk=house.pk))
    )


def test_a_household_moves_with_all_that_belongs_to_it(family, union):
    other = orgs.node("grassroots", union.parent)
    far = orgs.node("grassroots")
    services.change_facts(subject=family, facts={"homes": 2}, since=days_ago(3))
    assert refused(services.move_household, household=family, union=far.path, note="搬家") == "no_keeper"
    assert (
        refused(services.move_household, household=family, union=union.path, note="搬家") == "there_already"
    )
    services.move_household(household=family, union=other.path, note="搬家")
    with scope.acting(orgs.actor(other)):
        assert queries.households().get() == family
        assert queries.members_of(family).count() == 3 and Person.objects.count() == 3
        assert queries.periods_of(family, "homes").count() == 2
        known = queries.facts_relation([family.pk], days_ago(-1), days_ago(3))
        assert known.sql
    with scope.acting(orgs.actor(union)):
        assert not Household.objects.exists() and not Person.objects.exists()


def test_the_death_of_a_head_asks_for_a_new_one(family):
    head, wife, son = (of(family, relation) for relation in "012")
    assert refused(services.record_death, person=head, died_on=days_ago(2)) == "no_head"
    assert refused(services.record_death, person=head, died_on=days_ago(-1)) == "no_such_day"
    told = {"died_on": days_ago(2), "new_head": wife}
    assert refused(services.record_death, person=head, **told) == "no_relation"
    services.record_death(person=head, **told, relations={son.pk: "2"})
    family.refresh_from_db()
    assert family.head == wife and family.people == 2 and family.card_mask == ""
    assert [member.relation for member in queries.members_of(family)] == ["0", "2"]
    assert queries.members_of(family, days_ago(3)).count() == 3
    assert refused(services.record_death, person=head, died_on=days_ago(1)) == "died_before"


def test_the_last_one_dies_and_the_household_ends(union):
    alone = factories.household(union.path, "李梅", since=days_ago(9))
    services.record_death(person=alone.head, died_on=days_ago(1))
    alone.refresh_from_db()
    assert alone.ended_because == "died"


def test_another_head_and_somebody_leaving(family):
    wife, son = of(family, "1"), of(family, "2")
    services.change_head(household=family, head=wife, relations={family.head_id: "1", son.pk: "2"})
    family.refresh_from_db()
    assert family.head == wife
    assert refused(services.remove_member, household=family, person=wife, note="外出") == "head_goes"
    services.remove_member(household=family, person=son, note="外出务工，单独生活")
    assert queries.household_of(son) is None and queries.members_of(family).count() == 2


def test_consents_are_given_and_withdrawn(family, union):
    head = family.head
    child = factories.person(union.path, "和小花", id_number=invent_id("533422", days_ago(3650), 123))
    services.add_member(household=family, person=child, relation="3")
    given = {"household": family, "given_on": days_ago(1)}
    assert refused(services.record_consent, **given, person=child, kind="child") == "no_guardian"
    services.record_consent(**given, person=child, kind="child", guardian=head)
    assert refused(services.record_consent, **given, person=head, kind="child", guardian=head) == "grown_up"
    check = services.record_consent(**given, person=head, kind="check")
    family.refresh_from_db()
    assert family.consent_on == days_ago(1)
    assert refused(services.record_consent, **given, person=head, kind="check") == "given_before"
    services.withdraw_consent(consent=check, reason="本人要求")
    family.refresh_from_db()
    assert family.consent_on is None
    assert refused(services.withdraw_consent, consent=check) == "withdrawn_before"
