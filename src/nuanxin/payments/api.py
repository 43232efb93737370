"""API operations of payments. Amounts are yuan with two decimals, as text; cards are masked."""

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.ledger import queries as ledger

from . import queries, services
from .models import Batch, Due
from .permissions import PAY, SEE

router = Router()


def _yuan(amount: Money) -> str:
    return str(amount.to_yuan())


class BatchOut(Schema):
    """Payments of one fund that go to the bank in one file."""

    id: int
    number: str
    fund: str
    org: str
    state: str
    count: int
    total: str

    @staticmethod
    def resolve_fund(row: Batch) -> str:
        return row.fund.code

    @staticmethod
    def resolve_org(row: Batch) -> str:
        return row.org_id

    @staticmethod
    def resolve_total(row: Batch) -> str:
        return _yuan(row.total)


class DueOut(Schema):
    """An amount owed to one payee; `source_kind` and `source` say what it pays for."""

    id: int
    payee: str
    card_mask: str
    amount: str
    fund: str
    org: str
    state: str
    purpose: str
    source_kind: str
    source: int
    attempt: int
    bank_reason: str

    @staticmethod
    def resolve_amount(row: Due) -> str:
        return _yuan(row.amount)

    @staticmethod
    def resolve_fund(row: Due) -> str:
        return row.fund.code

    @staticmethod
    def resolve_org(row: Due) -> str:
        return row.org_id


class BatchIn(Schema):
    """Which fund's waiting dues to put into a batch, by the fund's code."""

    fund: str


class BatchMade(Schema):
    """The new batch, and how many dues were left out because the caller approved them."""

    batch: BatchOut
    left_out: int


@router.get("batches", response=list[BatchOut])
@paginate
@needs(SEE)
def batches(request: HttpRequest) -> object:
    """Batches in scope, newest first."""
    return queries.batches()


@router.get("dues", response=list[DueOut])
@paginate
@needs(SEE)
def dues(request: HttpRequest, state: str = "") -> object:
    """Dues in scope, newest first, of one state or all."""
    return queries.dues().filter(state=state) if state else queries.dues()


@router.post("batches", response=BatchMade)
@needs(PAY)
def make_batch(request: HttpRequest, data: BatchIn) -> object:
    """Put everything that waits from a fund, at or below the caller's unit, into a batch."""
    return services.make_batch(fund=get_or_out_of_sight(ledger.funds(), code=data.fund))
