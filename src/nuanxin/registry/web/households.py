"""Households: the list, the page of one, and changing its facts, people, spending and card."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form, ModelForm
from nuanxin.kernel.web.lists import ListPage
from nuanxin.records import queries as records
from nuanxin.registry import groups, labels, queries, services
from nuanxin.registry.models import Household
from nuanxin.registry.permissions import (
    EDIT_HOUSEHOLD,
    EXPORT,
    REVEAL,
    SEE_EMPLOYER,
    SEE_FINANCE,
    SEE_HOUSEHOLD,
)
from nuanxin.registry.queries.employers import unions_of_home

from . import documents
from .forms import CardForm, ExpensesForm, HouseholdForm, MemberForm, PersonForm, posted
from .tables import HouseholdFilter, HouseholdTable


class Households(ListPage):
    permissions = (SEE_HOUSEHOLD,)
    title = _("家庭")
    table_class = HouseholdTable
    filterset_class = HouseholdFilter
    export_name = "registry.households"
    export_permission = EXPORT
    unit = _("户")
    empty_title = _("还没有家庭")
    empty_text = _("从花名册导入后，这里会列出来。")

    def get_queryset(self) -> QuerySet[Household]:
        return queries.households()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(EDIT_HOUSEHOLD):
            return ()
        return [{"label": _("新建家庭"), "url": reverse("registry:household_new"), "kind": "go"}]


def _found(pk: int) -> Household:
    """A live household, to be changed."""
    return get_or_out_of_sight(queries.households(), pk=pk)


@needs(SEE_HOUSEHOLD)
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """Who lives there, what comes in and goes out, what was changed."""
    house = get_or_out_of_sight(queries.households(ended=True), pk=pk)
    members = list(queries.members_of(house).select_related("person__works_for"))
    context = {
        "house": house,
        "members": members,
        "expenses": queries.expenses_of(house),
        "cause": labels.label("main_cause", house.main_cause),
        "other_causes": labels.labels("other_causes", house.other_causes),
        "facts": _facts(house),
        "events": records.timeline(house, *(member.person for member in members))[:20],
        "changes": queries.changes(house)[:30],
        "documents": documents.of_household(house),
        "consents": house.consents.select_related("person", "guardian").order_by("withdrawn_on", "-given_on"),
        "unions": unions_of_home(house),
        "may_see_unions": scope.current().can(SEE_EMPLOYER),
        "may_edit": scope.current().can(EDIT_HOUSEHOLD),
        "may_reveal": scope.current().can(REVEAL),
    }
    return render(request, "registry/household.html", context)


def _facts(house: Household) -> list[list[tuple[Any, Any]]]:
    """The household's facts in words, in the order of the form and two columns."""
    names = [
        name for group in HouseholdForm.groups for name in group.names if name in HouseholdForm.Meta.fields
    ]
    facts = [(queries.name_of(Household, name), groups.shown(house, name)) for name in names]
    half = (len(facts) + 1) // 2
    return [facts[:half], facts[half:]]


def _change(
    request: HttpRequest, house: Household, title: Any, form: Form | ModelForm, save: Callable[[Any], Any]
) -> HttpResponse:
    """A form over a household: saved, back to its page; refused, with the reason and all that was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # a refused change keeps no paper
                save(form)
            messages.success(request, _("已保存。"))
            return redirect("registry:household", house.pk)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"house": house, "title": title, "form": form}
    return render(request, "registry/change.html", context, status=422 if form.errors else 200)


@needs(EDIT_HOUSEHOLD)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the household's facts."""
    house = _found(pk)
    form = HouseholdForm(
        posted(request), request.FILES or None, instance=house, version=services.version_of(house)
    )
    return _change(
        request, house, _("修改家庭信息"), form,
        lambda form: services.edit_household(
            household=house, version=form.cleaned_data["version"], said=form.said(house), **form.facts()),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def edit_person(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """Change a member's facts."""
    house = _found(pk)
    member = get_or_out_of_sight(queries.members_of(house), person_id=person)
    version = services.version_of(house)
    form = PersonForm(posted(request), request.FILES or None, instance=member.person, version=version)
    title = _("修改 %(name)s 的信息") % {"name": groups.shown(member.person, "name")}
    return _change(
        request, house, title, form,
        lambda form: services.edit_person(
            person=member.person, household=house, version=form.cleaned_data["version"],
            said=form.said(house), **form.facts()),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a person into the household."""
    house = _found(pk)
    form = MemberForm(posted(request))
    return _change(
        request, house, _("增加家庭成员"), form,
        lambda form: services.admit(household=house, **form.cleaned_data),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
@needs(SEE_FINANCE)
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another bank card on the household."""
    house = _found(pk)
    initial = {"bank": house.bank, "branch": house.branch, "version": services.version_of(house)}
    form = CardForm(posted(request), initial=initial)

    def save(form: Any) -> None:
        data = {key: value for key, value in form.cleaned_data.items() if key != "sure"}
        services.change_card(household=house, **data)

    return _change(request, house, _("更换银行卡"), form, save)


@needs(EDIT_HOUSEHOLD)
@needs(SEE_FINANCE)
def expenses(request: HttpRequest, pk: int, year: int | None = None) -> HttpResponse:
    """Set a year's rigid spending."""
    house = _found(pk)
    latest = queries.expenses_of(house).first()
    year = year or (latest.year if latest else timezone.localdate().year)
    initial = {"version": services.version_of(house)}
    form = ExpensesForm(posted(request), request.FILES or None, household=house, year=year, initial=initial)
    return _change(
        request, house, _("刚性支出"), form,
        lambda form: services.record_expenses(
            household=house, year=year, lines=form.lines(), bills=form.bills(house),
            version=form.cleaned_data["version"]),
    )  # fmt: skip
