"""The page of the data-protection officer: who looked at which sensitive data, when and why."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import mask_name
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.lists import ListPage
from nuanxin.kernel.web.tables import Column, Table
from nuanxin.records.models import LOOKS, Entry
from nuanxin.records.words import say
from nuanxin.registry.permissions import SEE_LOOKS
from nuanxin.registry.queries import looks
from nuanxin.registry.services.revealing import PURPOSES

NUMBERS = {"id": _("身份证号"), "phone": _("手机"), "contact": _("其他联系方式"), "card": _("银行卡号")}


class LookTable(Table):
    main = "what"
    at = Column(_("时间"))
    staff = Column(_("人员"), accessor="staff__local_name", orderable=False, default="—")
    role = Column(_("岗位"), accessor="post__role__local_name", orderable=False, default="—")
    org = Column(_("单位"), orderable=False)
    what = Column(_("查看了什么"), accessor="action", orderable=False)
    about = Column(_("所涉人员"), orderable=False, default="—")
    why = Column(_("目的或说明"), accessor="note", orderable=False, default="—")

    class Meta(Table.Meta):
        order_by = "-at"

    def order_at(self, rows: QuerySet[Entry], descending: bool) -> tuple[QuerySet[Entry], bool]:
        return rows.order_by("-id" if descending else "id"), True

    def render_at(self, value: Any) -> str:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"

    def render_what(self, record: Entry) -> str:
        """The number revealed, else the act with its size."""
        if record.action == looks.REVEALED:
            return str(NUMBERS.get(record.detail.get("what", ""), say(record.action)))
        size = record.detail.get("rows", record.detail.get("asked"))
        said = str(say(record.action))
        return said if size is None else gettext("%(what)s（%(count)s 条）") % {"what": said, "count": size}

    def render_about(self, value: str) -> str:
        return mask_name(value) or "—"

    def render_why(self, record: Entry) -> str:
        purpose = PURPOSES.get(record.detail.get("purpose", ""))
        return str(purpose or record.note) or "—"

    value_at, value_what, value_about, value_why = render_at, render_what, render_about, render_why


class LookFilter(FilterSet):
    q = filters.CharFilter(label=_("查看人姓名或账号"), method="by_staff")
    what = filters.ChoiceFilter(
        label=_("查看了什么"),
        method="by_what",
        choices=lambda: [*NUMBERS.items(), *((name, say(name)) for name in LOOKS[1:])],
    )
    purpose = filters.ChoiceFilter(
        label=_("查看的目的"), field_name="detail__purpose", choices=list(PURPOSES.items())
    )
    day = filters.DateFromToRangeFilter(label=_("日期"), field_name="at__date")

    def by_staff(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        return looks.by_staff(rows, value)

    def by_what(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        return rows.filter(**looks.what(value))


class Looks(ListPage):
    permissions = (SEE_LOOKS,)
    title = _("访问记录")
    note = _("谁在什么时候、为什么看了哪些敏感信息：完整号码、材料、导出的清单，以及跨地区的身份查询。")
    table_class = LookTable
    filterset_class = LookFilter
    template_name = "registry/looks.html"
    export_name = "registry.looks"
    unit = pgettext_lazy("unit", "条")
    empty_title = _("还没有访问记录")
    empty_text = _("有人查看完整号码、材料或导出清单后，这里会列出来。")

    def get_queryset(self) -> QuerySet[Entry]:
        return looks.looks()

    def get_context(self) -> dict[str, Any]:
        return {"volumes": looks.volumes(self.rows)}
