"""Columns and filters of the app's lists."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.markup import yuan
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, Table

from .. import flow, standing
from ..models import PackProposal, Parameter, ProgrammeProposal, StandardsChange

TONES = {"draft": "off", "submitted": "wait", "returned": "no", "in_force": "done", "withdrawn": "off"}


class ProposalTable(Table):
    main = "title"
    title = Column(_("名称"), order_by=("title", "pk"))
    code = Column(_("代码"), default="—")
    version = Column(_("版本"), default="—")
    org = Column(_("提出单位"), order_by=("org_id",))
    valid_from = DateColumn(_("施行日期"), default="—")
    maker = Column(_("经办人"), order_by=("maker__name",))
    created = DateColumn(_("起草时间"))
    state = ChipColumn(_("状态"), tones=TONES)

    def render_title(self, record: PackProposal) -> str:
        return str(record)

    def row_url(self, record: PackProposal) -> str:
        return reverse("policy:proposal", args=[record.pk])


class ProposalFilter(FilterSet):
    q = filters.CharFilter(label=_("名称或代码"), method="search")
    state = filters.ChoiceFilter(label=_("状态"), choices=list(flow.STATES.items()))

    def search(self, rows: QuerySet[PackProposal], name: str, value: str) -> QuerySet[PackProposal]:
        return rows.filter(
            Q(title__icontains=value) | Q(title_en__icontains=value) | Q(code__icontains=value)
        )


class ProgrammeProposalTable(ProposalTable):
    def row_url(self, record: ProgrammeProposal) -> str:  # type: ignore[override]
        return reverse("policy:programme_proposal", args=[record.pk])


class ChangeTable(Table):
    main = "name"
    name = Column(_("标准"), order_by=("name", "pk"))
    document = Column(_("依据文件"))
    valid_from = DateColumn(_("施行日期"))
    org = Column(_("提出单位"), order_by=("org_id",))
    maker = Column(_("经办人"), order_by=("maker__name",))
    created = DateColumn(_("起草时间"))
    state = ChipColumn(_("状态"), tones=TONES)

    def render_name(self, record: StandardsChange) -> str:
        return str(_("%(name)s（更正）") % {"name": record}) if record.correction else str(record)

    def row_url(self, record: StandardsChange) -> str:
        return reverse("policy:change", args=[record.pk])


class ChangeFilter(FilterSet):
    q = filters.CharFilter(label=_("标准或文件名称"), method="search")
    state = filters.ChoiceFilter(label=_("状态"), choices=list(flow.STATES.items()))

    def search(self, rows: QuerySet[StandardsChange], name: str, value: str) -> QuerySet[StandardsChange]:
        return rows.filter(Q(name__icontains=value) | Q(document__icontains=value) | Q(code__icontains=value))


class StandardTable(Table):
    main = "name"
    name = Column(_("名称"), order_by=("code", "org_id"))
    org = Column(_("适用地区"), order_by=("org_id",), empty_values=())
    residence = Column(_("城乡"))
    value = Column(_("标准"), order_by=("amount", "number"), empty_values=())
    valid = Column(_("有效期"), order_by=("valid",))
    document = Column(_("依据文件"), orderable=False)

    def render_name(self, record: Parameter) -> str:
        return record.local_name

    def render_org(self, record: Parameter) -> Any:
        return record.org or _("全部地区")

    def render_value(self, record: Parameter) -> Any:
        return format_html('<span class="num">{}</span>', value_of(record))

    def value_value(self, record: Parameter) -> Any:
        return record.number if record.amount is None else record.amount

    def render_valid(self, record: Parameter) -> Any:
        return period(record.valid)

    def value_valid(self, record: Parameter) -> str:
        return str(period(record.valid))

    def render_document(self, record: Parameter) -> str:
        return record.local_document

    def row_url(self, record: Parameter) -> str:
        return reverse("policy:standard", args=[record.pk])


def value_of(row: Parameter) -> str:
    """A standard's value with its unit: '620.00 元', '5'."""
    if row.amount is None:
        return row.plain_number
    return str(_("%(amount)s 元") % {"amount": yuan(row.amount)})


def period(valid: Any) -> str:
    """A half-open period as it reads."""
    if valid.upper is None:
        return str(_("%(start)s 起") % {"start": valid.lower})
    return str(_("%(start)s 至 %(end)s（不含）") % {"start": valid.lower, "end": valid.upper})


def _kinds(request: Any) -> list[tuple[str, str]]:
    english = (get_language() or "").startswith("en")
    kinds = standing.standard_kinds(timezone.localdate()).values()
    return [(kind.code, kind.name_en if english else kind.name) for kind in kinds]


class StandardFilter(FilterSet):
    """Without a day or a year, the list shows today."""

    q = filters.CharFilter(label=_("地区名称或代码"), method="search")
    code = filters.ChoiceFilter(label=_("标准"), choices=lambda: _kinds(None))
    residence = filters.ChoiceFilter(label=_("城乡"), choices=Parameter.Residence.choices)
    day = filters.DateFilter(label=_("截至日期"), method="as_of")
    year = filters.NumberFilter(label=_("年份"), min_value=1990, max_value=2100, method="in_year")

    def search(self, rows: QuerySet[Parameter], name: str, value: str) -> QuerySet[Parameter]:
        return rows.filter(
            Q(org__name__icontains=value) | Q(org__code__startswith=value) | Q(org__name_en__icontains=value)
        )

    def as_of(self, rows: QuerySet[Parameter], name: str, value: date) -> QuerySet[Parameter]:
        return rows.filter(valid__contains=value)

    def in_year(self, rows: QuerySet[Parameter], name: str, value: Any) -> QuerySet[Parameter]:
        year = int(value)
        return rows.filter(valid__overlap=(date(year, 1, 1), date(year + 1, 1, 1)))

    @property
    def qs(self) -> QuerySet[Parameter]:
        rows: QuerySet[Parameter] = super().qs
        told = self.form.cleaned_data if self.is_bound and self.form.is_valid() else {}
        if not told.get("day") and not told.get("year"):
            return rows.filter(valid__contains=timezone.localdate())
        return rows
