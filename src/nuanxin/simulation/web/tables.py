"""Tables and filters of the lists."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.identity import mask_name
from nuanxin.kernel.money import Money
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, MoneyColumn, Table
from nuanxin.records.models import JobRun
from nuanxin.registry.labels import choices, label

from .. import queries
from ..models import Run

MOVEMENTS = {
    queries.ENTERS: gettext_lazy("新纳入"),
    queries.LEAVES: gettext_lazy("退出"),
    queries.CHANGES: gettext_lazy("类别变化"),
    queries.UNTOLD: gettext_lazy("无法判定"),
    queries.STAYS: gettext_lazy("只变金额"),
}
MOVEMENT_TONES = {
    queries.ENTERS: "done",
    queries.LEAVES: "no",
    queries.CHANGES: "wait",
    queries.UNTOLD: "warn",
    queries.STAYS: "off",
}
STATE_TONES = {"waiting": "wait", "running": "wait", "done": "done", "failed": "no", "cancelled": "off"}


class ScenarioTable(Table):
    main = "name"
    name = Column(gettext_lazy("方案名称"))
    day = DateColumn(gettext_lazy("基准日"))
    org = Column(gettext_lazy("单位"), accessor="org__local_name", orderable=False)
    staff = Column(gettext_lazy("建立人"), accessor="staff__local_name", orderable=False, default="—")
    created = DateColumn(gettext_lazy("建立时间"))

    def row_url(self, record: Any) -> str:
        return reverse("simulation:scenario", args=[record.pk])


class RunTable(Table):
    main = "first"
    first = Column(gettext_lazy("方案"), accessor="first__name", orderable=False)
    second = Column(gettext_lazy("对照方案"), accessor="second__name", orderable=False, default="—")
    place = Column(gettext_lazy("测算范围"), accessor="place__local_name", orderable=False)
    day = DateColumn(gettext_lazy("基准日"))
    staff = Column(gettext_lazy("发起人"), accessor="staff__local_name", orderable=False, default="—")
    created = DateColumn(gettext_lazy("发起时间"))
    state = ChipColumn(
        gettext_lazy("状态"),
        tones=STATE_TONES,
        labels=dict(JobRun.State.choices),
        accessor="job__state",
        orderable=False,
        default="—",
    )

    def row_url(self, record: Any) -> str:
        return reverse("simulation:run", args=[record.pk])


class DifferenceTable(Table):
    """Winners and losers; the name is masked for readers who may not see files."""

    main = "name"
    name = Column(gettext_lazy("户主"), accessor="household__head__name", orderable=False)
    unit = Column(gettext_lazy("单位"), accessor="org__local_name", orderable=False)
    cause = Column(gettext_lazy("主要致困原因"), orderable=False)
    before = Column(gettext_lazy("现行结论"), orderable=False)
    after = Column(gettext_lazy("方案结论"), orderable=False)
    move = ChipColumn(gettext_lazy("变化"), tones=MOVEMENT_TONES, labels=MOVEMENTS, orderable=False)
    fen_before = MoneyColumn(gettext_lazy("现行全年（元）"))
    fen_after = MoneyColumn(gettext_lazy("方案全年（元）"))
    gain = MoneyColumn(gettext_lazy("增减（元）"))

    #: Set by the page: the run, whether names are shown in full, and whether households open.
    run: Run
    named = False
    opens = False

    def row_url(self, record: Any) -> str:
        return reverse("registry:household", args=[record.household_id]) if self.opens else ""

    def render_name(self, value: str) -> str:
        return value if self.named else mask_name(value)

    def value_name(self, value: str) -> str:
        return self.render_name(value)

    def render_cause(self, value: str) -> str:
        return label("main_cause", value)

    def value_cause(self, value: str) -> str:
        return self.render_cause(value)

    def render_before(self, value: str) -> str:
        return queries.said(self.run, "results", value)

    def value_before(self, value: str) -> str:
        return self.render_before(value)

    def render_after(self, value: str) -> str:
        return queries.said(self.run, "results", value)

    def value_after(self, value: str) -> str:
        return self.render_after(value)


def below(rows: QuerySet[Any], name: str, path: str) -> QuerySet[Any]:
    low, high = subtree(path)
    return rows.filter(org__gte=low, org__lt=high)


def gaining(rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
    return rows.filter(gain__gt=Money(0)) if value == "gain" else rows.filter(gain__lt=Money(0))


def difference_filter(run: Run) -> type[FilterSet]:
    """The filters of one run's list: its counties and its classes."""
    results = [(name, queries.said(run, "results", name)) for name in queries.classes(run)]

    class DifferenceFilter(FilterSet):
        unit = filters.ChoiceFilter(
            label=gettext_lazy("地区"), choices=list(queries.units(run).items()), method=below
        )
        move = filters.ChoiceFilter(label=gettext_lazy("变化"), choices=list(MOVEMENTS.items()))
        gains = filters.ChoiceFilter(
            label=gettext_lazy("增减"),
            choices=[("gain", gettext_lazy("得到更多")), ("loss", gettext_lazy("得到更少"))],
            method=gaining,
        )
        before = filters.ChoiceFilter(label=gettext_lazy("现行结论"), choices=results)
        after = filters.ChoiceFilter(label=gettext_lazy("方案结论"), choices=results)
        cause = filters.ChoiceFilter(label=gettext_lazy("主要致困原因"), choices=choices("main_cause")[1:])

    return DifferenceFilter
