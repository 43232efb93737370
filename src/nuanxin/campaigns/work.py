"""What the app puts on the work list: plans to finish, lists to decide, families to visit."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import ALL, Figure, Heap, Work, heap_of, offers_figures, offers_work

from . import flow, queries
from .models import Drive, Recipient
from .permissions import DECIDE, PLAN, VISIT


@offers_work
def work(actor: Actor) -> Iterator[Heap]:
    """Returned and unfinished drives for planners, submitted ones for deciders, visits for officers."""
    if actor.can(PLAN):
        low, high = actor.scope
        mine = queries.drives().filter(org_id__gte=low, org_id__lt=high)
        yield _drives("drives_returned", _("退回的活动"), mine.filter(state="returned"), _("修改后再提交"))
        yield _drives("drives_draft", _("筹备中的活动"), mine.filter(state="draft"), _("选定名单并提交"))
    if actor.can(DECIDE):
        waiting = queries.submitted_to(actor.staff_id)
        yield _drives("drives_submitted", _("待审批的活动"), waiting, _("审批名单"))
    if actor.can(VISIT):
        rows = queries.visits_due().order_by("drive__ends_on", "org_id", "pinyin", "pk")
        url = reverse("campaigns:visits")
        yield heap_of("visits_due", _("慰问走访"), rows, _visits, url, due="drive__ends_on")


def _drives(key: str, label: Any, rows: QuerySet[Drive], step: Any) -> Heap:
    def make(shown: Sequence[Drive]) -> list[Work]:
        return [_drive(row, step) for row in shown]

    back = ALL if key == "drives_returned" else None
    rows = rows.order_by("starts_on", "pk")
    return heap_of(key, label, rows, make, reverse("campaigns:drives"), due="starts_on", returned=back)


def _drive(drive: Drive, step: object) -> Work:
    returned = drive.state == "returned"
    return Work(
        what=_("送温暖活动：%(name)s") % {"name": drive.name},
        who=str(drive.org),
        step=step,
        url=reverse("campaigns:drive", args=[drive.pk]),
        due=drive.starts_on,
        chip=flow.DRIVE.states[drive.state],
        tone="no" if returned else "wait",
        returned=returned,
    )


def _visits(shown: Sequence[Recipient]) -> list[Work]:
    return [_visit(row) for row in shown]


def _visit(row: Recipient) -> Work:
    return Work(
        what=row.drive.name,
        who=f"{row.name} · {row.org}",
        step=_("走访登记"),
        url=reverse("campaigns:visit", args=[row.pk]),
        due=row.drive.ends_on,
        amount=row.cash,
        chip=row.get_target_display(),
    )


@offers_figures
def figures(actor: Actor) -> Iterable[Figure]:
    """How far the visits are, and which families no drive has reached this year."""
    if not actor.can_any((PLAN, VISIT)):
        return
    planned, visited = queries.progress()
    if planned:
        yield Figure(
            _("走访进度"),
            _("已走访 %(visited)s / 计划 %(planned)s") % {"visited": visited, "planned": planned},
            reverse("campaigns:visits") if actor.can(VISIT) else reverse("campaigns:drives"),
            share=visited * 100 // planned,
            help=_("进行中的活动，按慰问对象计。"),
        )
    if actor.can(PLAN):
        yield Figure(
            _("本年未走访的在档家庭"),
            _("%(count)s 户") % {"count": queries.not_visited(timezone.localdate().year).count()},
            reverse("campaigns:drives"),
            help=_("可在活动中按“本年未走访”筛选加入。"),
        )
