"""The list of messages; no numbers, and no words of a message, in it or in what is taken out of it."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.sets import begins
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, NumberColumn, Table
from nuanxin.orgs import queries as orgs

from .. import labels
from ..models import CHANNELS, REASONS, Message


class MessageTable(Table):
    main = "name"
    name = Column(_("收件人"))
    wording = Column(_("消息内容"))
    channel = Column(_("方式"), accessor="get_channel_display", order_by=("channel",))
    org = Column(_("单位"), order_by=("org",))
    state = ChipColumn(_("状态"), tones=labels.STATE_TONES)
    because = Column(_("未发送原因"), accessor="get_because_display", order_by=("because",))
    due = DateColumn(_("计划发送"))
    sent = DateColumn(_("发送时间"))
    attempts = NumberColumn(_("发送次数"))

    def row_url(self, record: Message) -> str:
        return reverse("messaging:message", args=[record.pk])

    def render_wording(self, value: str) -> str:
        return labels.title(value)

    value_wording = render_wording


def _units() -> list[tuple[str, str]]:
    return [(node.path, node.local_name) for node in orgs.children_of(scope.current().org_path)]


class MessageFilter(FilterSet):
    q = filters.CharFilter(label=_("收件人"), method="by_name")
    wording = filters.ChoiceFilter(label=_("消息内容"), choices=labels.titles)
    channel = filters.ChoiceFilter(label=_("方式"), choices=CHANNELS)
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=_units, method="by_unit")
    because = filters.ChoiceFilter(label=_("未发送原因"), choices=REASONS)
    created = filters.DateFromToRangeFilter(label=_("生成日期"))

    def by_name(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the beginning of the recipient's name."""
        return rows.filter(begins("name", value.replace("\0", "").strip()))

    def by_unit(self, rows: QuerySet[Any], name: str, path: str) -> QuerySet[Any]:
        """At or below the unit."""
        low, high = subtree(path)
        return rows.filter(org__gte=low, org__lt=high)
