"""Pages of routes: those in force here, one with who would act, and the editor of one's own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused

from .. import flow, services
from ..models import Route
from ..permissions import ACTIVATE_ROUTE, PROPOSE_ROUTE, SEE_ROUTE
from ..queries import drafts, routes_in_force
from .forms import HeadingForm, ReasonForm, StepForm


@needs(SEE_ROUTE)
def routes(request: HttpRequest) -> HttpResponse:
    """The routes in force at the actor's place, and the versions on their way."""
    actor = scope.current()
    now = {route.pk for route in routes_in_force(actor.org_path, timezone.localdate())}
    rows = list(drafts.routes_in_sight())
    page = {
        "in_force": sorted((row for row in rows if row.pk in now), key=lambda row: row.code),
        "own": [row for row in rows if row.pk not in now and row.org_id],
        "can_propose": actor.can(PROPOSE_ROUTE),
    }
    return render(request, "approvals/routes.html", page)


@needs(SEE_ROUTE)
def route(request: HttpRequest, pk: int) -> HttpResponse:
    """A route step by step, with who could act today at a sample place."""
    row = get_or_out_of_sight(drafts.routes_in_sight(), pk=pk)
    places = drafts.sample_places()
    asked = request.GET.get("place", "")
    sample = places.filter(code=asked).first() if asked else places.first()
    can = _can(row)
    acting, lacking = drafts.acting_at(row, sample.path if sample else scope.current().org_path)
    page = {
        "row": row,
        "can": can,
        "places": places[:200],
        "sample": sample,
        "acting": acting,
        "lacking": lacking,
        "ask": ReasonForm(),
    }
    return render(request, "approvals/route.html", page)


def _can(row: Route) -> set[str]:
    """What this person may do with it now; who made it does not activate it."""
    actor = scope.current()
    can = {"copy"} if actor.can(PROPOSE_ROUTE) and row.state == "in_force" else set()
    if row.org_id != actor.org_path:
        return can
    moves = {move.action for move in flow.ROUTE.allowed(row, actor)}
    if actor.staff_id == row.made_by_id:
        moves -= {"activate", "return"}
    return can | moves | ({"change"} if "submit" in moves else set())


@require_POST
@needs(PROPOSE_ROUTE)
def copy_route(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft of one's own from a route in force."""
    model = get_or_out_of_sight(drafts.routes_in_sight().filter(state="in_force"), pk=pk)
    draft = services.draft_route(model=model)
    messages.success(request, _("已复制为草稿，可以修改步骤。"))
    return redirect("approvals:route", draft.pk)


def _draft(pk: int) -> Route:
    """The draft of the actor's own place, or out of sight."""
    rows = drafts.routes_in_sight().filter(org=scope.current().org_path, state__in=flow.OPEN)
    return get_or_out_of_sight(rows, pk=pk)


@needs(PROPOSE_ROUTE)
def route_heading(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and first day of a draft."""
    row = _draft(pk)
    initial = {"title": row.title, "title_en": row.title_en, "since": row.valid.lower}
    form = HeadingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_route(route=row, **form.cleaned_data)
            return redirect("approvals:route", pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {"row": row, "form": form, "title": _("名称和施行日期")}
    return render(request, "approvals/step.html", page, status=422 if form.errors else 200)


@needs(PROPOSE_ROUTE)
def route_step(request: HttpRequest, pk: int, position: int = 0) -> HttpResponse:
    """A step of a draft, or (without a position) a new one at the end."""
    row = _draft(pk)
    before = get_or_out_of_sight(row.steps.all(), position=position) if position else None
    initial = {"needed": 1, "level": row.org.kind if row.org else ""}
    if before:
        initial = model_to_dict(before) | {"classes": "，".join(before.classes)}
    form = StepForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.put_step(route=row, step=form.step(position))
            return redirect("approvals:route", pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {"row": row, "form": form, "title": before.local_title if before else _("增加一步")}
    return render(request, "approvals/step.html", page, status=422 if form.errors else 200)


@require_POST
@needs(PROPOSE_ROUTE)
def step_act(request: HttpRequest, pk: int, position: int, act: str) -> HttpResponse:
    """Move a step up or down, or take it out."""
    row = _draft(pk)
    if act == "drop":
        services.drop_step(route=row, position=position)
    elif act in ("up", "down"):
        services.move_step(route=row, position=position, by=-1 if act == "up" else 1)
    else:
        raise Http404("no such act")
    return redirect("approvals:route", pk)


ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "submit": (services.submit_route, _("已提交，等待另一位有权限的人启用。")),
    "activate": (services.activate_route, _("已启用，从施行日期起提交的事项按它办理。")),
    "withdraw": (services.withdraw_route, _("已撤回。")),
}


@require_POST
@needs(PROPOSE_ROUTE, ACTIVATE_ROUTE)
def route_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Submit, put in force or withdraw."""
    if act not in ACTS:
        raise Http404("no such act")
    service, told = ACTS[act]
    row = get_or_out_of_sight(drafts.routes_in_sight(), pk=pk)
    try:
        service(route=row)
        messages.success(request, told)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("approvals:route", pk)


@require_POST
@needs(ACTIVATE_ROUTE)
def return_route(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a reason."""
    row = get_or_out_of_sight(drafts.routes_in_sight(), pk=pk)
    try:
        services.return_route(route=row, reason=request.POST.get("reason", ""))
        messages.success(request, _("已退回。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("approvals:route", pk)
