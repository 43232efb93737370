"""Which facts a reader sees: field groups by permission, and what is closed of a child."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.registry import groups
from nuanxin.registry.models import Expense, Household, Person
from nuanxin.registry.permissions import REVEAL, SEE_CHILDREN, SEE_FINANCE, SEE_HEALTH
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture
def people(union):
    """A grown-up and a child."""
    with scope.acting(orgs.actor(union)):
        ill = factories.person(union.path, "和建国", health="diabetes", monthly_income=Money.yuan(2100))
        number = invent_id("533422", timezone.localdate() - timedelta(days=9 * 365), 11)
        child = factories.person(union.path, "欧阳小梅", id_number=number, phone="", school="梅里一小")
        yield ill, child


def test_each_group_needs_its_permission(union, people):
    ill, _child = people
    cases = [("health", SEE_HEALTH), ("monthly_income", SEE_FINANCE), ("id_cipher", REVEAL)]
    for name, permission in cases:
        others = [code for _name, code in cases if code != permission]
        assert groups.may_see(ill, name, orgs.actor(union, permission))
        assert not groups.may_see(ill, name, orgs.actor(union, *others))
    nobody = orgs.actor(union, "registry.household.see")
    assert groups.shown(ill, "health", nobody) == groups.HIDDEN
    assert groups.shown(ill, "name", nobody) == "和建国" and groups.shown(ill, "sex", nobody) != groups.HIDDEN
    assert groups.closed_fields(Household, nobody) >= {"annual_income", "card_mask"}
    assert groups.closed_fields(Household, orgs.actor(union)) == frozenset()


def test_a_child_is_a_surname(union, people):
    ill, child = people
    most = orgs.actor(union, SEE_FINANCE, SEE_HEALTH, REVEAL)
    assert groups.is_child(child) and not groups.is_child(ill)
    assert groups.shown(child, "name", most) == "欧阳*"
    for name in groups.CHILD_FIELDS - {"name"}:
        assert groups.shown(child, name, most) == groups.HIDDEN, name
    with_children = orgs.actor(union, SEE_CHILDREN)
    assert groups.shown(child, "school", with_children) == "梅里一小"
    assert groups.shown(child, "health", with_children) == groups.HIDDEN


def test_of_age_on_the_birthday(people):
    _ill, child = people
    birthday = child.born_on.replace(year=child.born_on.year + 18)
    assert groups.is_child(child, birthday - timedelta(days=1)) and not groups.is_child(child, birthday)


def test_a_kind_of_spending_may_tell_of_health(union):
    spent = Expense(kind=Expense.Kind.MEDICAL, amount=Money.yuan(300))
    school = Expense(kind=Expense.Kind.SCHOOLING, amount=Money.yuan(300))
    finance = orgs.actor(union, SEE_FINANCE)
    assert groups.shown(spent, "kind", finance) == groups.HIDDEN and groups.shown(spent, "amount", finance)
    assert groups.shown(school, "kind", finance) == str(Expense.Kind.SCHOOLING.label)
    assert groups.shown(spent, "amount", orgs.actor(union, SEE_HEALTH)) == groups.HIDDEN


def test_history_is_closed_like_the_row(union, people):
    history = Person._meta.apps.get_model("registry", "PersonHistory")
    kept = history.objects.get(pgh_obj=people[0].pk)
    assert groups.group_of(history, "health") == "health"
    assert groups.shown(kept, "health", orgs.actor(union, SEE_FINANCE)) == groups.HIDDEN


def test_templates_ask_for_the_reader(union, people):
    page = Template('{% load registry %}{{ person|shown:"health" }}{% if "finance"|opened %}$${% endif %}')
    with scope.acting(orgs.actor(union, SEE_FINANCE)):
        assert page.render(Context({"person": people[0]})) == "•••$$"
    with scope.acting(orgs.actor(union, SEE_HEALTH)):
        assert page.render(Context({"person": people[0]})) == "糖尿病"
