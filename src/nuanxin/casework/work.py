"""What casework puts on the home page: who has what to do, and two figures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as approvals
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.worklist import ALL, Figure, Heap, Work, heap_of, offers_figures, offers_work
from nuanxin.orgs.models import Node, Staff

from . import care_work as care_work  # its heaps
from . import determination, labels, programmes, queries
from . import survey_work as survey_work  # its heaps
from .models import CLASSES, AidList, Application, Exit, File, Overruling, Watch
from .permissions import APPLY, CARE, DECIDE, DECIDE_AID, PROPOSE_AID, REVIEW, SEE
from .queries import queues


@offers_work
def applications_to_do(actor: Actor) -> Iterable[Heap]:
    """Officer: returned, drafts. At the actor's steps: checks, decisions, notices over. Objections."""
    staff = actor.staff_id
    if actor.can(APPLY):
        yield _applications(
            "returned", _("被退回的申请"), queries.mine(staff, "returned"), _("补正后重新提交")
        )
        yield _applications("draft", _("待提交的申请"), queries.mine(staff, "draft"), _("补齐材料并提交"))
    if actor.can(REVIEW):
        yield _at_steps(actor, "review", _("待审核的申请"), queries.to_review(actor), _("审核"))
    if actor.can_any((REVIEW, DECIDE)):
        yield _applications("objected", _("待处理的异议"), queries.objected_to(actor), _("处理异议"))
    if actor.can(DECIDE):
        yield _at_steps(actor, "decide", _("待审批的申请"), queries.to_decide(actor), _("审批"))


def _applications(key: str, label: Any, rows: QuerySet[Application], step: Any) -> Heap:
    def make(shown: Sequence[Application]) -> list[Work]:
        of = programmes.of_many(shown)
        return [_application(row, of[row.pk].title.in_(get_language() or "zh"), step) for row in shown]

    back = ALL if key == "returned" else None
    return heap_of(f"application-{key}", label, rows, make, _list(key), due="due_on", returned=back)


def _list(todo: str) -> str:
    """The list of the applications of one heap, the soonest due first."""
    return f"{reverse('casework:applications')}?tab=all&todo={todo}&sort=due_on"


def _application(row: Application, title: str, step: Any, **more: Any) -> Work:
    known = {"since": timezone.localtime(row.changed).date()} | more
    return Work(
        what=title,
        who=f"{row.who} · {row.org.local_name}",
        step=step,
        url=reverse("casework:application", args=[row.pk]),
        due=row.due_on,
        chip=determination.result_in_words(row.assessment) if row.assessment else "",
        tone=labels.tone(labels.CLASS_TONES, row.assessment.result) if row.assessment else "off",
        returned=row.state == "returned",
        **known,
    )


def _at_steps(actor: Actor, key: str, label: Any, rows: QuerySet[Application], step: Any) -> Heap:
    """Applications at steps of the actor: for whoever is away, or come up from a unit below that is late."""
    holder = Staff.objects.filter(pk=approvals.stands_for(actor)).first()
    raised = Q(step_org__isnull=False) & ~Q(step_org=actor.org_path) & Q(state="submitted")

    def make(shown: Sequence[Any]) -> list[Work]:
        of = programmes.of_many(shown)
        paths = {row.step_org for row in shown if row.state == "submitted"} - {actor.org_path}
        units = {node.path: node for node in Node.objects.filter(path__in=paths)} if paths else {}
        return [
            _application(
                row,
                of[row.pk].title.in_(get_language() or "zh"),
                step,
                since=timezone.localtime(row.step_since).date() if row.step_since else None,
                **_via(holder, units.get(row.step_org) if row.state == "submitted" else None),
            )
            for row in shown
        ]

    facets = {"escalated": raised} | ({"delegated": ALL} if holder else {})
    return heap_of(f"application-{key}", label, rows, make, _list(key), due="due_on", facets=facets)


def _via(holder: Staff | None, unit: Node | None) -> dict[str, Any]:
    """For whom it is done, or from which unit it has come up."""
    if unit is not None:
        words = gettext("%(unit)s逾期，由上级办理") % {"unit": unit.local_name}
        return {"via": words, "facets": frozenset(["escalated"])}
    if holder is not None:
        words = gettext("代%(name)s办理") % {"name": holder.local_name}
        return {"via": words, "facets": frozenset(["delegated"])}
    return {}


@offers_work
def lists_to_do(actor: Actor) -> Iterable[Heap]:
    """Lists of awards being made, returned, or waiting for a decision."""
    if actor.can(PROPOSE_AID):
        yield _lists("mine", _("编制中的救助名单"), queries.lists_of(actor.staff_id), _("核对并提交"))
    if actor.can(DECIDE_AID):
        yield _lists(
            "submitted", _("待审批的救助名单"), queries.lists_to_decide(actor.staff_id), _("整单审批")
        )


def _lists(key: str, label: Any, rows: QuerySet[AidList], step: Any) -> Heap:
    def make(shown: Sequence[Any]) -> list[Work]:
        return [
            Work(
                what=row.title,
                who=row.org.local_name,
                step=step,
                url=reverse("casework:aid_list", args=[row.pk]),
                amount=row.total,
                chip="" if row.state == "returned" else row.get_state_display(),
                tone=labels.tone(labels.LIST_TONES, row.state),
                returned=row.state == "returned",
                since=timezone.localtime(row.created).date(),
            )
            for row in shown
        ]

    return heap_of(
        f"aid-{key}", label, rows, make, reverse("casework:aid_lists"), returned=Q(state="returned")
    )


@offers_work
def leaving(actor: Actor) -> Iterable[Heap]:
    """Exits returned or waiting for a decision; tapers with a month due; visits due to those watched."""
    if actor.can(APPLY):
        yield _exits(
            "returned", _("被退回的退出"), queries.exits_of(actor.staff_id, "returned"), _("补正后重新提交")
        )
    if actor.can(DECIDE):
        yield _exits("submitted", _("待审批的退出"), queries.exits_to_decide(actor.staff_id), _("审批退出"))
    today = timezone.localdate()
    if actor.can(PROPOSE_AID) and (due := queries.tapers_due(today).count()):
        what = gettext("%(count)s 户") % {"count": f"{due:,}"}
        item = Work(_("渐退期帮扶"), what, _("编制本月名单"), f"{reverse('casework:tapers')}?tab=due")
        yield Heap("tapers", _("本月待发的渐退"), 1, [item], reverse("casework:tapers"))
    if actor.can(CARE):
        url = f"{reverse('casework:watches')}?tab=due"
        yield heap_of("watches", _("应走访的监测户"), queries.watches_due(), _watches, url, due="next_on")


def _exits(key: str, label: Any, rows: QuerySet[Exit], step: Any) -> Heap:
    def make(shown: Sequence[Exit]) -> list[Work]:
        return [
            Work(
                what=row.get_kind_display(),
                who=f"{row.file.household.head.name} · {row.org.local_name}",
                step=step,
                url=reverse("casework:exit", args=[row.pk]),
                chip="" if row.state == "returned" else row.get_state_display(),
                tone=labels.tone(labels.EXIT_TONES, row.state),
                returned=key == "returned",
                since=row.proposed_on,
            )
            for row in shown
        ]

    url = f"{reverse('casework:exits')}?tab={key}"
    return heap_of(f"exit-{key}", label, rows, make, url, returned=ALL if key == "returned" else None)


def _watches(shown: Sequence[Watch]) -> list[Work]:
    return [
        Work(
            what=row.get_kind_display(),
            who=f"{row.household.head.name} · {row.org.local_name}",
            step=_("登记走访"),
            url=reverse("casework:watch", args=[row.pk]),
            due=row.next_on,
            since=row.since,
        )
        for row in shown
    ]


@offers_work
def standing(actor: Actor) -> Iterable[Heap]:
    """The standing queues that are not empty; each is one line, for they count unlike things."""
    if not actor.can(SEE):
        return
    found = queues.counts()
    lines = [
        _queue("never_helped", _("从未帮扶"), found.never_helped, _("%(count)s 户"), _("走访并提出救助")),
        _queue("no_officer", _("无联系干部"), found.without_officer, _("%(count)s 户"), _("指定联系干部")),
        _queue("no_leader", _("尚未结对"), found.without_leader, _("%(count)s 户"), _("安排结对")),
        _queue("unknown", _("缺情况不能认定"), found.undecidable, _("%(count)s 件"), _("补齐后重新认定")),
    ]
    items = [line for line in lines if line]
    yield Heap("standing", _("待跟进档案"), len(items), items, reverse("casework:file_queues"))


def _queue(tab: str, what: Any, count: int, said: Any, step: Any) -> Work | None:
    url = f"{reverse('casework:file_queues')}?tab={tab}"
    return Work(what, said % {"count": f"{count:,}"}, step, url) if count else None


@offers_figures
def figures(actor: Actor) -> Iterable[Figure]:
    """Open files by class, and what reached the cards this year; each opens its list."""
    if not actor.can(SEE):
        return
    counts = dict(File.objects.filter(state="open").order_by().values_list("clazz").annotate(n=Count("pk")))
    classes = [f"{label} {counts.get(code, 0):,}" for code, label in CLASSES[:3]]
    files = f"{reverse('casework:files')}?tab=open"
    total = gettext("%(count)s 户") % {"count": f"{sum(counts.values()):,}"}
    yield Figure(_("在档困难职工"), total, files, help=" · ".join(classes))
    year = timezone.localdate().year
    aided = queries.aided(queries.awards_paid(date(year, 1, 1), date(year + 1, 1, 1)))
    yuan = gettext("%(amount)s 元") % {"amount": format_yuan(aided.amount)}
    times = gettext("%(count)s 户次") % {"count": f"{aided.times:,}"}
    yield Figure(_("本年已到卡救助金"), yuan, reverse("casework:aid_lists"), help=times)


@offers_work
def exceptions(actor: Actor) -> Iterable[Heap]:
    """Papers that follow money: the officer's own, and all that are late to whoever sees the files, up to
    the superior; exceptions that wait for a second person.
    """
    if actor.can(APPLY):
        mine = queries.papers_awaited().filter(officer=actor.staff_id)
        yield _papers("awaited", _("待补材料的先行救助"), mine)
    if actor.can(SEE) and not actor.can(APPLY):
        yield _papers("late", _("逾期未补材料的先行救助"), queries.papers_late(), {"escalated": ALL})
    if actor.can(DECIDE):
        rows = queries.overrulings_to_agree(actor.staff_id)
        yield heap_of("overrulings", _("待同意的例外"), rows, _overrulings, reverse("casework:overrulings"))


def _papers(tab: str, label: Any, rows: QuerySet[Application], facets: Mapping[str, Q] | None = None) -> Heap:
    def make(shown: Sequence[Application]) -> list[Work]:
        return [
            Work(
                what=_("先行救助"),
                who=f"{row.who} · {row.org.local_name}",
                step=_("补齐材料") if tab == "awaited" else _("督促补齐材料"),
                url=reverse("casework:application", args=[row.pk]),
                due=row.papers_due_on,
                amount=row.amount,
                since=row.applied_on,
                facets=frozenset(facets or ()),
            )
            for row in shown
        ]

    url = f"{reverse('casework:acted_first')}?tab={tab}"
    return heap_of(f"papers-{tab}", label, rows, make, url, due="papers_due_on", facets=facets)


def _overrulings(shown: Sequence[Overruling]) -> list[Work]:
    return [
        Work(
            what=_("例外事项"),
            who=f"{row.application.who} · {row.org.local_name}",
            step=_("同意或不同意"),
            url=reverse("casework:application", args=[row.application_id]),
            since=timezone.localtime(row.created).date(),
        )
        for row in shown
    ]
