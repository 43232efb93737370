"""Lists of awards: making one, its page with the awards, and the acts on it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.kernel.web.markup import yuan
from nuanxin.ledger import queries as ledger

from ... import queries, services
from ...models import AidList, Award
from ...permissions import DECIDE_AID, PROPOSE_AID, SEE
from ..filters import AwardFilter
from ..forms import PROGRAMMES, AidListForm, Empty, Reason
from ..tables import AwardTable, OmissionTable

#: An act on a list: (permission, states in which it is offered, label, form, what to say when done).
ACTS: dict[str, tuple[str, tuple[str, ...], Any, type[Any], Any]] = {
    "drop": (PROPOSE_AID, ("draft", "returned"), _("作废名单"), Empty, _("名单已作废。")),
    "submit": (PROPOSE_AID, ("draft", "returned"), _("提交审批"), Empty, _("名单已提交审批。")),
    "return": (DECIDE_AID, ("submitted",), _("退回编制人"), Reason, _("名单已退回编制人。")),
    "approve": (
        DECIDE_AID,
        ("submitted",),
        _("整单批准"),
        Empty,
        _("名单已批准，资金已预留，等待出纳发放。"),
    ),
}
_RUN: dict[str, Callable[..., AidList]] = {
    "drop": services.drop_list,
    "submit": services.submit_list,
    "return": services.return_list,
    "approve": services.approve_list,
}


@needs(PROPOSE_AID)
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new list, over all open files or those ticked in the list of files."""
    ticked: list[int] | None = request.session.get("aid_files")
    form = AidListForm(request.POST or None, initial={"programme": request.GET.get("programme")})
    if form.is_valid():
        try:
            with transaction.atomic():
                made = services.make_list(**form.cleaned_data, files=ticked)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            request.session.pop("aid_files", None)
            messages.success(request, _("名单已生成。"))
            return redirect("casework:aid_list", pk=made.pk)
    elif "all" in request.GET:
        ticked = request.session.pop("aid_files", None) and None
    status = 422 if form.is_bound else 200
    context = {"form": form, "ticked": len(ticked or ())}
    return render(request, "casework/new_aid_list.html", context, status=status)


class AidListPage(ListPage):
    """One list: what it comes to, what the fund has, and its awards row by row."""

    permissions = (SEE,)
    unit = _("户")
    template_name = "casework/aid_list.html"
    export_name = "casework.awards"
    empty_title = _("名单上没有家庭")
    empty_text = _("没有可以发放的家庭，原因见“未列入”。")
    remember = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._find()

    def _find(self) -> None:
        self.aid_list = get_or_out_of_sight(queries.aid_lists(), pk=self.kwargs["pk"])
        self.title = self.aid_list.title
        left_out = self.request.GET.get("tab") == "omitted"
        self.table_class = OmissionTable if left_out else AwardTable
        self.filterset_class = None if left_out else AwardFilter

    @property
    def bulk_actions(self) -> Sequence[BulkAction]:  # type: ignore[override]
        if self.aid_list.state not in ("draft", "returned") or self.table_class is OmissionTable:
            return ()
        return (
            BulkAction("remove", _("移出名单"), permission=PROPOSE_AID, confirm=_("把所选家庭移出名单？")),
        )

    def get_queryset(self) -> QuerySet[Any]:
        return queries.awards_of(self.aid_list)

    def get_tabs(self) -> Sequence[Tab]:
        awards = Award.objects.filter(aid_list=self.aid_list)
        return (
            Tab("listed", _("名单"), awards.exclude(state="removed").count()),
            Tab("removed", _("已移出"), awards.filter(state="removed").count()),
            Tab("omitted", _("未列入"), self.aid_list.omissions.count()),
        )

    def in_tab(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        if key == "omitted":
            return queries.omissions_of(self.aid_list)
        return rows.filter(state="removed") if key == "removed" else rows.exclude(state="removed")

    def get_summary(self, rows: QuerySet[Any]) -> Sequence[tuple[Any, Any]]:
        if rows.model is not Award:
            return ()
        total = rows.order_by().aggregate(total=Sum("amount"))["total"] or Money(0)
        return ((_("合计（元）"), yuan(total)),)

    def bulk_remove(self, rows: QuerySet[Award]) -> str:
        removed = services.remove_awards(aid_list=self.aid_list, awards=rows)
        return gettext("已移出 %(count)s 户。") % {"count": removed}

    def get_context(self) -> dict[str, Any]:
        row = self.aid_list
        actor = scope.current()
        account = ledger.available(row.fund_id, row.org_id)
        return {
            "aid_list": row,
            "programme": dict(PROGRAMMES).get(row.programme, row.programme),
            "free": account.free if account else Money(0),
            "job": row.job if row.job and row.job.ended is None else None,
            "has_part": approvals.has_part(row.process, actor.staff_id) or row.maker_id == actor.staff_id,
            "votes": approvals.votes_of(row.process),
            "may": [name for name, act in ACTS.items() if row.state in act[1] and actor.can(act[0])],
            "return_form": Reason(),
        }


@needs(PROPOSE_AID, DECIDE_AID)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Submit, return, approve or drop a list; a refusal is shown on its page."""
    row = get_or_out_of_sight(AidList.objects.select_related("process"), pk=pk)
    if name not in ACTS:
        raise Http404(name)
    permission, _states, _label, form_class, done = ACTS[name]
    scope.current().require(permission)
    form = form_class(request.POST)
    if not form.is_valid():
        raise Refused(_("请写明理由，以便编制人知道要改什么。"), code="no_reason")
    _RUN[name](aid_list=row, **form.cleaned_data)
    messages.success(request, done)
    return redirect("casework:aid_list", pk=pk)
