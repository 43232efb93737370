"""Who does what about a need by when; the answers of departments, and what becomes of them."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Node, Post, Staff
from nuanxin.records import services as records

from ..flow import TASK
from ..models import Need, Task
from ..permissions import ANSWER, CARE
from .common import need_reason
from .needs import need_open_file


def units(place: str) -> QuerySet[Node]:
    """Unions and departments a family of the place may be handed to: those of its county, else below it."""
    county = orgs.county_of(place)
    rows = Node.objects.within(county.path if county else place).filter(active=True)
    return rows.order_by("-kind", "code")


def answerers(place: str) -> QuerySet[Staff]:
    """People of these units who may answer tasks, by name."""
    county = orgs.county_of(place)
    low, high = subtree(county.path if county else place)
    posts = Post.objects.held_on(timezone.localdate()).filter(
        node__path__gte=low, node__path__lt=high, node__active=True, role__permissions__contains=[ANSWER]
    )
    return Staff.objects.filter(pk__in=posts.values("staff"), is_active=True).order_by("name", "pk")


@transaction.atomic
def plan_task(
    *,
    need: Need,
    what: str,
    due_on: date,
    staff: Staff | None = None,
    unit: Node | None = None,
    told: str = "",
) -> Task:
    """Hand a person or a unit something to do about an open need by a day.

    The unit sees of the family only what is written in `told`. Refused without anybody to do it, for
    somebody out of reach, and for a day that has passed.
    """
    actor = scope.current()
    actor.require(CARE)
    row = Need.objects.select_for_update(of=("self",)).select_related("file").filter(pk=need.pk).first()
    if row is None:
        raise OutOfSight(Need._meta.label, need.pk)
    need_open_file(row.file)
    if row.met_on:
        raise Refused(_("该需求已解决，不能再改。"), code="need_met")
    _check(str(row.org_id), what, due_on, staff, unit)
    task = Task.objects.create(
        org_id=row.org_id,
        need=row,
        kind=row.kind,
        what=what.strip(),
        told=told.strip(),
        staff=staff,
        unit_id=unit.path if unit else None,
        due_on=due_on,
        maker_id=actor.staff_id,
    )
    records.note("task.planned", subject=row.file, note=task.what)
    return task


def _check(place: str, what: str, due_on: date, staff: Staff | None, unit: Node | None) -> None:
    if not what.strip():
        raise Refused(_("请写明措施。"), code="no_what", field="what")
    if staff is None and unit is None:
        raise Refused(_("请指定责任单位或责任人。"), code="nobody", field="unit")
    if due_on < timezone.localdate():
        raise Refused(_("完成期限不能早于今天。"), code="past", field="due_on")
    if unit and not units(place).filter(pk=unit.pk).exists():
        raise Refused(_("请选择本县范围内的单位。"), code="no_unit", field="unit")
    if staff and not answerers(place).filter(pk=staff.pk).exists():
        raise Refused(_("请选择本县范围内在岗的干部。"), code="no_staff", field="staff")


@transaction.atomic
def answer_task(*, task: Task, result: str, answer: str) -> Task:
    """Whoever has the task says that it is done, or cannot be, in words."""
    if not answer.strip():
        raise Refused(_("请写明办理情况。"), code="no_answer", field="answer")
    return TASK.fire(
        task,
        "answer",
        note=answer.strip(),
        result=result,
        answer=answer.strip(),
        answered_on=timezone.localdate(),
        answered_by_id=scope.current().staff_id,
    )


@transaction.atomic
def accept_task(*, task: Task) -> Task:
    """Those who planned it take the answer: the task is done."""
    return TASK.fire(task, "accept")


@transaction.atomic
def reopen_task(*, task: Task, reason: str, due_on: date | None = None) -> Task:
    """Send an answer back with the reason, and another day if there is one; the last answer stays to read."""
    if due_on and due_on < timezone.localdate():
        raise Refused(_("完成期限不能早于今天。"), code="past", field="due_on")
    reason = need_reason(reason)
    days = {"due_on": due_on} if due_on else {}
    return TASK.fire(
        task, "reopen", note=reason, result="", answered_on=None, returned_because=reason, **days
    )


@transaction.atomic
def drop_task(*, task: Task, reason: str) -> Task:
    """Call a task off, with the reason; an answer that was given stays."""
    reason = need_reason(reason)
    row = Task.objects.select_for_update(of=("self",)).filter(pk=task.pk).first()
    said: dict[str, object] = {"returned_because": reason}
    if row is not None and row.state == "open":
        said |= {"answer": reason, "answered_on": timezone.localdate()}
    return TASK.fire(task, "drop", note=reason, **said)


def drop_all(file: int, reason: str) -> int:
    """Nothing more is done for a file that is closed; how many tasks ended. Follows what others decided."""
    rows = Task.objects.filter(need__file=file, state__in=["open", "answered"])
    keys = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    today = timezone.localdate()
    said = {"returned_because": reason}
    waiting = Task.objects.filter(pk__in=keys, state="open")
    waiting.update(state="dropped", answer=reason, answered_on=today, **said)
    Task.objects.filter(pk__in=keys, state="answered").update(state="dropped", **said)
    return len(keys)
