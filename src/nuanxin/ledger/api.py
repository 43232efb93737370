"""API operations of funds. Amounts are yuan with two decimals, as text."""

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money

from . import queries
from .models import Account
from .permissions import SEE

router = Router()


def _yuan(amount: Money) -> str:
    return str(amount.to_yuan())


class AccountOut(Schema):
    """One fund's account at one unit; `kind` is source, available or paid."""

    id: int
    fund: str
    org: str
    kind: str
    balance: str
    held: str
    free: str

    @staticmethod
    def resolve_fund(row: Account) -> str:
        return row.fund.code

    @staticmethod
    def resolve_org(row: Account) -> str:
        return row.org_id

    @staticmethod
    def resolve_balance(row: Account) -> str:
        return _yuan(row.balance)

    @staticmethod
    def resolve_held(row: Account) -> str:
        return _yuan(row.debits_pending)

    @staticmethod
    def resolve_free(row: Account) -> str:
        return _yuan(row.free)


@router.get("accounts", response=list[AccountOut])
@paginate
@needs(SEE)
def accounts(request: HttpRequest) -> object:
    """Every account in scope, in the order of the tree."""
    return queries.accounts_in_scope()
