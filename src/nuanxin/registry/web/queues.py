"""The standing queues of households and persons, as one page with a tab for each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.sets import found_in
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import CodeColumn, Column, DateColumn, Table
from nuanxin.registry import groups
from nuanxin.registry.models import Person
from nuanxin.registry.permissions import EXPORT, SEE_HOUSEHOLD
from nuanxin.registry.queries import queues
from nuanxin.registry.queries.finding import find_people, home_of
from nuanxin.registry.queries.schooling import Ages, ages

from .tables import HouseholdFilter, HouseholdTable

STAGES = {"primary": _("上小学"), "senior": _("初中毕业升学"), "higher": _("高中毕业升学")}
HOUSEHOLDS = ("stale", "consent")


class StaleTable(HouseholdTable):
    card = None  # type: ignore[assignment]
    changed = DateColumn(_("最后更新"), order_by=("changed", "pk"))


class QueuedPersonTable(Table):
    main = "name"
    name = Column(_("姓名"), order_by=("pinyin", "pk"))
    number = CodeColumn(_("身份证号"), accessor="id_mask", orderable=False)
    phone = CodeColumn(_("手机"), accessor="phone_mask", orderable=False)
    org = Column(_("所属工会"), order_by=("org", "pk"))

    def row_url(self, record: Person) -> str:
        home = home_of(record)
        return reverse("registry:household", args=[home.pk]) if home else ""

    def render_name(self, record: Person) -> str:
        return groups.shown(record, "name")

    value_name = render_name

    def render_number(self, record: Person) -> str:
        return groups.shown(record, "id_mask")

    value_number = render_number

    def render_phone(self, record: Person) -> str:
        return groups.shown(record, "phone_mask")

    value_phone = render_phone


class ExpiringTable(QueuedPersonTable):
    id_expires_on = Column(_("身份证有效期至"))

    def render_id_expires_on(self, record: Person) -> str:
        return groups.shown(record, "id_expires_on")

    value_id_expires_on = render_id_expires_on


class SchoolTable(QueuedPersonTable):
    born_on = Column(_("出生日期"))
    stage = Column(_("今年升学"), orderable=False)
    school = Column(_("就读学校"), orderable=False, empty_values=())

    def render_born_on(self, record: Person) -> str:
        return groups.shown(record, "born_on")

    value_born_on = render_born_on

    def render_stage(self, value: str) -> str:
        return str(STAGES[value])

    value_stage = render_stage

    def render_school(self, record: Person) -> str:
        return groups.shown(record, "school")

    value_school = render_school


class QueuedPersonFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、身份证号或手机"), method="search")
    union = filters.CharFilter(label=_("所属工会"), field_name="org__name", lookup_expr="icontains")

    def search(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return rows.filter(found_in(find_people(value).order_by().values("pk")))


class Queues(ListPage):
    """Tabs: not changed for a year, no consent, ID card expiring, reaching an age at school."""

    permissions = (SEE_HOUSEHOLD,)
    title = _("待完善信息")
    note = _("长期清单：谁的信息该更新了。处理完一户，它就从清单上消失。")
    export_name = "registry.queues"
    export_permission = EXPORT
    remember = False
    empty_title = _("清单是空的")
    empty_text = _("没有要处理的家庭或人员。")

    _tables: dict[str, type[Table]] = {
        "stale": StaleTable, "consent": HouseholdTable, "id": ExpiringTable, "school": SchoolTable,
    }  # fmt: skip

    @property
    def table_class(self) -> type[Table]:  # type: ignore[override]
        return self._tables[self.tab]

    @property
    def filterset_class(self) -> type[FilterSet]:  # type: ignore[override]
        return HouseholdFilter if self.tab in HOUSEHOLDS else QueuedPersonFilter

    @property
    def unit(self) -> Any:  # type: ignore[override]
        return _("户") if self.tab in HOUSEHOLDS else _("人")

    def get_queryset(self) -> QuerySet[Any]:
        return queues.stale()

    def get_tabs(self) -> Sequence[Tab]:
        found = queues.counts(self._ages)
        tabs = [
            Tab("stale", _("一年未更新"), found.stale),
            Tab("consent", _("缺授权签字"), found.without_consent),
            Tab("id", _("身份证将到期"), found.id_expiring),
        ]
        if self._may_see_children:
            tabs.append(Tab("school", _("子女升学"), found.reaching_school))
        return tabs

    @cached_property
    def _ages(self) -> Ages:
        return ages()

    @property
    def _may_see_children(self) -> bool:
        return groups.may(self.request.actor, groups.CHILDREN)  # type: ignore[attr-defined]

    def in_tab(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        return {
            "consent": queues.without_consent,
            "id": queues.id_expiring,
            "school": lambda: queues.reaching_school(self._ages),
        }.get(key, lambda: rows)()
