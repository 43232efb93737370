"""Reads of dues and batches, within the actor's scope."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund

from .models import Batch, Due, ResultFile


def dues() -> QuerySet[Due]:
    """Every due in scope, newest first."""
    return Due.objects.select_related("fund", "org", "batch").order_by("-id")


def waiting(fund_id: int, org_path: str) -> QuerySet[Due]:
    """The dues of a fund at or below a node that are in no batch."""
    low, high = subtree(org_path)
    return Due.objects.filter(state="waiting", fund=fund_id, org__gte=low, org__lt=high)


def batches() -> QuerySet[Batch]:
    """Every batch in scope, newest first."""
    return Batch.objects.select_related("fund", "maker", "org").order_by("-id")


def lines(batch: Batch) -> QuerySet[Due]:
    """A batch's dues in the order of its lines."""
    return batch.dues.select_related("fund", "org").order_by("line")


def results(batch: Batch) -> QuerySet[ResultFile]:
    """The bank's files booked for a batch."""
    return batch.results.select_related("staff").order_by("-id")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be paid from one fund; `urgent` of them the same or the next day."""

    fund: Fund
    count: int
    total: Money
    urgent: int = 0


def waiting_by_fund(org_path: str) -> list[Waiting]:
    """What waits at or below a node, by fund; what is urgent comes first."""
    low, high = subtree(org_path)
    sums = (
        Due.objects.filter(state="waiting", org__gte=low, org__lt=high)
        .order_by()
        .values("fund")
        .annotate(count=Count("pk"), total=Sum("amount"), urgent=Count("pk", filter=Q(urgent=True)))
    )
    funds = Fund.objects.in_bulk()
    rows = [Waiting(funds[row["fund"]], row["count"], row["total"], row["urgent"]) for row in sums]
    return sorted(rows, key=lambda row: (not row.urgent, row.fund.code))


# -- opening what a due pays for -------------------------------------------------------------------

_openers: dict[str, tuple[Callable[[int], str], str]] = {}


def opens(source_kind: str, opener: Callable[[int], str], permission: str) -> None:
    """An app above says where the record a due pays for is opened: opener(source) gives the address.

    Only who holds the permission is led there.
    """
    _openers[source_kind] = opener, permission


def source_url(due: Due) -> str:
    """The address of what the due pays for; "" when its app has named none, or the actor may not open it."""
    opener, permission = _openers.get(due.source_kind, (None, ""))
    return opener(due.source) if opener and scope.current().can(permission) else ""


def outcome(batch: Batch) -> dict[str, Any]:
    """How many of a batch's lines were paid and returned, and how much: paid, paid_total, returned, …"""
    sums = {
        row["state"]: (row["count"], row["total"])
        for row in batch.dues.order_by().values("state").annotate(count=Count("pk"), total=Sum("amount"))
    }
    nothing = (0, Money(0))
    paid, back, again = (sums.get(state, nothing) for state in ("paid", "returned", "reissued"))
    return {
        "paid": paid[0],
        "paid_total": paid[1],
        "returned": back[0] + again[0],
        "returned_total": back[1] + again[1],
        "to_reissue": back[0],
    }
