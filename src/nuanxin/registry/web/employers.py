"""Employers: the list, the page of one, entering, changing and closing it, and who works there."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.sets import found_in
from nuanxin.kernel.web import markup
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.forms import Form, Group, SearchSelect
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.kernel.web.tables import CodeColumn, Column, DateColumn, NumberColumn, Table
from nuanxin.records import queries as records
from nuanxin.registry import groups, labels
from nuanxin.registry.models import Employer, Household, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER, EXPORT, SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.queries import employers as queries
from nuanxin.registry.services import employers as services
from nuanxin.registry.services.people import ensure_person

from .answering import answer
from .forms import MOST_UNIONS, posted
from .members import MembershipFilter, MemberTable


def union_choices() -> list[tuple[str, Any]]:
    """The unions an actor may choose, an empty choice first."""
    nodes = queries.taking_members(scope.current().org_path)[:MOST_UNIONS]
    return [("", "——"), *((node.path, node.local_name) for node in nodes)]


class EmployerTable(Table):
    main = "name"
    name = Column(_("单位名称"), order_by=("pinyin", "pk"))
    credit_code = CodeColumn(_("统一社会信用代码"), orderable=False)
    union = Column(_("基层工会"), accessor="union", order_by=("union", "pk"), empty_values=())
    org = Column(_("由谁登记"), order_by=("org", "pk"))
    industry = Column(_("所属行业"))
    headcount = NumberColumn(_("职工人数（人）"))
    closed_on = DateColumn(_("注销日期"))

    def row_url(self, record: Employer) -> str:
        return reverse("registry:employer", args=[record.pk])

    def render_union(self, record: Employer) -> Any:
        if record.union is None:
            return markup.chip(_("未建会"), "off" if record.closed_on else "warn")
        return record.union.local_name

    def value_union(self, record: Employer) -> str:
        return record.union.local_name if record.union else ""

    def render_industry(self, value: str) -> str:
        return labels.label("industry", value)

    value_industry = render_industry


class EmployerFilter(FilterSet):
    q = filters.CharFilter(label=_("名称、拼音或信用代码"), method="search")
    industry = filters.ChoiceFilter(label=_("所属行业"), choices=lambda: labels.choices("industry")[1:])
    union = filters.CharFilter(label=_("基层工会"), field_name="union__name", lookup_expr="contains")

    def search(self, rows: QuerySet[Employer], name: str, value: str) -> QuerySet[Employer]:
        return queries.find_employers(value, rows)


class Employers(ListPage):
    permissions = (SEE_EMPLOYER,)
    title = _("用人单位")
    table_class = EmployerTable
    filterset_class = EmployerFilter
    export_name = "registry.employers"
    export_permission = EXPORT
    unit = _("家单位")
    template_name = "registry/employers.html"
    empty_title = _("还没有用人单位")
    empty_text = _("登记单位后，可以为职工选定所在单位，并看出哪些单位还没有建会。")

    def get_queryset(self) -> QuerySet[Employer]:
        return queries.employers()

    def get_tabs(self) -> Sequence[Tab]:
        return (
            Tab("open", _("在册")),
            Tab("unorganised", _("待建会"), queries.unorganised().count()),
            Tab("closed", _("已注销")),
        )

    def in_tab(self, rows: QuerySet[Employer], key: str) -> QuerySet[Employer]:
        if key == "unorganised":
            return queries.unorganised()
        return rows.filter(closed_on__isnull=key == "open")

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(EDIT_EMPLOYER):
            return ()
        return ({"label": _("登记单位"), "url": reverse("registry:employer_new"), "kind": "go"},)

    def get_context(self) -> dict[str, Any]:
        return {"may_link": scope.current().can(EDIT_EMPLOYER)}


class EmployerForm(Form):
    groups = [
        Group(_("单位"), ["name", "credit_code", "nature", "state", "industry", "headcount"]),
        Group(_("联系方式"), ["address", "contact", "telephone"]),
    ]
    units = {"headcount": _("人")}

    name = forms.CharField(label=_("单位名称"), max_length=120)
    credit_code = forms.CharField(
        label=_("统一社会信用代码"), max_length=30, required=False,
        help_text=_("18 位，见营业执照；没有的可以不填。"),
    )  # fmt: skip
    nature = forms.CharField(label=_("单位性质"), max_length=24, required=False)
    state = forms.CharField(label=_("单位状况"), max_length=24, required=False)
    industry = forms.ChoiceField(label=_("所属行业"), required=False, widget=SearchSelect)
    headcount = forms.IntegerField(label=_("职工人数"), min_value=0, max_value=2_000_000_000, required=False)
    address = forms.CharField(label=_("地址"), max_length=200, required=False)
    contact = forms.CharField(label=_("联系人"), max_length=60, required=False)
    telephone = forms.CharField(label=_("联系电话"), max_length=20, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["industry"].choices = labels.choices("industry")  # type: ignore[attr-defined]


class NewEmployerForm(EmployerForm):
    groups = [*EmployerForm.groups, Group(_("基层工会"), ["union"])]

    union = forms.ChoiceField(
        label=_("基层工会"), required=False, widget=SearchSelect, help_text=_("还没有建会的留空。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["union"].choices = union_choices()  # type: ignore[attr-defined]


class UnionForm(Form):
    union = forms.ChoiceField(label=_("基层工会"), required=False, widget=SearchSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["union"].choices = union_choices()  # type: ignore[attr-defined]


class CloseForm(Form):
    closed_on = forms.DateField(label=_("注销日期"))


class WorkerForm(Form):
    sensitive = ["id_number", "phone"]

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(label=_("身份证号"), max_length=30)
    phone = forms.CharField(label=_("手机"), required=False, max_length=30)


def _found(pk: int) -> Employer:
    return get_or_out_of_sight(queries.employers(), pk=pk)


@needs(EDIT_EMPLOYER)
def create(request: HttpRequest) -> HttpResponse:
    """Enter an employer."""

    def save(data: dict[str, Any]) -> str:
        employer = services.create_employer(**data | {"union": data["union"] or None})
        return reverse("registry:employer", args=[employer.pk])

    form = NewEmployerForm(posted(request))
    return answer(request, _("登记单位"), form, save, reverse("registry:employers"), _("用人单位"))


def _over(
    request: HttpRequest, row: Employer, title: Any, form: Form, save: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """A form over one employer, back to its page."""
    url = reverse("registry:employer", args=[row.pk])

    def saved(data: dict[str, Any]) -> str:
        save(data)
        return url

    return answer(request, title, form, saved, url, row.name)


@needs(EDIT_EMPLOYER)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an employer's facts."""
    row = _found(pk)
    initial = {name: getattr(row, name) for name in ("name", "credit_code", *services.FIELDS)}
    form = EmployerForm(posted(request), initial=initial)
    return _over(
        request, row, _("修改单位信息"), form, lambda data: services.change_employer(employer=row, **data)
    )


@needs(EDIT_EMPLOYER)
def union(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which union the workers belong to."""
    row = _found(pk)
    form = UnionForm(posted(request), initial={"union": row.union_id})
    return _over(
        request, row, _("设定基层工会"), form,
        lambda data: services.set_union(employer=row, union=data["union"] or None),
    )  # fmt: skip


@needs(EDIT_EMPLOYER)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """The employer exists no longer."""
    row = _found(pk)
    form = CloseForm(posted(request))
    return _over(
        request, row, _("注销单位"), form, lambda data: services.close_employer(employer=row, **data)
    )


@needs(EDIT_EMPLOYER)
def add_worker(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that somebody works here; who is new is entered."""
    row = _found(pk)

    def save(data: dict[str, Any]) -> None:
        person = ensure_person(org_path=row.union_id or row.org_id, **data)
        services.set_employer(person=person, employer=row)

    return _over(request, row, _("登记职工"), WorkerForm(posted(request)), save)


@needs(EDIT_EMPLOYER)
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """Link persons whose employer is only a text to the employer of that name."""
    linked = services.link_workers()
    messages.success(request, _("已为 %(count)s 人对应到同名单位。") % {"count": f"{linked:,}"})
    return redirect("registry:employers")


class WorkerTable(Table):
    main = "name"
    name = Column(_("姓名"), order_by=("pinyin", "pk"))
    number = Column(_("身份证号"), accessor="id_mask", orderable=False)
    phone = Column(_("手机"), accessor="phone_mask", orderable=False)
    org = Column(_("所属工会"), order_by=("org", "pk"))
    work_status = Column(_("工作状况"), orderable=False)

    def render_name(self, record: Person) -> str:
        return groups.shown(record, "name")

    value_name = render_name

    def render_number(self, record: Person) -> str:
        return groups.shown(record, "id_mask")

    value_number = render_number

    def render_phone(self, record: Person) -> str:
        return groups.shown(record, "phone_mask")

    value_phone = render_phone

    def render_work_status(self, value: str) -> str:
        return labels.label("work_status", value)

    value_work_status = render_work_status


class HomeTable(Table):
    main = "head"
    head = Column(_("户主"), accessor="head__name", order_by=("head__pinyin", "pk"))
    org = Column(_("所属工会"), order_by=("org", "pk"))
    people = NumberColumn(_("人口（人）"))
    main_cause = Column(_("主要致困原因"))

    def row_url(self, record: Household) -> str:
        return reverse("registry:household", args=[record.pk])

    def render_head(self, record: Household) -> str:
        return groups.shown(record.head, "name")

    value_head = render_head

    def render_main_cause(self, value: str) -> str:
        return labels.label("main_cause", value)

    value_main_cause = render_main_cause


class PersonFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、身份证号或手机"), method="search")

    def search(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return rows.filter(found_in(queries.find_people(value).order_by().values("pk")))


class EmployerPage(ListPage):
    """One employer: its facts, who works there, its members, the households in difficulty."""

    permissions = (SEE_EMPLOYER,)
    template_name = "registry/employer.html"
    export_name = "registry.employer"
    export_permission = EXPORT
    remember = False
    empty_title = _("这里还没有人")
    empty_text = _("登记职工，或在“用人单位”中把已填的工作单位对应到单位。")
    bulk_actions = (BulkAction("leave", _("不再在此工作"), permission=EDIT_EMPLOYER),)

    @property
    def employer(self) -> Employer:
        if not hasattr(self, "_employer"):
            self._employer = _found(self.kwargs["pk"])
        return self._employer

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.employer.name

    @property
    def table_class(self) -> type[Table]:  # type: ignore[override]
        return {"members": MemberTable, "homes": HomeTable}.get(self.tab, WorkerTable)

    @property
    def filterset_class(self) -> type[FilterSet] | None:  # type: ignore[override]
        return {"members": MembershipFilter, "homes": None}.get(self.tab, PersonFilter)

    @property
    def unit(self) -> Any:  # type: ignore[override]
        return _("户") if self.tab == "homes" else _("人")

    @property
    def offered(self) -> list[BulkAction]:
        return [] if self.request.GET.get("tab") in ("members", "homes") else super().offered

    def get_queryset(self) -> QuerySet[Any]:
        return queries.workers_of(self.employer)

    def get_tabs(self) -> Sequence[Tab]:
        tabs = [
            Tab("workers", _("职工"), queries.workers_of(self.employer).count()),
            Tab("members", _("会员"), self._members().count()),
        ]
        if scope.current().can(SEE_HOUSEHOLD):
            tabs.append(Tab("homes", _("家庭"), queries.homes_of(self.employer).count()))
        return tabs

    def in_tab(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        return {"members": self._members, "homes": lambda: queries.homes_of(self.employer)}.get(
            key, lambda: rows
        )()

    def _members(self) -> QuerySet[Any]:
        return queries.memberships().filter(employer=self.employer, left_on__isnull=True)

    def get_context(self) -> dict[str, Any]:
        row = self.employer
        return {
            "employer": row,
            "industry": labels.label("industry", row.industry),
            "may_edit": scope.current().can(EDIT_EMPLOYER) and not row.closed_on,
            "events": records.timeline(row)[:20],
        }

    def bulk_leave(self, rows: QuerySet[Person]) -> Any:
        """The ticked persons work here no longer."""
        return _("已移出 %(count)s 人。") % {"count": services.end_work(persons=rows)}
