"""Surveys: the list of them, making one, its households with how far each union is, one household."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.web.forms import Form
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.records import queries as records
from nuanxin.records.words import say

from ... import flow, queries, services
from ...determination import open_to_reader
from ...models import Survey, Surveyed
from ...permissions import APPLY, MAKE_SURVEY, SEE
from ..explained import sheet
from ..forms import Empty, Reason
from ..survey_forms import FoundForm, SurveyForm, SurveyorForm
from ..survey_tables import SurveyedFilter, SurveyedTable, SurveyTable, ToSurveyTable
from ..surveyed import listing

#: Where the ticked households wait for their officer, or for the reason they are taken off.
TICKED = "surveyed_rows"


class Surveys(ListPage):
    permissions = (SEE,)
    title = _("摸底排查")
    note = _("找出符合条件或接近标准而没有建档的家庭，逐户走访，做到应纳尽纳。")
    unit = _("次排查")
    table_class = SurveyTable
    export_name = "casework.surveys"
    empty_title = _("还没有摸底排查")
    empty_text = _("发起排查后，系统按现行政策列出没有建档而可能困难的家庭，分给各工会走访。")

    def get_queryset(self) -> QuerySet[Survey]:
        return queries.surveys()

    def get_tabs(self) -> Sequence[Tab]:
        shown = [Tab("open", _("排查中")), Tab("late", _("已逾期")), Tab("all", _("全部"))]
        if scope.current().can(MAKE_SURVEY):
            shown.insert(1, Tab("due", _("应办结")))
        return shown

    def in_tab(self, rows: QuerySet[Survey], key: str) -> QuerySet[Survey]:
        if key == "due":
            return queries.surveys_due(scope.current())
        if key == "late":
            return queries.surveys_late()
        return rows.filter(state="open") if key == "open" else rows

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(MAKE_SURVEY):
            return ()
        return ({"label": _("发起摸底排查"), "url": reverse("casework:new_survey"), "kind": "go"},)


class ToSurvey(ListPage):
    """The households one is to look up, of all surveys."""

    permissions = (APPLY,)
    title = _("待走访的排查家庭")
    unit = _("户")
    table_class = ToSurveyTable
    filterset_class = SurveyedFilter
    export_name = "casework.to_survey"
    empty_title = _("没有待走访的家庭")
    empty_text = _("上级发起摸底排查后，分给您走访的家庭列在这里。")

    def get_queryset(self) -> QuerySet[Surveyed]:
        return queries.surveyed_mine(scope.current())


@needs(MAKE_SURVEY)
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new survey of one's place."""
    form = SurveyForm(request.POST or None)
    if form.is_valid():
        try:
            row = services.make_survey(**form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("casework:survey", pk=row.pk)
    status = 422 if form.is_bound else 200
    return render(request, "casework/new_survey.html", {"form": form}, status=status)


class SurveyPage(ListPage):
    """One survey: how far each union is, and its households."""

    permissions = (SEE,)
    unit = _("户")
    template_name = "casework/survey.html"
    table_class = SurveyedTable
    filterset_class = SurveyedFilter
    export_name = "casework.surveyed"
    empty_title = _("没有这样的家庭")
    empty_text = _("清单上没有符合所选条件的家庭。")
    remember = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.survey = get_or_out_of_sight(queries.surveys(), pk=self.kwargs["pk"])
        self.title = self.survey.title

    @property
    def bulk_actions(self) -> Sequence[BulkAction]:  # type: ignore[override]
        if self.survey.state != "open":
            return ()
        return (
            BulkAction("assign", _("指定走访人"), permission=MAKE_SURVEY),
            BulkAction("lapse", _("移出清单"), permission=MAKE_SURVEY),
            BulkAction("start", _("为所选家庭建立申请"), permission=APPLY, primary=True),
        )

    def get_queryset(self) -> QuerySet[Surveyed]:
        return queries.surveyed(self.survey)

    def get_tabs(self) -> Sequence[Tab]:
        counts = self.counts
        shown = [Tab(key, label, counts[key]) for key, label in flow.SURVEYED.states.items() if counts[key]]
        return (*shown, Tab("all", _("全部"), counts.total()))

    def in_tab(self, rows: QuerySet[Surveyed], key: str) -> QuerySet[Surveyed]:
        return rows if key == "all" else rows.filter(state=key)

    @cached_property
    def standings(self) -> list[queries.Standing]:
        """How far each unit is, within what one sees of the survey."""
        return queries.standings(self.survey, max(str(self.survey.org_id), scope.current().org_path, key=len))

    @cached_property
    def counts(self) -> Counter[str]:
        """Households in sight by state."""
        return sum((unit.counts for unit in self.standings), Counter())

    def get_context(self) -> dict[str, Any]:
        row, counts = self.survey, self.counts
        listed, mine = counts.total() - counts["lapsed"], scope.current().can(MAKE_SURVEY)
        mine = mine and str(row.org_id).startswith(scope.current().org_path)
        return {
            "survey": row,
            "job": row.job if row.job and row.job.ended is None else None,
            "standings": self.standings,
            "listed": listed,
            "settled": listed - counts["open"],
            "begun": counts["applied"],
            "late": row.state == "open" and counts["open"] and row.due_on < timezone.localdate(),
            "may_close": mine and row.state == "open" and row.computed and not counts["open"],
            "may_cancel": mine and row.state == "open" and not listed - counts["open"],
            "reason": Reason(),
        }

    def bulk_assign(self, rows: QuerySet[Surveyed]) -> Any:
        return self._tick(rows, "casework:assign_surveyed")

    def bulk_lapse(self, rows: QuerySet[Surveyed]) -> Any:
        return self._tick(rows, "casework:lapse_surveyed")

    def _tick(self, rows: QuerySet[Surveyed], page: str) -> Any:
        self.request.session[TICKED] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect(page, pk=self.survey.pk)

    def bulk_start(self, rows: QuerySet[Surveyed]) -> str:
        """Begin applications for those who have none; their rows are settled with it."""
        free = rows.filter(state__in=flow.SURVEYED.moves["apply"].sources).order_by()
        made = services.start_many(households=list(free.values_list("household", flat=True)))
        return gettext("已建立 %(count)s 件申请并完成认定。") % {"count": made}


@needs(MAKE_SURVEY)
@require_POST
def act_on_survey(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Close a survey whose households all have an answer, or call one off."""
    row = get_or_out_of_sight(queries.surveys(), pk=pk)
    if name == "close":
        services.close_survey(survey=row)
        messages.success(request, _("排查已结束。"))
    elif name == "cancel":
        services.cancel_survey(survey=row, reason=request.POST.get("reason", "")[:500])
        messages.success(request, _("排查已取消。"))
    else:
        raise Http404(name)
    return redirect("casework:survey", pk=pk)


def _ticked(request: HttpRequest, survey: Survey) -> QuerySet[Surveyed]:
    return Surveyed.objects.filter(among(request.session.get(TICKED, [])), survey=survey)


def _on_ticked(
    request: HttpRequest, pk: int, form: Form, run: Callable[..., Any], title: Any
) -> HttpResponse:
    """A form for the ticked households of a survey; then back to it."""
    survey = get_or_out_of_sight(queries.surveys(), pk=pk)
    rows = _ticked(request, survey)
    if form.is_valid():
        try:
            run(survey, rows, form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            request.session.pop(TICKED, None)
            return redirect("casework:survey", pk=pk)
    context = {"form": form, "survey": survey, "count": rows.count(), "title": title}
    return render(request, "casework/survey_form.html", context, status=422 if form.errors else 200)


@needs(MAKE_SURVEY)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose who looks the ticked households up."""

    def run(survey: Survey, rows: QuerySet[Surveyed], data: dict[str, Any]) -> None:
        done = services.assign_surveyed(rows=rows, officer=data["officer"])
        if done.done:
            messages.success(request, _("已为 %(count)s 户指定走访人。") % {"count": done.done})
        if done.left:
            text = _("%(count)s 户不在该干部的岗位范围内或已答复，没有变动。") % {"count": done.left}
            messages.warning(request, text)

    return _on_ticked(request, pk, SurveyorForm(request.POST or None), run, _("指定走访人"))


@needs(MAKE_SURVEY)
def lapse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the ticked households off the list, and why."""

    def run(survey: Survey, rows: QuerySet[Surveyed], data: dict[str, Any]) -> None:
        done = services.lapse_surveyed(survey=survey, rows=rows, reason=data["reason"])
        messages.success(request, _("已移出 %(count)s 户。") % {"count": done})

    return _on_ticked(request, pk, Reason(request.POST or None), run, _("移出清单"))


# one household

#: An act on a household: (its form, its tone, what to say when done).
ACTS: dict[str, tuple[type[Form], str, Any]] = {
    "reopen": (Empty, "", _("已列回待走访。")),
    "lose": (FoundForm, "", _("已登记答复。")),
    "clear": (FoundForm, "", _("已登记答复。")),
    "decline": (FoundForm, "", _("已登记答复。")),
    "apply": (Empty, "go", _("已建立申请并完成认定，请补齐材料后提交。")),
}


@needs(SEE)
def surveyed(request: HttpRequest, pk: int) -> HttpResponse:
    """Why a household is listed, what the policy says of it today, and what was found."""
    return _show(request, _row(pk), {})


def _row(pk: int) -> Surveyed:
    rows = Surveyed.objects.select_related(
        "survey", "household__head", "household__org", "org", "officer", "answered_by", "application"
    )
    return get_or_out_of_sight(rows, pk=pk)


def _show(request: HttpRequest, row: Surveyed, bound: dict[str, Form]) -> HttpResponse:
    actor = scope.current()
    allowed = (
        {move.action for move in flow.SURVEYED.allowed(row, actor)} if row.survey.state == "open" else set()
    )
    offered = [
        {
            "name": name,
            "label": flow.SURVEYED.moves[name].label,
            "tone": tone,
            "form": bound.get(name) or form(),
            "open": name in bound,
            "asks": form is not Empty,
        }
        for name, (form, tone, _done) in ACTS.items()
        if name in allowed and row.survey.state == "open"
    ]
    context = {
        "row": row,
        "household": row.household,
        "moves": offered,
        "listing": listing(row),
        "may_visit": actor.can(APPLY),
        "visits": queries.visits_of(row.household),
        "steps": [(entry, say(entry.action)) for entry in records.timeline(row)],
        **_determined(row),
    }
    return render(request, "casework/surveyed.html", context, status=422 if bound else 200)


def _determined(row: Surveyed) -> dict[str, Any]:
    """The sheet of the policy's word on the household as it is known today, or why there is none."""
    try:
        found = queries.determined_as_of(row.household, timezone.localdate())
    except Refused as refusal:
        return {"refused": refusal}
    return {"sheet": sheet(open_to_reader(found), row.household)}


@needs(APPLY)
@require_POST
def act_on_surveyed(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Say what was found, or begin the application."""
    if name not in ACTS:
        raise Http404(name)
    row = _row(pk)
    form = ACTS[name][0](request.POST)
    if form.is_valid():
        try:
            there = _done(row, name, form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, ACTS[name][2])
            return redirect(there)
    if ACTS[name][0] is Empty:
        messages.error(request, " ".join(map(str, form.non_field_errors())))
        return redirect("casework:surveyed", pk=pk)
    return _show(request, row, {name: form})


def _done(row: Surveyed, name: str, data: dict[str, Any]) -> str:
    """Carry the act out; the page to go on to."""
    if name == "apply":
        return reverse("casework:application", args=[services.file_surveyed(row=row).pk])
    if name == "reopen":
        services.reopen_surveyed(row=row)
    else:
        services.settle_surveyed(row=row, action=name, **data)
    return reverse("casework:surveyed", args=[row.pk])
