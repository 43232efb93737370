"""A new application: the programme, then for whom, then its page; and what the policy says while typing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.orgs import queries as orgs
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Employer, Household, Member, Person
from nuanxin.registry.queries.employers import employers, find_employers

from ... import answers, programmes, services, subjects
from ...determination import due as due_of
from ...determination import open_to_reader
from ...models import FILING
from ...permissions import APPLY
from ..answer_form import AnswerForm
from ..explained import say, sheet
from .applications import find, show

#: So many are shown of what a search finds.
SHOWN = 20


@needs(APPLY)
def new_application(request: HttpRequest) -> HttpResponse:
    """The programmes in force where one sits, by heading."""
    found = policy.programmes_in_force(scope.current().org_path, timezone.localdate())
    return render(request, "casework/new_application.html", {"groups": _grouped(found)})


def _grouped(found: Iterable[Programme]) -> list[tuple[str, list[Programme]]]:
    """The programmes under their headings, in the order they come."""
    groups: dict[str, list[Programme]] = {}
    for programme in found:
        groups.setdefault(say(programme.group_title), []).append(programme)
    return list(groups.items())


@dataclass(frozen=True)
class Choice:
    """One that may be chosen: what it is called, where it belongs, and what the form sends."""

    name: str
    note: str
    sends: dict[str, int] = field(default_factory=dict)


@needs(APPLY)
def subject(request: HttpRequest, code: str) -> HttpResponse:
    """For whom: a search within scope, never in the address; choosing one begins the application."""
    programme = programmes.in_force(code, scope.current().org_path, timezone.localdate())
    form = Form(request.POST or None)
    if request.method == "POST" and "q" not in request.POST:
        chosen = _chosen(request)
        try:
            with transaction.atomic():
                row = services.start(programme=programme.code, **chosen)
        except Refused as refusal:
            form.is_valid()
            form.refuse(refusal)
        else:
            return redirect("casework:application", pk=row.pk)
    text = request.POST.get("q", "")
    context = {
        "programme": programme,
        "form": form,
        "q": text,
        "choices": choices_for(programme, text),
        "searches": programme.subject != "organisation",
        "filing": programme.code == FILING,
    }
    template = "casework/_choices.html" if request.htmx else "casework/new_subject.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=422 if form.errors else 200)


_MODELS: dict[str, Any] = {"household": Household, "person": Person, "employer": Employer}


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """The rows named by the form, each within scope."""
    return {
        name: get_or_out_of_sight(model.objects.all(), pk=request.POST[name])
        for name, model in _MODELS.items()
        if request.POST.get(name, "").isdecimal()
    }


def choices_for(programme: Programme, text: str) -> list[Choice]:
    """Whom the search found, as the programme takes them."""
    if programme.subject == "organisation":
        return [Choice(orgs.node_at(scope.current().org_path).local_name, "")]
    if not text.strip():
        return []
    if programme.subject == "employer":
        rows = find_employers(text, employers().filter(closed_on__isnull=True))[:SHOWN]
        return [Choice(row.name, row.org.local_name, {"employer": row.pk}) for row in rows]
    if programme.subject == "person":
        people = registry.find_people(text).filter(died_on__isnull=True).select_related("org")[:SHOWN]
        return [
            Choice(row.name, f"{row.id_mask} · {row.org.local_name}", {"person": row.pk}) for row in people
        ]
    homes = list(
        registry.find_households(text, Household.objects.live().select_related("head", "org"))[:SHOWN]
    )
    return _children(homes) if programme.subject == "child" else [_home(home) for home in homes]


def _home(home: Household) -> Choice:
    return Choice(home.head.name, f"{home.head.id_mask} · {home.org.local_name}", {"household": home.pk})


def _children(homes: Iterable[Household]) -> list[Choice]:
    """The children of the households found, with whose they are."""
    today, known = timezone.localdate(), {home.pk: home for home in homes}
    rows = Member.objects.filter(household__in=known, until__isnull=True, person__died_on__isnull=True)
    return [
        Choice(
            member.person.name,
            f"{member.person.id_mask} · {_of(known[member.household_id])}",
            {"household": member.household_id, "person": member.person_id},
        )
        for member in rows.select_related("person").order_by("household", "person__born_on")
        if subjects.is_child(member, today)
    ]


def _of(home: Household) -> str:
    return str(_("%(name)s家 · %(unit)s") % {"name": home.head.name, "unit": home.org.local_name})


@needs(APPLY)
@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the policy says of the answers as they are typed; nothing is kept."""
    row = find(pk)
    programme = programmes.of(row)
    form = AnswerForm(programme, row, request.POST)
    context: dict[str, Any] = {"application": row, "programme": programme}
    try:
        found = services.preview(application=row, answers=answers.readable(programme, form.answered))
    except Refused as refusal:
        context["refused"] = refusal
    else:
        told = open_to_reader(found)
        context |= {"sheet": sheet(told, row.household), "due": due_of(found)}
    return render(request, "casework/_computed.html", context)


@needs(APPLY)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the answers; what cannot be read comes back as it was typed, with the reason at each."""
    row = find(pk)
    form = AnswerForm(programmes.of(row), row, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.answer(
                application=row,
                answers=form.answered,
                asked=data.get("asked"),
                fund=data.get("fund"),
                payee=form.payee,
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("casework:application", pk=pk)
    return show(request, row, form=form)
