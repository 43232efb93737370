"""Exceptions: the list a superior reads, and the second person's word."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn

from ... import queries, services
from ...models import Overruling
from ...permissions import DECIDE, SEE
from ...services.double_aid import PREFIX
from ..exceptions import named
from ..filters import by_unit, programmes_here, units_below
from ..forms import Reason
from ..tables import PaperTable

_KINDS = [("double", _("重复救助")), ("clause", _("排除条款"))]


class OverrulingTable(PaperTable):
    name = Column(_("申请对象"), accessor="application__who", orderable=False)
    org = Column(_("单位"), order_by=("org",))
    code = Column(_("例外事项"), orderable=False)
    reason = Column(_("理由"), orderable=False)
    by = Column(_("提出人"), accessor="by__local_name", order_by=("by__name",))
    agreed_by = Column(_("同意人"), accessor="agreed_by__local_name", order_by=("agreed_by__name",))
    state = ChipColumn(
        _("状态"),
        accessor="standing",
        order_by=("agreed",),
        tones={"agreed": "done", "open": "wait"},
        labels={"agreed": _("已同意"), "open": _("待同意")},
    )
    created = DateColumn(_("提出日期"))

    opens = "casework:application"

    def row_url(self, record: Overruling) -> str:
        return super().row_url(record.application)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(programmes_here())

    def render_code(self, record: Overruling) -> str:
        return named(record, self.titles)

    value_code = render_code


class OverrulingFilter(FilterSet):
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    kind = filters.ChoiceFilter(label=_("种类"), choices=_KINDS, method="of_kind")

    def of_kind(self, rows: QuerySet[Overruling], name: str, kind: str) -> QuerySet[Overruling]:
        """Findings of double aid, or clauses of a pack."""
        double = rows.filter(code__startswith=PREFIX)
        return double if kind == "double" else rows.exclude(code__startswith=PREFIX)


class Overrulings(ListPage):
    permissions = (SEE,)
    title = _("例外事项")
    note = _("对排除条款和重复救助的例外，须写明理由并由另一人同意。")
    unit = _("件")
    table_class = OverrulingTable
    filterset_class = OverrulingFilter
    export_name = "casework.overrulings"
    empty_title = _("没有例外事项")
    empty_text = _("在申请页面上提出的例外列在这里。")

    def get_queryset(self) -> QuerySet[Overruling]:
        return queries.overrulings()

    def get_tabs(self) -> Sequence[Tab]:
        rows = Overruling.objects
        return (
            Tab("all", _("全部"), rows.count()),
            Tab("open", _("待同意"), rows.filter(agreed__isnull=True).count()),
            Tab("agreed", _("已同意"), rows.filter(agreed__isnull=False).count()),
        )

    def in_tab(self, rows: QuerySet[Overruling], key: str) -> QuerySet[Overruling]:
        return rows if key == "all" else rows.filter(agreed__isnull=key == "open")


def _find(pk: int) -> Overruling:
    return get_or_out_of_sight(Overruling.objects.select_related("application"), pk=pk)


@needs(DECIDE)
@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person agrees."""
    row = _find(pk)
    try:
        services.agree_overruling(overruling=row)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已同意例外。"))
    return redirect("casework:application", pk=row.application_id)


@needs(DECIDE)
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person turns it down, with the reason."""
    row = _find(pk)
    form = Reason(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        services.refuse_overruling(overruling=row, reason=reason)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("未同意例外，已记录。"))
    return redirect("casework:application", pk=row.application_id)
