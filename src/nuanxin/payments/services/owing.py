"""What is owed: dues with their money held, and returned ones owed again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Fund

from .. import flow
from ..models import Due


@dataclass(frozen=True, slots=True)
class NewDue:
    """An amount owed to a payee's own card, for a reason its maker keeps (`source_kind`, `source`).

    The card comes sealed (purpose "card"), with its fingerprint and mask. `attempt` counts from 1. What is
    `urgent` the cashier sees first.
    """

    org_path: str
    payee: str
    bank: str
    branch: str
    card_cipher: bytes
    card_hash: bytes
    card_mask: str
    amount: Money
    fund_id: int
    purpose: str
    reason: str
    source_kind: str
    source: int
    approver_id: int
    attempt: int = 1
    corrector_id: int | None = None
    urgent: bool = False

    @property
    def key(self) -> str:
        """The idempotency key of its hold."""
        return f"due:{self.source_kind}:{self.source}:{self.attempt}"


@dataclass(frozen=True, slots=True)
class NewCard:
    """The corrected card of a returned payment."""

    bank: str
    branch: str
    card_cipher: bytes
    card_hash: bytes
    card_mask: str


@transaction.atomic
def owe(*, dues: Sequence[NewDue], account_org_path: str) -> list[int]:
    """Hold the money at the account of `account_org_path` and create the dues; their ids, in order.

    All or nothing; repeated with the same dues it changes nothing and gives the same ids. Raises
    Refused as ledger.services.hold_many does (overspent, purpose_not_allowed, key_reused).
    """
    by_fund: dict[int, list[NewDue]] = defaultdict(list)
    for due in dues:
        by_fund[due.fund_id].append(due)
    funds = Fund.objects.in_bulk(by_fund)
    holds: dict[str, int] = {}
    for fund_id in sorted(by_fund):  # one order for all, so that two callers wait instead of deadlocking
        lines = [ledger.HoldLine(d.key, d.amount, d.purpose, d.reason) for d in by_fund[fund_id]]
        ids = ledger.hold_many(fund=funds[fund_id], org_path=account_org_path, lines=lines)
        holds |= zip((line.key for line in lines), ids, strict=True)
    return _insert(dues, [holds[due.key] for due in dues])


#: What `owe` writes, with the SQL type of each column.
_COLUMNS = {
    "org_path": "text",
    "payee": "text",
    "bank": "text",
    "branch": "text",
    "card_cipher": "bytea",
    "card_hash": "bytea",
    "card_mask": "text",
    "amount": "bigint",
    "fund_id": "bigint",
    "purpose": "text",
    "reason": "text",
    "source_kind": "text",
    "source": "bigint",
    "approver_id": "bigint",
    "attempt": "smallint",
    "corrector_id": "bigint",
    "urgent": "boolean",
    "hold_id": "bigint",
}


def _insert(dues: Sequence[NewDue], holds: Sequence[int]) -> list[int]:
    """One INSERT for all dues; ids in order. A hold has one due, so it tells what exists already."""
    if not dues:
        return []
    columns: list[list[Any]] = [[getattr(due, name) for due in dues] for name in list(_COLUMNS)[:-1]]
    names, types = ", ".join(_COLUMNS), ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO payments_due (state, bank_reason, created, {names})"
            f" SELECT '{flow.DUE.initial}', '', now(), t.* FROM unnest({types}) AS t ({names})"
            " ON CONFLICT (source_kind, source, attempt) DO NOTHING RETURNING hold_id, id",
            [*columns, list(holds)],
        )
        ids = dict(cursor.fetchall())
    if len(ids) < len(holds):
        ids |= dict(Due.objects.filter(hold__in=holds).values_list("hold", "pk"))
    return [ids[hold] for hold in holds]


@transaction.atomic
def reissue(*, due: Due, card: NewCard) -> int:
    """Owe a returned payment again, to the corrected card; the new due's id.

    The money is held anew at the account it was held at. Whoever names the card is kept with the new
    due and may not put it into a batch. Raises Denied, OutOfSight, Refused (wrong_state, same_card,
    overspent).
    """
    before = Due.objects.select_related("hold").filter(pk=due.pk).first()
    if before is None:
        raise OutOfSight(Due._meta.label, due.pk)
    if bytes(before.card_hash) == bytes(card.card_hash) and before.bank == card.bank:
        raise Refused(_("卡号与退回的那次相同，请先核对并更正银行卡。"), code="same_card", field="card")
    flow.DUE.fire(before, "reissue")
    again = NewDue(
        org_path=before.org_id,
        payee=before.payee,
        bank=card.bank,
        branch=card.branch,
        card_cipher=card.card_cipher,
        card_hash=card.card_hash,
        card_mask=card.card_mask,
        amount=before.amount,
        fund_id=before.fund_id,
        purpose=before.purpose,
        reason=before.reason,
        source_kind=before.source_kind,
        source=before.source,
        approver_id=before.approver_id,
        attempt=before.attempt + 1,
        corrector_id=scope.current().staff_id,
        urgent=before.urgent,
    )
    return owe(dues=[again], account_org_path=before.hold.debit_org_id)[0]
