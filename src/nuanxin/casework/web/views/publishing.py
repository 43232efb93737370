"""Putting up the notices of many applications together."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs import queries as orgs

from ... import services
from ...models import Application
from ...permissions import REVIEW
from ..forms import NoticeForm

#: Where the ticked applications wait for the phone and the place of their notices.
TICKED = "notice_applications"
#: So many refusals of a batch are told one by one.
TOLD = 10


def tell_refused(request: HttpRequest, outcome: services.Outcome) -> None:
    """Say of whom, and why, a batch left an application as it was."""
    for application, refusal in outcome.refused[:TOLD]:
        messages.error(request, f"{application.who}：{refusal}")
    if len(outcome.refused) > TOLD:
        left = _("另有 %(count)s 件未办成。") % {"count": len(outcome.refused) - TOLD}
        messages.error(request, left)


def our_phone() -> str:
    """The supervision phone of the actor's unit, or of the next one above that has one."""
    chain = reversed(orgs.chain_to(scope.current().org_path))
    return next((node.supervision_phone for node in chain if node.supervision_phone), "")


@needs(REVIEW)
def put_up(request: HttpRequest) -> HttpResponse:
    """The phone and the place for the notices of the ticked applications; each is then put up by itself."""
    ticked = request.session.get(TICKED, [])
    back = reverse("casework:applications")
    rows = Application.objects.filter(among(ticked))
    if not ticked or not rows.exists():
        return redirect(back)
    form = NoticeForm(request.POST if request.method == "POST" else None, initial={"phone": our_phone()})
    if request.method == "POST" and form.is_valid():
        try:
            outcome = services.put_up_many(applications=rows, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            del request.session[TICKED]
            tell_refused(request, outcome)
            if outcome.moved:
                messages.success(request, _("已公示 %(count)s 件。") % {"count": len(outcome.moved)})
            return redirect(f"{back}?tab=noticed" if outcome.moved else back)
    context = {"form": form, "count": len(ticked), "back": back}
    return render(request, "casework/put_up.html", context, status=422 if form.errors else 200)
