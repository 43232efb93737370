"""The team view of a centre's head: who has how much, what is late, how long steps take. No families."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.charts import BarChart, Series
from nuanxin.kernel.web.lists import ListPage
from nuanxin.kernel.web.tables import Column, NumberColumn, Table
from nuanxin.orgs.models import Post

from ...permissions import TEAM
from ...queries.team import team

#: The times are those of steps passed in so many days; the chart shows so many people.
DAYS, DRAWN = 90, 10


class DaysColumn(Column):
    """A time in days with one decimal, right-aligned."""

    css = "num"

    def render(self, value: float) -> str:
        return f"{value:,.1f}"

    def value(self, value: float) -> float:
        return round(value, 1)


class TeamTable(Table):
    main = "name"
    name = Column(_("姓名"), accessor="staff__local_name", order_by=("staff__name", "pk"))
    unit = Column(_("单位"), accessor="node__local_name", order_by=("node__path",))
    role = Column(_("岗位"), accessor="role__local_name", order_by=("role__name",))
    brought = NumberColumn(_("经办中（件）"))
    returned = NumberColumn(_("被退回（件）"))
    waiting = NumberColumn(_("待办步骤（个）"))
    late = NumberColumn(_("逾期（件）"))
    passed = NumberColumn(_("近90天办结步骤"))
    median = DaysColumn(_("用时中位数（天）"))
    slow = DaysColumn(_("九成不超过（天）"))


class Team(ListPage):
    permissions = (TEAM,)
    title = _("团队办理")
    note = _("待办步骤由同单位有权限的人共同办理，每人名下都计入。")
    unit = _("人")
    template_name = "casework/team.html"
    table_class = TeamTable
    export_name = "casework.team"
    empty_title = _("没有经办人员")

    def get_queryset(self) -> QuerySet[Post]:
        return team(scope.current().org_path, timezone.now() - timedelta(days=DAYS))

    def get_context(self) -> dict[str, Any]:
        return {"chart": _chart(self.rows)}


def _chart(posts: QuerySet[Post]) -> BarChart | None:
    """Those with most work, and what of it is late."""
    rows: list[Any] = [row for row in posts.order_by("-load", "pk")[:DRAWN] if row.load]  # type: ignore[attr-defined]
    if not rows:
        return None
    most = {"name": rows[0].staff.local_name, "count": f"{rows[0].load:,}"}
    series = [
        Series(_("名下待办"), [row.load for row in rows]),
        Series(_("已逾期"), [row.late for row in rows]),
    ]
    title = gettext("待办最多的是%(name)s，%(count)s 件") % most
    return BarChart(title, _("姓名"), [row.staff.local_name for row in rows], series, _("件"))
