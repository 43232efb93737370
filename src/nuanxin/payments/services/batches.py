"""Batches: made of waiting dues, handed to the bank as a file, or given up."""

from dataclasses import dataclass
from typing import IO

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.ledger.models import Fund
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records

from .. import flow, queries
from ..bank import outgoing
from ..models import Batch, Due
from ..permissions import PAY


@dataclass(frozen=True, slots=True)
class Made:
    """A new batch, and how many waiting dues were left out because its maker approved them."""

    batch: Batch
    left_out: int


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
        Due.objects.filter(among(lines), batch__isnull=True),
        "batch",
        org_path=node.path,
        note=batch.number,
        batch=batch,
        batcher=actor.staff_id,
        line=by_key(Due, lines, "integer"),
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


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file for the bank, open at its start; `name` is what to save it as."""

    file: IO[bytes]
    name: str


@transaction.atomic
def send(*, batch: Batch, kind: str) -> BankFile:
    """The batch as a file for the bank, with full card numbers; `kind` is a key of outgoing.KINDS.

    The first download sends the batch; it may be repeated until the bank's answer is booked. Each one is
    recorded as a look at so many cards. Raises Denied, OutOfSight, Refused (wrong_state,
    approver_may_not_pay), KeyError for another kind.
    """
    write = outgoing.KINDS[kind]
    stored = get_or_out_of_sight(Batch.objects.all(), pk=batch.pk)
    sent = flow.BATCH.fire(stored, "send", sent=stored.sent or timezone.now())
    records.note(
        "payments.cards_revealed",
        subject=sent,
        note=sent.number,
        detail={"cards": sent.count, "format": kind},
    )
    return BankFile(write(sent), f"{sent.number}.{kind}")
