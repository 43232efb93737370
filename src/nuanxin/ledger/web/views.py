"""Pages of funds: how each stands, its transfers, and the forms that move money."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.orgs import queries as orgs

from .. import queries, services
from ..models import Fund, Transfer
from ..permissions import APPROPRIATE, SEE
from .forms import AppropriateForm, MoneyForm, ReceiveForm, ReverseForm
from .tables import TransferFilter, TransferTable


@needs(SEE)
def funds(request: HttpRequest) -> HttpResponse:
    """Every fund as it stands at this unit, and below it the units below."""
    here = request.actor.org_path  # type: ignore[attr-defined]
    standings = queries.standings(here)
    own = {row.fund_id: row for row in standings if row.org_path == here}
    rows = [(fund, own.get(fund.pk) or queries.Standing(fund.pk, here)) for fund in queries.funds()]
    return render(
        request,
        "ledger/funds.html",
        {
            "rows": rows,
            "total": sum((row for _fund, row in rows), queries.Standing(0, here)),
            "tree": queries.tree(standings, here),
        },
    )


class FundPage(ListPage):
    """One fund at this unit: where it stands, its transfers, the units below."""

    permissions = (SEE,)
    template_name = "ledger/fund.html"
    table_class = TransferTable
    filterset_class = TransferFilter
    export_name = "ledger.transfers"
    unit = _("笔")
    empty_title = _("还没有收支")
    empty_text = _("收到拨款、预留或支付后，会逐笔列在这里。")

    @cached_property
    def fund(self) -> Fund:
        return get_or_out_of_sight(queries.funds(), pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.fund.local_name

    def get_queryset(self) -> QuerySet[Transfer]:
        return queries.transfers(self.fund, self.request.actor.org_path)  # type: ignore[attr-defined]

    def get_tabs(self) -> Sequence[Tab]:
        return (
            Tab("moves", _("收入和拨款")),
            Tab("post", _("支付")),
            Tab("hold", _("预留")),
            Tab("void", _("释放")),
            Tab("all", _("全部")),
        )

    def in_tab(self, rows: QuerySet[Transfer], key: str) -> QuerySet[Transfer]:
        if key == "all":
            return rows
        return rows.filter(kind__in=["appropriate", "reverse"] if key == "moves" else [key])

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not self.request.actor.can(APPROPRIATE):  # type: ignore[attr-defined]
            return []
        return [
            {"label": _("登记收入"), "url": reverse("ledger:receive", args=[self.fund.pk])},
            {"label": _("向下拨款"), "url": reverse("ledger:appropriate", args=[self.fund.pk]), "kind": "go"},
        ]

    def get_context(self) -> dict[str, Any]:
        here = self.request.actor.org_path  # type: ignore[attr-defined]
        standings = [row for row in queries.standings(here) if row.fund_id == self.fund.pk]
        own = next((row for row in standings if row.org_path == here), None)
        return {
            "fund": self.fund,
            "uses": gettext("、").join(str(queries.purpose_label(code)) for code in self.fund.uses),
            "standing": own or queries.Standing(self.fund.pk, here),
            "tree": queries.tree(standings, here),
        }


@needs(APPROPRIATE)
def appropriate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give money of the fund to a unit directly below."""
    fund = get_or_out_of_sight(queries.funds(), pk=pk)
    here = request.actor.org_path  # type: ignore[attr-defined]
    form = AppropriateForm(_posted(request), below=orgs.children_of(here))
    return _move(request, form, fund, _("向下拨款"), from_org_path=here)


@needs(APPROPRIATE)
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Book money that came to this unit from outside."""
    fund = get_or_out_of_sight(queries.funds(), pk=pk)
    return _move(request, ReceiveForm(_posted(request)), fund, _("登记收入"), from_org_path=None)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _move(
    request: HttpRequest, form: MoneyForm, fund: Fund, title: Any, *, from_org_path: str | None
) -> HttpResponse:
    """Show the form, or book it and go back to the fund; a refusal stands at its field."""
    actor = request.actor  # type: ignore[attr-defined]
    if form.is_valid():
        typed = form.cleaned_data
        to = typed["to"].path if "to" in typed else actor.org_path
        try:
            made = services.appropriate(
                fund=fund,
                to_org_path=to,
                from_org_path=from_org_path,
                amount=typed["amount"],
                memo=typed["memo"],
                key=f"form:{actor.staff_id}:{typed['key']}",
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已登记 %(amount)s 元。") % {"amount": format_yuan(made.amount)})
            return redirect("ledger:fund", fund.pk)
    account = queries.available(fund.pk, actor.org_path)
    context = {"form": form, "fund": fund, "title": title, "free": account.free if account else None}
    return render(request, "ledger/move.html", context, status=422 if form.errors else 200)


def _transfer(pk: int) -> Transfer:
    rows = Transfer.objects.select_related("debit_org", "credit_org", "staff")
    return get_or_out_of_sight(rows, pk=pk)


@needs(SEE)
def transfer(request: HttpRequest, pk: int, form: ReverseForm | None = None) -> HttpResponse:
    """One transfer: its sides, and what took it back."""
    row = _transfer(pk)
    taken_back = Transfer.objects.filter(reverses=row).first()
    may = request.actor.can(APPROPRIATE)  # type: ignore[attr-defined]
    reversible = may and row.kind == Transfer.Kind.APPROPRIATE and taken_back is None
    context = {
        "row": row,
        "fund": queries.fund_of(row),
        "outside": row.debit_org_id == row.credit_org_id and not row.purpose,
        "taken_back": taken_back,
        "purpose": queries.purpose_label(row.purpose),
        "form": (form or ReverseForm()) if reversible else None,
        "failed": form is not None,
    }
    return render(request, "ledger/transfer.html", context, status=422 if form else 200)


@needs(APPROPRIATE)
@require_POST
def reverse_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a transfer back, with the reason."""
    row, form = _transfer(pk), ReverseForm(request.POST)
    if form.is_valid():
        try:
            services.reverse(transfer=row, memo=form.cleaned_data["memo"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已冲正。"))
            return redirect("ledger:transfer", pk)
    return transfer(request, pk, form)
