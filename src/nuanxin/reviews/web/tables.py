"""Tables and filters of reviews and of what they found."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.labels import CLASS_TONES
from nuanxin.casework.models import RESULTS
from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.kernel.web import markup
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, MoneyColumn, NumberColumn, Table
from nuanxin.orgs import queries as orgs
from nuanxin.registry.labels import choices, label
from nuanxin.registry.permissions import SEE_FINANCE

from .. import flow, labels, queries
from ..models import BEFORE, Difference, Kind, Opinion, Review


class ReviewTable(Table):
    main = "title"
    title = Column(_("复核名称"))
    org = Column(_("复核单位"), order_by=("org",))
    as_of = DateColumn(_("认定基准日"))
    total = NumberColumn(_("复核户数"))
    state = ChipColumn(_("状态"), tones=labels.REVIEW_TONES)
    maker = Column(_("发起人"), accessor="maker__local_name", order_by=("maker__name",))
    created = DateColumn(_("发起日期"))

    def row_url(self, record: Review) -> str:
        return reverse("reviews:review", args=[record.pk])


class ReviewFilter(FilterSet):
    q = filters.CharFilter(label=_("复核名称"), field_name="title", lookup_expr="icontains")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.REVIEW.choices)


class PerHeadColumn(Column):
    """Monthly income a head, in yuan."""

    css = "num"

    def render(self, value: Any) -> str:
        return f"{value:,.2f}"

    def value(self, value: Any) -> float:
        return float(value)


class _Household(Table):
    """Every column a list of differences may have; each list leaves out what says nothing there."""

    main = "name"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin",))
    org = Column(_("单位"), order_by=("org",))
    was = ChipColumn(_("原类别"), tones=CLASS_TONES, labels=dict(BEFORE))
    now = ChipColumn(_("现结论"), tones=CLASS_TONES)
    per_head_now = PerHeadColumn(_("月人均（元）"), default="—", permission=SEE_FINANCE)
    aid_was = MoneyColumn(_("原年度待遇（元）"), default="—")
    aid_now = MoneyColumn(_("现年度待遇（元）"), default="—")
    cause = Column(_("主要致困原因"), accessor="household__main_cause", orderable=False)
    opinion = Column(_("处理意见"), empty_values=("",), default="—")
    state = ChipColumn(_("办理状态"), tones=labels.STATE_TONES)

    def render_cause(self, value: str) -> str:
        return label("main_cause", value)

    value_cause = render_cause

    def render_state(self, record: Difference, value: Any) -> Any:
        """The state, or what stands in its way."""
        if record.stale:  # type: ignore[attr-defined]
            return markup.chip(_("情况有变动"), "warn")
        if record.problem:
            return markup.chip(_("未能办结"), "no")
        return markup.chip(record.get_state_display(), labels.STATE_TONES[record.state])

    def row_url(self, record: Difference) -> str:
        return reverse("reviews:difference", args=[record.pk])


class DifferenceTable(_Household):
    """Households that differ, with class and money before and now."""

    class Meta(Table.Meta):
        exclude = ("opinion",)


class UnknownTable(_Household):
    """Households that cannot be determined, with what is to be found out."""

    missing = Column(_("缺少的情况"), orderable=False)

    class Meta(Table.Meta):
        exclude = ("per_head_now", "aid_now", "opinion")
        sequence = ("name", "org", "was", "missing", "...")

    def render_missing(self, record: Difference, value: list[str]) -> str:
        language = get_language() or "zh"
        return "、".join(text.in_(language) for text in queries.inputs(record.pack_hash, value))

    value_missing = render_missing


class OpinionTable(_Household):
    """Households somebody has proposed something for."""

    class Meta(Table.Meta):
        exclude = ("per_head_now", "cause")


def places() -> list[tuple[str, str]]:
    """The units right below the actor's own, such as a prefecture's counties."""
    return [(node.path, node.local_name) for node in orgs.children_of(scope.current().org_path)]


class DifferenceFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=places, method="within")
    was = filters.ChoiceFilter(label=_("原类别"), choices=BEFORE)
    now = filters.ChoiceFilter(label=_("现结论"), choices=RESULTS)
    cause = filters.ChoiceFilter(
        label=_("主要致困原因"),
        choices=lambda: choices("main_cause")[1:],
        field_name="household__main_cause",
    )
    kind = filters.ChoiceFilter(label=_("变化"), choices=Kind.choices)
    opinion = filters.ChoiceFilter(label=_("处理意见"), choices=Opinion.choices)
    stale = filters.BooleanFilter(label=_("情况有变动"))

    def search(self, rows: QuerySet[Difference], name: str, value: str) -> QuerySet[Difference]:
        key = "household__head__pinyin" if value.isascii() else "household__head__name"
        return rows.filter(**{f"{key}__startswith": pinyin_key(value) if value.isascii() else value})

    def within(self, rows: QuerySet[Difference], name: str, value: str) -> QuerySet[Difference]:
        low, high = subtree(value)
        return rows.filter(org__gte=low, org__lt=high)
