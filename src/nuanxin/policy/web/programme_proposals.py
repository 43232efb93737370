"""Pages of programmes on their way: a federation's own version by form, and what the second person does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import ListPage
from nuanxin.orgs.models import Node
from nuanxin.records import queries as records
from nuanxin.records.words import say

from .. import flow, offered, services, standing
from ..models import ProgrammeProposal
from ..permissions import ACTIVATE_PROGRAMME, PROPOSE_PROGRAMME
from ..programme_writing import write
from ..programmes import Programme
from ..services.programmes import next_version, read
from .forms import ReturnForm
from .packs import language
from .programme_forms import OwnVersion
from .programme_words import routes, sheet
from .programmes import own_version
from .tables import TONES, ProgrammeProposalTable, ProposalFilter


class ProgrammeProposals(ListPage):
    permissions = (PROPOSE_PROGRAMME, ACTIVATE_PROGRAMME)
    template_name = "policy/proposals.html"
    title = _("帮扶项目的起草和批准")
    unit = _("个帮扶项目")
    table_class = ProgrammeProposalTable
    filterset_class = ProposalFilter
    export_name = "policy.programme_proposals"
    empty_title = _("还没有起草中的帮扶项目")
    empty_text = _("打开一个帮扶项目，可以改成本地的版本。")

    def get_queryset(self) -> QuerySet[ProgrammeProposal]:
        return standing.programme_proposals()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return ({"label": _("帮扶项目"), "url": reverse("policy:programmes")},)

    def get_context(self) -> dict[str, Any]:
        return {"section": "programme_proposals"}


@needs(PROPOSE_PROGRAMME)
def own_programme(request: HttpRequest, code: str) -> HttpResponse:
    """Make a version of one's own from the programme in force here; it is kept as a draft."""
    base = replace(own_version(code).checked(), valid_from=timezone.localdate(), valid_to=None)

    def keep(text: str) -> ProgrammeProposal:
        return services.draft_programme(text=text)

    return _form(request, base, keep, cancel=reverse("policy:programme", args=[code]))


@needs(PROPOSE_PROGRAMME)
def edit_programme(request: HttpRequest, pk: int) -> HttpResponse:
    """The same forms over a draft or what was returned."""
    row = get_or_out_of_sight(ProgrammeProposal.objects.filter(state__in=flow.OPEN), pk=pk)
    base, _faults = read(row.text)
    if base is None:
        raise Http404("a faulty text cannot be shown as a form")

    def keep(text: str) -> ProgrammeProposal:
        return services.change_programme(proposal=row, text=text)

    return _form(request, base, keep, cancel=reverse("policy:programme_proposal", args=[pk]), row=row)


def _form(
    request: HttpRequest,
    base: Programme,
    keep: Callable[[str], ProgrammeProposal],
    *,
    cancel: str,
    row: ProgrammeProposal | None = None,
) -> HttpResponse:
    actor = scope.current()
    node = get_or_out_of_sight(Node.objects.all(), path=row.org_id if row else actor.org_path)
    form = OwnVersion(request.POST or None, base, routes(node.path, timezone.localdate()))
    valid = request.method == "POST" and form.is_valid()
    if valid:
        text = write(form.made(place=node.code, version=next_version(base.code, node.code)))
        _made, faults = read(text)
        if not faults:
            try:
                return redirect("policy:programme_proposal", keep(text).pk)
            except Refused as refusal:
                form.programme.refuse(refusal)
        for fault in faults:
            form.programme.add_error(None, fault.reason.in_(language()))
    page = {"form": form, "cancel": cancel, "row": row, "title": base.title.in_(language())}
    return render(request, "policy/programme_edit.html", page, status=422 if request.POST else 200)


@needs(PROPOSE_PROGRAMME, ACTIVATE_PROGRAMME)
def programme_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A proposal: the programme as it would be, and what this person may do with it."""
    row = get_or_out_of_sight(standing.programme_proposals(), pk=pk)
    found, faults = read(row.text)
    today = timezone.localdate()
    page = {
        "row": row,
        "tone": TONES[row.state],
        "faults": [fault.reason.in_(language()) for fault in faults],
        "sheet": sheet(found, row.org_id, today) if found else None,
        "before": _before(found, row) if found else None,
        "can": _can(row),
        "ask": ReturnForm(),
        "timeline": [(entry, say(entry.action)) for entry in records.timeline(row)],
    }
    return render(request, "policy/programme_proposal.html", page)


def _before(found: Programme, row: ProgrammeProposal) -> list[tuple[str, str, str]]:
    """What differs from the version in force at the place on its first day: label, before, after."""
    held = offered.versions_in_force(row.org_id, found.valid_from, found.code)
    if not held or held[0].sha256 == found.sha256:
        return []
    old, new = (sheet(one, row.org_id, found.valid_from) for one in (held[0].checked(), found))
    pairs = [
        (_("名称"), old.title, new.title),
        (_("项目说明"), old.about, new.about),
        (_("办理路线"), old.route, new.route),
        (_("可用资金"), old.funds, new.funds),
        (_("每次上限（元）"), old.limit, new.limit),
        (_("入户调查"), _yes(old.programme.visit), _yes(new.programme.visit)),
        (_("核查授权"), _yes(old.programme.consent), _yes(new.programme.consent)),
        (_("表单问题"), _titles(old.fields), _titles(new.fields)),
        (_("申请材料"), _papers(old.documents), _papers(new.documents)),
    ]
    return [(str(label), str(was), str(now)) for label, was, now in pairs if str(was) != str(now)]


def _yes(flag: bool) -> Any:
    return _("需要") if flag else _("不需要")


def _titles(fields: list[dict[str, Any]]) -> str:
    return " / ".join(field["title"] + ("*" if field["required"] else "") for field in fields)


def _papers(papers: list[tuple[str, bool]]) -> str:
    return " / ".join(title + ("*" if needed else "") for title, needed in papers)


def _can(row: ProgrammeProposal) -> set[str]:
    """What this person may do with it now; who submitted it does not decide."""
    actor = scope.current()
    if not row.org_id.startswith(actor.org_path):
        return set()
    moves = {move.action for move in flow.PROGRAMME.allowed(row, actor)}
    if actor.staff_id == row.maker_id:
        moves -= {"activate", "return"}
    return moves | ({"change"} if "submit" in moves else set())


ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "submit": (services.submit_programme, _("已提交，等待另一位有权限的人批准启用。")),
    "activate": (services.activate_programme, _("已批准，项目从施行日期起按新版办理。")),
    "withdraw": (services.withdraw_programme, _("已撤回。")),
}


@require_POST
@needs(PROPOSE_PROGRAMME, ACTIVATE_PROGRAMME)
def programme_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Submit, put in force or withdraw."""
    if act not in ACTS:
        raise Http404("no such act")
    service, told = ACTS[act]
    row = get_or_out_of_sight(ProgrammeProposal.objects.all(), pk=pk)
    try:
        service(proposal=row)
        messages.success(request, told)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:programme_proposal", pk)


@require_POST
@needs(ACTIVATE_PROGRAMME)
def return_programme(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a reason."""
    row = get_or_out_of_sight(ProgrammeProposal.objects.all(), pk=pk)
    form = ReturnForm(request.POST)
    try:
        services.return_programme(proposal=row, reason=form["reason"].value() or "")
        messages.success(request, _("已退回。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:programme_proposal", pk)
