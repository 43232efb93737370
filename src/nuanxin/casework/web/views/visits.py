"""Phone pages for home visits: whom to visit, and the form that waits for a connection; what one found."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry.models import Household
from nuanxin.registry.permissions import EDIT_HOUSEHOLD, SEE_HOUSEHOLD

from ... import declared, queries, services, visit_paper
from ...checklists import Checklist, of_version
from ...found_words import lines, said
from ...models import File, Visit
from ...permissions import APPLY, CARE, FAMILIES, SEE
from ..phone import PhoneVisitForm, blank, has_agreed, told_of

LATEST = 10


@needs(APPLY)
def visits(request: HttpRequest) -> HttpResponse:
    """Whom I am to visit, what waits on this phone, and where I was."""
    actor = scope.current()
    due, asks = queries.visits_due(actor.staff_id), services.checklist_for()
    context = {
        "due": due,
        "declared": _declared([row.household for row in due], asks),
        "done": queries.visited_by(actor.staff_id)[:LATEST],
        "form": blank(actor.name, asks),
        "may_see": actor.can(SEE),
    }
    return render(request, "casework/visits.html", context)


def _declared(households: list[Household], asks: Checklist | None) -> dict[str, dict[str, str | None]]:
    """What each household declared, in words by item, under the address of its form: for the one form that
    serves them all without a connection. None for what is not on file.
    """
    if asks is None:
        return {}
    told = declared.of_households(households, asks.facts)
    items = [item for item in asks.items if item.against]
    return {
        reverse("casework:visit", args=[pk]): {
            item.code: None if facts[item.against] is None else said(item, facts[item.against])
            for item in items
        }
        for pk, facts in told.items()
    }


@needs(APPLY, FAMILIES)
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a visit. What the phone sends by itself is answered in JSON."""
    household = _household(pk)
    asks = services.checklist_for(request.POST.get("checklist", ""))
    told = told_of(household, asks)
    form = None
    if request.method == "POST":
        form = PhoneVisitForm(request.POST, request.FILES, asks=asks, told=told)
    if form is None:
        form = blank(scope.current().name, asks, told)
        form.initial["agreed"] = has_agreed(household)
        return _form_page(request, household, form)
    by_itself = request.accepts("application/json") and not request.accepts("text/html")
    if made := _kept(household, form):
        url = _home()
        if by_itself:
            return JsonResponse({"visit": made.pk, "url": url})
        messages.success(request, _("入户调查已登记。"))
        return redirect(url)
    if by_itself:
        errors = {name: [str(error) for error in found] for name, found in form.errors.items()}
        return JsonResponse({"errors": errors}, status=422)
    return _form_page(request, household, form, status=422)


def _household(pk: int) -> Household:
    """The household to visit; who only visits their own families finds no other."""
    rows = Household.objects.live().select_related("head", "org")
    actor = scope.current()
    if not actor.can(APPLY):
        rows = rows.filter(pk__in=queries.paired_with(actor).values("file__household"))
    return get_or_out_of_sight(rows, pk=pk)


def _home() -> str:
    """Where the visitor came from: the visits of an officer, the families of a leader."""
    return reverse("casework:visits" if scope.current().can(APPLY) else "casework:families")


def _back(request: HttpRequest, household: Household) -> str:
    """Where the form leads back to: the application it was opened from, or where visits are listed."""
    from_application = request.GET.get("for") == "application" and scope.current().can(APPLY)
    application = queries.open_application(household) if from_application else None
    if application:
        return reverse("casework:application", args=[application.pk]) + "?tab=visits"
    return _home()


def _kept(household: Household, form: PhoneVisitForm) -> Visit | None:
    """The visit, kept now or before under the same key; None with the reason in the form."""
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            application = queries.open_application(household) if scope.current().can(APPLY) else None
            return services.record_visit(household=household, application=application, **form.facts())
    except Refused as refusal:
        form.refuse(refusal)
        return None


def _form_page(
    request: HttpRequest, household: Household, form: PhoneVisitForm, status: int = 200
) -> HttpResponse:
    filed = File.objects.filter(household=household, state="open").exists()
    context = {
        "household": household,
        "form": form,
        "last": queries.visits_of(household).first(),
        "watch": queries.watches().filter(household=household, until__isnull=True).first(),
        "back": _back(request, household),
        "may_watch": not filed and scope.current().can(CARE),
    }
    return render(request, "casework/visit.html", context, status=status)


@needs(SEE)
def visited(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit: what was declared beside what was found, and what may be taken over into the file."""
    row = _visit(pk)
    actor = scope.current()
    checklist = of_version(row.checklist) if row.checklist else None
    found = lines(queries.found_of(row), row.checklist)
    context = {
        "visit": row,
        "household": row.household,
        "open_lines": [line for line in found if line.is_open],
        "lines": [line for line in found if not line.is_open],
        "checklist": checklist,
        "documents": queries.documents_of(row),
        "to_take": lines(services.to_take_over(row), row.checklist) if actor.can(EDIT_HOUSEHOLD) else [],
        "may_see_home": actor.can(SEE_HOUSEHOLD),
    }
    return render(request, "casework/visited.html", context)


@needs(SEE)
def visited_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The visit on paper; recorded, for a paper goes out of the house."""
    row = _visit(pk)
    records.note("visit.printed", subject=row.application or row.household)
    return _pdf(visit_paper.filled_pdf(row), f"visit-{row.pk}")


@needs(APPLY, FAMILIES)
def visit_form_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The empty form of a household to take along, with what was declared; recorded as well."""
    household = _household(pk)
    records.note("visit.form_printed", subject=household)
    return _pdf(visit_paper.empty_pdf(household), f"visit-form-{household.pk}")


def _pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


@needs(EDIT_HOUSEHOLD)
@require_POST
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry what a visit found otherwise into the family's file."""
    row = _visit(pk)
    try:
        taken = services.take_over(visit=row)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已将 %(count)s 项记入家庭信息。") % {"count": len(taken)})
    return redirect("casework:visited", pk)


def _visit(pk: int) -> Visit:
    rows = Visit.objects.select_related("household__head", "household__org", "staff", "application")
    return get_or_out_of_sight(rows, pk=pk)
