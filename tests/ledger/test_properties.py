"""Whatever is done, in whatever order: the books balance and nothing is overspent."""

from datetime import date
from itertools import count

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger import queries, services
from nuanxin.ledger.models import Account, Fund, Transfer
from nuanxin.orgs.models import Node
from tests.orgs.factories import node

from .factories import fund

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 20)
_keys = count(1)

AMOUNT = st.integers(min_value=1, max_value=500).map(Money)
PLACE = st.integers(min_value=0, max_value=2)
STEP = st.one_of(
    st.tuples(st.just("receive"), PLACE, AMOUNT),
    st.tuples(st.just("appropriate"), PLACE, PLACE, AMOUNT),
    st.tuples(st.just("hold"), PLACE, st.lists(AMOUNT, min_size=1, max_size=4)),
    st.tuples(st.just("resolve"), st.lists(st.booleans(), max_size=4)),
    st.tuples(st.just("reverse"), st.integers(min_value=0, max_value=9)),
)


class Books:
    """Three units one below the other, a fund, and what was held and not yet resolved."""

    def __init__(self) -> None:
        county = node("county")
        prefecture = Node.objects.get(pk=county.parent_id)
        self.chain = [Node.objects.get(pk=prefecture.parent_id), prefecture, county]
        self.fund: Fund = fund()
        self.open: list[int] = []

    def do(self, step: tuple) -> None:
        """One step, which may be refused; then nothing of it must have happened."""
        getattr(self, step[0])(*step[1:])

    def receive(self, place: int, amount: Money) -> None:
        self._give(None, place, amount)

    def appropriate(self, giver: int, taker: int, amount: Money) -> None:
        self._give(self.chain[giver].path, taker, amount)

    def _give(self, giver: str | None, taker: int, amount: Money) -> None:
        services.appropriate(
            fund=self.fund,
            from_org_path=giver,
            to_org_path=self.chain[taker].path,
            amount=amount,
            memo="",
            key=f"property:{next(_keys)}",
        )

    def hold(self, place: int, amounts: list[Money]) -> None:
        lines = [services.HoldLine(f"property:{next(_keys)}", a, "living-aid") for a in amounts]
        path = self.chain[place].path
        self.open += services.hold_many(fund=self.fund, org_path=path, lines=lines)

    def resolve(self, ways: list[bool]) -> None:
        chosen = list(zip(self.open, ways, strict=False))
        posted = [pk for pk, paid in chosen if paid]
        voided = [pk for pk, paid in chosen if not paid]
        services.resolve_many(posted=posted, voided=voided, booked_on=DAY)
        self.open = self.open[len(chosen) :]

    def reverse(self, number: int) -> None:
        found = Transfer.objects.filter(debit__fund=self.fund).order_by("pk")[number : number + 1]
        for transfer in found:
            services.reverse(transfer=transfer, memo="冲正")

    def check(self) -> None:
        rows = list(Account.objects.filter(fund=self.fund))
        debits = (Money.total(r.debits_posted for r in rows), Money.total(r.debits_pending for r in rows))
        credits = (Money.total(r.credits_posted for r in rows), Money.total(r.credits_pending for r in rows))
        assert debits == credits
        assert all(row.free >= Money(0) for row in rows if row.kind == Account.Kind.AVAILABLE)
        for row in rows:
            assert (row.debits_posted, row.credits_posted) == self._from_transfers(row)
        for standing in queries.standings(self.chain[0].path):
            account = queries.available(self.fund.pk, standing.org_path)
            assert account is not None
            assert standing.free == account.free
            assert min(standing.received, standing.given, standing.paid, standing.held) >= Money(0)

    def _from_transfers(self, account: Account) -> tuple[Money, Money]:
        """The posted balances summed anew from the transfers."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(amount) FILTER (WHERE debit_id = %s), 0),"
                " coalesce(sum(amount) FILTER (WHERE credit_id = %s), 0)"
                " FROM ledger_transfer WHERE kind NOT IN ('hold', 'void')",
                [account.pk, account.pk],
            )
            debit, credit = cursor.fetchone()
        return Money(int(debit)), Money(int(credit))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=12))
def test_the_books_balance_after_any_sequence(steps: list[tuple]):
    with scope.acting(system()):
        books = Books()
        for step in steps:
            try:
                books.do(step)
            except Refused as refusal:
                assert refusal.code in {
                    "overspent",
                    "not_below",
                    "not_reversible",
                    "reversed_already",
                }
            books.check()
