"""Showing a full number: the dialog asks why, the answer shows it once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import services
from nuanxin.registry.permissions import REVEAL
from nuanxin.registry.services.revealing import WHAT

from .forms import RevealForm, posted


@needs(REVEAL)
@never_cache
def reveal(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """`what`: id, phone or contact of a person, card of a household. Only a POST shows anything."""
    subject = get_or_out_of_sight(WHAT[what][0].objects.all(), pk=pk)
    form = RevealForm(posted(request))
    number = ""
    if request.method == "POST" and form.is_valid():
        try:
            number = services.reveal(subject=subject, what=what, purpose=form.cleaned_data["purpose"])
        except Refused as refusal:
            form.refuse(refusal)
    context = {"form": form, "number": number, "what": what, "subject": subject}
    return render(request, "registry/_reveal.html", context, status=422 if form.errors else 200)
