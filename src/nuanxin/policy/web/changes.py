"""Pages of changes of standards: the heading, the table of values, what it does, and the second person."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import ListPage
from nuanxin.records import queries as records
from nuanxin.records.words import say

from .. import flow, services, standing
from ..entries import MOST_ENTRIES, SWING, StandardKind
from ..models import StandardsChange
from ..permissions import PROPOSE_STANDARD, SET_STANDARD
from ..tablefile import read_table, write_template
from .forms import HeadingForm, ReturnForm, TableForm
from .tables import TONES, ChangeFilter, ChangeTable

HEADING = (
    "correction", "document", "document_en", "document_number", "document_date", "valid_from", "valid_to",
)  # fmt: skip
#: Empty rows to add places by hand.
BLANK_ROWS = 3


class Changes(ListPage):
    permissions = (PROPOSE_STANDARD, SET_STANDARD)
    template_name = "policy/changes.html"
    title = _("标准变更")
    unit = _("项变更")
    table_class = ChangeTable
    filterset_class = ChangeFilter
    export_name = "policy.changes"
    empty_title = _("还没有标准变更")
    empty_text = _("新建一项变更，填写或上传各地的新标准，再提交另一人批准。")

    def get_queryset(self) -> QuerySet[StandardsChange]:
        return standing.changes()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(PROPOSE_STANDARD):
            return ()
        return ({"label": _("新建标准变更"), "url": reverse("policy:new_change"), "kind": "go"},)

    def get_context(self) -> dict[str, Any]:
        return {"section": "changes"}


@needs(PROPOSE_STANDARD)
def new_change(request: HttpRequest) -> HttpResponse:
    """Begin with the document and the period; the values follow."""
    form = HeadingForm(request.POST or None, initial={"code": request.GET.get("code", "dibao")})
    if request.method == "POST" and form.is_valid():
        try:
            change = services.draft_change(**form.cleaned_data)
            return redirect("policy:change_entries", change.pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {"form": form, "cancel": reverse("policy:changes")}
    return render(request, "policy/heading.html", page, status=422 if form.errors else 200)


@needs(PROPOSE_STANDARD)
def edit_change(request: HttpRequest, pk: int) -> HttpResponse:
    """The document and the period again, while it is not submitted."""
    change = get_or_out_of_sight(StandardsChange.objects.filter(state__in=flow.OPEN), pk=pk)
    initial = {name: getattr(change, name) for name in HEADING}
    form = HeadingForm(request.POST or None, initial=initial, fixed=True)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_heading(change=change, **form.cleaned_data)
            return redirect("policy:change", pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {"form": form, "change": change, "cancel": reverse("policy:change", args=[pk])}
    return render(request, "policy/heading.html", page, status=422 if form.errors else 200)


@needs(PROPOSE_STANDARD, SET_STANDARD)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """What a change does: old and new values, what is wrong, what is left out, and what happened."""
    row = get_or_out_of_sight(standing.changes(), pk=pk)
    page = {
        "row": row,
        "tone": TONES[row.state],
        "found": standing.preview(row),
        "swing": SWING,
        "can": _can(row),
        "ask": ReturnForm(),
        "timeline": [(entry, say(entry.action)) for entry in records.timeline(row)],
    }
    return render(request, "policy/change.html", page)


def _can(row: StandardsChange) -> set[str]:
    """What this person may do with it now; who submitted it does not decide."""
    actor = scope.current()
    if not row.org_id.startswith(actor.org_path):
        return set()
    moves = {move.action for move in flow.CHANGE.allowed(row, actor)}
    if actor.staff_id == row.maker_id:
        moves -= {"activate", "return"}
    return moves | ({"change"} if "submit" in moves else set())


@needs(PROPOSE_STANDARD)
def change_entries(request: HttpRequest, pk: int) -> HttpResponse:
    """The table to fill in or correct by hand, row by row; everything typed is kept, wrong or right."""
    row = get_or_out_of_sight(StandardsChange.objects.filter(state__in=flow.OPEN), pk=pk)
    if request.method == "POST":
        row = services.change_entries(change=row, entries=_typed(request))
        if row.entries and not standing.preview(row).table.faults:
            return redirect("policy:change", pk)
    return render(request, "policy/entries.html", _entries_page(row))


def _entries_page(row: StandardsChange, **more: Any) -> dict[str, Any]:
    found = standing.preview(row)
    steps = {step.line.index: step for step in found.steps}
    rows = [
        {"entry": entry, "step": steps.get(index), "faults": found.table.by_entry.get(index, ())}
        for index, entry in enumerate(row.entries)
    ]
    page = {"row": row, "found": found, "rows": rows or _unfilled(row, found), "upload": TableForm()}
    residences = _residences(found.kind)
    return page | {"blank": range(BLANK_ROWS), "residences": residences} | more


def _residences(kind: StandardKind) -> tuple[str, ...]:
    return ("urban", "rural") if kind.by_residence else ("any",)


def _unfilled(row: StandardsChange, found: standing.Preview) -> list[dict[str, Any]]:
    """The counties with what stands there, for a change nobody has filled in yet."""
    residences = _residences(found.kind)
    keys = [(node.path, residence) for node in found.left_out for residence in residences]
    stood = standing.stood(row, keys)
    return [
        {
            "entry": {"row": "", "place": node.code, "residence": residence, "value": ""},
            "node": node,
            "old": stood.get((node.path, residence)),
        }
        for node in found.left_out
        for residence in residences
    ]


def _typed(request: HttpRequest) -> list[dict[str, Any]]:
    """The rows of the page that say a value, or that were there before and lost it."""
    names = ("row", "place", "residence", "value")
    columns = [request.POST.getlist(name)[:MOST_ENTRIES] for name in names]
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=False)]
    for number, cells in enumerate(rows, start=1):
        cells["row"] = cells["row"] if cells["row"].isascii() and cells["row"].isdigit() else str(number)
    return [cells for cells in rows if cells["value"].strip()]


@require_POST
@needs(PROPOSE_STANDARD)
def change_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the rows of a table in place of all there were."""
    row = get_or_out_of_sight(StandardsChange.objects.filter(state__in=flow.OPEN), pk=pk)
    form = TableForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            row = services.change_entries(change=row, entries=read_table(form.cleaned_data["file"]))
            wrong = standing.preview(row).table.faults
            return redirect("policy:change_entries" if wrong else "policy:change", pk)
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "policy/entries.html", _entries_page(row, upload=form), status=422)


@needs(PROPOSE_STANDARD)
def change_template(request: HttpRequest, pk: int) -> FileResponse:
    """The table to fill in: the counties in scope with what stands there."""
    row = get_or_out_of_sight(StandardsChange.objects.all(), pk=pk)
    kind = standing.kind_of(row)
    places = standing.counties(row.org_id)
    residences = _residences(kind)
    stood = standing.stood(row, [(node.path, residence) for node in places for residence in residences])
    name = f"{row}-{row.valid_from}.xlsx"
    return FileResponse(write_template(kind, places, stood), as_attachment=True, filename=name)


ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "submit": (services.submit_change, _("已提交，等待另一位有权限的人批准。")),
    "activate": (services.activate_change, _("已批准，新标准从施行日期起生效。")),
    "withdraw": (services.withdraw_change, _("已撤回。")),
}


@require_POST
@needs(PROPOSE_STANDARD, SET_STANDARD)
def change_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Submit, put in force or withdraw."""
    if act not in ACTS:
        raise Http404("no such act")
    service, told = ACTS[act]
    row = get_or_out_of_sight(StandardsChange.objects.all(), pk=pk)
    try:
        service(change=row)
        messages.success(request, told)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:change", pk)


@require_POST
@needs(SET_STANDARD)
def return_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a reason."""
    row = get_or_out_of_sight(StandardsChange.objects.all(), pk=pk)
    form = ReturnForm(request.POST)
    try:
        services.return_change(change=row, reason=form["reason"].value() or "")
        messages.success(request, _("已退回。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:change", pk)
