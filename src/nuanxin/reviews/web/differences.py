"""One household's difference: before and now side by side, why, and what one does about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.casework.labels import CLASS_TONES
from nuanxin.casework.permissions import APPLY
from nuanxin.casework.permissions import SEE as SEE_FILES
from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.records import queries as records
from nuanxin.records.words import say
from nuanxin.registry.permissions import SEE_HOUSEHOLD

from .. import labels, queries, services
from ..flow import UNSETTLED
from ..models import Difference
from ..permissions import DECIDE, RUN, SEE
from ..services.common import Outcome
from . import forms, showing


@dataclass(frozen=True)
class Act:
    """One act: `run(row, cleaned_data)`, offered in `states`; `own`: also on one's own proposal."""

    permission: str
    states: tuple[str, ...]
    label: Any
    done: Any
    run: Callable[[Difference, dict[str, Any]], Any]
    form: type[Form] = forms.Empty
    tone: str = ""
    own: bool = True
    confirm: Any = ""

    def offered(self, row: Difference, actor: Actor) -> bool:
        mine = row.proposer_id == actor.staff_id
        return row.state in self.states and actor.can(self.permission) and (self.own or not mine)


def _one(row: Difference) -> Any:
    return Difference.objects.filter(pk=row.pk)


ACTS: dict[str, Act] = {
    "again": Act(
        RUN,
        UNSETTLED,
        _("重新认定本户"),
        _("已重新认定。"),
        lambda row, data: services.determine_again(rows=_one(row)),
    ),
    "propose": Act(
        RUN,
        ("open", "returned"),
        _("提出处理意见"),
        _("已提出意见，等待审批。"),
        lambda row, data: services.propose(rows=_one(row), **data),
        forms.ProposeForm,
        "go",
    ),
    "visit": Act(
        APPLY,
        ("visiting",),
        _("登记入户结果"),
        _("入户结果已登记。"),
        lambda row, data: services.record_visit(difference=row, **data),
        forms.VisitForm,
        "go",
    ),
    "return": Act(
        DECIDE,
        ("proposed",),
        _("退回处理意见"),
        _("意见已退回。"),
        lambda row, data: services.return_many(rows=_one(row), **data),
        forms.ReasonForm,
        own=False,
    ),
    "settle": Act(
        DECIDE,
        ("proposed",),
        _("批准处理意见"),
        _("已批准并办理。"),
        lambda row, data: services.decide(rows=_one(row)),
        tone="go",
        own=False,
        confirm=_("批准并立即办理？"),
    ),
}


def _find(pk: int) -> Difference:
    return get_or_out_of_sight(queries.difference(pk), pk=pk)


@needs(SEE, APPLY)
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    """One household of a review."""
    return _show(request, _find(pk), {})


def _show(request: HttpRequest, row: Difference, bound: dict[str, Form], status: int = 200) -> HttpResponse:
    actor, language = scope.current(), get_language() or "zh"
    before, now = queries.explained(row)
    running = row.review.state == "open"
    context = {
        "row": row,
        "kind_tone": labels.KIND_TONES[row.kind],
        "state_tone": labels.STATE_TONES[row.state],
        "was_tone": CLASS_TONES[row.was],
        "now_tone": CLASS_TONES[row.now],
        "stale": queries.is_stale(row),
        "figures": showing.figures(row, language),
        "standards": showing.standards(before, now, language),
        "sheet": showing.clauses(now, language) if now else None,
        "missing": [text.in_(language) for text in queries.inputs(row.pack_hash, row.missing)],
        "steps": [(entry, say(entry.action)) for entry in records.timeline(row)],
        "offers": [
            showing.Offer(name, act, bound.get(name) or act.form(), name in bound)
            for name, act in ACTS.items()
            if running and act.offered(row, actor)
        ],
        "may_see_file": actor.can(SEE_FILES),
        "may_see_household": actor.can(SEE_HOUSEHOLD),
        "may_see_review": actor.can(SEE),
        "own": row.state == "proposed" and row.proposer_id == actor.staff_id,
    }
    return render(request, "reviews/difference.html", context, status=status)


@needs(RUN, DECIDE, APPLY)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Carry out an act; what stands in its way is shown on the page with what was typed."""
    if name not in ACTS:
        raise Http404(name)
    row, chosen = _find(pk), ACTS[name]
    scope.current().require(chosen.permission)
    form = chosen.form(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                outcome = chosen.run(row, form.cleaned_data)
                _refuse_left(outcome)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, chosen.done)
            return redirect("reviews:difference", pk=pk)
    return _show(request, _find(pk), {name: form}, status=422)


def _refuse_left(outcome: Any) -> None:
    """A household that was left says why, as one does that is acted on alone."""
    if isinstance(outcome, Outcome) and not outcome.done:
        for refusal in outcome.refused.values():
            raise refusal
        raise Refused(_("本户当前的状态不能这样办理，请刷新页面再看。"), code="wrong_state")
