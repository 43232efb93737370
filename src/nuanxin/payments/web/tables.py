"""The lists of dues and batches; cards and names of payees only ever masked as far as the list needs."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, MoneyColumn, NumberColumn, Table
from nuanxin.ledger import queries as ledger

from .. import flow, queries
from ..models import Batch, Due

DUE_TONES = {"waiting": "wait", "batched": "wait", "paid": "done", "returned": "no", "reissued": "off"}
BATCH_TONES = {"made": "wait", "sent": "wait", "settled": "done", "dissolved": "off"}


def _funds(request: Any) -> Any:
    return ledger.funds()


class BatchTable(Table):
    main = "number"
    number = Column(_("批次号"))
    fund = Column(_("资金"))
    state = ChipColumn(_("状态"), tones=BATCH_TONES)
    count = NumberColumn(_("笔数"))
    total = MoneyColumn(_("金额（元）"))
    maker = Column(_("制作人"), orderable=False)
    made = DateColumn(_("制作日期"))
    settled = DateColumn(_("回单日期"))

    def row_url(self, record: Batch) -> str:
        return reverse("payments:batch", args=[record.pk])


class BatchFilter(FilterSet):
    q = filters.CharFilter(label=_("批次号"), field_name="number", lookup_expr="icontains")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.BATCH.choices)
    fund = filters.ModelChoiceFilter(label=_("资金"), queryset=_funds)
    made = filters.DateFromToRangeFilter(label=_("制作日期"))


class DueTable(Table):
    main = "payee"
    payee = Column(_("收款人"))
    card_mask = Column(_("银行卡号"), orderable=False)
    bank = Column(_("开户银行"), orderable=False)
    amount = MoneyColumn(_("金额（元）"))
    reason = Column(_("摘要"), orderable=False)
    fund = Column(_("资金"))
    org = Column(_("单位"), orderable=False)
    state = ChipColumn(_("状态"), tones=DUE_TONES)
    bank_reason = Column(_("退回原因"), orderable=False)

    def row_url(self, record: Due) -> str:
        above = queries.source_url(record)
        return above or (reverse("payments:batch", args=[record.batch_id]) if record.batch_id else "")


class LineTable(Table):
    main = "payee"
    line = NumberColumn(_("行号"))
    payee = Column(_("收款人"))
    card_mask = Column(_("银行卡号"), orderable=False)
    bank = Column(_("开户银行"), orderable=False)
    amount = MoneyColumn(_("金额（元）"))
    reason = Column(_("摘要"), orderable=False)
    org = Column(_("单位"), orderable=False)
    state = ChipColumn(_("状态"), tones=DUE_TONES)
    bank_reason = Column(_("退回原因"), orderable=False)

    def row_url(self, record: Due) -> str:
        return queries.source_url(record)


class LineFilter(FilterSet):
    q = filters.CharFilter(label=_("收款人、卡号后四位"), method="search")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.DUE.choices)

    def search(self, rows: QuerySet[Due], name: str, value: str) -> QuerySet[Due]:
        return rows.filter(Q(payee__icontains=value) | Q(card_mask__endswith=value))


class DueFilter(LineFilter):
    state = None
    fund = filters.ModelChoiceFilter(label=_("资金"), queryset=_funds)
    purpose = filters.ChoiceFilter(label=_("用途"), choices=lambda: list(ledger.purposes().items()))
    created = filters.DateFromToRangeFilter(label=_("批准日期"))
