"""What reporting puts on the work list."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, heap_of, offers_work

from . import queries
from .flow import RETURN
from .models import Return
from .permissions import CHECK, FILL


def _work(report: Return, step: Any) -> Work:
    return Work(
        what=queries.form_of(report).title,
        who=str(report.org),
        step=step,
        url=reverse("reporting:return", args=[report.pk]),
        due=report.due_on,
        chip=RETURN.states[report.state],
        tone="no" if report.state == "returned" else "wait",
        returned=report.state == "returned",
    )


@offers_work
def returns(actor: Actor) -> Iterable[Heap]:
    if actor.can(FILL):
        own = queries.returns().filter(org_id=actor.org_path, state__in=["draft", "returned"])
        yield _heap("returns", _("待上报报表"), own, _("核对并上报"))
    if actor.can(CHECK):
        sent = queries.returns().filter(state="submitted").exclude(org_id=actor.org_path)
        yield _heap("checks", _("待审核报表"), sent, _("审核"))


def _heap(key: str, label: Any, rows: QuerySet[Return], step: Any) -> Heap:
    def make(shown: Sequence[Return]) -> list[Work]:
        return [_work(row, step) for row in shown]

    rows = rows.order_by(F("due_on").asc(nulls_last=True), "form", "org_id", "-version")
    url = reverse("reporting:returns")
    return heap_of(key, label, rows, make, url, due="due_on", returned=Q(state="returned"))
