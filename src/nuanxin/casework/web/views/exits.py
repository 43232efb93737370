"""Exits: proposed with the evidence, tested, decided; and money that comes back after deceit."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.records import services as records

from ... import flow, queries, services
from ...determination import told
from ...models import Exit, File, Recovery
from ...permissions import APPLY, DECIDE, PROPOSE_AID, SEE
from ..explained import sheet
from ..filters import ExitFilter
from ..forms import DocumentForm, Empty, Reason
from ..leaving_forms import ExitForm, RepayForm, stated
from ..tables import ExitTable
from .lists import counted

#: An act on an exit: (permission, states in which it is offered, label, form, what to say when done).
ACTS: dict[str, tuple[str, tuple[str, ...], Any, type[Form], Any]] = {
    "withdraw": (APPLY, ("draft", "returned", "submitted"), _("撤回"), Empty, _("退出申请已撤回。")),
    "attach": (APPLY, ("draft", "returned"), _("上传证明材料"), DocumentForm, _("材料已上传。")),
    "submit": (APPLY, ("draft", "returned"), _("提交审批"), Empty, _("退出已提交审批。")),
    "return": (DECIDE, ("submitted",), _("退回补正"), Reason, _("已退回经办人。")),
    "approve": (DECIDE, ("submitted",), _("批准退出"), Empty, _("已批准退出，档案已关闭。")),
}
_RUN: dict[str, Callable[..., Any]] = {
    "withdraw": services.withdraw_exit,
    "attach": lambda exit, **data: records.attach(subject=exit, **data),
    "submit": services.submit_exit,
    "return": services.return_exit,
    "approve": services.approve_exit,
}


class Exits(ListPage):
    permissions = (SEE,)
    title = _("退出帮扶")
    unit = _("件")
    table_class = ExitTable
    filterset_class = ExitFilter
    export_name = "casework.exits"
    empty_title = _("还没有退出申请")
    empty_text = _("在档案页上点“退出帮扶”，按退出标准逐项核实后提交。")

    def get_queryset(self) -> QuerySet[Exit]:
        return queries.exits()

    def get_tabs(self) -> Sequence[Tab]:
        return counted(Exit.objects.all(), flow.EXIT.states)

    def in_tab(self, rows: QuerySet[Exit], key: str) -> QuerySet[Exit]:
        return rows if key == "all" else rows.filter(state=key)


@needs(APPLY)
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of an exit of a file: a new one, or the one being prepared."""
    file = get_or_out_of_sight(File.objects.select_related("household__head"), pk=pk)
    draft = queries.exit_under_way(file)
    form = ExitForm(request.POST or None, initial=stated(draft) if draft else None)
    if form.is_valid():
        try:
            row = services.propose_exit(file=file, exit=draft, **form.asked())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("退出申请已保存，请核对认定说明后提交审批。"))
            return redirect("casework:exit", pk=row.pk)
    context = {"file": file, "form": form}
    return render(request, "casework/exit_form.html", context, status=422 if form.is_bound else 200)


@needs(SEE)
def exit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """An exit: what it rests on, what the policy says, what follows."""
    rows = Exit.objects.select_related("file__household__head", "org", "officer", "assessment", "process")
    return _show(request, get_or_out_of_sight(rows, pk=pk), {})


def _show(request: HttpRequest, row: Exit, bound: dict[str, Form], status: int = 200) -> HttpResponse:
    actor = scope.current()
    spoken = row.officer_id == actor.staff_id or approvals.has_part(row.process, actor.staff_id)
    recovery = Recovery.objects.filter(exit=row).first()
    offered = [
        {
            "name": name,
            "label": act[2],
            "form": bound.get(name) or act[3](),
            "open": name in bound,
            "asks": act[3] is not Empty,
        }
        for name, act in ACTS.items()
        if row.state in act[1] and actor.can(act[0]) and not (act[0] == DECIDE and spoken)
    ]
    context = {
        "exit": row,
        "file": row.file,
        "household": row.file.household,
        "sheet": sheet(told(row.assessment), row.file.household) if row.assessment else None,
        "guarantees": row.guarantees.order_by("pk"),
        "documents": queries.documents_of(row),
        "votes": approvals.votes_of(row.process),
        "taper": getattr(row, "taper", None),
        "recovery": recovery,
        "repay_form": bound.get("repay") or RepayForm(),
        "repay_open": "repay" in bound,
        "may_repay": recovery and not recovery.closed_on and actor.can(APPLY),
        "may_stop": _may_stop(row),
        "stop_form": Reason(auto_id="stop_%s"),
        "may_edit": row.state in ("draft", "returned") and actor.can(APPLY),
        "offers": offered,
    }
    return render(request, "casework/exit.html", context, status=status)


def _may_stop(row: Exit) -> bool:
    taper = getattr(row, "taper", None)
    return taper is not None and taper.stopped_on is None and scope.current().can(PROPOSE_AID)


@needs(APPLY, DECIDE)
@require_POST
def act_on_exit(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one act on an exit; a refusal comes back with what was typed."""
    rows = Exit.objects.select_related("file__household__head", "org", "assessment", "process")
    row = get_or_out_of_sight(rows, pk=pk)
    if name not in ACTS:
        raise Http404(name)
    permission, _states, _label, form_class, done = ACTS[name]
    scope.current().require(permission)
    form = form_class(request.POST, request.FILES)
    return _run(request, row, name, form, lambda: _RUN[name](exit=row, **form.cleaned_data), done)


@needs(APPLY)
@require_POST
def repay(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter money that came back."""
    row = get_or_out_of_sight(Exit.objects.select_related("file__household__head", "org"), pk=pk)
    recovery = get_or_out_of_sight(Recovery.objects.all(), exit=row)
    form = RepayForm(request.POST)
    return _run(
        request,
        row,
        "repay",
        form,
        lambda: services.repay(recovery=recovery, **form.cleaned_data),
        _("追回金额已登记。"),
    )


def _run(
    request: HttpRequest, row: Exit, name: str, form: Form, work: Callable[[], Any], done: Any
) -> HttpResponse:
    if form.is_valid():
        try:
            with transaction.atomic():
                work()
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("casework:exit", pk=row.pk)
    return _show(request, row, {name: form}, status=422)
