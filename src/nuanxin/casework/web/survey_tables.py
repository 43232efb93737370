"""Tables and filters of surveys and of the households on them."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, NumberColumn, Table
from nuanxin.registry import groups
from nuanxin.registry.permissions import SEE_FINANCE

from .. import flow, labels
from ..models import CLASSES, Surveyed
from .care_tables import due
from .filters import by_unit, search_heads, units_below
from .tables import PaperTable


class SurveyTable(Table):
    main = "title"
    title = Column(_("排查名称"))
    org = Column(_("单位"), order_by=("org",))
    listed = NumberColumn(_("列入户数"))
    waiting = NumberColumn(_("待走访"))
    begun = NumberColumn(_("已发起申请"))
    as_of = DateColumn(_("认定基准日"))
    due_on = DateColumn(_("完成期限"))
    state = ChipColumn(_("状态"), tones=labels.SURVEY_TONES)
    maker = Column(_("发起人"), accessor="maker__local_name", order_by=("maker__name",))

    def row_url(self, record: Any) -> str:
        return reverse("casework:survey", args=[record.pk])

    def render_due_on(self, value: Any, record: Any) -> Any:
        return due(value) if record.state == "open" and record.waiting else value.isoformat()


def times(record: Surveyed) -> str:
    """The income a head as a share of the local living allowance."""
    if record.per_head is None or not record.line:
        return ""
    share = (record.per_head / record.line).quantize(Decimal("0.01"))
    return gettext("%(share)s 倍") % {"share": share}


class SurveyedTable(PaperTable):
    """Households to be looked up: masked, and the figures only for those who may see finances."""

    opens = "casework:surveyed"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin",))
    org = Column(_("单位"), order_by=("org",))
    kind = ChipColumn(_("列入原因"), tones=labels.LISTED_TONES)
    result = Column(_("预计类别"), accessor="pk", order_by=("result", "near"))
    per_head = Column(_("月人均（元）"), permission=SEE_FINANCE)
    share = Column(_("与低保标准之比"), accessor="pk", order_by=("share",), permission=SEE_FINANCE)
    officer = Column(_("走访人"), accessor="officer__local_name", order_by=("officer__name",))
    state = ChipColumn(_("状态"), tones=labels.SURVEYED_TONES)

    def render_name(self, record: Any) -> str:
        return groups.shown(record.household.head, "name")

    value_name = render_name

    def render_result(self, record: Any) -> str:
        return predicted(record)

    value_result = render_result

    def render_per_head(self, value: Decimal) -> str:
        return f"{value:,.2f}"

    def value_per_head(self, value: Decimal) -> Decimal:
        return value

    def render_share(self, record: Any) -> str:
        return times(record)

    value_share = render_share


class ToSurveyTable(SurveyedTable):
    """The same across surveys: which one, and by when."""

    survey = Column(_("排查名称"), accessor="survey__title", order_by=("survey__title",))
    due_on = DateColumn(_("完成期限"), accessor="survey__due_on")

    class Meta(SurveyedTable.Meta):
        exclude = ("officer", "state")

    def render_due_on(self, value: Any) -> Any:
        return due(value)


_WORDS = dict(CLASSES)


def predicted(record: Surveyed) -> str:
    """The class the household would be filed in; of those near the standard, with a little less income."""
    return str(_WORDS[record.near]) if record.near else str(record.get_result_display())


class SurveyedFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    kind = filters.ChoiceFilter(label=_("列入原因"), choices=Surveyed.Kind.choices)
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.SURVEYED.choices)

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_heads(rows, "household__head__", value)
