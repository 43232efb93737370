"""Columns and filters of the app's lists."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import CLASSES, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.web import markup
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import (
    ChipColumn,
    Column,
    DateColumn,
    MoneyColumn,
    NumberColumn,
    Table,
)
from nuanxin.orgs import queries as orgs
from nuanxin.registry.permissions import SEE_FINANCE

from .. import flow
from ..models import Drive, Recipient, Target

DRIVE_TONES = {
    "draft": "off",
    "submitted": "wait",
    "returned": "no",
    "approved": "done",
    "closed": "off",
    "dropped": "off",
}
RECIPIENT_TONES = {"planned": "off", "approved": "wait", "visited": "done"}
#: What a recipient's payment is called, by the state of its latest due; "": no money, or not approved.
PAYMENTS = {
    "waiting": (_("待发放"), "wait"),
    "batched": (_("已入批"), "wait"),
    "paid": (_("已到卡"), "done"),
    "returned": (_("银行退回"), "no"),
    "reissued": (_("已重发"), "wait"),
}


class DriveTable(Table):
    main = "name"
    name = Column(_("活动名称"))
    org = Column(_("单位"), order_by=("org_id",))
    starts_on = DateColumn(_("开始日期"))
    ends_on = DateColumn(_("结束日期"))
    cash = MoneyColumn(_("每人慰问金（元）"))
    gift = Column(_("慰问品"), orderable=False, default="—")
    planned = NumberColumn(_("计划（人）"))
    visited = NumberColumn(_("已走访（人次）"))
    state = ChipColumn(_("状态"), tones=DRIVE_TONES)

    def row_url(self, record: Drive) -> str:
        return reverse("campaigns:drive", args=[record.pk])


class DriveFilter(FilterSet):
    q = filters.CharFilter(label=_("活动名称或主题"), method="search")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.DRIVE.choices)
    year = filters.NumberFilter(label=_("年份"), field_name="starts_on", lookup_expr="year")

    def search(self, rows: QuerySet[Drive], name: str, value: str) -> QuerySet[Drive]:
        return rows.filter(Q(name__icontains=value) | Q(theme__icontains=value))


class RecipientTable(Table):
    main = "name"
    name = Column(_("姓名"), order_by=("pinyin", "pk"))
    id_mask = Column(_("身份证号"), orderable=False)
    org = Column(_("单位"), order_by=("org_id", "pinyin"))
    target = Column(_("慰问对象"))
    cash = MoneyColumn(_("慰问金（元）"))
    due_state = ChipColumn(
        _("发放"),
        tones={key: tone for key, (_word, tone) in PAYMENTS.items()},
        labels={key: word for key, (word, _tone) in PAYMENTS.items()},
        orderable=False,
        default="—",
    )
    state = ChipColumn(_("走访情况"), tones=RECIPIENT_TONES)

    def render_target(self, record: Recipient, value: str) -> Any:
        if record.kind == Recipient.Kind.FILE:
            return value
        return format_html('{}<span class="minor">{}</span>', value, record.get_kind_display())

    def value_target(self, value: str) -> str:
        return value

    def row_url(self, record: Recipient) -> str:
        return reverse("campaigns:visit", args=[record.pk])


class GroupTable(Table):
    main = "name"
    name = Column(_("集体名称"), order_by=("pinyin", "pk"))
    org = Column(_("单位"), order_by=("org_id", "pinyin"))
    target = Column(_("慰问对象"))
    headcount = NumberColumn(_("人数"), default=_("不详"))
    gifts = NumberColumn(_("慰问品（份）"))
    gift_value = MoneyColumn(_("价值（元）"))
    cash = MoneyColumn(_("慰问金（元）"))
    due_state = RecipientTable.base_columns["due_state"]
    state = ChipColumn(_("走访情况"), tones=RECIPIENT_TONES)

    row_url = RecipientTable.row_url


class VisitTable(Table):
    main = "name"
    name = Column(_("姓名或集体名称"), order_by=("pinyin", "pk"))
    org = Column(_("单位"), order_by=("org_id", "pinyin"))
    visited_on = DateColumn(_("走访日期"))
    visitor = Column(_("走访人"), orderable=False)
    finding = ChipColumn(
        _("走访结果"), tones={"agrees": "done", "differs": "warn", "unverified": "warn"}, orderable=False
    )
    gifts_delivered = NumberColumn(_("送达（份）"), orderable=False)
    signed_name = Column(_("签收人"), orderable=False)

    row_url = RecipientTable.row_url


class RecipientFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名或拼音"), method="search")
    target = filters.ChoiceFilter(label=_("慰问对象"), choices=Target.choices)
    state = filters.ChoiceFilter(label=_("走访情况"), choices=flow.RECIPIENT.choices)
    place = filters.ChoiceFilter(label=_("下级单位"), method="within", choices=lambda: places())

    def search(self, rows: QuerySet[Recipient], name: str, value: str) -> QuerySet[Recipient]:
        return rows.filter(Q(name__startswith=value) | Q(pinyin__startswith=value.lower()))

    def within(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        low, high = subtree(value)
        return rows.filter(org_id__gte=low, org_id__lt=high)


class CandidateTable(Table):
    main = "name"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin", "pk"))
    number = Column(_("档案号"))
    org = Column(_("单位"), order_by=("org_id", "household__head__pinyin"))
    clazz = Column(_("困难类别"))
    card = Column(
        _("银行卡"),
        accessor="household__card_mask",
        orderable=False,
        default=_("未登记"),
        permission=SEE_FINANCE,
    )
    seen = Column(_("本年走访"), orderable=False)

    def render_seen(self, value: bool) -> Any:
        return markup.chip(_("已走访"), "done") if value else markup.chip(_("未走访"), "off")

    def value_seen(self, value: bool) -> str:
        return str(_("已走访") if value else _("未走访"))


class CandidateFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音或档案号"), method="search")
    clazz = filters.ChoiceFilter(label=_("困难类别"), choices=CLASSES[:3])
    place = filters.ChoiceFilter(label=_("下级单位"), method="within", choices=lambda: places())
    seen = filters.ChoiceFilter(
        label=_("本年走访"), method="by_seen", choices=[("no", _("未走访")), ("yes", _("已走访"))]
    )

    within = RecipientFilter.within

    def search(self, rows: QuerySet[File], name: str, value: str) -> QuerySet[File]:
        head = Q(household__head__name__startswith=value)
        head |= Q(household__head__pinyin__startswith=value.lower())
        return rows.filter(head | Q(number=value))

    def by_seen(self, rows: QuerySet[File], name: str, value: str) -> QuerySet[File]:
        return rows.filter(seen=value == "yes")


def places() -> list[tuple[str, str]]:
    """The units right below the actor's own, such as a county's townships."""
    return [(node.path, node.local_name) for node in orgs.children_of(scope.current().org_path)]
