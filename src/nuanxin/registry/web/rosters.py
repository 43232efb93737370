"""Rosters: the list, uploading, the page of one, its commit and its end."""

import tempfile
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.records import queries as records
from nuanxin.registry import labels, queries, services
from nuanxin.registry.models import Roster, RosterRow
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.queries.rosters import differences, likely_doubles
from nuanxin.registry.roster.columns import SHEETS
from nuanxin.registry.roster.problems import RosterError
from nuanxin.registry.roster.template import write_template

from .forms import posted
from .roster_forms import AgainForm, UploadForm
from .tables import RosterFilter, RosterTable, RowFilter, RowTable

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Rosters(ListPage):
    permissions = (IMPORT_ROSTER,)
    title = _("花名册导入")
    note = _("上传花名册，逐行检查，更正后入库。先下载模板按列填写最省事。")
    table_class = RosterTable
    filterset_class = RosterFilter
    export_name = "registry.rosters"
    unit = pgettext_lazy("roster", "份")
    empty_title = _("还没有花名册")
    empty_text = _("下载模板填写后，点“上传花名册”。")

    def get_queryset(self) -> QuerySet[Roster]:
        return queries.rosters()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return [
            {"label": _("下载模板（中文）"), "url": reverse("registry:roster_template", args=["zh"])},
            {"label": _("下载模板（英文）"), "url": reverse("registry:roster_template", args=["en"])},
            {"label": _("列名对照"), "url": reverse("registry:mappings")},
            {"label": _("上传花名册"), "url": reverse("registry:roster_upload"), "kind": "go"},
        ]


@needs(IMPORT_ROSTER)
def template(request: HttpRequest, language: str) -> HttpResponseBase:
    """The blank workbook with drop-downs."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_template(file, language)
    file.seek(0)
    name = _("花名册模板.xlsx") if language == "zh" else "roster-template.xlsx"
    return FileResponse(file, as_attachment=True, filename=str(name), content_type=XLSX)


@needs(IMPORT_ROSTER)
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a workbook, the year of its spending and the union of rows that name none."""
    form = UploadForm(posted(request), request.FILES or None)
    if form.is_valid():
        try:
            roster = services.upload_roster(**form.cleaned_data)
            return redirect("registry:roster", roster.pk)
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "registry/upload.html", {"form": form}, status=422 if form.errors else 200)


class RosterPage(ListPage):
    """One roster: what was found, row by row."""

    permissions = (IMPORT_ROSTER,)
    table_class = RowTable
    filterset_class = RowFilter
    template_name = "registry/roster.html"
    unit = _("行")
    remember = False
    empty_title = _("没有要处理的行")
    empty_text = _("所有行都已检查通过，或还没有读取。")

    @property
    def roster(self) -> Roster:
        if not hasattr(self, "_roster"):
            self._roster = get_or_out_of_sight(queries.rosters(), pk=self.kwargs["pk"])
        return self._roster

    def get_queryset(self) -> QuerySet[RosterRow]:
        return queries.staged(self.roster)

    def get_tabs(self) -> Sequence[Tab]:
        faulty = self.roster.faulty + self.roster.warned
        everything = queries.staged(self.roster).count()
        return [Tab("faulty", _("有误和提醒"), faulty), Tab("all", _("全部"), everything)]

    def in_tab(self, rows: QuerySet[RosterRow], key: str) -> QuerySet[RosterRow]:
        return queries.staged(self.roster, faulty_only=True) if key == "faulty" else rows

    def get_context(self) -> dict[str, Any]:
        roster = self.roster
        return {
            "roster": roster,
            "tone": labels.ROSTER_TONES[roster.state],
            "busy": services.is_busy(roster),
            "problem": RosterError(roster.problem["code"], **roster.problem["params"])
            if roster.problem
            else None,
            "unasked": unasked(roster),
            "texts": texts(roster),
            "differences": differences(roster),
            "doubles": likely_doubles(roster),
            "again": AgainForm(),
            "events": records.timeline(roster)[:20],
        }


def unasked(roster: Roster) -> list[str]:
    """The columns the filing policy needs and the workbook lacks, by name."""
    language = get_language() or "zh"
    return [
        spec.columns[spec.position[key]].label(language)
        for spec in SHEETS.values()
        for key in roster.layout.get(spec.key, {}).get("unasked", ())
    ]


_SEPARATORS = {
    ",": _("逗号"),
    "，": _("全角逗号"),
    "\t": _("制表符"),
    ";": _("分号"),
    "|": _("竖线"),
}


def texts(roster: Roster) -> list[dict[str, Any]]:
    """How the text files of the roster were read, told so that a wrong reading is seen."""
    kept = [sheet for sheet in roster.layout.values() if sheet.get("text")]
    return [
        {
            "name": sheet["name"],
            "encoding": sheet["text"]["encoding"],
            "separator": _SEPARATORS[sheet["text"]["separator"]],
        }
        for sheet in kept
    ]


def _found(pk: int) -> Roster:
    return get_or_out_of_sight(queries.rosters(), pk=pk)


@needs(IMPORT_ROSTER)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload the corrected workbook; what is refused is said at the field, on a page of its own."""
    roster = _found(pk)
    form = AgainForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.upload_again(roster=roster, file=form.cleaned_data["file"])
            return redirect("registry:roster", pk)
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "registry/upload_again.html", {"form": form, "roster": roster}, status=422)


@needs(IMPORT_ROSTER)
@require_POST
def reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the workbook once more after the reading failed."""
    services.read_again(roster=_found(pk))
    return redirect("registry:roster", pk)


@needs(IMPORT_ROSTER)
@require_POST
def commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the households free of errors into the registry."""
    services.commit_roster(roster=_found(pk))
    return redirect("registry:roster", pk)


@needs(IMPORT_ROSTER)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the roster up."""
    services.discard_roster(roster=_found(pk))
    messages.success(request, _("花名册已放弃，暂存的行已删除。"))
    return redirect("registry:rosters")


@needs(IMPORT_ROSTER)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue the taking back of what the roster brought and changed."""
    services.undo_roster(roster=_found(pk))
    return redirect("registry:roster", pk)


@needs(IMPORT_ROSTER)
def returned(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows as typed, faulty cells marked, to be corrected in a spreadsheet and uploaded again."""
    roster = _found(pk)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    services.write_returned_workbook(roster=roster, target=file, language=get_language() or "zh")
    file.seek(0)
    name = roster.name.rpartition(".")[0] or roster.name
    return FileResponse(file, as_attachment=True, filename=f"{name}-{_('更正')}.xlsx", content_type=XLSX)


@needs(IMPORT_ROSTER)
def receipt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came of the rows, sheet by sheet, and each refused row with its reason."""
    roster = _found(pk)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    services.write_roster_receipt(roster=roster, target=file, language=get_language() or "zh")
    file.seek(0)
    name = roster.name.rpartition(".")[0] or roster.name
    return FileResponse(file, as_attachment=True, filename=f"{name}-{_('回执')}.xlsx", content_type=XLSX)
