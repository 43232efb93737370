"""Writing words and moving processes on: each act is a fixed number of statements, however many there are."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection
from django.db.models import F
from django.utils import timezone

from nuanxin.kernel.sets import among, by_key
from nuanxin.kernel.workdays import add_working_days

from ..models import Process, ProcessStep
from .beginning import COPIED
from .cases import Case, Speaker
from .progress import Progress

Result = ProcessStep.Result


def write_votes(cases: Sequence[Case], speaker: Speaker, verdict: str, reason: str) -> None:
    """The speaker's word at the step each process stands at."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approvals_vote (org_path, process_id, process_step_id, maker_id, voter_id,"
            " stands_for_id, round, step, verdict, reason, at)"
            " SELECT p.org_path, p.id, s.id, p.maker_id, %s, %s, p.round, s.code, %s, %s, %s"
            " FROM unnest(%s::bigint[]) AS u (id) JOIN approvals_processstep s ON s.id = u.id"
            " JOIN approvals_process p ON p.id = s.process_id ORDER BY p.id",
            [speaker.actor.staff_id, speaker.holder, verdict, reason, now, [case.now.pk for case in cases]],
        )


def pass_on(cases: Sequence[Case]) -> dict[int, Progress]:
    """Steps with the votes they need are passed, and their processes go on."""
    passed = _with_enough_votes(cases)
    progress = advance([case for case in cases if case.now.pk in passed])
    waiting = {case.process.pk: Progress("waiting", case.now) for case in cases if case.now.pk not in passed}
    return progress | waiting


def _with_enough_votes(cases: Sequence[Case]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id FROM approvals_processstep s JOIN approvals_vote v ON v.process_step_id = s.id"
            " WHERE s.id = ANY(%s::bigint[]) AND v.verdict = 'pass'"
            " GROUP BY s.id HAVING count(*) >= s.needed",
            [[case.now.pk for case in cases]],
        )
        return {pk for (pk,) in cursor.fetchall()}


def advance(cases: Sequence[Case]) -> dict[int, Progress]:
    """The steps the processes stand at are passed; the next ones begin, or the processes are done."""
    if not cases:
        return {}
    _end_steps(cases, Result.PASS, "")
    going = [case for case in cases if case.next]
    done = [case for case in cases if not case.next]
    _enter([case.next for case in going if case.next])
    moved = Process.objects.filter(among([case.process.pk for case in going]))
    moved.update(position=F("position") + 1)
    passed = Process.objects.filter(among([case.process.pk for case in done]))
    passed.update(position=F("position") + 1, outcome=Process.Outcome.PASSED, closed=timezone.now())
    progress = {case.process.pk: Progress("moved", case.next) for case in going}
    return progress | {case.process.pk: Progress("done", None) for case in done}


def _end_steps(cases: Sequence[Case], result: str, note: str) -> None:
    steps = ProcessStep.objects.filter(among([case.now.pk for case in cases]))
    steps.update(done=timezone.now(), result=result, note=note)


def _enter(steps: Sequence[ProcessStep]) -> None:
    """The steps begin now. Their last day is fixed here: a calendar changed later does not move it."""
    now, dues = timezone.now(), {step.pk: due_day(step) for step in steps}
    for step in steps:
        step.entered, step.due_on = now, dues[step.pk]
    rows = ProcessStep.objects.filter(among(list(dues)))
    days = {pk: due.isoformat() if due else None for pk, due in dues.items()}
    rows.update(entered=now, due_on=by_key(ProcessStep, days, "date"))


def due_day(step: ProcessStep) -> date | None:
    """The last day for a step that begins today."""
    return add_working_days(timezone.localdate(), step.days) if step.days else None


def refuse(cases: Sequence[Case], reason: str) -> dict[int, Progress]:
    """The matters end here."""
    _end_steps(cases, Result.REFUSE, reason)
    rows = Process.objects.filter(among([case.process.pk for case in cases]))
    rows.update(outcome=Process.Outcome.REFUSED, closed=timezone.now())
    return {case.process.pk: Progress("refused", None) for case in cases}


def send_back(cases: Sequence[Case], reason: str, to: int | None) -> dict[int, Progress]:
    """To the maker, or to the earlier step at position `to`, where a new round begins."""
    _end_steps(cases, Result.RETURN, reason)
    rows = Process.objects.filter(among([case.process.pk for case in cases]))
    if to is None:
        rows.update(position=0)
        return {case.process.pk: Progress("returned", None) for case in cases}
    rows.update(position=0, round=F("round") + 1)
    copies = ProcessStep.objects.bulk_create(copy for case in cases for copy in _copies(case, to))
    rows.update(position=to)
    return {copy.process_id: Progress("returned", copy) for copy in copies if copy.position == to}


def _copies(case: Case, to: int) -> Iterable[ProcessStep]:
    """The steps of the new round: those before `to` stand as they were passed, the others begin again."""
    now = timezone.now()
    for position, step in sorted(case.steps.items()):
        copy = ProcessStep(
            process=case.process,
            round=case.process.round + 1,
            position=position,
            org_id=step.org_id,
            home_id=step.home_id,
            **{name: getattr(step, name) for name in COPIED},
        )
        if position < to:
            copy.entered, copy.due_on, copy.done, copy.result = step.entered, step.due_on, now, Result.PASS
            copy.carried_id = step.carried_id or step.pk
        elif position == to:
            copy.entered, copy.due_on = now, due_day(step)
        yield copy
