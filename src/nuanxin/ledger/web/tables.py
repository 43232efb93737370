"""The list of a fund's transfers, as seen from the account of the reader's unit."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import Money
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.markup import yuan
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, MoneyColumn, Table

from .. import queries
from ..models import Transfer

TONES = {"appropriate": "done", "hold": "wait", "post": "done", "void": "off", "reverse": "warn"}


class SideColumn(MoneyColumn):
    """The amount when it goes this way, otherwise nothing."""

    def __init__(self, verbose_name: Any, *, inward: bool) -> None:
        super().__init__(verbose_name, accessor="amount")
        self.inward = inward

    def render(self, value: Money, record: Transfer) -> str:  # type: ignore[override]
        return yuan(value) if record.inward == self.inward else ""  # type: ignore[attr-defined]

    def value(self, value: Money, record: Transfer) -> Money | None:  # type: ignore[override]
        return value if record.inward == self.inward else None  # type: ignore[attr-defined]


class TransferTable(Table):
    main = "memo"
    booked_on = DateColumn(_("日期"))
    kind = ChipColumn(_("种类"), tones=TONES)
    other = Column(_("对方"), accessor="pk", orderable=False)
    memo = Column(_("摘要"), orderable=False, empty_values=())
    inward = SideColumn(_("转入（元）"), inward=True)
    outward = SideColumn(_("转出（元）"), inward=False)

    class Meta(Table.Meta):
        sequence = ("booked_on", "kind", "memo", "other", "inward", "outward")

    def render_other(self, record: Transfer) -> str:
        return str(other_side(record))

    def render_memo(self, record: Transfer) -> str:
        return record.memo or str(_("第 %(number)s 笔") % {"number": record.pk})

    def row_url(self, record: Transfer) -> str:
        return reverse("ledger:transfer", args=[record.pk])


def other_side(record: Transfer) -> Any:
    """Who the money came from or went to, in words."""
    if record.kind in (Transfer.Kind.HOLD, Transfer.Kind.POST, Transfer.Kind.VOID):
        return _("收款人")
    if record.debit_org_id == record.credit_org_id:
        return _("外部来源")
    return record.debit_org if record.inward else record.credit_org  # type: ignore[attr-defined]


class TransferFilter(FilterSet):
    q = filters.CharFilter(label=_("摘要"), method="search")
    purpose = filters.ChoiceFilter(label=_("用途"), choices=lambda: list(queries.purposes().items()))
    day = filters.DateFromToRangeFilter(label=_("日期"), field_name="booked_on")

    def search(self, rows: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        other = Q(debit_org__name__icontains=value) | Q(credit_org__name__icontains=value)
        return rows.filter(Q(memo__icontains=value) | other)
