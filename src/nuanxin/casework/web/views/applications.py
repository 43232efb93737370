"""An application's page and its acts."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.orgs import queries as orgs
from nuanxin.records import queries as records

from ... import queries, services
from ...determination import told
from ...models import Application, Objection
from ...permissions import APPLY, DECIDE, REVIEW, SEE
from ..acts import ACTS
from ..explained import sheet
from ..filters import committed_rosters
from ..forms import Reason, RosterStart, SettleForm
from ..household import facts_strip, finances, people
from ..tabs import chosen, tabs

TABS = {
    "explanation": _("认定说明"),
    "members": _("家庭成员"),
    "finance": _("收入与支出"),
    "visits": _("入户调查"),
    "documents": _("材料"),
    "notice": _("公示"),
}
_WITHOUT_NOTICE = {key: label for key, label in TABS.items() if key != "notice"}


def _find(pk: int) -> Application:
    rows = Application.objects.select_related("household__head", "org", "assessment", "officer", "process")
    return get_or_out_of_sight(rows, pk=pk)


@needs(SEE)
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """An application: head with the next step, facts, tabs, timeline."""
    return _show(request, _find(pk))


def _show(
    request: HttpRequest, row: Application, bound: dict[str, Form] | None = None, status: int = 200
) -> HttpResponse:
    household = row.home
    members, visits = people(household), list(queries.visits_of(household))
    documents = queries.documents_of(row, *visits)
    notice = queries.live_notice(row)
    counts = {"members": len(members), "visits": len(visits), "documents": len(documents)}
    counts |= {"notice": len(notice.objections.all())} if notice else {}
    tab = chosen(TABS, request)
    has_part = approvals.has_part(row.process, scope.current().staff_id)
    context = {
        "application": row,
        "household": household,
        "tab": tab,
        "tabs": tabs(TABS if notice else _WITHOUT_NOTICE, tab, counts),
        "sheet": sheet(told(row.assessment), household) if row.assessment else None,
        "stale": row.assessment is not None and household.changed > row.assessment.created,
        "facts": facts_strip(household, row.assessment),
        "people": members,
        "finances": finances(household),
        "visits": visits,
        "documents": documents,
        "may_remove": row.state in services.CHANGING and scope.current().can(APPLY),
        "reason_form": Reason(auto_id="removing_%s"),
        "notice": notice,
        "notice_day": queries.notice_day(notice) if notice else 0,
        "settle_form": SettleForm(prefix="settle"),
        "steps": queries.timeline(row),
        "file": getattr(row, "file", None),
        "has_part": has_part and row.state in ("submitted", "noticed"),
        "offers": _acts(row, has_part, bound or {}),
        "may_settle": scope.current().can(REVIEW),
        "today": timezone.localdate(),
    }
    return render(request, "casework/application.html", context, status=status)


def _acts(row: Application, has_part: bool, bound: dict[str, Form]) -> list[dict[str, Any]]:
    """The acts offered here and now with their forms; a refused one comes back bound and open."""
    actor = scope.current()
    offered = [(n, act) for n, act in ACTS.items() if act.offered(row, actor, has_part) or n in bound]
    return [
        {
            "name": name,
            "act": act,
            "form": bound.get(name) or act.form(initial=_initial(name, row)),
            "open": name in bound,
            "asks": bool(act.form.base_fields),  # type: ignore[attr-defined]
        }
        for name, act in offered
    ]


def _initial(name: str, row: Application) -> dict[str, Any]:
    """What a form starts with: the county's supervision phone on a notice."""
    if name != "notice":
        return {}
    chain = orgs.chain_to(row.org_id)
    return {"phone": next((node.supervision_phone for node in reversed(chain) if node.supervision_phone), "")}


@needs(APPLY, REVIEW, DECIDE)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one act; a refusal comes back with what was typed."""
    row = _find(pk)
    if name not in ACTS:
        raise Http404(name)
    asked = ACTS[name]
    actor = scope.current()
    if not actor.can_any(asked.permissions):
        actor.require(asked.permissions[0])
    form = asked.form(request.POST, request.FILES)
    if form.is_valid():
        try:
            with transaction.atomic():
                asked.run(row, form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, asked.done)
            return redirect("casework:application", pk=pk)
    return _show(request, row, {name: form}, status=422)


@needs(APPLY)
@require_POST
def remove_document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Take a document away, with the reason; the record of it stays."""
    row = _find(pk)
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


@needs(REVIEW)
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle an objection with its outcome."""
    objection = get_or_out_of_sight(Objection.objects.select_related("notice"), pk=pk)
    form = SettleForm(request.POST, prefix="settle")
    if form.is_valid():
        services.settle_objection(objection=objection, outcome=form.cleaned_data["outcome"])
        messages.success(request, _("异议已处理。"))
    else:
        messages.error(request, _("请写明处理结果。"))
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
