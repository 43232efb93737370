"""Runs: the list, progress and findings, winners and losers, and the workbooks."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web import exports
from nuanxin.kernel.web.lists import ListPage
from nuanxin.kernel.web.tables import Table

from ... import queries, services
from ...models import Difference, Run
from ...permissions import RUN
from ..sheets import Report, Sheet, names
from ..tables import DifferenceTable, RunTable, difference_filter

SEE_FILE, SEE_HOUSEHOLD, SEE_FUND = "casework.file.see", "registry.household.see", "ledger.fund.see"


class Runs(ListPage):
    permissions = (RUN,)
    title = gettext_lazy("测算记录")
    unit = gettext_lazy("次测算")
    table_class = RunTable
    export_name = "simulation.runs"
    empty_title = gettext_lazy("还没有测算")
    empty_text = gettext_lazy("打开一个方案，选好范围后开始测算。")

    def get_queryset(self) -> QuerySet[Run]:
        return queries.runs()

    def get_actions(self) -> list[dict[str, Any]]:
        return [{"label": _("测算方案"), "url": reverse("simulation:scenarios")}]


@needs(RUN)
def run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Progress while it runs, then what it came to; `?export=` gives one of its tables as a workbook."""
    row = queries.run_by_key(pk)
    if row.finished is None:
        return render(request, "simulation/running.html", {"run": row, "names": names(row)})
    report = Report(row)
    sheets = report.sheets(scope.current().can(SEE_FUND))
    if "export" in request.GET:
        return _workbook(request, row, sheets)
    context = {
        "run": row,
        "names": report.names,
        "findings": report.findings(),
        "sheets": sheets,
        "charts": [chart for chart in (report.class_chart(), report.band_chart()) if chart],
    }
    return render(request, "simulation/run.html", context)


def _workbook(request: HttpRequest, row: Run, sheets: Iterable[Sheet]) -> FileResponse:
    sheet = next((one for one in sheets if one.key == request.GET["export"]), None)
    if sheet is None:
        raise Http404("no such table")
    rows = [*sheet.rows, sheet.foot] if sheet.foot else sheet.rows
    file, written = exports.write_workbook(sheet.full_headings, rows, str(sheet.title))
    told = exports.Exported(
        "simulation.tables", str(sheet.title), sheet.full_headings, f"run={row.pk}", written
    )
    exports.announce(request, told)
    return FileResponse(file, as_attachment=True, filename=f"{sheet.title}-{localdate():%Y%m%d}.xlsx")


@needs(RUN)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a run and its results away."""
    row = queries.run_by_key(pk)
    try:
        services.delete_run(run=row)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("simulation:run", pk=pk)
    messages.success(request, _("测算已删除。"))
    return redirect("simulation:runs")


class Households(ListPage):
    """Winners and losers under one of a run's scenarios."""

    permissions = (RUN,)
    unit = gettext_lazy("户")
    table_class = DifferenceTable
    template_name = "simulation/households.html"
    export_name = "simulation.households"
    empty_title = gettext_lazy("没有家庭受影响")
    empty_text = gettext_lazy("按这个方案，每户的结论和待遇都与现行政策相同。")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run = queries.run_by_key(self.kwargs["pk"])
        self.variant = self.kwargs["variant"]
        if self.run.finished is None or self.variant not in list(self.run.variants)[1:]:
            raise Http404("no such result")
        self.title = _("受影响的家庭：%(name)s") % {"name": names(self.run)[self.variant]}
        self.filterset_class = difference_filter(self.run)

    def get_queryset(self) -> QuerySet[Difference]:
        return queries.differences(self.run, self.variant)

    def _sorted(self, rows: QuerySet[Difference]) -> Table:
        table = super()._sorted(rows)
        assert isinstance(table, DifferenceTable)
        actor = scope.current()
        table.run, table.named, table.opens = self.run, actor.can(SEE_FILE), actor.can(SEE_HOUSEHOLD)
        return table

    def get_context(self) -> dict[str, Any]:
        return {"run": self.run, "masked": not scope.current().can(SEE_FILE)}
