"""What care puts on the home page: tasks, answers, and the visits of who is paired with a family."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, heap_of, offers_work

from . import labels, queries
from .models import Task
from .permissions import ANSWER, CARE, FAMILIES


@offers_work
def care(actor: Actor) -> Iterable[Heap]:
    """My tasks; answers to what I planned; families I am to visit."""
    if actor.can(ANSWER):
        yield _tasks("mine", _("待办的帮扶任务"), queries.tasks_mine(actor), _("办理并答复"))
    if actor.can(CARE):
        answered = queries.tasks_answered().filter(maker=actor.staff_id)
        yield _tasks("answered", _("待确认的帮扶任务"), answered, _("确认或退回"))
    if actor.can(FAMILIES):
        yield _families(actor)


def _tasks(tab: str, label: Any, rows: QuerySet[Task], step: Any) -> Heap:
    def make(shown: Sequence[Any]) -> list[Work]:
        return [
            Work(
                what=row.what,
                who=" · ".join(filter(None, [row.head, row.org.local_name])),
                step=step,
                url=reverse("casework:task", args=[row.pk]),
                due=row.due_on,
                chip=row.get_result_display() or row.get_kind_display(),
                tone=labels.tone(labels.TASK_TONES, row.state),
                returned=row.state == "open" and bool(row.returned_because),
                since=timezone.localtime(row.created).date(),
            )
            for row in shown
        ]

    url = f"{reverse('casework:tasks')}?tab={tab}"
    again = Q(state="open") & ~Q(returned_because="")
    return heap_of(f"task-{tab}", label, rows, make, url, due="due_on", returned=again)


def _families(actor: Actor) -> Heap:
    def make(shown: Sequence[Any]) -> list[Work]:
        return [
            Work(
                what=_("结对走访"),
                who=f"{row.file.household.head.name} · {row.file.household.org.local_name}",
                step=_("登记走访"),
                url=reverse("casework:visit", args=[row.file.household_id]),
                due=row.next_on,
                since=row.since,
            )
            for row in shown
        ]

    rows = queries.families_due(actor)
    return heap_of("families", _("应走访的结对家庭"), rows, make, reverse("casework:families"), due="next_on")
