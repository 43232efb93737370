"""Pages of drives: the list, the plan, the drive with its lists, and what one does with it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.ledger import queries as ledger
from nuanxin.records import queries as records
from nuanxin.records.words import say

from .. import flow, limits, queries, services
from ..models import Drive, Recipient
from ..permissions import DECIDE, PLAN, SEE
from .forms import DriveForm, ReasonForm
from .tables import (
    DRIVE_TONES,
    DriveFilter,
    DriveTable,
    GroupTable,
    RecipientFilter,
    RecipientTable,
    VisitTable,
)


class Drives(ListPage):
    permissions = (SEE,)
    title = _("送温暖活动")
    unit = _("个")
    table_class = DriveTable
    filterset_class = DriveFilter
    export_name = "campaigns.drives"
    empty_title = _("还没有活动")
    empty_text = _("新建一次活动，选定慰问对象后提交审批。")

    def get_queryset(self) -> QuerySet[Drive]:
        return queries.drives()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(PLAN):
            return ()
        return ({"label": _("新建活动"), "url": reverse("campaigns:new_drive"), "kind": "go"},)


@needs(PLAN)
def new_drive(request: HttpRequest) -> HttpResponse:
    """Plan a drive of one's own node."""
    form = DriveForm(request.POST or None, org_path=scope.current().org_path)
    if request.method == "POST" and form.is_valid():
        try:
            drive = services.create_drive(**form.plan())
            return redirect("campaigns:files", drive.pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {"form": form, "cancel": reverse("campaigns:drives"), "draft": "drive-new"}
    return render(request, "campaigns/plan.html", page, status=422 if form.errors else 200)


@needs(PLAN)
def edit_drive(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan while it is not submitted; everybody on the list follows."""
    drive = get_or_out_of_sight(Drive.objects.select_related("fund"), pk=pk)
    fields = ("name", "theme", "starts_on", "ends_on", "fund", "cash", "gift", "gift_value")
    initial = {name: getattr(drive, name) for name in fields}
    form = DriveForm(request.POST or None, initial=initial, org_path=drive.org_id)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_drive(drive=drive, **form.plan())
            return redirect("campaigns:drive", pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {
        "form": form,
        "drive": drive,
        "cancel": reverse("campaigns:drive", args=[pk]),
        "draft": f"drive-{pk}",
    }
    return render(request, "campaigns/plan.html", page, status=422 if form.errors else 200)


class DrivePage(ListPage):
    """One drive: its figures, who is on it, and what happened."""

    permissions = (SEE,)
    template_name = "campaigns/drive.html"
    table_class = RecipientTable
    filterset_class = RecipientFilter
    export_name = "campaigns.recipients"
    empty_title = _("名单还是空的")
    empty_text = _("从档案中选择家庭，或添加未建档职工和集体。")
    bulk_actions = (
        BulkAction("take_off", _("移出名单"), permission=PLAN, confirm=_("确定把所选对象移出名单吗？")),
    )
    tables = {"people": RecipientTable, "groups": GroupTable, "visits": VisitTable}
    units = {"people": _("人"), "groups": _("个"), "visits": _("次")}

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.drive = get_or_out_of_sight(queries.drives(), pk=kwargs["pk"])
        self.figures = queries.figures(self.drive)
        self.title = self.drive.name

    @property
    def ours(self) -> bool:
        """Whether the drive belongs to the actor's own part of the tree, not to a federation above it."""
        return self.drive.org_id.startswith(scope.current().org_path)

    @property
    def is_open(self) -> bool:
        return self.drive.state in services.OPEN

    @property
    def offered(self) -> list[BulkAction]:
        return super().offered if self.is_open and self.ours else []

    def get_queryset(self) -> QuerySet[Recipient]:
        return queries.recipients(self.drive)

    def get_tabs(self) -> Sequence[Tab]:
        planned, visited = self.figures.planned, self.figures.visited
        return (
            Tab("people", _("家庭和职工"), planned.people),
            Tab("groups", _("集体"), planned.groups),
            Tab("visits", _("走访"), visited.people + visited.groups),
        )

    def in_tab(self, rows: QuerySet[Recipient], key: str) -> QuerySet[Recipient]:
        self.table_class, self.unit = self.tables[key], self.units[key]
        if key == "visits":
            return rows.filter(state="visited").order_by("-visited_on", "-pk")
        group = Recipient.Kind.GROUP
        return rows.filter(kind=group) if key == "groups" else rows.exclude(kind=group)

    def bulk_take_off(self, rows: QuerySet[Recipient]) -> Any:
        gone = services.take_off(drive=self.drive, recipients=rows)
        return _("已移出 %(count)s 个对象。") % {"count": gone}

    def get_context(self) -> dict[str, Any]:
        return {
            "drive": self.drive,
            "tone": DRIVE_TONES[self.drive.state],
            "figures": self.figures,
            "can": self._acts(),
            "money": ledger.available(self.drive.fund_id, self.drive.org_id) if self.ours else None,
            "over": self._over(),
            "ask": ReasonForm(),
            "timeline": self._timeline(),
        }

    def _acts(self) -> set[str]:
        """What the actor may do now; nobody decides what they made."""
        actor = scope.current()
        if not self.ours:
            return set()
        acts = {move.action for move in flow.DRIVE.allowed(self.drive, actor)}
        if approvals.has_part(self.drive.process, actor.staff_id):
            acts -= {"approve", "return"}
        return acts | ({"change"} if self.is_open and actor.can(PLAN) else set())

    def _timeline(self) -> list[tuple[Any, Any]]:
        """What happened, newest first, each with its words."""
        entries = records.timeline(self.drive)[:30] if self.ours else ()
        return [(entry, say(entry.action)) for entry in entries]

    def _over(self) -> list[limits.Over]:
        """Who would pass the yearly cap, told before anybody is asked to decide."""
        actor = scope.current()
        undecided = self.is_open or self.drive.state == "submitted"
        if not (undecided and self.ours and actor.can_any((PLAN, DECIDE))):
            return []
        return queries.over_year(self.drive, timezone.localdate())


ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "submit": (services.submit_drive, _("已提交审批。")),
    "approve": (services.approve_drive, _("已批准：资金已预留，可以走访和发放。")),
    "close": (services.close_drive, _("活动已结束。")),
    "drop": (services.drop_drive, _("活动已取消。")),
    "clear_over": (services.take_off_over, _("超限人员已移出名单。")),
}


@needs(PLAN, DECIDE)
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Submit, approve, end or give up a drive, or take those over the cap off its list."""
    if action not in ACTS:
        raise Http404(action)
    service, done = ACTS[action]
    service(drive=get_or_out_of_sight(Drive.objects.all(), pk=pk))
    messages.success(request, done)
    return redirect("campaigns:drive", pk)


@needs(DECIDE)
@require_POST
def return_drive(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a drive back with the reason."""
    drive = get_or_out_of_sight(Drive.objects.all(), pk=pk)
    services.return_drive(drive=drive, reason=request.POST.get("reason", ""))
    messages.success(request, _("已退回。"))
    return redirect("campaigns:drive", pk)


@needs(SEE)
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The list for those who visit, a sheet for each township, to be signed on paper."""
    drive = get_or_out_of_sight(queries.drives(), pk=pk)
    sheets = queries.by_township(queries.to_print(drive))
    return render(request, "campaigns/print.html", {"drive": drive, "sheets": sheets})
