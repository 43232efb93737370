"""Pages of standards: what stands by place and day, and the history of one at one place."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import access, scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.web.lists import ListPage

from .. import standing
from ..models import Parameter
from ..permissions import PROPOSE_STANDARD
from .charts import line_chart
from .tables import StandardFilter, StandardTable, period, value_of


class Standards(ListPage):
    """The standards above, at and below the actor's place, today or as of any day."""

    template_name = "policy/standards.html"
    title = _("地区标准")
    unit = _("项")
    table_class = StandardTable
    filterset_class = StandardFilter
    export_name = "policy.standards"
    empty_title = _("还没有地区标准")
    empty_text = _("设定低保标准等数值后，这里会列出来。")
    remember = False

    def get_queryset(self) -> QuerySet[Parameter]:
        return standing.standards(None, scope.current().org_path).filter(struck_by__isnull=True)

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(PROPOSE_STANDARD):
            return ()
        return ({"label": _("新建标准变更"), "url": reverse("policy:new_change"), "kind": "go"},)

    def get_context(self) -> dict[str, Any]:
        told = self.request.GET
        return {
            "section": "standards",
            "day": told.get("day") or (not told.get("year") and timezone.localdate()),
        }


standards = access.signed_in(Standards.as_view())


@signed_in
def standard(request: HttpRequest, pk: int) -> HttpResponse:
    """One standard at one place over the years: a line, and every row with its document."""
    row = get_or_out_of_sight(Parameter.objects.select_related("org"), pk=pk)
    rows = list(reversed(standing.history(row.code, row.org_id)))
    today = timezone.localdate()
    page = {
        "row": row,
        "rows": [(item, value_of(item), period(item.valid), _state(item, today)) for item in rows],
        "now": [(item, value_of(item)) for item in rows if _state(item, today) == "now"],
        "chart": line_chart([item for item in rows if item.struck_by_id is None], today),
        "can_propose": scope.current().can(PROPOSE_STANDARD),
    }
    return render(request, "policy/standard.html", page)


def _state(row: Parameter, day: Any) -> str:
    if row.struck_by_id is not None:
        return "struck"
    if row.valid.lower > day:
        return "coming"
    return "past" if row.valid.upper and row.valid.upper <= day else "now"
