"""What several services share: reasons, words in a process, the step it stands at."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import Process, ProcessStep, Vote
from nuanxin.approvals.services import Progress
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.workdays import add_working_days

from .. import determination, subjects
from ..flow import APPLICATION
from ..models import FILING, Application

Verdict = Vote.Verdict


def need_reason(reason: str) -> str:
    """The reason without blanks around it; Refused when there is none."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("请写明理由，以便经办人知道要改什么。"), code="no_reason", field="reason")
    return reason


# matters without a route


def speak(row: Any, step: str, verdict: str, reason: str = "") -> None:
    """Give the current actor's word on the row's process; Refused for who brought the matter in.

    The process holds who submitted it; who first brought it in has a part in it as well, even when
    somebody else submitted it again after a return.
    """
    if is_own(row):
        raise own_matter()
    approvals.vote(process=row.process, step=step, verdict=verdict, reason=reason)


def is_own(row: Any) -> bool:
    """Whether the actor brought the matter in."""
    brought_in = getattr(row, "officer_id", None) or getattr(row, "maker_id", None)
    return brought_in == scope.current().staff_id


def own_matter() -> Refused:
    """That nobody checks or decides what they brought in."""
    return Refused(_("您是经办人，不能审核或审批自己经办的事项。"), code="maker_may_not_vote")


def open_round(row: Any) -> Process:
    """The process of a submission: a new one, or a new round after a return.

    When another person submits it again, a process of their own begins, for a process has one maker.
    """
    process: Process | None = row.process
    if process is not None and process.maker_id != scope.current().staff_id:
        approvals.close(process=process)
    return approvals.open_process(subject=row)


# applications on their route


def matter(application: Application) -> approvals.Matter:
    """An application as the approvals take it: what chooses its steps, and whom it concerns."""
    return matters([application])[application.pk]


def matters(applications: Sequence[Application]) -> dict[int, approvals.Matter]:
    """The same by application, their people read at once."""
    people = subjects.kin_of(applications)
    return {
        row.pk: approvals.Matter(row, str(row.org_id), row.amount, class_of(row), tuple(people[row.pk]))
        for row in applications
    }


def class_of(application: Application) -> str:
    """The class of difficulty a route may ask for: the one proposed for a file, else the file's."""
    if application.programme == FILING:
        return application.assessment.result if application.assessment else ""
    return application.rests_on.clazz if application.rests_on else ""


def due_on(step: ProcessStep | None, application: Application) -> date | None:
    """By when the step it came to is due: what the route says, else the days the policy sets."""
    if step is not None and step.due_on is not None:
        return step.due_on
    today = timezone.localdate()
    days = determination.days(determination.REVIEW_DAYS, str(application.org_id), today)
    return add_working_days(today, days) if days else None


def stand_at(row: Application, step: ProcessStep | None) -> Application:
    """The application stays as it is in its flow; by when the step it came to is due."""
    row.due_on = due_on(step, row)
    row.save(update_fields=["due_on", "changed"])
    return row


def held(application: Application, action: str) -> Application:
    """The stored application, locked for an act of its flow that the process may still turn down.

    Raises Denied, OutOfSight, Refused (wrong_state), as the flow would.
    """
    move = APPLICATION.moves[action]
    scope.current().require(move.permission)
    rows = Application.objects.select_for_update(of=("self",)).select_related("process", "assessment")
    row = rows.filter(pk=application.pk).first()
    if row is None:
        raise OutOfSight(Application._meta.label, application.pk)
    if row.state not in move.sources:
        raise wrong_state(row, move.label)
    return row


def wrong_state(row: Application, label: Any) -> Refused:
    """That the state of the application does not allow the act."""
    said = {"state": row.get_state_display(), "action": label}
    return Refused(_("当前状态为“%(state)s”，不能%(action)s。") % said, code="wrong_state")


def word(row: Application, verdict: str, reason: str = "", to: int | None = None) -> Progress:
    """The actor's word at the step the application stands at; Refused for who brought it in."""
    if is_own(row):
        raise own_matter()
    return approvals.speak(process=process_of(row), verdict=verdict, reason=reason, to=to)


def process_of(row: Application) -> Process:
    """The process of an application that was submitted; ValueError before."""
    if row.process is None:
        raise ValueError(f"application {row.pk} has no process")
    return row.process
