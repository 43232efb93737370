"""Pages of returns: list, one return, a cell opened, the official workbook."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.paging import CappedPaginator, capped_count
from nuanxin.records import queries as records
from nuanxin.records import services as audit

from .. import queries, services
from ..flow import RETURN
from ..models import Return
from ..permissions import CHECK, FILL, SEE
from ..workbook import write_official
from .forms import CreateForm, ReasonForm, SubmitForm
from .tables import TONES, RecordTable, ReturnFilter, ReturnTable, with_names


class Returns(ListPage):
    permissions = (SEE,)
    title = _("统计报表")
    unit = _("张")
    table_class = ReturnTable
    filterset_class = ReturnFilter
    export_name = "reporting.returns"
    empty_text = _("本单位上报的报表和下级上报的报表会列在这里。")

    def get_queryset(self) -> QuerySet[Return]:
        return queries.returns()

    def get_tabs(self) -> Sequence[Tab]:
        return (Tab("", _("全部")), Tab("own", _("本单位")), Tab("check", _("待我审核")))

    def in_tab(self, rows: QuerySet[Return], key: str) -> QuerySet[Return]:
        here = self.request.actor.org_path  # type: ignore[attr-defined]
        if key == "own":
            return rows.filter(org_id=here)
        return rows.filter(state="submitted").exclude(org_id=here) if key == "check" else rows

    def get_actions(self) -> Sequence[dict[str, Any]]:
        may = self.request.actor.can(FILL)  # type: ignore[attr-defined]
        return [{"label": _("新建报表"), "url": reverse("reporting:create"), "kind": "go"}] if may else []


def _get(pk: int) -> Return:
    return get_or_out_of_sight(queries.returns(), pk=pk)


@needs(FILL)
def create(request: HttpRequest) -> HttpResponse:
    """Make a return for this unit and fill it from the records."""
    form = CreateForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect("reporting:return", services.create(**form.period()).pk)
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "reporting/create.html", {"form": form}, status=422 if form.errors else 200)


@needs(SEE)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One return: its figures, its checks, what is missing below, the next step."""
    return _page(request, _get(pk))


def _page(request: HttpRequest, found: Return, **forms: Any) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    own = found.org_id == actor.org_path
    moves = {move.action for move in RETURN.allowed(found, actor)}
    moves -= {"accept", "return"} if own else {"derive", "submit", "supersede"}
    checks = queries.checks(found)
    context = {
        "report": found,
        "form": queries.form_of(found),
        "values": queries.values(found),
        "checks": checks,
        "flags": [check for check in checks if not check.holds],
        "missing": queries.not_accepted_below(found).select_related("org"),
        "below": queries.accepted_below(found),
        "tone": TONES[found.state],
        "moves": moves,
        "timeline": records.timeline(found)[:30],
        "submit_form": SubmitForm(),
        "reason_form": ReasonForm(),
    }
    failed = any(form.errors for form in forms.values())
    return render(request, "reporting/return.html", context | forms, status=422 if failed else 200)


@needs(FILL)
@require_POST
def derive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the figures anew from the records."""
    return redirect("reporting:return", services.derive(report=_get(pk)).pk)


@needs(FILL)
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the return up."""
    found, form = _get(pk), SubmitForm(request.POST)
    if form.is_valid():
        try:
            services.submit(report=found, note=form.cleaned_data["note"])
            return redirect("reporting:return", pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, found, submit_form=form)


@needs(CHECK)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a subordinate's return as right."""
    services.accept(report=_get(pk))
    return redirect("reporting:return", pk)


@needs(CHECK)
@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return it with the reason."""
    found, form = _get(pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.send_back(report=found, reason=form.cleaned_data["reason"])
            return redirect("reporting:return", pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, found, reason_form=form)


@needs(FILL)
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a new version of an accepted return."""
    return redirect("reporting:return", services.correct(report=_get(pk)).pk)


@needs(SEE)
def cell(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A figure opened down to the units and records it counts."""
    found = _get(pk)
    opened = queries.open_cell(found, code)
    if opened is None:
        raise OutOfSight("reporting.Cell", code)
    rows = with_names(opened.rows)
    table = RecordTable(rows, money=opened.cell.is_money)
    page = {"page": request.GET.get("page"), "per_page": 50, "total": capped_count(rows)}
    table.paginate(paginator_class=CappedPaginator, **page)
    return render(request, "reporting/cell.html", {"report": found, "opened": opened, "table": table})


@needs(SEE)
def download(request: HttpRequest, pk: int) -> FileResponse:
    """The return in the official layout."""
    found = _get(pk)
    form = queries.form_of(found)
    audit.note("return.downloaded", subject=found, note=form.zh)
    name = f"{form.title}-{found.org.short_name}-{found.starts_on:%Y%m%d}.xlsx"
    return FileResponse(write_official(found), as_attachment=True, filename=name)
