"""An application's page and its acts."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.records import queries as records

from ... import services
from ...models import Application, Objection
from ...permissions import APPLY, DECIDE, REVIEW, SEE
from ..acts import ACTS, Act, Standing, standing
from ..answer_form import AnswerForm
from ..application_page import page_of
from ..exceptions import OverruleForm, overrulable
from ..explained import say
from ..filters import committed_rosters
from ..forms import DocumentForm, Reason, ReturnForm, RosterStart, SettleForm
from .publishing import our_phone


def find(pk: int) -> Application:
    """The application with what its page shows."""
    rows = Application.objects.select_related(
        "household__head", "person", "employer", "org", "assessment", "officer", "process", "fund", "payee",
        "rests_on",
    )  # fmt: skip
    return get_or_out_of_sight(rows, pk=pk)


@needs(SEE)
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """An application: head with the next step, facts, tabs, steps of its route, timeline."""
    return show(request, find(pk))


def show(
    request: HttpRequest,
    row: Application,
    bound: dict[str, Form] | None = None,
    form: AnswerForm | None = None,
) -> HttpResponse:
    """The page; with a refused act's form, or with answers that could not be taken, as they were typed."""
    at = standing(row)
    context = page_of(request, at, form) | {"offers": _acts(at, bound or {})}
    return render(request, "casework/application.html", context, status=422 if bound or form else 200)


def _acts(at: Standing, bound: dict[str, Form]) -> list[dict[str, Any]]:
    """The acts offered here and now with their forms; a refused one comes back bound and open."""
    actor = scope.current()
    offered = [(name, act) for name, act in ACTS.items() if act.offered(at, actor) or name in bound]
    return [
        {
            "name": name,
            "act": act,
            "label": act.label_at(at),
            "form": bound.get(name) or form_of(act, at, initial=_initial(name)),
            "open": name in bound,
            "asks": bool(act.form.base_fields),  # type: ignore[attr-defined]
        }
        for name, act in offered
    ]


def form_of(act: Act, at: Standing, *args: Any, **kwargs: Any) -> Form:
    """The form of an act; a return's names the steps it can go to, a document's the programme's papers."""
    if issubclass(act.form, ReturnForm):
        kwargs["earlier"] = at.earlier
    if issubclass(act.form, OverruleForm):
        kwargs["against"] = overrulable(at.application, at.programme)
    if issubclass(act.form, DocumentForm):
        kwargs["kinds"] = [(paper.code, say(paper.title)) for paper in at.programme.documents]
    return act.form(*args, **kwargs)


def _initial(name: str) -> dict[str, Any]:
    """What a form starts with: on a notice the supervision phone of who puts it up."""
    return {"phone": our_phone()} if name == "notice" else {}


@needs(APPLY, REVIEW, DECIDE)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one act; a refusal comes back with what was typed."""
    row = find(pk)
    if name not in ACTS:
        raise Http404(name)
    asked = ACTS[name]
    actor = scope.current()
    if not actor.can_any(asked.permissions):
        actor.require(asked.permissions[0])
    form = form_of(asked, standing(row), request.POST, request.FILES)
    if form.is_valid():
        try:
            with transaction.atomic():
                asked.run(row, form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, asked.done)
            return redirect("casework:application", pk=pk)
    return show(request, row, {name: form})


@needs(APPLY)
@require_POST
def remove_document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Take a document away, with the reason; the record of it stays."""
    row = find(pk)
    kept = get_or_out_of_sight(records.attachments_of(row), pk=document)
    form = Reason(request.POST)
    if form.is_valid():
        services.remove_document(application=row, document=kept, reason=form.cleaned_data["reason"])
        messages.success(request, _("材料已移除，记录保留。"))
    else:
        messages.error(request, _("请写明移除材料的原因。"))
    response = redirect("casework:application", pk=pk)
    response["Location"] += "?tab=documents"
    return response


@needs(REVIEW, DECIDE)
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle an objection with its outcome."""
    rows = Objection.objects.select_related("notice__application__process")
    objection = get_or_out_of_sight(rows, pk=pk)
    form = SettleForm(request.POST, prefix="settle")
    if form.is_valid():
        try:
            services.settle_objection(objection=objection, **form.cleaned_data)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("异议已处理。"))
    else:
        messages.error(request, _("请选择核实结论并写明处理理由。"))
    response = redirect("casework:application", pk=objection.notice.application_id)
    response["Location"] += "?tab=notice"
    return response


@needs(APPLY)
@require_POST
def start_roster(request: HttpRequest) -> HttpResponse:
    """Queue applications for every household of a roster."""
    form = RosterStart(request.POST, rosters=committed_rosters())
    if form.is_valid():
        services.start_for_roster(roster=form.cleaned_data["roster"])
        messages.success(request, _("已开始生成申请，进度显示在页面上方，可以离开本页。"))
        return redirect("casework:applications")
    messages.error(request, _("请选择花名册。"))
    return redirect("casework:candidates")
