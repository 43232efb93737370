"""What casework puts on the home page: who has what to do, and two figures."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.worklist import Figure, Heap, Work, offers_figures, offers_work

from . import care_work as care_work  # its heaps
from . import determination, labels, programmes, queries
from .models import CLASSES, AidList, Application, Exit, File, Overruling
from .permissions import APPLY, CARE, DECIDE, DECIDE_AID, PROPOSE_AID, REVIEW, SEE
from .queries import queues

#: So many of a heap are shown on the home page; the rest stand in the list it opens.
SHOWN = 20


@offers_work
def applications_to_do(actor: Actor) -> Iterable[Heap]:
    """Officer: returned, drafts. Reviewer: submitted, objections. Decision maker: notices that are over."""
    staff = actor.staff_id
    if actor.can(APPLY):
        yield _applications(
            "returned", _("被退回的申请"), queries.mine(staff, "returned"), _("补正后重新提交")
        )
        yield _applications("draft", _("待提交的申请"), queries.mine(staff, "draft"), _("补齐材料并提交"))
    if actor.can(REVIEW):
        yield _applications("submitted", _("待审核的申请"), queries.to_review(staff), _("审核"))
        yield _applications("objected", _("待处理的异议"), queries.objected_to(), _("处理异议"))
    if actor.can(DECIDE):
        yield _applications("noticed", _("公示期满的申请"), queries.to_decide(staff), _("审批建档"))


def _applications(key: str, label: Any, rows: QuerySet[Application], step: Any) -> Heap:
    tab = "noticed" if key == "objected" else key
    shown = list(rows[:SHOWN])
    of = programmes.of_many(shown)
    items = [
        Work(
            what=of[row.pk].title.in_(get_language() or "zh"),
            who=f"{row.who} · {row.org.local_name}",
            step=step,
            url=reverse("casework:application", args=[row.pk]),
            due=row.due_on,
            chip=determination.result_in_words(row.assessment) if row.assessment else "",
            tone=labels.tone(labels.CLASS_TONES, row.assessment.result) if row.assessment else "off",
            returned=key == "returned",
        )
        for row in shown
    ]
    url = f"{reverse('casework:applications')}?tab={tab}"
    return Heap(f"application-{key}", label, rows.count(), items, url, returned=key == "returned")


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
    items = [
        Work(
            what=row.title,
            who=row.org.local_name,
            step=step,
            url=reverse("casework:aid_list", args=[row.pk]),
            amount=row.total,  # type: ignore[attr-defined]
            chip=row.get_state_display(),
            tone=labels.tone(labels.LIST_TONES, row.state),
            returned=row.state == "returned",
        )
        for row in rows[:SHOWN]
    ]
    return Heap(f"aid-{key}", label, rows.count(), items, reverse("casework:aid_lists"))


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
        yield _watches()


def _exits(key: str, label: Any, rows: QuerySet[Exit], step: Any) -> Heap:
    items = [
        Work(
            what=row.get_kind_display(),
            who=f"{row.file.household.head.name} · {row.org.local_name}",
            step=step,
            url=reverse("casework:exit", args=[row.pk]),
            chip=row.get_state_display(),
            tone=labels.tone(labels.EXIT_TONES, row.state),
            returned=key == "returned",
        )
        for row in rows[:SHOWN]
    ]
    url = f"{reverse('casework:exits')}?tab={key}"
    return Heap(f"exit-{key}", label, rows.count(), items, url, returned=key == "returned")


def _watches() -> Heap:
    rows = queries.watches_due()
    items = [
        Work(
            what=row.get_kind_display(),
            who=f"{row.household.head.name} · {row.org.local_name}",
            step=_("登记走访"),
            url=reverse("casework:watch", args=[row.pk]),
            due=row.next_on,
        )
        for row in rows[:SHOWN]
    ]
    return Heap("watches", _("应走访的监测户"), rows.count(), items, f"{reverse('casework:watches')}?tab=due")


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
        yield _papers("late", _("逾期未补材料的先行救助"), queries.papers_late())
    if actor.can(DECIDE):
        yield _overrulings(queries.overrulings_to_agree(actor.staff_id))


def _papers(tab: str, label: Any, rows: QuerySet[Application]) -> Heap:
    items = [
        Work(
            what=_("先行救助"),
            who=f"{row.who} · {row.org.local_name}",
            step=_("补齐材料") if tab == "awaited" else _("督促补齐材料"),
            url=reverse("casework:application", args=[row.pk]),
            due=row.papers_due_on,
            amount=row.amount,
        )
        for row in rows[:SHOWN]
    ]
    return Heap(f"papers-{tab}", label, rows.count(), items, f"{reverse('casework:acted_first')}?tab={tab}")


def _overrulings(rows: QuerySet[Overruling]) -> Heap:
    items = [
        Work(
            what=_("例外事项"),
            who=f"{row.application.who} · {row.org.local_name}",
            step=_("同意或不同意"),
            url=reverse("casework:application", args=[row.application_id]),
        )
        for row in rows[:SHOWN]
    ]
    return Heap("overrulings", _("待同意的例外"), rows.count(), items, reverse("casework:overrulings"))
