"""Scenarios: the list, making one, what it changes, and starting a run."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.web.lists import ListPage
from nuanxin.policy import services as policy
from nuanxin.policy.engine.reading import load
from nuanxin.policy.models import Pack
from nuanxin.policy.permissions import PROPOSE_PACK

from ... import comparing, planning, queries, services
from ...models import Scenario
from ...permissions import RUN
from ..forms import NameForm, PackForm, RunForm, ScenarioForm, StandardForm
from ..tables import ScenarioTable


class Scenarios(ListPage):
    permissions = (RUN,)
    title = gettext_lazy("政策测算")
    note = gettext_lazy(
        "把政策包或地区标准改一改，在本单位的登记家庭上算一遍：谁会纳入、谁会退出、要多少钱。不改动任何档案。"
    )
    unit = gettext_lazy("个方案")
    table_class = ScenarioTable
    export_name = "simulation.scenarios"
    empty_title = gettext_lazy("还没有测算方案")
    empty_text = gettext_lazy("新建一个方案，改动政策包或标准后就可以测算。")

    def get_queryset(self) -> QuerySet[Scenario]:
        return queries.scenarios()

    def get_actions(self) -> list[dict[str, Any]]:
        return [
            {"label": _("测算记录"), "url": reverse("simulation:runs")},
            {"label": _("新建方案"), "url": reverse("simulation:new"), "kind": "go"},
        ]


def _found(pk: int) -> Scenario:
    return get_or_out_of_sight(queries.scenarios(), pk=pk)


@needs(RUN)
def new(request: HttpRequest) -> HttpResponse:
    form = ScenarioForm(request.POST or None)
    if form.is_valid():
        made = services.create_scenario(**form.cleaned_data)
        return redirect("simulation:scenario", pk=made.pk)
    return render(request, "simulation/new.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(RUN)
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    """What a scenario changes; from here it is changed further, run, copied or taken away."""
    return _page(request, _found(pk))


def _page(request: HttpRequest, row: Scenario, **forms: Any) -> HttpResponse:
    language = _language()
    changed = {
        item.base_id: (item, comparing.changes_of(item, language))
        for item in row.packs.select_related("base").all()
    }
    packs = [(pack, changed.get(pack.pk)) for pack in planning.packs(row.org_id, row.day)]
    context = {
        "scenario": row,
        "packs": [(pack, pack.checked().title.in_(language), found) for pack, found in packs],
        "standards": row.standards.select_related("place"),
        "standard_names": queries.standard_names(row.day),
        "runs": queries.runs_of(row)[:10],
        "open": services.is_open(row),
        "may_propose": scope.current().can(PROPOSE_PACK),
        "ours": row.org_id == scope.current().org_path,
        "standard_form": StandardForm(row),
        "run_form": RunForm(row),
        "copy_form": NameForm(initial={"name": _("%(name)s（副本）") % {"name": row.name}}),
    }
    refused = any(form.is_bound for form in forms.values())
    return render(request, "simulation/scenario.html", context | forms, status=422 if refused else 200)


@needs(RUN)
def pack(request: HttpRequest, pk: int, base: int) -> HttpResponse:
    """The form generated from a pack; the same address answers the live check."""
    row = _found(pk)
    stored = get_or_out_of_sight(Pack.objects.select_related("org"), pk=base)
    form = PackForm(stored, row.packs.filter(base=stored).first(), request.POST or None)
    if "check" in request.POST:
        return render(request, "simulation/_check.html", _checked(form))
    if form.is_valid():
        try:
            services.change_pack(scenario=row, base=stored, changes=form.given)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("改动已保存。"))
            return redirect("simulation:scenario", pk=row.pk)
    context = {
        "scenario": row,
        "base": stored,
        "title": stored.checked().title.in_(_language()),
        "form": form,
        "open": services.is_open(row),
        **_checked(form),
    }
    return render(request, "simulation/pack.html", context, status=422 if form.is_bound else 200)


def _checked(form: PackForm) -> dict[str, Any]:
    """What the live check says: the faults, or the situations that come out differently."""
    if form.is_bound and not form.is_valid():
        faults = [(form[name] if name in form.fields else None, texts) for name, texts in form.errors.items()]
        return {"faults": faults}
    text = form.text if form.is_bound else form.held_text()
    if text == form.base.text:
        return {"same": True}
    before, after = form.base.checked(), load(text.encode(), form.base.code)
    return {
        "differing": comparing.situations(before, after, _language()),
        "situations": len(before.situations),
    }


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


@needs(RUN)
@require_POST
def change_standard(request: HttpRequest, pk: int) -> HttpResponse:
    row = _found(pk)
    form = StandardForm(row, request.POST)
    if form.is_valid():
        try:
            services.change_standard(scenario=row, **form.cleaned_data)
            return redirect("simulation:scenario", pk=row.pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, row, standard_form=form)


@needs(RUN)
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a run of the scenario."""
    row = _found(pk)
    form = RunForm(row, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                run = services.start_run(first=row, **form.cleaned_data)
            return redirect("simulation:run", pk=run.pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, row, run_form=form)


@needs(RUN)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Copy, take away, or take one change out of the scenario."""
    row = _found(pk)
    acts = {"copy": _copy, "delete": _delete, "drop-pack": _drop_pack, "drop-standard": _drop_standard}
    if name not in acts:
        raise Http404("no such act")
    try:
        return acts[name](request, row)
    except OutOfSight:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("simulation:scenario", pk=row.pk)


def _copy(request: HttpRequest, row: Scenario) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, row, copy_form=form)
    made = services.copy_scenario(scenario=row, name=form.cleaned_data["name"])
    return redirect("simulation:scenario", pk=made.pk)


def _delete(request: HttpRequest, row: Scenario) -> HttpResponse:
    services.delete_scenario(scenario=row)
    messages.success(request, _("方案已删除。"))
    return redirect("simulation:scenarios")


def _key(request: HttpRequest) -> int:
    given = request.POST.get("key", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _drop_pack(request: HttpRequest, row: Scenario) -> HttpResponse:
    changed = get_or_out_of_sight(row.packs.select_related("base"), pk=_key(request))
    services.drop_pack(scenario=row, base=changed.base)
    return redirect("simulation:scenario", pk=row.pk)


def _drop_standard(request: HttpRequest, row: Scenario) -> HttpResponse:
    change = get_or_out_of_sight(row.standards.select_related("scenario"), pk=_key(request))
    services.drop_standard(change=change)
    return redirect("simulation:scenario", pk=row.pk)


@needs(PROPOSE_PACK)
@require_POST
def propose(request: HttpRequest, pk: int, changed: int) -> HttpResponse:
    """Begin a proposal with the changed text; version, place and document are set there."""
    row = get_or_out_of_sight(_found(pk).packs.all(), pk=changed)
    proposal = policy.draft_proposal(text=row.text)
    messages.success(request, _("已按方案起草政策包，请改写版本、适用地区和依据文件后提交。"))
    return redirect(reverse("policy:edit_proposal", args=[proposal.pk]))
