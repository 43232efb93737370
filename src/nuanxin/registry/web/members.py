"""Unions and their members: figures, the roster of one, enrolling, joining, moving and leaving."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.charts import BarChart, Series
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.forms import Form, Group, SearchSelect
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, Table
from nuanxin.orgs.models import Node
from nuanxin.registry import groups
from nuanxin.registry.models import Employer, Membership
from nuanxin.registry.permissions import EDIT_EMPLOYER, EXPORT, SEE_EMPLOYER
from nuanxin.registry.queries import employers as queries
from nuanxin.registry.services import enrolling
from nuanxin.registry.services import memberships as services
from nuanxin.registry.services.people import ensure_person

from .answering import answer
from .forms import MOST_UNIONS, posted
from .list_file import SHEETS, TEXTS, first_rows

#: So many unions are drawn; all of them stand in the table.
DRAWN = 12


class MemberTable(Table):
    main = "name"
    name = Column(_("姓名"), accessor="person__name", order_by=("person__pinyin", "pk"))
    number = Column(_("身份证号"), accessor="person__id_mask", orderable=False)
    org = Column(_("基层工会"), order_by=("org", "pk"))
    form = ChipColumn(_("用工形式"), tones={"employed": "off"})
    employer = Column(_("用人单位"), orderable=False)
    joined_on = DateColumn(_("入会日期"))
    left_on = DateColumn(_("离会日期"))
    left_because = Column(_("离会原因"), orderable=False)

    def row_url(self, record: Membership) -> str:
        return reverse("registry:membership", args=[record.pk])

    def render_name(self, record: Membership) -> str:
        return groups.shown(record.person, "name")

    value_name = render_name

    def render_number(self, record: Membership) -> str:
        return groups.shown(record.person, "id_mask")

    value_number = render_number


class MembershipFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、身份证号或手机"), method="search")
    form = filters.ChoiceFilter(label=_("用工形式"), choices=Membership.Form.choices)
    joined_on = filters.DateFromToRangeFilter(label=_("入会日期"))

    def search(self, rows: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        return queries.find_memberships(value, rows)


class PeriodForm(Form):
    since = forms.DateField(label=_("自"))
    until = forms.DateField(label=_("至"))


def _period(request: HttpRequest) -> tuple[date, date, PeriodForm]:
    """The days asked for, both counted; this year so far when nothing sensible is asked."""
    today = timezone.localdate()
    usual = {"since": date(today.year, 1, 1), "until": today}
    form = PeriodForm(request.GET if "since" in request.GET else None, initial=usual)
    days = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return days["since"], days["until"], form


@needs(SEE_EMPLOYER)
def unions(request: HttpRequest) -> HttpResponse:
    """Members by union and who joined and left in a period, with the enrolments of it."""
    since, last, form = _period(request)
    until = last + timedelta(days=1)
    rows = queries.unions(since, until)
    forms_of = queries.by_form(queries.memberships())
    context = {
        "form": form,
        "rows": rows,
        "members": sum(row.members for row in rows),
        "joined": sum(row.joined for row in rows),
        "left": sum(row.left for row in rows),
        "new_forms": sum(count for form, count in forms_of.items() if form != Membership.Form.EMPLOYED),
        "figures": queries.enrolment_figures(since, until),
        "enrolments": queries.enrolments(since, until)[:50],
        "chart": _chart(rows),
        "empty_unions": _without_members(rows),
    }
    return render(request, "registry/unions.html", context, status=422 if form.errors else 200)


def _without_members(rows: Sequence[queries.UnionFigures]) -> list[Node]:
    """The first unions in scope that have no members yet: the way to their pages."""
    known = [row.union.path for row in rows]
    return list(queries.taking_members(scope.current().org_path).exclude(path__in=known)[:50])


def _chart(rows: Sequence[queries.UnionFigures]) -> BarChart | None:
    """The unions with most newcomers, beside all their members."""
    drawn = sorted((row for row in rows if row.members or row.joined), key=lambda row: -row.joined)[:DRAWN]
    if not drawn:
        return None
    title = _("本期入会最多的是%(union)s，%(count)s 人") % {
        "union": drawn[0].union.local_name,
        "count": drawn[0].joined,
    }
    series = [
        Series(_("本期入会"), [row.joined for row in drawn]),
        Series(_("现有会员"), [row.members for row in drawn]),
    ]
    return BarChart(title, _("基层工会"), [row.union.local_name for row in drawn], series, _("人"))


def _union(pk: int) -> Node:
    return get_or_out_of_sight(queries.taking_members(scope.current().org_path), pk=pk)


class UnionPage(ListPage):
    """One union: its members by form of employment, and the roster."""

    permissions = (SEE_EMPLOYER,)
    template_name = "registry/union.html"
    table_class = MemberTable
    filterset_class = MembershipFilter
    export_name = "registry.members"
    export_permission = EXPORT
    remember = False
    unit = _("人")
    empty_title = _("还没有会员")
    empty_text = _("点“批量入会”，粘贴姓名和身份证号即可。")

    @property
    def union(self) -> Node:
        if not hasattr(self, "_node"):
            self._node = _union(self.kwargs["pk"])
        return self._node

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.union.local_name

    def get_queryset(self) -> QuerySet[Membership]:
        return queries.roster_of(self.union)

    def get_tabs(self) -> Sequence[Tab]:
        return (Tab("live", _("现有会员")), Tab("former", _("已离会")))

    def in_tab(self, rows: QuerySet[Membership], key: str) -> QuerySet[Membership]:
        return rows.filter(left_on__isnull=key == "live")

    def get_context(self) -> dict[str, Any]:
        counts = queries.by_form(queries.roster_of(self.union))
        return {
            "union": self.union,
            "members": sum(counts.values()),
            "by_form": [(label, counts.get(code, 0)) for code, label in Membership.Form.choices],
            "may_edit": scope.current().can(EDIT_EMPLOYER),
        }


class EmployerChoice(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        rows = Employer.objects.filter(closed_on__isnull=True).order_by("pinyin", "id")
        super().__init__(rows, label=_("用人单位"), required=False, widget=SearchSelect, **kwargs)


class JoinForm(Form):
    groups = [
        Group(_("新会员"), ["name", "id_number", "phone"]),
        Group(_("入会"), ["form", "employer", "joined_on"]),
    ]
    sensitive = ["id_number", "phone"]

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(label=_("身份证号"), max_length=30)
    phone = forms.CharField(label=_("手机"), required=False, max_length=30)
    form = forms.ChoiceField(label=_("用工形式"), choices=Membership.Form.choices)
    employer = EmployerChoice()
    joined_on = forms.DateField(label=_("入会日期"), initial=timezone.localdate)

    def __init__(self, *args: Any, union: Node, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _of_union(self.fields["employer"], union)


def _of_union(field: Any, union: Node) -> None:
    """Employers of the union alone, so that the list stays short."""
    field.queryset = field.queryset.filter(union=union)


class EnrolForm(Form):
    groups = [
        Group(_("活动"), ["title", "held_on", "form", "employer", "founded"]),
        Group(
            _("入会名单"),
            ["people", "file"],
            help=_("每行一人：姓名、身份证号，手机可不填。粘贴或上传，选一种。"),
        ),
    ]
    sensitive = ["people"]

    title = forms.CharField(label=_("活动名称"), max_length=80, help_text=_("同一场活动请用同一个名称。"))
    held_on = forms.DateField(label=_("入会日期"), initial=timezone.localdate)
    form = forms.ChoiceField(label=_("用工形式"), choices=Membership.Form.choices)
    employer = EmployerChoice()
    founded = forms.BooleanField(label=_("本次新建工会"), required=False)
    people = forms.CharField(label=_("粘贴名单"), required=False, widget=forms.Textarea({"rows": 8}))
    file = forms.FileField(
        label=_("上传名单（.xlsx 或 .csv）"),
        required=False,
        widget=forms.FileInput({"accept": ",".join(SHEETS + TEXTS)}),
    )

    def __init__(self, *args: Any, union: Node, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _of_union(self.fields["employer"], union)

    def rows(self) -> list[enrolling.Row]:
        """The persons of the list; Refused when the file cannot be read."""
        file = self.cleaned_data["file"]
        lines = (
            first_rows(file, enrolling.MOST + 10)
            if file
            else (_parted(line) for line in self.cleaned_data["people"].splitlines())
        )
        return enrolling.rows_of(lines)


def _parted(line: str) -> list[str]:
    """The cells of a pasted line: parted by tabs, commas or spaces."""
    for mark in (",", "，", "、", ";", "；"):
        line = line.replace(mark, "\t")
    return line.split("\t") if "\t" in line.strip() else line.split()


@needs(EDIT_EMPLOYER)
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Take many into the union from a list; the receipt tells what came of each line."""
    union = _union(pk)
    form = EnrolForm(posted(request), request.FILES or None, union=union)
    context = {"union": union, "form": form}
    if request.method == "POST" and form.is_valid():
        data = {key: form.cleaned_data[key] for key in ("title", "held_on", "form", "employer", "founded")}
        try:
            context["receipt"] = enrolling.enrol_many(union=union.path, rows=form.rows(), **data)
            return render(request, "registry/enrolled.html", context)
        except Refused as refusal:
            form.refuse(refusal)
    return render(request, "registry/enrol.html", context, status=422 if form.errors else 200)


@needs(EDIT_EMPLOYER)
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one person into the union."""
    union = _union(pk)
    url = reverse("registry:union", args=[pk])

    def save(data: dict[str, Any]) -> str:
        who = {key: data.pop(key) for key in ("name", "id_number", "phone")}
        services.join_union(person=ensure_person(org_path=union.path, **who), union=union.path, **data)
        return url

    return answer(request, _("登记会员"), JoinForm(posted(request), union=union), save, url, union.local_name)


class TransferForm(Form):
    union = forms.ChoiceField(label=_("转入的工会"), widget=SearchSelect)
    on = forms.DateField(label=_("转会日期"), initial=timezone.localdate)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nodes = queries.taking_members(scope.current().org_path)[:MOST_UNIONS]
        choices = [("", "——"), *((node.path, node.local_name) for node in nodes)]
        self.fields["union"].choices = choices  # type: ignore[attr-defined]


class LeaveForm(Form):
    left_on = forms.DateField(label=_("离会日期"), initial=timezone.localdate)
    because = forms.ChoiceField(label=_("离会原因"), choices=[("", "——"), *Membership.Left.choices])


def _membership(pk: int) -> Membership:
    return get_or_out_of_sight(queries.memberships(), pk=pk)


@needs(SEE_EMPLOYER)
def membership(request: HttpRequest, pk: int) -> HttpResponse:
    """One membership, the unions the person was in before, and the ways out of it."""
    row = _membership(pk)
    context = {
        "row": row,
        "name": groups.shown(row.person, "name"),
        "number": groups.shown(row.person, "id_mask"),
        "others": queries.unions_of(row.person),
        "may_edit": scope.current().can(EDIT_EMPLOYER) and row.left_on is None,
    }
    return render(request, "registry/membership.html", context)


@needs(EDIT_EMPLOYER)
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the member to another union in scope."""
    row = _membership(pk)

    def save(data: dict[str, Any]) -> str:
        made = services.transfer_member(membership=row, **data)
        return reverse("registry:membership", args=[made.pk])

    return _over(request, row, _("办理转会"), TransferForm(posted(request)), save)


@needs(EDIT_EMPLOYER)
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """End the membership."""
    row = _membership(pk)

    def save(data: dict[str, Any]) -> str:
        services.leave_union(membership=row, **data)
        return reverse("registry:membership", args=[row.pk])

    return _over(request, row, _("办理离会"), LeaveForm(posted(request)), save)


def _over(request: HttpRequest, row: Membership, title: Any, form: Form, save: Any) -> HttpResponse:
    name = groups.shown(row.person, "name")
    return answer(request, title, form, save, reverse("registry:membership", args=[row.pk]), name)
