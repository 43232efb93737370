"""Home is the work list: what is mine, from every app that has work for this actor."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from nuanxin.casework import queries as casework
from nuanxin.kernel.access import needs, signed_in
from nuanxin.kernel.worklist import collect


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The work list with counts as tabs, and the few figures that matter to the role."""
    work = collect(request.actor, request.GET.get("tab", ""))  # type: ignore[attr-defined]
    return render(request, "config/home.html", work | {"today": timezone.localdate()})


@needs("casework.file.see", "registry.household.see")
def search(request: HttpRequest) -> HttpResponse:
    """Find a family by name, pinyin, initials, file number, full ID or phone number."""
    query = request.GET.get("q", "").strip()
    return render(
        request, "config/search.html", {"query": query, "found": casework.find(query) if query else []}
    )


@signed_in
@require_POST
def switch_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's own posts."""
    wanted = request.POST.get("post", "")
    if any(str(post.pk) == wanted for post in request.posts):  # type: ignore[attr-defined]
        request.session["post"] = int(wanted)
    return HttpResponseRedirect(reverse("home"))
