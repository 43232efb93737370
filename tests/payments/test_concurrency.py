"""Two cashiers at once, on two real connections."""

import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.payments import services
from nuanxin.payments.models import Batch, ResultFile
from tests.ledger.factories import at_once

from .factories import owed, sample_result
from .test_results import Place, upload


@pytest.fixture
def busy(committed):
    """A place with a sent batch, committed, for two cashiers at once."""
    with scope.acting(system()):
        made = Place()
    with scope.acting(made.cashier):
        made.first = made.sent(100, 200)
        owed(made.county, made.money, made.approver, 300)
        made.body = sample_result(made.first, failing=[2])
    return made


def test_one_result_uploaded_twice_at_once_is_booked_once(busy):
    def act():
        with scope.acting(busy.cashier):
            return services.book_result(batch=busy.first, upload=upload(busy.body))

    outcomes = at_once(act, act)
    assert sorted(outcome.already for outcome in outcomes) == [False, True]
    with scope.acting(busy.cashier):
        assert busy.account.debits_posted == Money.yuan(100)
        assert ResultFile.objects.count() == 1


def test_what_waits_goes_into_one_batch_when_two_make_one_at_once(busy):
    def act():
        with scope.acting(busy.cashier):
            return services.make_batch(fund=busy.money)

    results = at_once(act, act)
    refusals = [result for result in results if isinstance(result, Refused)]
    assert [refusal.code for refusal in refusals] == ["nothing_waiting"]
    with scope.acting(busy.cashier):
        assert Batch.objects.count() == 2
