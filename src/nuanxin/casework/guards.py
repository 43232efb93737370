"""Conditions of the transition tables: each raises Refused with the reason and what to do."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor, subtree
from nuanxin.kernel.refusal import Refused

from .permissions import CARE

FILING = "filing"


def complete(application: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Everything the programme asks for is there: see completeness."""
    from . import completeness, programmes

    if found := completeness.lacks(application, programmes.of(application)):
        raise found[0].refusal()


def notice_over(application: Any) -> None:
    """No decision before the public notice has run its working days without an open objection."""
    notices = application.notices.order_by("-id").prefetch_related("objections")
    live = next((notice for notice in notices if not notice.withdrawn), None)
    objected = any(one.settled_on is None for notice in notices for one in notice.objections.all())
    if why := running(application, live, objected):
        raise why


def running(application: Any, notice: Any, objected: bool) -> Refused | None:
    """Why the notice that counts stops the decision, if it does: a file needs one that is over, other
    programmes wait for one that is up, and an open objection (`objected`) stops all, also when its notice
    was taken down since. The database holds the same.
    """
    if objected:
        return Refused(_("公示有未处理的异议，处理后才能审批。"), code="objection_open")
    if notice is None and application.programme != FILING:
        return None
    if notice is None or timezone.localdate() < notice.until:
        last = notice.until - timedelta(days=1) if notice else "—"
        message = _("公示期未满（至 %(last)s），不能审批。") % {"last": last}
        return Refused(message, code="notice_running")
    return None


def answers(task: Any, actor: Actor, data: dict[str, Any]) -> None:
    """A task is answered by who is named, by people of the unit it was handed to, or by those who plan."""
    named = task.staff_id is not None and task.staff_id == actor.staff_id
    if not (named or within(actor, task.unit_id) or actor.can(CARE)):
        raise Refused(_("这项任务由别人承办，不能代为答复。"), code="not_yours")


def within(actor: Actor, path: str | None) -> bool:
    """Whether the actor sits at or below a unit."""
    if not path:
        return False
    low, high = subtree(path)
    return low <= actor.org_path < high


def accepts(task: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Only what was done is finished, and not by who was handed the task by somebody else."""
    if task.result != "done":
        message = _("承办单位答复无法办理；请退回重办，或取消后另作安排。")
        raise Refused(message, code="not_done")
    if task.staff_id is not None and task.staff_id == actor.staff_id != task.maker_id:
        raise Refused(_("您是承办人，请由安排任务的人确认完成。"), code="own_task")


def all_answered(survey: Any, actor: Actor, data: dict[str, Any]) -> None:
    """A survey ends when every household was looked at and every one on the list has an answer."""
    if not survey.computed:
        raise Refused(_("清单还没有编完，请稍后再办。"), code="computing")
    left = survey.households.filter(state="open").count()
    if left:
        message = _("还有 %(count)s 户没有走访答复，全部答复后才能结束排查。")
        raise Refused(message % {"count": left}, code="not_answered")


def none_answered(survey: Any, actor: Actor, data: dict[str, Any]) -> None:
    """What was found on a visit stands, so the survey stands too."""
    if survey.households.filter(answered_on__isnull=False).exists():
        raise Refused(_("已有家庭答复，不能再取消；请答复其余家庭后结束排查。"), code="answered_already")


def survey_runs(row: Any, actor: Actor, data: dict[str, Any]) -> None:
    """What a survey found is not changed after it was closed."""
    if row.survey.state != "open":
        raise Refused(_("排查已经结束，清单不再变动。"), code="survey_over")
