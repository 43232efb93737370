"""Pages of proposals: drafting a pack, its faults, what it changes, and what the second person does."""

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

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import ListPage
from nuanxin.orgs.models import Node
from nuanxin.records import queries as records
from nuanxin.records.words import say

from .. import admission, flow, services, standing
from ..admission import Examined
from ..models import PackProposal
from ..permissions import ACTIVATE_PACK, PROPOSE_PACK
from .differing import compare
from .forms import ReturnForm, TextForm
from .packs import as_file, language, starting_text
from .showing import Reader
from .tables import TONES, ProposalFilter, ProposalTable


class Proposals(ListPage):
    permissions = (PROPOSE_PACK, ACTIVATE_PACK)
    template_name = "policy/proposals.html"
    title = _("政策包的起草和批准")
    unit = _("个政策包")
    table_class = ProposalTable
    filterset_class = ProposalFilter
    export_name = "policy.proposals"
    empty_title = _("还没有起草中的政策包")
    empty_text = _("可以从范本起草，也可以上传或粘贴政策包。")

    def get_queryset(self) -> QuerySet[PackProposal]:
        return standing.proposals()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        if not scope.current().can(PROPOSE_PACK):
            return ()
        return (
            {"label": _("从范本起草"), "url": reverse("policy:models")},
            {"label": _("上传或粘贴"), "url": reverse("policy:new_proposal"), "kind": "go"},
        )

    def get_context(self) -> dict[str, Any]:
        return {"section": "proposals"}


@needs(PROPOSE_PACK)
def new_proposal(request: HttpRequest) -> HttpResponse:
    """Type, upload, or begin with the text of another pack; whatever is sent is kept as a draft."""
    form = TextForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.draft_proposal(text=form.cleaned_data["text"])
            return redirect("policy:proposal", row.pk)
        except Refused as refusal:
            form.refuse(refusal)
    if not form.is_bound:
        node = get_or_out_of_sight(Node.objects.all(), path=scope.current().org_path)
        form = TextForm(initial={"text": starting_text(request, node)})
    page = {"form": form, "cancel": reverse("policy:proposals")}
    return render(request, "policy/edit.html", page, status=422 if form.errors else 200)


@needs(PROPOSE_PACK, ACTIVATE_PACK)
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A proposal: what is wrong with it, or what it says and what it would change."""
    row = get_or_out_of_sight(standing.proposals(), pk=pk)
    found = admission.examine(row.text)
    can = _can(row)
    page = {
        "row": row,
        "tone": TONES[row.state],
        "found": found,
        "faults": _faults(found),
        "lines": row.text.split("\n"),
        "faulty": {fault.at.line for fault in found.faults},
        "can": can,
        "ask": ReturnForm(),
        "timeline": [(entry, say(entry.action)) for entry in records.timeline(row)],
        **(_reading(row, found) if found.pack else {}),
    }
    return render(request, "policy/proposal.html", page)


def _can(row: PackProposal) -> set[str]:
    """What this person may do with it now; who submitted it does not decide."""
    actor = scope.current()
    if not row.org_id.startswith(actor.org_path):
        return set()
    moves = {move.action for move in flow.PROPOSAL.allowed(row, actor)}
    if actor.staff_id == row.maker_id:
        moves -= {"activate", "return"}
    return moves | ({"change"} if "submit" in moves else set())


def _faults(found: Examined) -> list[dict[str, Any]]:
    return [
        {"line": fault.at.line, "column": fault.at.column, "reason": fault.reason.in_(language())}
        for fault in found.faults
    ]


def _reading(row: PackProposal, found: Examined) -> dict[str, Any]:
    """The pack in words, whom it concerns, what stands in its way, and what it changes."""
    assert found.pack is not None
    pending = row.state in ("draft", "returned", "submitted")
    place = admission.place_of(found.pack, row.org_id)
    path = None if isinstance(place, Refused) else place
    before = standing.replaced(row, path)
    return {
        "sheet": Reader(found.pack, language()).sheet(),
        "place": Node.objects.filter(path=path).first() if path else None,
        "affected": admission.affected(path) if path else None,
        "objections": list(admission.objections(found.pack, row.org_id)) if pending and found.sound else [],
        "backdated": pending and found.pack.valid_from < timezone.localdate(),
        "before": before,
        "changes": compare(before.checked(), found.pack, language()) if before else None,
    }


@needs(PROPOSE_PACK)
def edit_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """The text with line numbers and its faults beside it; saving keeps it, wrong or right."""
    row = get_or_out_of_sight(PackProposal.objects.filter(state__in=flow.OPEN), pk=pk)
    form = TextForm(request.POST or None, request.FILES or None, initial={"text": row.text})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_proposal(proposal=row, text=form.cleaned_data["text"])
            return redirect("policy:proposal", pk)
        except Refused as refusal:
            form.refuse(refusal)
    page = {
        "row": row,
        "form": form,
        "cancel": reverse("policy:proposal", args=[pk]),
        "faults": _faults(admission.examine(row.text)) if not form.is_bound else [],
    }
    return render(request, "policy/edit.html", page, status=422 if form.errors else 200)


@needs(PROPOSE_PACK, ACTIVATE_PACK)
def proposal_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The text as a file."""
    row = get_or_out_of_sight(PackProposal.objects.all(), pk=pk)
    return as_file(row.text, f"{row.code or 'draft'}-{row.version or row.pk}.yaml")


ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "submit": (services.submit_proposal, _("已提交，等待另一位有权限的人批准启用。")),
    "activate": (services.activate_proposal, _("已批准，政策包从施行日期起生效。")),
    "withdraw": (services.withdraw_proposal, _("已撤回。")),
}


@require_POST
@needs(PROPOSE_PACK, ACTIVATE_PACK)
def proposal_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Submit, put in force or withdraw."""
    if act not in ACTS:
        raise Http404("no such act")
    service, told = ACTS[act]
    row = get_or_out_of_sight(PackProposal.objects.all(), pk=pk)
    try:
        service(proposal=row)
        messages.success(request, told)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:proposal", pk)


@require_POST
@needs(ACTIVATE_PACK)
def return_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a reason."""
    row = get_or_out_of_sight(PackProposal.objects.all(), pk=pk)
    form = ReturnForm(request.POST)
    try:
        services.return_proposal(proposal=row, reason=form["reason"].value() or "")
        messages.success(request, _("已退回。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("policy:proposal", pk)
