"""Speaking at a step: one process or ten thousand, by the same few statements."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused

from ..models import Process
from . import cases, moving
from .cases import Case, Speaker, Verdict
from .progress import Progress


def speak(*, process: Process, verdict: str, reason: str = "", to: int | None = None) -> Progress:
    """Give the current actor's word at the step the process stands at.

    "pass" counts towards the votes the step needs; "return" sends it back to its maker, or to the
    earlier step at position `to`; "refuse" ends it. Whoever decides at a later step may return or
    refuse at once, also during a notice. Refused: process_closed, with_maker, maker_may_not_vote,
    barred, not_your_step, voted_already, in_notice, no_reason, no_such_step.
    """
    progress, refused = _speak([process.pk], verdict, reason, to)
    for refusal in refused.values():
        raise refusal
    return progress[process.pk]


def speak_many(
    *, processes: Iterable[Process], verdict: str, reason: str = "", notices_over: Iterable[Process] = ()
) -> tuple[dict[int, Progress], dict[int, Refused]]:
    """The same word on many processes; by key what it came to, and why it was refused for the others.

    Of `notices_over` the public notice they stand at is over: the word is given at the step after it, and
    where it is refused they stay at the notice. The number of queries does not grow with the processes.
    """
    over = {process.pk for process in notices_over}
    return _speak([process.pk for process in processes], verdict, reason, None, over)


@transaction.atomic
def pass_notice(*, process: Process) -> Progress:
    """The public notice the process stands at is over; it goes on. Refused at any other step."""
    case = _at_notice(process)
    return moving.advance([case])[process.pk]


@transaction.atomic
def take_back(*, process: Process, reason: str, to: int | None = None) -> Progress:
    """Return a matter during its notice without another vote: an objection proved right.

    For those who act at a step before the notice: it takes the word back that was given there.
    """
    reason, case = _need_reason(Verdict.RETURN, reason), _at_notice(process)
    speaker = Speaker.of(scope.current())
    earlier = [step for position, step in case.steps.items() if position < case.process.position]
    if case.process.maker_id in speaker.people:
        raise cases.made_it()
    if not any(speaker.acts_at(step) for step in earlier):
        raise cases.not_theirs(case.now)
    if refusal := cases.wrong_target(case, to):
        raise refusal
    return moving.send_back([case], reason, to)[process.pk]


def _at_notice(process: Process) -> Case:
    case = cases.locked([process.pk]).get(process.pk)
    if case is None:
        raise OutOfSight(Process._meta.label, process.pk)
    if not case.at_notice:
        raise Refused(_("该事项不在公示环节。"), code="not_in_notice")
    return case


def _need_reason(verdict: str, reason: str) -> str:
    reason = reason.strip()
    if verdict != Verdict.PASS and not reason:
        raise Refused(_("退回或不同意时请写明理由。"), code="no_reason", field="reason")
    return reason


@transaction.atomic
def _speak(
    keys: Sequence[int], verdict: str, reason: str, to: int | None, notices_over: Collection[int] = ()
) -> tuple[dict[int, Progress], dict[int, Refused]]:
    reason = _need_reason(verdict, reason)
    speaker = Speaker.of(scope.current())
    found = cases.locked(keys)
    refused: dict[int, Refused] = {
        key: OutOfSight(Process._meta.label, key) for key in keys if key not in found
    }
    past = [case for key, case in found.items() if key in notices_over and case.at_notice and case.next]
    for case in past:
        case.process.position += 1
    spoken, barred = cases.heard(found, speaker), cases.barred(found, speaker)
    for key, case in found.items():
        refusal = cases.wrong(case, speaker, verdict, spoken=key in spoken, barred=key in barred)
        if not refusal and verdict == Verdict.RETURN:
            refusal = cases.wrong_target(case, to)
        if refusal:
            refused[key] = refusal
    allowed = [case for key, case in found.items() if key not in refused]
    _leave_notices([case for case in past if case.process.pk not in refused])
    return (_say(allowed, speaker, verdict, reason, to) if allowed else {}), refused


def _leave_notices(judged: Sequence[Case]) -> None:
    """The notices before the steps the cases were judged at are passed."""
    for case in judged:
        case.process.position -= 1
    moving.advance(judged)
    for case in judged:
        case.process.position += 1


def _say(
    allowed: Sequence[Case], speaker: Speaker, verdict: str, reason: str, to: int | None
) -> dict[int, Progress]:
    moving.write_votes(allowed, speaker, verdict, reason)
    if verdict == Verdict.PASS:
        return moving.pass_on(allowed)
    if verdict == Verdict.RETURN:
        return moving.send_back(allowed, reason, to)
    return moving.refuse(allowed, reason)
