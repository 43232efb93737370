"""Paying what was decided: dues owed, batches for the bank, returned money sent again.

Every step is one transaction and set-based; the bank's answer is read in `results` and booked there.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Fund
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records

from . import flow, queries
from .models import Batch, Due
from .permissions import PAY


@dataclass(frozen=True, slots=True)
class NewDue:
    """An amount owed to a payee's own card, for a reason its maker keeps (`source_kind`, `source`).

    The card comes sealed (purpose "card"), with its fingerprint and mask. `attempt` counts from 1.
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


@dataclass(frozen=True, slots=True)
class Made:
    """A new batch, and how many waiting dues were left out because its maker approved them."""

    batch: Batch
    left_out: int


# -- owing -----------------------------------------------------------------------------------------


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


# -- batches ---------------------------------------------------------------------------------------


@transaction.atomic
def make_batch(*, fund: Fund, dues: QuerySet[Due] | None = None, org_path: str | None = None) -> Made:
    """Put waiting dues of one fund into a batch for the bank: all at or below the node, or the given ones.

    The node is the actor's own unless `org_path` names one below it. Dues the actor approved, or gave a
    corrected card, are left out. Raises Denied, Refused (nothing_waiting, approver_may_not_pay).
    """
    actor = scope.current()
    actor.require(PAY)
    if actor.staff_id is None:
        raise Denied(PAY)  # a batch has a maker, who answers for it
    node = orgs.node_at(org_path or actor.org_path)
    rows = queries.waiting(fund.pk, node.path)
    if dues is not None:
        rows = rows.filter(pk__in=dues.order_by().values("pk"))
    chosen, left_out = _choose(rows, actor.staff_id)
    year = timezone.localdate().year
    serial = records.next_number(f"payments.batch:{node.code}:{year}")
    batch = Batch.objects.create(
        org=node,
        number=f"ZF-{node.code}-{year}-{serial:04d}",
        fund=fund,
        maker_id=actor.staff_id,
        count=len(chosen),
        total=Money.total(amount for _pk, amount in chosen),
    )
    lines = {pk: line for line, (pk, _amount) in enumerate(chosen, start=1)}
    flow.DUE.fire_many(
        Due.objects.filter(batch__isnull=True, pk__in=list(lines)),
        "batch",
        org_path=node.path,
        note=batch.number,
        batch=batch,
        batcher=actor.staff_id,
        line=_by_row(lines, "integer"),
    )
    records.note("payments.batch_made", subject=batch, note=batch.number, detail={"count": len(chosen)})
    return Made(batch, left_out)


def _choose(rows: QuerySet[Due], staff: int) -> tuple[list[tuple[int, Money]], int]:
    """Lock the waiting dues this person may pay: (id, amount) in order, and how many were left out."""
    mine = Q(approver=staff) | Q(corrector__isnull=False, corrector=staff)
    locked = rows.exclude(mine).order_by("pk").select_for_update(of=("self",))
    pairs = list(locked.values_list("pk", "amount"))
    left_out = rows.filter(mine).count()
    if pairs:
        return pairs, left_out
    if left_out:
        raise Refused(
            _("待发放的 %(count)s 笔都由您审批或更正过银行卡，须由另一人制作批次。") % {"count": left_out},
            code="approver_may_not_pay",
        )
    raise Refused(_("没有可入批的待发放款项，可能已被他人入批，请刷新页面。"), code="nothing_waiting")


def _by_row(values: Mapping[int, Any], kind: str) -> RawSQL:
    """An expression that gives each due its own value, so that one UPDATE serves them all."""
    return RawSQL(f"(%s::jsonb ->> payments_due.id::text)::{kind}", [json.dumps(values)])


@transaction.atomic
def dissolve(*, batch: Batch, note: str) -> Batch:
    """Give up a batch that has not gone to the bank; its dues wait again.

    Raises Denied, OutOfSight, Refused (wrong_state, no_reason).
    """
    if not note.strip():
        raise Refused(_("请写明解散批次的原因。"), code="no_reason", field="note")
    batch = flow.BATCH.fire(batch, "dissolve", note=note.strip())
    rows = batch.dues.all()
    flow.DUE.fire_many(
        rows, "unbatch", org_path=batch.org_id, note=batch.number, batch=None, batcher=None, line=None
    )
    return batch


# -- returned money --------------------------------------------------------------------------------


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
    )
    return owe(dues=[again], account_org_path=before.hold.debit_org_id)[0]
