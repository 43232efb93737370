"""Tables and filters of tasks and pairs."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web import markup
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, CodeColumn, Column, DateColumn, Table
from nuanxin.orgs.models import Staff

from .. import flow, labels
from ..models import Need, Pairing, Task
from ..services import pairings
from .filters import by_unit, search_files, units_below


def due(day: date) -> Any:
    """A day by which something is due; marked when it has passed."""
    return markup.chip(day.isoformat(), "no") if day < timezone.localdate() else day.isoformat()


class TaskTable(Table):
    main = "what"
    what = Column(_("措施"))
    kind = Column(_("需求"), accessor="get_kind_display", order_by=("kind",))
    head = Column(_("户主"), orderable=False)
    org = Column(_("单位"), order_by=("org",))
    who = Column(_("责任单位或责任人"), accessor="pk", order_by=("unit", "staff__name"))
    due_on = DateColumn(_("完成期限"))
    state = ChipColumn(_("状态"), tones=labels.TASK_TONES)
    result = Column(_("答复结果"), accessor="get_result_display", order_by=("result",))
    answered_on = DateColumn(_("答复日期"))

    def row_url(self, record: Any) -> str:
        return reverse("casework:task", args=[record.pk])

    def render_due_on(self, value: date, record: Any) -> Any:
        return due(value) if record.state == "open" else value.isoformat()

    def render_who(self, record: Any) -> str:
        return who(record)

    value_who = render_who


def who(task: Task) -> str:
    """The unit and the person who have a task."""
    names = [task.unit.local_name if task.unit else "", task.staff.local_name if task.staff else ""]
    return " · ".join(name for name in names if name)


class TaskFilter(FilterSet):
    q = filters.CharFilter(label=_("措施"), field_name="what", lookup_expr="icontains")
    kind = filters.ChoiceFilter(label=_("需求"), choices=Need.Kind.choices)
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.TASK.choices)
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    due_on = filters.DateFromToRangeFilter(label=_("完成期限"))


class PairingTable(Table):
    main = "name"
    name = Column(
        _("户主"), accessor="file__household__head__name", order_by=("file__household__head__pinyin",)
    )
    number = CodeColumn(_("档案号"), accessor="file__number", order_by=("file__number",))
    org = Column(_("单位"), order_by=("org",))
    leader = Column(_("结对领导"), accessor="leader__local_name", order_by=("leader__name",))
    unit = Column(_("结对单位"), accessor="unit__local_name", order_by=("unit",))
    since = DateColumn(_("结对日期"))
    visited = DateColumn(_("上次结对走访"))
    next_on = DateColumn(_("下次走访"))

    def row_url(self, record: Any) -> str:
        return f"{reverse('casework:file', args=[record.file_id])}?tab=care"

    def render_next_on(self, value: date) -> Any:
        return due(value)


class EndedPairingTable(PairingTable):
    """Pairs of the past: nobody is to visit."""

    next_on = None  # type: ignore[assignment]
    until = DateColumn(_("结束日期"))
    ended_because = Column(_("结束原因"), orderable=False)


def _leaders(request: Any = None) -> QuerySet[Staff]:
    return pairings.leaders(scope.current().org_path)


class PairingFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    leader = filters.ModelChoiceFilter(label=_("结对领导"), queryset=_leaders)

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Pairing]:
        return search_files(rows, value)
