"""Home is the work list: what is mine, from every app that has work for this actor."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs, signed_in
from nuanxin.kernel.worklist import collect
from nuanxin.registry.permissions import SEE_HOUSEHOLD
from nuanxin.registry.queries import LONGEST, Kind, asked

from . import finding

#: What the facets of the work list are called.
FACETS = {
    "late": _("已逾期"),
    "soon": _("即将到期"),
    "returned": _("退回给我"),
    "delegated": _("代他人办理"),
    "escalated": _("下级逾期转来"),
}


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The work list: what is late, due soon or returned as tabs, its kinds below, and the figures that
    matter to the role.
    """
    asked = request.GET
    work = collect(request.actor, asked.get("tab", ""), asked.get("kind", ""))  # type: ignore[attr-defined]
    tabs = [(name, FACETS[name], count) for name, count in work["facets"]]
    return render(request, "config/home.html", work | {"tabs": tabs, "today": timezone.localdate()})


@needs(finding.SEE_FILE, SEE_HOUSEHOLD)
def search(request: HttpRequest) -> HttpResponse:
    """Find a family, person or employer. The box posts: a full number must not stand in an address.

    Typing asks for the groups alone; other words come back as an address that can be kept.
    """
    text = request.POST.get("q", request.GET.get("q", ""))
    typing = bool(request.htmx)  # type: ignore[attr-defined]
    if request.method == "POST" and not typing and asked(text).kind not in (Kind.NUMBER, Kind.PART):
        return redirect(f"{reverse('search')}?{urlencode({'q': text.strip()[:LONGEST]})}")
    answer = finding.answer(text, in_full=not typing)
    template = "config/_found.html" if typing else "config/search.html"
    return render(request, template, {"query": text.strip()[:LONGEST], "answer": answer})


@signed_in
@require_POST
def switch_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's own posts."""
    wanted = request.POST.get("post", "")
    if any(str(post.pk) == wanted for post in request.posts):  # type: ignore[attr-defined]
        request.session["post"] = int(wanted)
    return HttpResponseRedirect(reverse("home"))
