"""Owing, batching, giving up and sending again."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger import queries as ledger
from nuanxin.orgs.models import Node
from nuanxin.payments import queries, services
from nuanxin.payments.models import Due
from tests.ledger.factories import fund, give
from tests.orgs.factories import actor, node, post, staff

from .factories import new_due, owed

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    """A county with 100,000 yuan of a fund, its cashier, and somebody else who approves."""
    county = node("county")
    money = fund()
    give(money, county, 100_000)
    return county, money, post(county, "*").actor(), staff()


def free(county: Node, money) -> Money:
    return ledger.available(money.pk, county.path).free


def test_owing_holds_the_money_and_can_be_repeated(place):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        dues = [new_due(county, money, approver, 100 + n) for n in range(3)]
        ids = services.owe(dues=dues, account_org_path=county.path)
        assert services.owe(dues=dues, account_org_path=county.path) == ids
        rows = Due.objects.in_bulk(ids)
        assert [rows[pk].payee for pk in ids] == [due.payee for due in dues]
        assert free(county, money) == Money.yuan(100_000 - 303)


def test_owing_of_two_funds_at_once(place):
    county, money, cashier, approver = place
    other = fund()
    give(other, county, 50)
    with scope.acting(cashier):
        dues = [new_due(county, each, approver, 25) for each in (other, money, other)]
        ids = services.owe(dues=dues, account_org_path=county.path)
        rows = Due.objects.in_bulk(ids)
        assert [rows[pk].fund_id for pk in ids] == [other.pk, money.pk, other.pk]
        assert free(county, other) == Money(0)


def test_owing_more_than_there_is_holds_nothing(place):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        with pytest.raises(Refused) as refusal:
            owed(county, money, approver, 60_000, 60_000)
        assert refusal.value.code == "overspent"
        assert not Due.objects.exists()
        assert free(county, money) == Money.yuan(100_000)


def test_a_batch_takes_all_that_waits_below(place):
    county, money, cashier, approver = place
    township = node("township", county)
    other = fund()
    give(other, county, 100)
    with scope.acting(cashier):
        ids = owed(county, money, approver, 100, 200)
        dues = [new_due(township, money, approver, 300)]
        ids += services.owe(dues=dues, account_org_path=county.path)
        owed(county, other, approver, 5)
        made = services.make_batch(fund=money)
        assert (made.batch.count, made.batch.total, made.left_out) == (3, Money.yuan(600), 0)
        assert [(d.pk, d.line, d.state) for d in queries.lines(made.batch)] == [
            (pk, line, "batched") for line, pk in enumerate(ids, start=1)
        ]
        assert [(w.fund, w.count) for w in queries.waiting_by_fund(county.path)] == [(other, 1)]
        with pytest.raises(Refused) as refusal:
            services.make_batch(fund=money)
        assert refusal.value.code == "nothing_waiting"


def test_a_batch_of_ticked_dues(place):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        ids = owed(county, money, approver, 100, 200, 300)
        first = services.make_batch(fund=money, dues=Due.objects.filter(pk__in=ids[1:2])).batch
        second = services.make_batch(fund=money).batch
        assert (first.total, second.total) == (Money.yuan(200), Money.yuan(400))
        assert first.number[:-1] == second.number[:-1]
        assert int(second.number[-4:]) == int(first.number[-4:]) + 1


def test_what_the_cashier_approved_is_left_out(place):
    county, money, cashier, approver = place
    me = post(county, "*")
    with scope.acting(me.actor()):
        mine = owed(county, money, me.staff, 100, 200)
        with pytest.raises(Refused) as refusal:
            services.make_batch(fund=money)
        assert refusal.value.code == "approver_may_not_pay"
        owed(county, money, approver, 300)
        made = services.make_batch(fund=money)
        assert (made.batch.count, made.left_out) == (1, 2)
    with scope.acting(cashier):
        batch = services.make_batch(fund=money).batch
        assert sorted(queries.lines(batch).values_list("pk", flat=True)) == sorted(mine)


@pytest.mark.parametrize("field", ["approver", "corrector"])
def test_the_database_refuses_that_who_approves_pays(place, field: str):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        owed(county, money, approver, 100)
        services.make_batch(fund=money)
        with pytest.raises(IntegrityError, match="pays_not"), transaction.atomic():
            Due.objects.update(**{field: cashier.staff_id})


def test_making_a_batch_needs_the_permission_and_a_person(place):
    county, money, _cashier, approver = place
    with scope.acting(actor(county, "payments.batch.see")):
        owed(county, money, approver, 100)
        with pytest.raises(Denied):
            services.make_batch(fund=money)
    with scope.acting(system(county.path)), pytest.raises(Denied):
        services.make_batch(fund=money)


def test_another_countys_dues_are_not_taken(place):
    _county, money, cashier, approver = place
    far = node("county")
    give(money, far, 100)
    with scope.acting(system()):
        theirs = owed(far, money, approver, 50)
    with scope.acting(cashier), pytest.raises(Refused) as refusal:
        services.make_batch(fund=money, dues=Due.objects.filter(pk__in=theirs))
    assert refusal.value.code == "nothing_waiting"


def test_a_batch_given_up_waits_again(place):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        owed(county, money, approver, 100, 200)
        batch = services.make_batch(fund=money).batch
        with pytest.raises(Refused) as refusal:
            services.dissolve(batch=batch, note="")
        assert refusal.value.code == "no_reason"
        assert services.dissolve(batch=batch, note="选错资金").state == "dissolved"
        assert Due.objects.filter(state="waiting", batch=None, line=None).count() == 2
        assert services.make_batch(fund=money).batch.count == 2
        with pytest.raises(Refused):
            services.dissolve(batch=batch, note="再来")


def test_a_due_cannot_be_moved_by_hand(place):
    county, money, cashier, approver = place
    with scope.acting(cashier):
        owed(county, money, approver, 100)
        for state in ("paid", "returned", "reissued"):
            with pytest.raises(DatabaseError), transaction.atomic():
                Due.objects.update(state=state)
