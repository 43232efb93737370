"""Households that are watched, and tapers with the months that are due."""

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.registry.models import Household

from ... import queries, services
from ...determination import TAPER
from ...models import Taper, Watch
from ...permissions import CARE, PROPOSE_AID, SEE
from ..filters import TaperFilter, WatchFilter
from ..forms import Reason
from ..leaving_forms import WatchForm
from ..tables import TaperTable, WatchTable


class Watches(ListPage):
    permissions = (SEE,)
    title = _("常态化监测")
    unit = _("户")
    table_class = WatchTable
    filterset_class = WatchFilter
    export_name = "casework.watches"
    empty_title = _("没有监测中的家庭")
    empty_text = _("家庭退出帮扶后自动列入监测；边缘户和突发困难户可在家庭页面上列入。")

    def get_queryset(self) -> QuerySet[Watch]:
        return queries.watches()

    def get_tabs(self) -> Sequence[Tab]:
        live = Watch.objects.filter(until__isnull=True)
        return (
            Tab("live", _("监测中"), live.count()),
            Tab("due", _("应走访"), live.filter(next_on__lte=timezone.localdate()).count()),
            Tab("ended", _("已结束"), Watch.objects.filter(until__isnull=False).count()),
        )

    def in_tab(self, rows: QuerySet[Watch], key: str) -> QuerySet[Watch]:
        if key == "due":
            return queries.watches_due()
        return rows.filter(until__isnull=key == "live")


@needs(CARE)
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """The form that puts a household on the list of those watched."""
    household = get_or_out_of_sight(Household.objects.live().select_related("head"), pk=pk)
    form = WatchForm(request.POST or None)
    if form.is_valid():
        try:
            row = services.begin_watch(household=household, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已列入监测。"))
            return redirect("casework:watch", pk=row.pk)
    context = {"household": household, "form": form}
    return render(request, "casework/watch_form.html", context, status=422 if form.is_bound else 200)


@needs(SEE)
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """A household that is watched: why, since when, its visits."""
    rows = Watch.objects.select_related("household__head", "org", "officer", "file")
    return _show(request, get_or_out_of_sight(rows, pk=pk), Reason())


def _show(request: HttpRequest, row: Watch, form: Reason) -> HttpResponse:
    actor = scope.current()
    context = {
        "watch": row,
        "household": row.household,
        "visits": queries.visits_of(row.household),
        "late": row.next_on is not None and row.next_on < timezone.localdate(),
        "may_end": row.until is None and actor.can(CARE),
        "form": form,
    }
    return render(request, "casework/watch.html", context, status=422 if form.is_bound else 200)


@needs(CARE)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Watch the household no longer, with the reason."""
    rows = Watch.objects.select_related("household__head", "org", "officer", "file")
    row = get_or_out_of_sight(rows, pk=pk)
    form = Reason(request.POST)
    if form.is_valid():
        try:
            services.end_watch(watch=row, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("监测已结束。"))
            return redirect("casework:watches")
    return _show(request, row, form)


class Tapers(ListPage):
    permissions = (SEE,)
    title = _("渐退期帮扶")
    unit = _("户")
    table_class = TaperTable
    filterset_class = TaperFilter
    export_name = "casework.tapers"
    empty_title = _("没有渐退期家庭")
    empty_text = _("批准退出时设定渐退月数的家庭列在这里，按月编制名单发放。")
    bulk_actions = (BulkAction("list", _("编制本月名单"), permission=PROPOSE_AID, primary=True),)

    def get_queryset(self) -> QuerySet[Taper]:
        return queries.tapers()

    def get_tabs(self) -> Sequence[Tab]:
        today = timezone.localdate()
        return (
            Tab("due", _("本月待发"), queries.tapers_due(today).count()),
            Tab("running", _("渐退中"), queries.tapers_running(today).count()),
            Tab("all", _("全部"), Taper.objects.count()),
        )

    def in_tab(self, rows: QuerySet[Taper], key: str) -> QuerySet[Taper]:
        today = timezone.localdate()
        if key == "due":
            return queries.tapers_due(today)
        return queries.tapers_running(today) if key == "running" else rows

    def bulk_list(self, rows: QuerySet[Taper]) -> HttpResponse:
        """Go on to a new list of the programme over the families ticked."""
        self.request.session["aid_files"] = sorted(rows.values_list("file_id", flat=True))
        return redirect(f"{reverse('casework:new_aid_list')}?programme={TAPER}")


@needs(PROPOSE_AID)
@require_POST
def stop_taper(request: HttpRequest, pk: int) -> HttpResponse:
    """No further month is paid, with the reason."""
    row = get_or_out_of_sight(Taper.objects.all(), pk=pk)
    form = Reason(request.POST)
    if not form.is_valid():
        raise Refused(gettext("请写明停止渐退的原因。"), code="no_reason")
    services.stop_taper(taper=row, reason=form.cleaned_data["reason"])
    messages.success(request, _("渐退期已停止。"))
    return redirect("casework:exit", pk=row.exit_id)
