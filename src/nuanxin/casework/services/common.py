"""What several services share: reasons, votes, and fetching the assessment behind an application."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import Process, Vote
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused

Verdict = Vote.Verdict


def need_reason(reason: str) -> str:
    """The reason without blanks around it; Refused when there is none."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("请写明理由，以便经办人知道要改什么。"), code="no_reason", field="reason")
    return reason


def speak(row: Any, step: str, verdict: str, reason: str = "") -> None:
    """Give the current actor's word on the row's process; Refused for who brought the matter in.

    The process holds who submitted it; who first brought it in has a part in it as well, even when
    somebody else submitted it again after a return.
    """
    brought_in = getattr(row, "officer_id", None) or getattr(row, "maker_id", None)
    if brought_in == scope.current().staff_id:
        raise Refused(_("您是经办人，不能审核或审批自己经办的事项。"), code="maker_may_not_vote")
    approvals.vote(process=row.process, step=step, verdict=verdict, reason=reason)


def open_round(row: Any) -> Process:
    """The process of a submission: a new one, or a new round after a return.

    When another person submits it again, a process of their own begins, for a process has one maker.
    """
    process: Process | None = row.process
    if process is not None and process.maker_id != scope.current().staff_id:
        approvals.close(process=process)
    return approvals.open_process(subject=row)
