"""Needs of a family and the tasks about them: the plan on the file's page, the list, a task's own page."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.records import queries as records
from nuanxin.records.words import say

from ... import flow, queries, services
from ...models import File, Need, Task
from ...permissions import ANSWER, CARE, SEE
from ..care_forms import AnswerForm, NeedChangeForm, NeedForm, NeedMetForm, ReopenForm, TaskForm
from ..care_tables import TaskFilter, TaskTable, who
from ..forms import Empty, Reason

#: An act on a task: (its form, its tone, what to say when done).
ACTS: dict[str, tuple[type[Form], str, Any]] = {
    "drop": (Reason, "", _("任务已取消。")),
    "reopen": (ReopenForm, "", _("已退回承办方重办。")),
    "accept": (Empty, "go", _("已确认完成。")),
    "answer": (AnswerForm, "go", _("答复已登记。")),
}
_RUN: dict[str, Callable[..., Task]] = {
    "drop": services.drop_task,
    "reopen": services.reopen_task,
    "accept": services.accept_task,
    "answer": services.answer_task,
}

#: What the list says when a tab of it is empty.
NONE = {
    "mine": _("没有由您办理的任务"),
    "late": _("没有逾期的任务"),
    "answered": _("没有待确认的任务"),
    "all": _("没有帮扶任务"),
}


def care_of(file: File) -> dict[str, Any]:
    """What the care tab of a file shows."""
    may = file.state == "open" and scope.current().can(CARE)
    return {
        "needs": queries.needs_of(file),
        "pairings": queries.pairings_of(file),
        "may_plan": may,
    }


def care_url(file: int) -> str:
    """The care tab of a file."""
    return f"{reverse('casework:file', args=[file])}?tab=care"


def form_page(
    request: HttpRequest, form: Form, run: Callable[..., Any], done: Any, **page: Any
) -> HttpResponse:
    """A form on a page of its own: kept and gone back (`back`), or shown again with what is wrong."""
    if form.is_valid():
        try:
            run(**form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect(page["back"])
    status = 422 if form.errors else 200
    return render(request, "casework/care_form.html", {"form": form} | page, status=status)


@needs(CARE)
def new_need(request: HttpRequest, pk: int) -> HttpResponse:
    """State what a family needs."""
    file = get_or_out_of_sight(File.objects.select_related("household__head"), pk=pk)
    return form_page(
        request,
        NeedForm(request.POST or None),
        lambda **data: services.state_need(file=file, **data),
        _("需求已登记。"),
        title=_("登记需求"),
        household=file.household,
        back=care_url(pk),
    )


def _need(pk: int) -> Need:
    return get_or_out_of_sight(Need.objects.select_related("file__household__head"), pk=pk)


@needs(CARE)
def change_need(request: HttpRequest, pk: int) -> HttpResponse:
    """Grade a need anew, or say more of it."""
    need = _need(pk)
    return form_page(
        request,
        NeedChangeForm(request.POST or None, initial={"track": need.track, "note": need.note}),
        lambda **data: services.change_need(need=need, **data),
        _("已保存。"),
        title=_("调整需求"),
        note=need.get_kind_display(),
        household=need.file.household,
        back=care_url(need.file_id),
    )


@needs(CARE)
def meet_need(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a need came out."""
    need = _need(pk)
    return form_page(
        request,
        NeedMetForm(request.POST or None),
        lambda **data: services.meet_need(need=need, **data),
        _("需求已办结。"),
        title=_("需求办结"),
        note=need.get_kind_display(),
        household=need.file.household,
        back=care_url(need.file_id),
    )


@needs(CARE)
def plan_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand somebody something to do about a need."""
    need = _need(pk)
    return form_page(
        request,
        TaskForm(request.POST or None, place=str(need.org_id)),
        lambda **data: services.plan_task(need=need, **data),
        _("任务已安排。"),
        title=_("安排任务"),
        note=need.get_kind_display(),
        household=need.file.household,
        back=care_url(need.file_id),
    )


class Tasks(ListPage):
    permissions = (ANSWER, CARE, SEE)
    title = _("帮扶任务")
    unit = _("项任务")
    table_class = TaskTable
    filterset_class = TaskFilter
    export_name = "casework.tasks"
    empty_text = _("在档案页的“帮扶计划”里登记需求、安排任务；责任单位答复后，由安排的人确认。")

    @property
    def empty_title(self) -> Any:  # type: ignore[override]
        return NONE[self.tab]

    def get_queryset(self) -> QuerySet[Task]:
        return queries.tasks()

    def get_tabs(self) -> Sequence[Tab]:
        mine, late = queries.tasks_mine(scope.current()), queries.tasks_late()
        return (
            Tab("mine", _("由我办理"), mine.count()),
            Tab("late", _("已逾期"), late.count()),
            Tab("answered", _("待确认"), queries.tasks_answered().count()),
            Tab("all", _("全部")),
        )

    def in_tab(self, rows: QuerySet[Task], key: str) -> QuerySet[Task]:
        if key == "mine":
            return queries.tasks_mine(scope.current())
        if key == "late":
            return queries.tasks_late()
        return queries.tasks_answered() if key == "answered" else rows


@needs(ANSWER, CARE, SEE)
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """A task: what is to be done, for whom, what was answered. The family only where it is in sight."""
    return _show(request, get_or_out_of_sight(queries.tasks(), pk=pk), {})


def _show(request: HttpRequest, row: Task, bound: dict[str, Form]) -> HttpResponse:
    actor = scope.current()
    offered = [
        {
            "name": name,
            "label": flow.TASK.moves[name].label,
            "tone": tone,
            "form": bound.get(name) or form(),
            "open": name in bound,
            "asks": form is not Empty,
        }
        for name, (form, tone, _done) in ACTS.items()
        if flow.TASK.moves[name] in flow.TASK.allowed(row, actor) and _may(row, name)
    ]
    context = {
        "task": row,
        "who": who(row),
        "moves": offered,
        "steps": [(entry, say(entry.action)) for entry in records.timeline(row)],
        "file_url": care_url(row.file) if row.file and actor.can(SEE) else "",  # type: ignore[attr-defined]
    }
    return render(request, "casework/task.html", context, status=422 if bound else 200)


def _may(row: Task, name: str) -> bool:
    """Whether the guard of a move lets it through now."""
    guard = flow.TASK.moves[name].guard
    try:
        if guard:
            guard(row, scope.current(), {})
    except Refused:
        return False
    return True


@needs(ANSWER, CARE)
@require_POST
def act_on_task(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Answer, accept, send back or drop a task."""
    if name not in ACTS:
        raise Http404(name)
    row = get_or_out_of_sight(queries.tasks(), pk=pk)
    form = ACTS[name][0](request.POST)
    if form.is_valid():
        try:
            _RUN[name](task=row, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, ACTS[name][2])
            return redirect("casework:task", pk=pk)
    if ACTS[name][0] is Empty:
        messages.error(request, " ".join(map(str, form.non_field_errors())))
        return redirect("casework:task", pk=pk)
    return _show(request, row, {name: form})
