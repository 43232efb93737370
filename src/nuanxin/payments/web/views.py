"""Pages of payments: what waits, batches, the bank's files out and in."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.ledger.models import Fund
from nuanxin.records import queries as records
from nuanxin.records.words import say

from .. import flow, queries, services
from ..models import Batch, Due
from ..permissions import PAY, SEE
from .forms import DissolveForm, MakeForm, ResultForm, SendForm
from .tables import BATCH_TONES, BatchFilter, BatchTable, DueFilter, DueTable, LineFilter, LineTable

#: How many faults of a refused result file the page names.
SHOWN_FAULTS = 200


class Batches(ListPage):
    """All batches, and above them what waits to be put into one."""

    permissions = (SEE,)
    title = _("资金发放")
    template_name = "payments/batches.html"
    table_class = BatchTable
    filterset_class = BatchFilter
    export_name = "payments.batches"
    unit = _("批")
    empty_title = _("还没有付款批次")
    empty_text = _("审批通过的款项会列为待发放，由出纳制作批次后在这里办理。")

    def get_queryset(self) -> QuerySet[Batch]:
        return queries.batches()

    def get_summary(self, rows: QuerySet[Batch]) -> Sequence[tuple[Any, Any]]:
        return [(_("合计（元）"), _sum(rows, "total"))]

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return [{"label": _("全部款项"), "url": reverse("payments:dues")}]

    def get_context(self) -> dict[str, Any]:
        actor = self.request.actor  # type: ignore[attr-defined]
        return {"waiting": queries.waiting_by_fund(actor.org_path), "may_pay": actor.can(PAY)}


def _sum(rows: QuerySet[Any], column: str) -> str:
    return format_yuan(rows.order_by().aggregate(total=Sum(column))["total"] or Money(0))


class Dues(ListPage):
    """Every payment owed, by what became of it."""

    permissions = (SEE,)
    title = _("应付款项")
    table_class = DueTable
    filterset_class = DueFilter
    export_name = "payments.dues"
    unit = _("笔")
    empty_title = _("这里没有款项")
    empty_text = _("救助名单和送温暖活动批准后，应付的款项会列在这里。")
    bulk_actions = (BulkAction("make", _("制作批次"), permission=PAY, primary=True),)

    def get_queryset(self) -> QuerySet[Due]:
        return queries.dues()

    def get_tabs(self) -> Sequence[Tab]:
        return [Tab(state, label) for state, label in flow.DUE.choices] + [Tab("all", _("全部"))]

    def in_tab(self, rows: QuerySet[Due], key: str) -> QuerySet[Due]:
        return rows if key == "all" else rows.filter(state=key)

    def get_summary(self, rows: QuerySet[Due]) -> Sequence[tuple[Any, Any]]:
        return [(_("合计（元）"), _sum(rows, "amount"))]

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return [{"label": _("付款批次"), "url": reverse("payments:batches")}]

    def bulk_make(self, rows: QuerySet[Due]) -> HttpResponse:
        funds = Fund.objects.filter(pk__in=rows.order_by().values("fund"))[:2]
        if len(funds) != 1:
            raise Refused(_("一个批次只能有一项资金，请只选同一项资金的款项。"), code="several_funds")
        return _made(self.request, services.make_batch(fund=funds[0], dues=rows))


def _made(request: HttpRequest, made: services.Made) -> HttpResponse:
    """Say what was made and what was left out, and open the batch."""
    batch = made.batch
    messages.success(
        request,
        _("已制作批次 %(number)s：%(count)s 笔，%(total)s 元。")
        % {"number": batch.number, "count": batch.count, "total": format_yuan(batch.total)},
    )
    if made.left_out:
        text = _("有 %(count)s 笔由您审批或更正过银行卡，未放入批次，须由另一人办理。")
        messages.warning(request, text % {"count": made.left_out})
    return redirect("payments:batch", batch.pk)


@needs(PAY)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """A batch of everything that waits from one fund."""
    form = MakeForm(request.POST)
    if not form.is_valid():
        raise Refused(_("请选择资金。"), code="no_fund")
    return _made(request, services.make_batch(fund=form.cleaned_data["fund"]))


def _batch(pk: int) -> Batch:
    return get_or_out_of_sight(queries.batches(), pk=pk)


class BatchPage(ListPage):
    """One batch: its facts, the next step, its lines with what became of them."""

    permissions = (SEE,)
    template_name = "payments/batch.html"
    table_class = LineTable
    filterset_class = LineFilter
    export_name = "payments.lines"
    unit = _("笔")
    remember = False

    @cached_property
    def batch(self) -> Batch:
        return _batch(self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return str(_("付款批次 %(number)s") % {"number": self.batch.number})

    def get_queryset(self) -> QuerySet[Due]:
        return queries.lines(self.batch)

    def get_context(self) -> dict[str, Any]:
        actor = self.request.actor  # type: ignore[attr-defined]
        counts = queries.outcome(self.batch)
        return {
            "batch": self.batch,
            "tone": BATCH_TONES[self.batch.state],
            "moves": {move.action for move in flow.BATCH.allowed(self.batch, actor)},
            "dissolve_form": DissolveForm(),
            "results": queries.results(self.batch),
            "timeline": [(entry, say(entry.action)) for entry in records.timeline(self.batch)[:50]],
            **counts,
        }


@needs(PAY)
@require_POST
def send(request: HttpRequest, pk: int) -> FileResponse:
    """Hand out the file for the bank; recorded as a look at every card in it."""
    form = SendForm(request.POST)
    if not form.is_valid():
        raise Refused(_("请选择文件格式。"), code="no_kind")
    sent = services.send(batch=_batch(pk), kind=form.cleaned_data["kind"])
    response = FileResponse(sent.file, as_attachment=True, filename=sent.name)
    response["Cache-Control"] = "no-store"
    return response


@needs(PAY)
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the bank's answer, or show everything that is wrong with it."""
    batch = _batch(pk)
    form = ResultForm(request.POST, request.FILES) if request.method == "POST" else ResultForm()
    faults: list[Any] = []
    if form.is_valid():
        try:
            outcome = services.book_result(batch=batch, upload=form.cleaned_data["file"])
        except Refused as refusal:
            form.refuse(refusal)
            faults = getattr(refusal, "faults", [])
        else:
            _tell(request, outcome)
            return redirect("payments:batch", pk)
    context = {"batch": batch, "form": form, "faults": faults[:SHOWN_FAULTS], "found": len(faults)}
    context["more"] = max(len(faults) - SHOWN_FAULTS, 0)
    return render(request, "payments/result.html", context, status=422 if form.errors else 200)


def _tell(request: HttpRequest, outcome: services.Outcome) -> None:
    figures = {"paid": outcome.paid, "returned": outcome.returned}
    if outcome.already:
        text = _("这份回单已经登记过（到卡 %(paid)s 笔，退回 %(returned)s 笔），没有任何变动。")
        messages.info(request, text % figures)
    else:
        messages.success(request, _("已登记回单：到卡 %(paid)s 笔，退回 %(returned)s 笔。") % figures)


@needs(PAY)
@require_POST
def dissolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a batch that has not gone to the bank."""
    form = DissolveForm(request.POST)
    services.dissolve(batch=_batch(pk), note=form.data.get("note", ""))
    messages.success(request, _("批次已解散，款项回到待发放。"))
    return redirect("payments:batch", pk)
