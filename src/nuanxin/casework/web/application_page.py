"""What the page of an application shows: for any programme, a household's or a unit's."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.money import format_yuan
from nuanxin.policy.programmes import Programme
from nuanxin.registry.groups import FINANCE, HIDDEN, may, shown

from .. import answers, completeness, queries, services
from ..determination import told
from ..found_words import lines
from ..models import FILING, KEPT, UNDER_WAY, Application, Notice
from ..permissions import APPLY, DECIDE, REVIEW
from ..services.computing import PREPARING
from . import exceptions
from .acts import Standing
from .answer_form import AnswerForm
from .explained import say, sheet
from .forms import Reason, SettleForm
from .household import Fact, facts_strip, finances, people
from .tabs import chosen, tabs

TABS = {
    "form": _("申请内容"),
    "explanation": _("认定说明"),
    "members": _("家庭成员"),
    "finance": _("收入与支出"),
    "visits": _("入户调查"),
    "documents": _("材料"),
    "notice": _("公示"),
}
#: The tabs about a household, which a unit's application has not.
_HOME = ("members", "finance", "visits")


@dataclass(frozen=True)
class WayStep:
    """One step of the route on the page: "done", "now" or "next", who acts, by when, who spoke."""

    title: str
    tone: str
    state: Any
    unit: str
    due_on: Any
    note: str


def page_of(request: HttpRequest, at: Standing, form: AnswerForm | None = None) -> dict[str, Any]:
    """The context of the page; `form` is one that came back with what was typed."""
    row, programme = at.application, at.programme
    names = _tabs(row, programme)
    tab = "form" if form else chosen(names, request)
    notices = _notices(row)
    notice = next((one for one in notices if not one.withdrawn), None)
    actor = scope.current()
    preparing = row.state in PREPARING and actor.can(APPLY)
    context = {
        "application": row,
        "programme": programme,
        "title": say(programme.title),
        "household": row.household,
        "tab": tab,
        "sheet": sheet(told(row.assessment), row.household) if row.assessment else None,
        "facts": _strip(row, programme),
        "answered": answers.in_words(programme, row.answers),
        "form": form or (AnswerForm(programme, row) if preparing else None),
        "lacks": completeness.lacks(row, programme) if row.state in PREPARING else [],
        "papers": _papers(row, programme),
        "paper_titles": {document.code: say(document.title) for document in programme.documents},
        "way": _way(at),
        "may_remove": row.state in services.CHANGING and actor.can(APPLY),
        "reason_form": Reason(auto_id="removing_%s"),
        "notice": notice,
        "notices": notices,
        "notice_day": queries.notice_day(notice) if notice else 0,
        "settle_form": SettleForm(prefix="settle"),
        "steps": queries.timeline(row),
        "file": getattr(row, "file", None),
        "awards": list(row.awards.defer(*KEPT).order_by("part")),
        "card_tail": shown(row.household, "card_mask")[-4:] if row.household else "",
        "account_mask": row.payee.card_mask if _has_account(row) and may(actor, FINANCE) else HIDDEN,
        "has_part": at.has_part and row.state in ("submitted", "noticed"),
        "may_visit": row.household_id is not None and row.state in services.CHANGING and actor.can(APPLY),
        **_differences(row),
        "today": timezone.localdate(),
    }
    home, counts = _home(row)
    counts |= {"notice": len(notices)}
    return context | home | exceptions.card(row) | {"tabs": tabs(names, tab, counts)}


def _notices(row: Application) -> list[Notice]:
    """Its notices with how far each stands, and which objections the actor may settle, or why not."""
    found, reviews = queries.notices_of(row), scope.current().can_any((REVIEW, DECIDE))
    for notice in found:
        notice.day = queries.notice_day(notice)  # type: ignore[attr-defined]
        notice.application = row
        for objection in notice.objections.all():
            objection.notice = notice
            objection.why_not = services.may_not_settle(objection)  # type: ignore[attr-defined]
            objection.may_settle = reviews and not objection.why_not  # type: ignore[attr-defined]
    return found


def _differences(row: Application) -> dict[str, Any]:
    """On what visits found something else than was declared, as long as it is not decided."""
    found = queries.differences(row) if row.state in UNDER_WAY else []
    if not found:
        return {"differences": []}
    latest = max((one.visit for one in found), key=lambda visit: (visit.visited_on, visit.pk))
    return {"differences": lines(found, latest.checklist), "differing_visit": latest.pk}


def _has_account(row: Application) -> bool:
    return getattr(row, "payee", None) is not None


def _tabs(row: Application, programme: Programme) -> dict[str, Any]:
    """The tabs there is something behind; a file's has no questions of its own unless it asks some."""
    left_out = set() if row.household_id else set(_HOME)
    if not row.notices.exists():
        left_out.add("notice")
    if not programme.pack:
        left_out.add("explanation")
    if programme.code == FILING and not programme.fields:
        left_out.add("form")
    order = [*TABS] if programme.code != FILING else [*list(TABS)[1:], "form"]
    return {key: TABS[key] for key in order if key not in left_out}


def _home(row: Application) -> tuple[dict[str, Any], dict[str, int]]:
    """What the tabs about the household hold, and how much each counts."""
    if row.household is None:
        documents = queries.documents_of(row)
        return {"documents": documents}, {"documents": len(documents)}
    members, visits = people(row.household), list(queries.visits_of(row.household))
    documents = queries.documents_of(row, *visits)
    stale = row.assessment is not None and row.household.changed > row.assessment.created
    context = {
        "people": members,
        "finances": finances(row.household),
        "visits": visits,
        "documents": documents,
        "stale": stale,
    }
    return context, {"members": len(members), "visits": len(visits), "documents": len(documents)}


def _strip(row: Application, programme: Programme) -> list[Fact]:
    """The figures that matter: of a file the household's, else the money."""
    if programme.code == FILING:
        return facts_strip(row.home, row.assessment)
    asked = format_yuan(row.asked) if row.asked else "—"
    amount = format_yuan(row.amount) if row.amount else "—"
    file = row.rests_on
    return [
        Fact(_("申请对象"), row.who),
        Fact(_("在册档案"), f"{file.number} · {file.get_clazz_display()}" if file else "—"),
        Fact(_("申请金额"), asked, _("元") if row.asked else ""),
        Fact(_("救助金额"), amount, _("元") if row.amount else ""),
        Fact(_("资金"), row.fund.local_name if row.fund else "—"),
    ]


def _papers(row: Application, programme: Programme) -> list[dict[str, Any]]:
    """The documents the programme names, and whether each is there."""
    held = {document.category for document in queries.documents_of(row)}
    language = get_language() or "zh"
    return [
        {
            "title": document.title.in_(language),
            "there": document.code in held,
            "required": document.required,
        }
        for document in programme.documents
    ]


_STATES = {"done": _("已办"), "now": _("办理中"), "next": _("待办理")}
_TONES = {"done": "done", "now": "wait", "next": "off"}


def _way(at: Standing) -> list[WayStep]:
    """The steps of the route in order, with who said what in this round."""
    said: dict[int | None, list[str]] = {}
    for vote in approvals.votes_of(at.application.process):
        said.setdefault(vote.process_step_id, []).append(
            f"{vote.voter.local_name} {vote.get_verdict_display()}"
        )
    return [_way_step(step, at.step, said.get(step.pk, [])) for step in at.steps]


def _way_step(step: Any, now: Any, said: list[str]) -> WayStep:
    state = "done" if step.done else "now" if now and step.pk == now.pk else "next"
    return WayStep(
        step.local_title,
        _TONES[state],
        _STATES[state],
        step.org.local_name,
        step.due_on if state == "now" else None,
        "；".join(said),
    )
