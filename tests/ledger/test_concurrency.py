"""Two at once, on two real connections: the database lets exactly one of them have the last money."""

from collections.abc import Callable

import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.ledger import queries, services
from nuanxin.ledger.models import Transfer
from nuanxin.orgs.models import Node
from tests.orgs.factories import node

from .factories import at_once, fund, give, hold


@pytest.fixture
def world(committed):
    """A prefecture with 100 yuan of a fund, and a county below it; all committed."""
    with scope.acting(system()):
        county = node("county")
        prefecture = Node.objects.get(pk=county.parent_id)
        money = fund()
    give(money, prefecture, 100)
    return prefecture, county, money


def test_two_who_approve_at_once_cannot_both_have_the_last_money(world):
    prefecture, _county, money = world
    for _ in range(5):
        results = at_once(*[lambda: hold(money, prefecture, 60)] * 2)
        refusals = [result for result in results if isinstance(result, services.Overspent)]
        assert len(refusals) == 1
        assert refusals[0].free == Money.yuan(40)
        with scope.acting(system()):
            held = next(result for result in results if isinstance(result, list))
            services.void_many(holds=held, booked_on=Transfer.objects.latest("pk").booked_on)
    with scope.acting(system()):
        assert queries.available(money.pk, prefecture.path).free == Money.yuan(100)


def test_the_same_form_sent_twice_at_once_is_one_transfer(world):
    prefecture, county, money = world

    def send() -> int:
        return services.appropriate(
            fund=money,
            from_org_path=prefecture.path,
            to_org_path=county.path,
            amount=Money.yuan(70),
            memo="",
            key="twice",
        ).pk

    first, second = at_once(send, send)
    assert first == second
    with scope.acting(system()):
        assert queries.available(money.pk, county.path).free == Money.yuan(70)


def test_money_going_both_ways_never_deadlocks(world):
    prefecture, county, money = world

    def down_and_back(number: int) -> Callable[[], int]:
        def act() -> int:
            for step in range(10):
                given = services.appropriate(
                    fund=money,
                    from_org_path=prefecture.path,
                    to_org_path=county.path,
                    amount=Money.yuan(1),
                    memo="",
                    key=f"both:{number}:{step}",
                )
                services.reverse(transfer=given, memo="退回")
            return number

        return act

    assert at_once(*(down_and_back(number) for number in range(4))) == [0, 1, 2, 3]
    with scope.acting(system()):
        assert queries.available(money.pk, prefecture.path).free == Money.yuan(100)


def test_a_cap_is_not_passed_by_two_at_once(world):
    key = b"k" * 32

    def take() -> str:
        services.take_quota(measure="c", year=2026, takes=[(key, Money.yuan(4000))], cap=Money.yuan(6000))
        return "taken"

    results = at_once(take, take)
    assert results.count("taken") == 1
    assert [type(result) for result in results if result != "taken"] == [services.OverQuota]
