"""Where a person works and which union they are in; the employer is searched for, not picked from a list."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form, SearchSelect
from nuanxin.registry import groups
from nuanxin.registry.models import Employer, Member, Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER, SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.queries import employers as queries
from nuanxin.registry.services import employers as services
from nuanxin.registry.services.memberships import join_union

from .answering import answer
from .employers import union_choices
from .forms import posted

#: So many employers are offered; who finds more types more of the name.
OFFERED = 20


def _person(pk: int) -> Person:
    return get_or_out_of_sight(Person.objects.live().select_related("works_for__union", "org"), pk=pk)


def _home(person: Person) -> str:
    """The page of the household the person lives in; that of the households when in none."""
    lives = Member.objects.filter(person=person, until__isnull=True, household__ended_on__isnull=True).first()
    if lives and scope.current().can(SEE_HOUSEHOLD):
        return reverse("registry:household", args=[lives.household_id])
    return reverse("registry:unions")


@needs(SEE_EMPLOYER)
def work(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's employer, with the search for another, and the unions they are and were in."""
    person = _person(pk)
    text = request.GET.get("q", "")[:60]
    rows = list(queries.unions_of(person))
    context = {
        "person": person,
        "name": groups.shown(person, "name"),
        "number": groups.shown(person, "id_mask"),
        "live": next((row for row in rows if row.left_on is None), None),
        "others": rows,
        "q": text,
        "found": queries.employer_choices(text, OFFERED),
        "offered": OFFERED,
        "back": _home(person),
        "may_edit": scope.current().can(EDIT_EMPLOYER) and person.died_on is None,
    }
    return render(request, "registry/work.html", context)


@needs(EDIT_EMPLOYER)
@require_POST
def employ(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whom the person works for; an empty choice: for none of the registered employers."""
    person, chosen = _person(pk), request.POST.get("employer", "")
    key = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
    employer = get_or_out_of_sight(Employer.objects.all(), pk=key) if chosen else None
    try:
        services.set_employer(person=person, employer=employer)
        messages.success(request, _("已保存。"))
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return redirect("registry:work", pk)


class JoinForm(Form):
    union = forms.ChoiceField(label=_("基层工会"), widget=SearchSelect)
    form = forms.ChoiceField(
        label=_("用工形式"),
        choices=Membership.Form.choices,
        help_text=_("快递员、网约车司机等没有固定单位的，加入所在地或行业的工会。"),
    )
    joined_on = forms.DateField(label=_("入会日期"), initial=timezone.localdate)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["union"].choices = union_choices()  # type: ignore[attr-defined]


@needs(EDIT_EMPLOYER)
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the person into a union; who is employed joins through the employer."""
    person = _person(pk)
    employer, back = person.works_for, reverse("registry:work", args=[pk])
    form = JoinForm(posted(request), initial={"union": (employer and employer.union_id) or person.org_id})

    def save(data: dict[str, Any]) -> str:
        through = employer if data["form"] == Membership.Form.EMPLOYED else None
        join_union(person=person, employer=through, **data)
        return back

    return answer(request, _("办理入会"), form, save, back, groups.shown(person, "name"))
