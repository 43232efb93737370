"""All awards in sight, of lists and of applications alike: what was given to whom, and whether it arrived."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.sets import begins, found_in
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, MoneyColumn
from nuanxin.registry.models import Household, Person

from ... import flow, labels, queries
from ...models import Application, Award, File
from ...permissions import SEE
from ..filters import MoneyFilter, by_head, by_unit, programmes_here, units_below
from ..tables import PaperTable
from .lists import counted


class AwardsTable(PaperTable):
    opens = "casework:award"
    name = Column(_("申请对象"), accessor="who", orderable=False)
    title = Column(_("项目"), accessor="name", orderable=False)
    org = Column(_("单位"), order_by=("org",))
    year = Column(_("年度"))
    amount = MoneyColumn(_("金额（元）"))
    state = ChipColumn(_("状态"), tones=labels.AWARD_TONES)
    paid_on = DateColumn(_("到卡日期"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(programmes_here())

    def render_title(self, record: Award) -> str:
        """A list by its own title, what was applied for by the programme's in the reader's language."""
        return record.name if record.aid_list_id else self.titles.get(record.programme, record.name)

    value_title = render_title


class AwardsFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    programme = filters.ChoiceFilter(label=_("项目"), choices=programmes_here)
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    year = filters.NumberFilter(label=_("年度"))
    paid_on = filters.DateFromToRangeFilter(label=_("到卡日期"))
    at_least = MoneyFilter(label=_("金额不低于"), field_name="amount", lookup_expr="gte")
    at_most = MoneyFilter(label=_("金额不高于"), field_name="amount", lookup_expr="lte")

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By whom it was for: people are looked up first, then their files and applications."""
        text = value.replace("\0", "").strip()
        if any(sign.isdigit() for sign in text):
            return rows.filter(found_in(File.objects.filter(begins("number", text)).values("pk"), "file"))
        homes = Household.objects.filter(by_head("head__", text)).values("pk")
        people = Person.objects.filter(by_head("", text)).values("pk")
        files = File.objects.filter(found_in(homes, "household")).values("pk")
        applications = Application.objects.filter(
            Q(found_in(homes, "household"), person__isnull=True) | Q(found_in(people, "person"))
        )
        return rows.filter(Q(found_in(files, "file")) | Q(found_in(applications.values("pk"), "application")))


class Awards(ListPage):
    permissions = (SEE,)
    title = _("帮扶金台账")
    unit = _("笔")
    table_class = AwardsTable
    filterset_class = AwardsFilter
    export_name = "casework.all_awards"
    empty_title = _("还没有帮扶金")
    empty_text = _("救助名单或申请批准后，帮扶金会出现在这里。")

    def get_queryset(self) -> QuerySet[Award]:
        return queries.awards()

    def get_tabs(self) -> Sequence[Tab]:
        return counted(Award.objects.all(), flow.AWARD.states)

    def in_tab(self, rows: QuerySet[Award], key: str) -> QuerySet[Award]:
        return rows if key == "all" else rows.filter(state=key)

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return ({"label": _("救助名单"), "url": reverse("casework:aid_lists")},)
