"""Persons and households entered and changed one at a time, and what the policy engine is told of them."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import queries, services
from nuanxin.registry.models import Expense, Household, Member, Person
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture(autouse=True)
def officer(union):
    with scope.acting(orgs.actor(union)) as actor:
        yield actor


def refused(act, **arguments) -> str:
    with pytest.raises(Refused) as refusal:
        act(**arguments)
    return refusal.value.code


def test_person_is_entered_once_and_sealed(union):
    number = factories.id_number()
    person = factories.person(union.path, id_number=number.lower())
    assert number not in repr(vars(person)) and person.id_mask[-4:] == number[-4:]
    assert person.born_on == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert refused(services.create_person, org_path=union.path, name="张三", id_number=number) == "known_here"
    assert (
        refused(services.create_person, org_path=union.path, name="张三", id_number=number[:-2]) == "length"
    )
    same = services.ensure_person(org_path=union.path, name="和建国", id_number=number)
    assert same == person
    assert (
        refused(services.ensure_person, org_path=union.path, name="他人", id_number=number) == "name_differs"
    )


def test_one_live_household_a_person(union):
    house, other = factories.household(union.path), factories.household(union.path, "李梅")
    wife = factories.person(union.path, "王芳")
    services.add_member(household=house, person=wife, relation="1")
    assert refused(services.add_member, household=other, person=wife, relation="8") == "lives_elsewhere"
    assert refused(services.create_household, head=house.head, residence="urban") == "heads_already"
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(
            org_id=union.path, household=other, person=wife, relation="8", since=date(2026, 1, 1)
        )


def test_card_is_checked_and_changed(union):
    house = factories.household(union.path)
    assert refused(services.change_card, household=house, card="12345", bank="农业银行") == "card"
    assert refused(services.change_card, household=house, card="6217001234567890128", bank=" ") == "no_bank"
    changed = services.change_card(household=house, card="6222 0000 0000 0000 123", bank="建设银行")
    assert changed.card_mask[-4:] == "0123" and changed.card_hash != house.card_hash
    assert services.reveal(subject=changed, what="card", purpose="pay") == "6222000000000000123"


def rows_of(relation: queries.Relation) -> list[dict[str, Any]]:
    """What a relation yields, by column."""
    with connection.cursor() as cursor:
        cursor.execute(relation.sql, relation.params)
        names = [column.name for column in cursor.description]
        assert relation.columns == set(names)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_facts_for_one_and_for_many(union):
    house = factories.household(union.path, annual_income=None, main_cause="", people=2)
    vague = factories.household(union.path, "李梅", expenses_known=False)
    services.record_expense(
        household=house, kind="medical", amount=Money.yuan(18650), evidenced=True, year=2025
    )
    services.record_expense(
        household=house, kind="schooling", amount=Money.yuan(1), evidenced=True, year=2020
    )
    found = {row["subject"]: row for row in rows_of(queries.facts_relation([house.pk, vague.pk]))}
    facts = found[house.pk]
    assert facts["annual_income"] is None is facts["main_cause"] and facts["loss"] == 0
    assert facts["place"] == union.path and facts["expenses"] and not found[vague.pk]["expenses"]
    assert not facts["members"] and found[vague.pk]["members"]
    chosen = Household.objects.filter(pk=house.pk)
    assert [row["subject"] for row in rows_of(queries.facts_relation(chosen))] == [house.pk]
    assert rows_of(queries.expenses_relation(chosen)) == [
        {"subject": house.pk, "kind": "medical", "amount": 1_865_000, "evidenced": True}
    ]
    (member,) = rows_of(queries.members_relation(chosen))
    assert (member["relation"], member["born_on"]) == ("0", house.head.born_on)
    assert member["health"] is None or member["health"]


def test_expense_of_nought_takes_the_entry_away(union):
    house = factories.household(union.path)
    services.record_expense(household=house, kind="medical", amount=Money.yuan(5), evidenced=False, year=2025)
    services.record_expense(household=house, kind="medical", amount=Money(0), evidenced=False, year=2025)
    assert not Expense.objects.exists()
    assert (
        refused(
            services.record_expense, household=house, kind="x", amount=Money(1), evidenced=True, year=2025
        )
        == "unknown_kind"
    )


def test_finding_stays_within_scope(union):
    person = factories.person(union.path, "欧阳文华")
    for text in ("欧阳", "ouyang", "oywh"):
        assert list(queries.find_people(text)) == [person]
    with scope.acting(orgs.actor(orgs.node("county"))):
        assert not queries.find_people("欧阳").exists() and not Person.objects.exists()


def test_look_across_answers_nothing_without_the_function(union):
    from django.db import connection

    far = orgs.node("grassroots")
    with scope.acting(orgs.actor(far)):
        person = factories.person(far.path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nuanxin.lookup', 'person', true)")
        cursor.execute("SELECT count(*) FROM registry_person WHERE id_hash = %s", [person.id_hash])
        assert cursor.fetchone() == (0,)
