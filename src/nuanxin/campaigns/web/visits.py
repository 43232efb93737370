"""Pages for those who visit: what is still to do, and the visit itself; made for a phone."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import queries as records

from .. import queries, services
from ..models import Recipient
from ..permissions import SEE, VISIT
from .forms import VisitForm
from .tables import PAYMENTS, RECIPIENT_TONES

PER_PAGE = 50


@needs(VISIT)
def visits(request: HttpRequest) -> HttpResponse:
    """The visits still to do, by township, in the order one goes."""
    place, word = request.GET.get("place", ""), request.GET.get("q", "").strip()
    due = queries.visits_due()
    page = Paginator(queries.narrowed(due, place, word), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "sheets": queries.by_township(page.object_list),
        "places": queries.due_by_township(due),
        "place": place,
        "q": word,
        "drives": queries.running(),
        "today": timezone.localdate(),
    }
    return render(request, "campaigns/visits.html", context)


@needs(VISIT, SEE)
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """One recipient: to be visited, or how the visit went."""
    recipient = get_or_out_of_sight(queries.for_visit(), pk=pk)
    if request.method != "POST":
        return _show(request, recipient, _blank(recipient))
    form = VisitForm(request.POST, request.FILES, recipient=recipient)
    if form.is_valid():
        try:
            services.record_visit(recipient=recipient, **form.cleaned_data)
            return _go_on(request, recipient)
        except Refused as refusal:
            form.refuse(refusal)
    return _show(request, recipient, form, status=422)


def _blank(recipient: Recipient) -> VisitForm:
    """A form with a key of its own: sent twice, it is one visit."""
    initial = {"key": uuid4(), "visited_on": timezone.localdate(), "gifts_delivered": recipient.gifts}
    return VisitForm(initial=initial, recipient=recipient)


def _go_on(request: HttpRequest, done: Recipient) -> HttpResponse:
    """To the next family, or back to the list when there is none."""
    messages.success(request, _("%(name)s的走访已登记。") % {"name": done.name})
    following = queries.next_due(done)
    url = reverse("campaigns:visit", args=[following.pk]) if following else reverse("campaigns:visits")
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def _show(request: HttpRequest, recipient: Recipient, form: VisitForm, status: int = 200) -> HttpResponse:
    to_do = recipient.state == "approved" and recipient.drive.state == "approved"
    can_visit = scope.current().can(VISIT)
    context: dict[str, Any] = {
        "recipient": recipient,
        "form": form,
        "to_do": to_do and can_visit,
        "tone": RECIPIENT_TONES[recipient.state],
        "payment": PAYMENTS.get(recipient.due_state),  # type: ignore[attr-defined]
        "today": timezone.localdate(),
        "last_seen": queries.last_seen(recipient),
        "left": queries.visits_due().exclude(pk=recipient.pk).count() if to_do and can_visit else 0,
        "photos": records.attachments_of(recipient),
        "drawing": b64encode(recipient.signature).decode() if recipient.signature else "",
    }
    part = bool(request.htmx) and status == 422  # type: ignore[attr-defined]
    return render(
        request, "campaigns/_visit_form.html" if part else "campaigns/visit.html", context, status=status
    )
