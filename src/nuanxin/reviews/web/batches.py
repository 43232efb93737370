"""An opinion or a decision on many households: those ticked, or all of a list as filtered."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among

from .. import queries, services
from ..models import Difference, Kind, Opinion, Review
from ..permissions import DECIDE, RUN
from ..services.common import Outcome
from ..services.deciding import AT_ONCE
from .forms import DecideForm, ProposeForm
from .reviews import ReviewPage

#: So many households are named with what stood in the way; the rest are counted.
NAMED = 10


def _chosen(request: HttpRequest, review: Review, states: Iterable[str]) -> QuerySet[Difference]:
    """The households the form is about: those of the list as filtered (`all` in the address), or ticked."""
    if "all" in request.GET:
        page = ReviewPage()
        page.setup(request, pk=review.pk)
        rows = page.filtered()
    else:
        kept = request.session.get("review_rows") or {}
        picked = kept.get("rows", []) if kept.get("review") == review.pk else []
        rows = Difference.objects.filter(among(picked), review=review)
    keys = rows.filter(state__in=list(states)).order_by("pk").values_list("pk", flat=True)
    return Difference.objects.filter(among(keys))


@needs(RUN)
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """An opinion on many households."""
    review = get_or_out_of_sight(queries.reviews(), pk=pk)
    rows = _chosen(request, review, ["open", "returned"])
    form = ProposeForm(request.POST or None)
    if form.is_valid():
        try:
            outcome = services.propose(rows=rows, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            said = gettext("已对 %(count)s 户提出意见，等待审批。")
            return _done(request, review, outcome, said)
    return _show(request, review, form, rows, _("提出处理意见"))


@needs(DECIDE)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision on many proposals; very many are decided in a job."""
    review = get_or_out_of_sight(queries.reviews(), pk=pk)
    rows = _chosen(request, review, ["proposed"])
    form = DecideForm(request.POST or None)
    if form.is_valid():
        try:
            if form.cleaned_data["verdict"] == "return":
                outcome = services.return_many(rows=rows, reason=form.cleaned_data["reason"])
                return _done(request, review, outcome, gettext("已退回 %(count)s 户的意见。"))
            if rows.count() > AT_ONCE:
                services.decide_later(review=review, rows=rows)
                messages.success(request, _("正在后台逐批办理，完成后会通知您。"))
                return redirect("reviews:review", pk=pk)
            return _done(request, review, services.decide(rows=rows), gettext("已批准办理 %(count)s 户。"))
        except Refused as refusal:
            form.refuse(refusal)
    return _show(request, review, form, rows, _("审批处理意见"))


def _show(
    request: HttpRequest, review: Review, form: Any, rows: QuerySet[Difference], title: Any
) -> HttpResponse:
    kinds, opinions = dict(Kind.choices), dict(Opinion.choices)
    groups = rows.order_by("kind", "opinion").values_list("kind", "opinion").annotate(n=Count("pk"))
    context = {
        "review": review,
        "form": form,
        "title": title,
        "groups": [(kinds[kind], opinions.get(opinion, ""), n) for kind, opinion, n in groups],
        "count": rows.count(),
        "back": reverse("reviews:review", args=[review.pk]),
    }
    return render(request, "reviews/batch.html", context, status=422 if form.is_bound else 200)


def _done(request: HttpRequest, review: Review, outcome: Outcome, said: str) -> HttpResponse:
    """Back to the review, saying what was done and what stood in the way of the others."""
    request.session.pop("review_rows", None)
    if outcome.done:
        messages.success(request, said % {"count": outcome.done})
    left = list(outcome.refused.items())
    named = Difference.objects.filter(among(pk for pk, _refusal in left[:NAMED]))
    names = {row.pk: row.household.head.name for row in named.select_related("household__head")}
    for pk, refusal in left[:NAMED]:
        messages.error(request, f"{names[pk]}：{refusal}")
    if len(left) > NAMED:
        more = gettext("另有 %(count)s 户未能办理，原因见各户。")
        messages.error(request, more % {"count": len(left) - NAMED})
    return redirect("reviews:review", pk=review.pk)
