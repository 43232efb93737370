"""Requests between counties out of each other's sight, from asking to the move."""

import pytest
from django.db import DatabaseError, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import queries as records
from nuanxin.records.models import Entry
from nuanxin.registry import flow, queries, services
from nuanxin.registry.models import Household, Person, Transfer
from tests.kernel import flows
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return orgs.node("grassroots")


@pytest.fixture
def there():
    return orgs.node("grassroots")


def county(union):
    return union.parent.parent


@pytest.fixture
def family(there):
    """A family of the other county: its head's ID number, and the household."""
    number = factories.id_number()
    with scope.acting(orgs.actor(there)):
        house = factories.household(there.path, head=factories.person(there.path, id_number=number))
        wife = factories.person(there.path, "王芳")
        services.add_member(household=house, person=wife, relation="1")
    return number, house


def ask(here, number, **fields):
    with scope.acting(orgs.actor(county(here))):
        values = {"name": "和建国", "union": here.path, "reason": "已迁入本县"} | fields
        return services.ask_transfer(id_number=number, **values)


def refused(act, **arguments) -> str:
    with pytest.raises(Refused) as refusal:
        act(**arguments)
    return refusal.value.code


def test_the_asker_learns_the_county_and_nothing_else(here, there, family):
    number, house = family
    request = ask(here, number)
    assert request.other == county(there) and request.household is None
    with scope.acting(orgs.actor(county(here))):
        assert Transfer.objects.get().name == "和建国"
        assert not Person.objects.exists() and not Household.objects.exists()
    with scope.acting(orgs.actor(county(there))):
        assert Transfer.objects.get().person == house.head
    with scope.acting(orgs.actor(orgs.node("county"))):
        assert not Transfer.objects.exists()


def test_a_household_comes_over_when_the_holder_agrees(here, there, family):
    number, house = family
    request = ask(here, number)
    with scope.acting(orgs.actor(county(here))):
        assert refused(services.accept_transfer, transfer=request) == "not_yours"
    with scope.acting(orgs.actor(county(there))):
        services.accept_transfer(transfer=request, answer="同意，材料随后寄出")
        assert not Household.objects.exists() and not Person.objects.exists()
    with scope.acting(orgs.actor(county(here))):
        moved = queries.households().get()
        assert moved == house and moved.org_id == here.path
        assert queries.members_of(moved).count() == 2
        assert Transfer.objects.get().state == "accepted" and Transfer.objects.get().household == moved
        assert Entry.objects.filter(action="transfer.done").exists()
        told = records.timeline(moved)
        assert [(line.action, line.note) for line in told] == [("transfer.done", "已迁入本县")]
    with scope.acting(orgs.actor(county(there))):
        assert Entry.objects.filter(action="transfer.done").exists()


def test_a_member_comes_alone(here, there, family):
    _number, house = family
    number = factories.id_number()
    with scope.acting(orgs.actor(there)):
        son = factories.person(there.path, "和小军", id_number=number)
        services.add_member(household=house, person=son, relation="2")
    request = ask(here, number, name="和小军")
    with scope.acting(orgs.actor(county(there))):
        services.accept_transfer(transfer=request)
        assert queries.members_of(house).count() == 2
    with scope.acting(orgs.actor(here)):
        assert Person.objects.get() == son and not Household.objects.exists()
        assert services.create_household(head=Person.objects.get(), residence="urban").org_id == here.path


def test_asking_is_refused(here, there, family):
    number, _house = family
    assert refused(ask, here=here, number=number, reason=" ") == "no_note"
    assert refused(ask, here=here, number=number, union=there.path) == "no_keeper"
    assert refused(ask, here=here, number=factories.id_number()) == "not_elsewhere"
    assert refused(ask, here=there, number=number) == "not_elsewhere"
    assert refused(ask, here=here, number="123") == "length"
    ask(here, number)
    assert refused(ask, here=here, number=number) == "asked_before"


def test_a_household_is_offered_and_the_other_side_names_the_union(here, there, family):
    _number, house = family
    with scope.acting(orgs.actor(county(there))):
        offer = {"household": house, "reason": "已搬走"}
        assert refused(services.offer_transfer, **offer, county=county(there).path) == "no_county"
        request = services.offer_transfer(**offer, county=county(here).path)
        assert refused(services.accept_transfer, transfer=request) == "not_yours"
    with scope.acting(orgs.actor(county(here))):
        assert refused(services.accept_transfer, transfer=request) == "no_keeper"
        assert refused(services.accept_transfer, transfer=request, union=there.path) == "no_keeper"
        services.accept_transfer(transfer=request, union=here.path)
        assert queries.households().get().org_id == here.path


def test_no_is_said_with_a_reason(here, there, family):
    request = ask(here, family[0])
    with scope.acting(orgs.actor(county(there))):
        assert refused(services.refuse_transfer, transfer=request, answer="") == "no_note"
        assert refused(services.withdraw_transfer, transfer=request, reason="不要了") == "not_ours"
        services.refuse_transfer(transfer=request, answer="此人仍在本县居住")
    with scope.acting(orgs.actor(county(here))):
        assert Transfer.objects.get().answer == "此人仍在本县居住"
    again = ask(here, family[0])
    with scope.acting(orgs.actor(county(here))):
        assert services.withdraw_transfer(transfer=again, reason="登记有误").state == "withdrawn"


@pytest.mark.parametrize("state, action", flows.cases(flow.TRANSFER))
def test_every_state_and_action(state, action, here, there, family):
    def make(wanted):
        request = ask(here, family[0])
        if wanted != "asked":
            way = {"accepted": "accept", "refused": "refuse", "withdrawn": "withdraw"}[wanted]
            request = flow.TRANSFER.fire(request, way)
        return request

    with scope.acting(orgs.actor(county(here))):
        flows.check(flow.TRANSFER, state, action, make)
        flows.check_database(flow.TRANSFER, Transfer.objects.first())


def test_the_function_tells_nothing_about_ones_own_scope(here, there, family):
    from django.db import connection

    with scope.acting(orgs.actor(there)), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM registry_ask_transfer(%s, %s, %s, '', '', NULL)",
            [family[1].head.id_hash, there.path, there.path],
        )
        assert cursor.fetchone() is None
    with (
        scope.acting(orgs.actor(here)),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):  # in another's name
        cursor.execute(
            "SELECT * FROM registry_ask_transfer(%s, %s, %s, '', '', NULL)",
            [family[1].head.id_hash, there.path, here.path],
        )
