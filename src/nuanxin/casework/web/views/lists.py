"""Lists: applications, households that may apply, files, lists of awards."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.registry.models import Household
from nuanxin.registry.permissions import EXPORT

from ... import flow, queries, services
from ...models import AidList, Application, File
from ...permissions import APPLY, CARE, DECIDE, PROPOSE_AID, REVIEW, SEE
from ..filters import AidListFilter, ApplicationFilter, FileFilter, HouseholdFilter, committed_rosters
from ..forms import RosterStart
from ..tables import AidListTable, ApplicationTable, FileTable, HouseholdTable
from .families import TICKED
from .publishing import TICKED as FOR_NOTICE
from .publishing import tell_refused


def counted(rows: QuerySet[Any], states: dict[str, Any]) -> list[Tab]:
    """A tab for each state that has rows, with its count, after one for all of them."""
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    shown = [Tab(state, label, counts[state]) for state, label in states.items() if counts.get(state)]
    return [Tab("all", _("全部"), sum(counts.values())), *shown]


class Applications(ListPage):
    permissions = (SEE,)
    title = _("申请审批")
    unit = _("件")
    table_class = ApplicationTable
    filterset_class = ApplicationFilter
    export_name = "casework.applications"
    empty_title = _("还没有申请")
    empty_text = _("从花名册导入家庭后，可以在“新建申请”里为他们代交申请。")
    bulk_actions = (
        BulkAction("assess", _("重新认定"), permission=APPLY),
        BulkAction("submit", _("提交审核"), permission=APPLY),
        BulkAction("pass", _("审核通过"), permission=REVIEW),
        BulkAction("notice", _("通过并公示"), permission=REVIEW),
        BulkAction(
            "approve",
            _("批量批准"),
            permission=DECIDE,
            primary=True,
            confirm=_("批准所选申请？"),
        ),
    )

    def get_queryset(self) -> QuerySet[Application]:
        return queries.applications()

    def get_tabs(self) -> Sequence[Tab]:
        return counted(Application.objects.all(), flow.APPLICATION.states)

    def in_tab(self, rows: QuerySet[Application], key: str) -> QuerySet[Application]:
        return rows if key == "all" else rows.filter(state=key)

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(APPLY):
            return ()
        return (
            {"label": _("入户走访"), "url": reverse("casework:visits")},
            {"label": _("新建申请"), "url": reverse("casework:new_application"), "kind": "go"},
        )

    def bulk_assess(self, rows: QuerySet[Application]) -> str:
        """Determine again what is still being prepared; what was submitted keeps its assessment."""
        preparing = rows.filter(state__in=["draft", "returned"]).order_by()
        made = services.compute(applications=list(preparing.values_list("pk", flat=True)))
        return gettext("已重新认定 %(count)s 件。") % {"count": len(made)}

    def bulk_approve(self, rows: QuerySet[Application]) -> str:
        """Approve what can be approved and say why the others were not."""
        outcome = services.approve_many(applications=rows)
        self._tell_refused(outcome)
        return gettext("已批准 %(count)s 件。") % {"count": outcome.passed} if outcome.passed else ""

    def bulk_submit(self, rows: QuerySet[Application]) -> str:
        """Hand in what is whole and say what the others lack."""
        outcome = services.submit_many(applications=rows)
        self._tell_refused(outcome)
        return gettext("已提交 %(count)s 件。") % {"count": outcome.passed} if outcome.passed else ""

    def bulk_pass(self, rows: QuerySet[Application]) -> str:
        """Pass the checks of one's step and say why the others were left."""
        outcome = services.pass_on_many(applications=rows)
        self._tell_refused(outcome)
        return gettext("已审核 %(count)s 件。") % {"count": outcome.passed} if outcome.passed else ""

    def bulk_notice(self, rows: QuerySet[Application]) -> Any:
        """Keep the ticked applications and go on to what their notices say."""
        self.request.session[FOR_NOTICE] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect("casework:put_up")

    def _tell_refused(self, outcome: services.Outcome) -> None:
        tell_refused(self.request, outcome)


class Candidates(ListPage):
    permissions = (APPLY,)
    title = _("批量代交建档申请")
    note = _("没有在档档案、也没有办理中申请的家庭。勾选后代交申请，系统随即认定。")
    unit = _("户")
    template_name = "casework/candidates.html"
    table_class = HouseholdTable
    filterset_class = HouseholdFilter
    export_name = "casework.candidates"
    export_permission = EXPORT
    empty_title = _("没有可以申请的家庭")
    empty_text = _("先导入花名册或登记家庭。")
    bulk_actions = (BulkAction("start", _("为所选家庭建立申请"), permission=APPLY, primary=True),)

    def get_queryset(self) -> QuerySet[Household]:
        return queries.candidates()

    def get_context(self) -> dict[str, Any]:
        return {"roster_form": RosterStart(rosters=committed_rosters())}

    def bulk_start(self, rows: QuerySet[Household]) -> str:
        made = services.start_many(households=list(rows.values_list("pk", flat=True)))
        return gettext("已建立 %(count)s 件申请并完成认定。") % {"count": made}


class Files(ListPage):
    permissions = (SEE,)
    title = _("职工档案")
    unit = _("户")
    table_class = FileTable
    filterset_class = FileFilter
    export_name = "casework.files"
    empty_title = _("还没有档案")
    empty_text = _("申请公示期满、批准建档后，档案会出现在这里。")
    bulk_actions = (
        BulkAction("pair", _("结对"), permission=CARE),
        BulkAction("list", _("用所选档案编制救助名单"), permission=PROPOSE_AID, primary=True),
    )

    def get_queryset(self) -> QuerySet[File]:
        return queries.files()

    def get_tabs(self) -> Sequence[Tab]:
        return (Tab("open", _("在档")), Tab("closed", _("已退出")), Tab("all", _("全部")))

    def in_tab(self, rows: QuerySet[File], key: str) -> QuerySet[File]:
        return rows if key == "all" else rows.filter(state=key)

    def bulk_pair(self, rows: QuerySet[File]) -> Any:
        """Keep the ticked files and go on to choose who is paired with them."""
        self.request.session[TICKED] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect("casework:pair")

    def bulk_list(self, rows: QuerySet[File]) -> Any:
        """Keep the ticked files and go on to the form of a new list."""
        self.request.session["aid_files"] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect("casework:new_aid_list")


class AidLists(ListPage):
    permissions = (SEE,)
    title = _("救助名单")
    unit = _("张名单")
    table_class = AidListTable
    filterset_class = AidListFilter
    export_name = "casework.aid_lists"
    empty_title = _("还没有救助名单")
    empty_text = _("按项目和年度编制名单，系统按政策逐户计算金额。")

    def get_queryset(self) -> QuerySet[AidList]:
        return queries.aid_lists()

    def get_tabs(self) -> Sequence[Tab]:
        return counted(AidList.objects.all(), flow.AID_LIST.states)

    def in_tab(self, rows: QuerySet[AidList], key: str) -> QuerySet[AidList]:
        return rows if key == "all" else rows.filter(state=key)

    def get_actions(self) -> Sequence[dict[str, Any]]:
        ledger = {"label": _("帮扶金台账"), "url": reverse("casework:awards")}
        if not scope.current().can(PROPOSE_AID):
            return (ledger,)
        return (ledger, {"label": _("编制名单"), "url": reverse("casework:new_aid_list"), "kind": "go"})
