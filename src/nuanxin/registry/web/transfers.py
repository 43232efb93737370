"""Requests between unions out of each other's sight: the list, asking, offering, answering."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, Table
from nuanxin.registry import flow, groups, queries, services
from nuanxin.registry.models import Transfer
from nuanxin.registry.permissions import EDIT_HOUSEHOLD, EXPORT, TRANSFER_HOUSEHOLD

from .act_forms import AnswerForm, AskForm, OfferForm
from .forms import posted

TONES = {"asked": "wait", "accepted": "done", "refused": "no", "withdrawn": "off"}


class TransferTable(Table):
    main = "name"
    name = Column(_("姓名"), orderable=False)
    kind = Column(_("事项"), orderable=False)
    org = Column(_("提出单位"), orderable=False)
    other = Column(_("对方单位"), orderable=False)
    state = ChipColumn(_("状态"), tones=TONES)
    asked = DateColumn(_("提出日期"), order_by=("pk",))

    def row_url(self, record: Transfer) -> str:
        return reverse("registry:transfer", args=[record.pk])

    def render_kind(self, record: Transfer) -> str:
        return str(record.get_kind_display())

    value_kind = render_kind


class TransferFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名"), field_name="name", lookup_expr="startswith")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.TRANSFER.choices)


class Transfers(ListPage):
    permissions = (TRANSFER_HOUSEHOLD, EDIT_HOUSEHOLD)
    title = _("转入转出")
    note = _("家庭在别的县登记的，请求对方转来；搬走的，请对方接收。对方同意后，档案随家庭一起转移。")
    table_class = TransferTable
    filterset_class = TransferFilter
    export_name = "registry.transfers"
    export_permission = EXPORT
    unit = pgettext_lazy("unit", "个请求")
    empty_title = _("没有转移请求")
    empty_text = _("身份证号已在别处登记时，可在这里请求转入。")

    def get_queryset(self) -> QuerySet[Transfer]:
        return queries.transfers()

    def get_tabs(self) -> Sequence[Tab]:
        return [Tab("answer", _("待我方答复"), self._to_answer().count()), Tab("all", _("全部"))]

    def in_tab(self, rows: QuerySet[Transfer], key: str) -> QuerySet[Transfer]:
        return self._to_answer() if key == "answer" else rows

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(EDIT_HOUSEHOLD):
            return ()
        return [{"label": _("提出转入请求"), "url": reverse("registry:transfer_ask"), "kind": "go"}]

    def _to_answer(self) -> QuerySet[Transfer]:
        return queries.transfers_to_answer(scope.current())


@needs(EDIT_HOUSEHOLD)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask whoever has an ID number filed for the person's file."""
    form = AskForm(posted(request))
    if form.is_valid():
        try:
            made = services.ask_transfer(**form.cleaned_data)
            messages.success(request, _("已向%(county)s提出请求。") % {"county": made.other.local_name})
            return redirect("registry:transfer", made.pk)
        except Refused as refusal:
            form.refuse(refusal)
    note = _("按身份证号找到登记该户的县，由对方答复；同意后，家庭信息和档案转到所选的工会。")
    back = reverse("registry:transfers")
    context = {"title": _("提出转入请求"), "form": form, "back": back, "note": note, "submit": _("提交请求")}
    return render(request, "registry/act.html", context, status=422 if form.errors else 200)


@needs(EDIT_HOUSEHOLD)
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask another county to take a household that moved there."""
    house = get_or_out_of_sight(queries.households(), pk=pk)
    form = OfferForm(posted(request))
    if form.is_valid():
        try:
            made = services.offer_transfer(household=house, **form.cleaned_data)
            messages.success(request, _("已向%(county)s提出请求。") % {"county": made.other.local_name})
            return redirect("registry:transfer", made.pk)
        except Refused as refusal:
            form.refuse(refusal)
    back = reverse("registry:household", args=[house.pk])
    whose = groups.shown(house.head, "name")
    note = _("对方接收后，家庭信息和档案随之转走；答复以前仍由您管理。")
    context = {
        "title": _("转到别的县"), "form": form, "back": back, "whose": whose, "note": note,
        "submit": _("提交请求"),
    }  # fmt: skip
    return render(request, "registry/act.html", context, status=422 if form.errors else 200)


@needs(TRANSFER_HOUSEHOLD, EDIT_HOUSEHOLD)
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what was asked and answered; the side that may act answers or withdraws."""
    row = get_or_out_of_sight(queries.transfers(), pk=pk)
    actor = scope.current()
    low, high = subtree(actor.org_path)
    ours = low <= row.org_id < high
    answers = row.state == "asked" and services.answerable(row, actor) and actor.can(TRANSFER_HOUSEHOLD)
    withdraws = row.state == "asked" and ours and actor.can(EDIT_HOUSEHOLD)
    names_union = answers and row.kind == Transfer.Kind.GIVE
    under = str(row.other_id)
    form = AnswerForm(posted(request), under=under, names_union=names_union, answers=answers)
    if form.is_valid():
        try:
            _act(request.POST.get("act", ""), row, form.cleaned_data)
            return redirect("registry:transfer", row.pk)
        except Refused as refusal:
            form.refuse(refusal)
    context = {
        "row": row,
        "form": form,
        "answers": answers,
        "withdraws": withdraws,
        "tone": TONES[row.state],
        "person": queries.person_asked_for(row) if answers else None,
        "house": queries.households().filter(pk=row.household_id).first(),
    }
    return render(request, "registry/transfer.html", context, status=422 if form.errors else 200)


def _act(act: str, row: Transfer, data: dict[str, Any]) -> None:
    if act == "accept":
        services.accept_transfer(transfer=row, answer=data["answer"], union=data.get("union", ""))
    elif act == "refuse":
        services.refuse_transfer(transfer=row, answer=data["answer"])
    elif act == "withdraw":
        services.withdraw_transfer(transfer=row, reason=data["answer"])
    else:
        raise Refused(_("没有这种操作。"), code="unknown_act")
