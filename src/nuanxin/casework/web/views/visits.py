"""Phone pages for home visits: whom to visit, and the form that waits for a connection."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.registry.models import Household

from ... import queries, services
from ...models import File, Visit
from ...permissions import APPLY, CARE, FAMILIES
from ..phone import PhoneVisitForm, blank, has_agreed

LATEST = 10


@needs(APPLY)
def visits(request: HttpRequest) -> HttpResponse:
    """Whom I am to visit, what waits on this phone, and where I was."""
    actor = scope.current()
    context = {
        "due": queries.visits_due(actor.staff_id),
        "done": queries.visited_by(actor.staff_id)[:LATEST],
        "form": blank(actor.name),
    }
    return render(request, "casework/visits.html", context)


@needs(APPLY, FAMILIES)
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a visit. What the phone sends by itself is answered in JSON."""
    household = _household(pk)
    form = PhoneVisitForm(request.POST, request.FILES) if request.method == "POST" else None
    if form is None:
        form = blank(scope.current().name)
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
        "back": _home(),
        "may_watch": not filed and scope.current().can(CARE),
    }
    return render(request, "casework/visit.html", context, status=status)
