"""Tables and filters of the registry's lists."""

import django_filters as filters
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web import markup
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.tables import (
    ChipColumn,
    CodeColumn,
    Column,
    DateColumn,
    MoneyColumn,
    NumberColumn,
    ProseColumn,
    Table,
)
from nuanxin.registry import flow, groups, labels, queries
from nuanxin.registry.models import Household, Roster, RosterRow
from nuanxin.registry.permissions import SEE_FINANCE
from nuanxin.registry.roster.columns import SHEETS
from nuanxin.registry.roster.problems import Problem


class RosterTable(Table):
    main = "name"
    name = Column(_("文件名"))
    org = Column(_("单位"), orderable=False)
    state = ChipColumn(_("状态"), tones=labels.ROSTER_TONES)
    households_read = NumberColumn(_("家庭（户）"))
    members_read = NumberColumn(_("成员（人）"))
    faulty = NumberColumn(_("有误（行）"))
    ready = NumberColumn(_("可入库（户）"))
    staff = Column(_("经办人"), orderable=False)
    created = DateColumn(_("上传日期"), order_by=("pk",))

    def row_url(self, record: Roster) -> str:
        return reverse("registry:roster", args=[record.pk])


class RosterFilter(FilterSet):
    q = filters.CharFilter(label=_("文件名"), field_name="name", lookup_expr="icontains")
    state = filters.ChoiceFilter(label=_("状态"), choices=flow.ROSTER.choices)


class RowTable(Table):
    main = "name"
    place = CodeColumn(_("位置"), accessor="row_no", order_by=("sheet", "row_no"))
    name = CodeColumn(_("姓名"), accessor="values", orderable=False)
    number = CodeColumn(_("身份证号"), accessor="values", orderable=False)
    verdict = Column(_("结论"), accessor="pk", orderable=False)
    problems = ProseColumn(_("问题和办法"), accessor="pk", orderable=False)

    class Meta(Table.Meta):
        order_by = ()

    def row_url(self, record: RosterRow) -> str:
        return reverse("registry:roster_row", args=[record.roster_id, record.pk])

    def render_place(self, record: RosterRow) -> str:
        sheet = SHEETS[record.sheet].label(get_language() or "zh")
        return _("%(sheet)s表第 %(row)s 行") % {"sheet": sheet, "row": record.row_no}

    def render_name(self, record: RosterRow) -> str:
        return record.values.get("name") or markup.DASH

    def render_number(self, record: RosterRow) -> str:
        return record.values.get("id_mask") or markup.DASH

    def render_verdict(self, record: RosterRow) -> SafeString:
        key = verdict_of(record)
        return markup.chip(labels.STAGED[key], labels.STAGED_TONES[key])

    def render_problems(self, record: RosterRow) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((_said(problem),) for problem in problems_of(record)))


def verdict_of(row: RosterRow) -> str:
    """faulty, held (its household has a faulty row), warned or ready."""
    if row.faulty:
        return "faulty"
    if not row.ready:
        return "held"
    return "warned" if row.problems or row.conflicts else "ready"


def problems_of(row: RosterRow) -> list[Problem]:
    """All that stands against a row, errors first."""
    found = [Problem(**stored) for stored in [*row.problems, *row.conflicts]]
    return sorted(found, key=lambda problem: not problem.is_error)


def _said(problem: Problem) -> SafeString:
    where = f"{problem.letter} {header(problem)}".strip()
    link = ""
    if problem.params.get("household"):
        url = reverse("registry:household", args=[problem.params["household"]])
        link = format_html(' <a class="link" href="{}">{}</a>', url, _("打开该户"))
    return format_html("<b>{}</b> {}{}", where, in_full(problem), link)


def in_full(problem: Problem) -> str:
    """What is wrong and what to do, as two sentences of the reader's language."""
    gap = "" if (get_language() or "zh").startswith("zh") else " "
    return f"{problem.message}{gap}{problem.advice}"


def header(problem: Problem) -> str:
    """The column's header as the workbook has it, else its name."""
    if problem.letter:
        return problem.header
    spec = SHEETS[problem.sheet]
    return spec.columns[spec.position[problem.column]].label(get_language() or "zh")


class RowFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名或行号"), method="search")
    sheet = filters.ChoiceFilter(
        label=_("工作表"), choices=[("households", _("家庭")), ("members", _("成员"))]
    )

    def search(self, rows: QuerySet[RosterRow], name: str, value: str) -> QuerySet[RosterRow]:
        if value.isascii() and value.isdigit() and len(value) < 8:
            return rows.filter(row_no=int(value))
        return rows.annotate(typed_name=KT("values__name")).filter(typed_name__startswith=value)


class HouseholdTable(Table):
    main = "head"
    head = Column(_("户主"), accessor="head__name", order_by=("head__pinyin", "pk"))
    number = CodeColumn(_("身份证号"), accessor="head__id_mask", orderable=False)
    phone = CodeColumn(_("手机"), accessor="head__phone_mask", orderable=False)
    org = Column(_("所属工会"), order_by=("org_id", "pk"))
    people = NumberColumn(_("人口（人）"))
    annual_income = MoneyColumn(_("家庭年收入（元）"), permission=SEE_FINANCE)
    main_cause = Column(_("主要原因"))
    card = CodeColumn(_("银行卡"), accessor="card_mask", orderable=False, permission=SEE_FINANCE)
    consent_on = DateColumn(_("授权日期"))

    def row_url(self, record: Household) -> str:
        return reverse("registry:household", args=[record.pk])

    def render_head(self, record: Household) -> str:
        return groups.shown(record.head, "name")

    value_head = render_head

    def render_number(self, record: Household) -> str:
        return groups.shown(record.head, "id_mask")

    value_number = render_number

    def render_phone(self, record: Household) -> str:
        return groups.shown(record.head, "phone_mask")

    value_phone = render_phone

    def render_main_cause(self, value: str) -> str:
        return labels.label("main_cause", value)


class HouseholdFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、身份证号或手机"), method="search")
    residence = filters.ChoiceFilter(label=_("城乡"), choices=Household.Residence.choices)
    main_cause = filters.ChoiceFilter(label=_("主要原因"), choices=labels.choices("main_cause")[1:])
    dibao_certificate = filters.BooleanFilter(label=_("持有低保证"))
    consent = filters.BooleanFilter(label=_("缺授权签字"), field_name="consent_on", lookup_expr="isnull")
    union = filters.CharFilter(label=_("所属工会"), field_name="org__name", lookup_expr="icontains")

    def search(self, rows: QuerySet[Household], name: str, value: str) -> QuerySet[Household]:
        return queries.find_households(value, rows)
