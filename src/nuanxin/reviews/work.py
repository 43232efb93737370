"""What reviews put on the home page: lists to work through, proposals to decide, families to visit."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.permissions import APPLY
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, heap_of, offers_work

from . import queries
from .models import Difference, Review
from .permissions import DECIDE, RUN

#: So many reviews are shown.
SHOWN = 10


@offers_work
def work(actor: Actor) -> Iterable[Heap]:
    """Reviewer: what is open or came back. Decision maker: proposals of others. Officer: visits asked for."""
    if actor.can(RUN):
        returned = queries.to_do(["returned"])
        yield _reviews("review-returned", _("被退回的复核意见"), returned, "returned")
        yield _reviews("review-open", _("待处理的复核差异"), queries.to_do(["open"]), "todo")
    if actor.can(DECIDE):
        waiting = queries.to_do(["proposed"], besides=actor.staff_id)
        yield _reviews("review-proposed", _("待审批的复核意见"), waiting, "proposed")
    if actor.can(APPLY):
        yield _visits()


def _reviews(key: str, label: Any, rows: QuerySet[Review], tab: str) -> Heap:
    found = list(rows[:SHOWN])
    items = [
        Work(
            what=row.title,
            who=row.org.local_name,
            step=_("%(count)s 户") % {"count": f"{row.n:,}"},  # type: ignore[attr-defined]
            url=f"{reverse('reviews:review', args=[row.pk])}?tab={tab}",
            chip=row.get_state_display(),
            tone="no" if tab == "returned" else "wait",
            returned=tab == "returned",
        )
        for row in found
    ]
    households = sum(row.n for row in found)  # type: ignore[attr-defined]
    return Heap(key, label, households, items, reverse("reviews:reviews"), returned=tab == "returned")


def _visits() -> Heap:
    def make(shown: Sequence[Difference]) -> list[Work]:
        return [
            Work(
                what=_("复核入户核实"),
                who=f"{row.household.head.name} · {row.org.local_name}",
                step=_("登记入户结果"),
                url=reverse("reviews:difference", args=[row.pk]),
                chip=row.get_kind_display(),
            )
            for row in shown
        ]

    return heap_of("review-visits", _("复核要求入户的家庭"), queries.to_visit(), make, "")
