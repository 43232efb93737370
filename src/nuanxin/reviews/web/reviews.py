"""Pages of reviews: the list, starting one, and one with its matrix, its effects and its households."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.casework.models import RESULTS
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.kernel.web.markup import yuan

from .. import labels, queries, services
from ..flow import UNSETTLED
from ..models import Difference, Kind, Review
from ..permissions import DECIDE, RUN, SEE
from .forms import ReviewForm
from .tables import (
    DifferenceFilter,
    DifferenceTable,
    OpinionTable,
    ReviewFilter,
    ReviewTable,
    UnknownTable,
)

#: The tabs of a review that show a state instead of a kind: what they are called, the states.
STATES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "todo": (_("待处理"), ("open", "returned", "visiting")),
    "proposed": (_("待审批"), ("proposed",)),
    "settled": (_("已办结"), ("settled", "cleared")),
}
_TABLES = {"unknown": UnknownTable, "proposed": OpinionTable, "settled": OpinionTable}
#: The kinds in the order they are worked through.
KINDS = ("class", "leaving", "entering", "unknown", "award")


class Reviews(ListPage):
    permissions = (SEE,)
    title = _("批量复核")
    note = _("标准调整后或每年一次，把范围内的家庭重新认定一遍，列出变化，逐户办理；不会自动改动档案。")
    unit = _("次复核")
    table_class = ReviewTable
    filterset_class = ReviewFilter
    export_name = "reviews.reviews"
    empty_title = _("还没有复核")
    empty_text = _("标准调整后发起一次复核，看哪些家庭的类别和待遇会变。")

    def get_queryset(self) -> QuerySet[Review]:
        return queries.reviews()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(RUN):
            return ()
        return ({"label": _("发起复核"), "url": reverse("reviews:new_review"), "kind": "go"},)


@needs(RUN)
def new_review(request: HttpRequest) -> HttpResponse:
    """The form of a new review."""
    form = ReviewForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                made = services.start_review(**data | {"path": data["path"].path})
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("reviews:review", pk=made.pk)
    return render(request, "reviews/new.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(RUN)
def preview(request: HttpRequest) -> HttpResponse:
    """How many households the review in the form would look at."""
    path, survey = request.GET.get("path", ""), "survey" in request.GET
    inside = path.startswith(scope.current().org_path)
    counts = queries.count_in_range(path, survey) if inside else None
    return render(request, "reviews/_preview.html", {"counts": counts, "survey": survey})


class ReviewPage(ListPage):
    """One review: how far it is, what changed between which classes, what it costs, and who is concerned."""

    permissions = (SEE,)
    unit = _("户")
    template_name = "reviews/review.html"
    filterset_class = DifferenceFilter
    export_name = "reviews.differences"
    empty_title = _("这里没有家庭")
    empty_text = _("换一个标签再看。")
    remember = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._find()

    def _find(self) -> None:
        self.review = get_or_out_of_sight(queries.reviews(), pk=self.kwargs["pk"])
        self.title = self.review.title
        self.table_class = _TABLES.get(self.request.GET.get("tab", ""), DifferenceTable)
        self.counts = queries.counts(self.review)

    @property
    def listed(self) -> bool:
        """Whether there is a list yet: a half one is not shown."""
        return self.review.state in ("open", "closed")

    @property
    def bulk_actions(self) -> Sequence[BulkAction]:  # type: ignore[override]
        if self.review.state != "open":
            return ()
        return (
            BulkAction("propose", _("提出处理意见"), permission=RUN, primary=True),
            BulkAction("again", _("重新认定"), permission=RUN),
            BulkAction("decide", _("审批所选"), permission=DECIDE, primary=True),
        )

    def get_queryset(self) -> QuerySet[Difference]:
        rows = queries.differences(self.review)
        return rows if self.listed else rows.none()

    def get_tabs(self) -> Sequence[Tab]:
        if not self.listed:
            return ()
        states = [Tab(key, label, self.counts.of(states=held)) for key, (label, held) in STATES.items()]
        words = dict(Kind.choices)
        kinds = [Tab(kind, words[kind], self.counts.of(kind)) for kind in KINDS]
        return (*states[:2], *[tab for tab in kinds if tab.count], states[2])

    def in_tab(self, rows: QuerySet[Difference], key: str) -> QuerySet[Difference]:
        return rows.filter(state__in=STATES[key][1]) if key in STATES else rows.filter(kind=key)

    def get_summary(self, rows: QuerySet[Difference]) -> Sequence[tuple[Any, Any]]:
        return ((_("年度待遇增减（元）"), yuan(queries.changed_by(rows))),) if self.listed else ()

    def bulk_propose(self, rows: QuerySet[Difference]) -> HttpResponse:
        return self._go_on(rows, "reviews:propose")

    def bulk_decide(self, rows: QuerySet[Difference]) -> HttpResponse:
        return self._go_on(rows, "reviews:decide")

    def _go_on(self, rows: QuerySet[Difference], view: str) -> HttpResponse:
        """Keep the ticked households and go on to the form."""
        picked = list(rows.order_by("pk").values_list("pk", flat=True))
        self.request.session["review_rows"] = {"review": self.review.pk, "rows": picked}
        return redirect(view, self.review.pk)

    def bulk_again(self, rows: QuerySet[Difference]) -> str:
        outcome = services.determine_again(rows=rows)
        return gettext("已重新认定 %(count)s 户。") % {"count": outcome.done}

    def filtered(self) -> QuerySet[Difference]:
        """The rows the list shows on all its pages, for acts on all of them."""
        self._load()
        return self.rows

    def get_context(self) -> dict[str, Any]:
        review, actor = self.review, scope.current()
        results = dict(RESULTS)
        own = str(review.org_id).startswith(actor.org_path)
        job = review.job
        return {
            "review": review,
            "counts": self.counts,
            "tone": labels.REVIEW_TONES[review.state],
            "results": results.values(),
            "matrix": queries.matrix(review, results) if self.listed else [],
            "effects": queries.effects(review, get_language() or "zh") if self.listed else [],
            # one's own job stands in the frame of every page
            "job": job if job and not job.ended and job.staff_id != actor.staff_id else None,
            "broken": review.state == "computing" and (job is None or job.ended is not None),
            "failure": job.error if job and review.state == "cancelled" else "",
            "unsettled": self.counts.of(states=UNSETTLED),
            "may_run": own and actor.can(RUN),
            "offers": self._offers(actor),
        }

    def _offers(self, actor: Any) -> list[tuple[str, Any]]:
        """The acts on all households of the list as filtered: (url name, what the button says)."""
        if self.review.state != "open" or not self.total.number:
            return []
        may = [
            (
                actor.can(RUN) and self.tab not in ("proposed", "settled", "award"),
                "propose",
                _("全部提出意见"),
            ),
            (actor.can(DECIDE) and self.tab == "proposed", "decide", _("全部审批")),
        ]
        return [(f"reviews:{name}", word) for allowed, name, word in may if allowed]


_ACTS: dict[str, tuple[Callable[..., Review], Any]] = {
    "resume": (services.resume_review, _("已继续计算。")),
    "cancel": (services.cancel_review, _("复核已取消，列表已删除。")),
    "close": (services.close_review, _("复核已结束。")),
}


@needs(RUN)
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Resume, cancel or close a review."""
    if action not in _ACTS:
        raise Http404(action)
    review = get_or_out_of_sight(queries.reviews(), pk=pk)
    service, done = _ACTS[action]
    service(review=review)
    messages.success(request, done)
    return redirect("reviews:review", pk=pk)
