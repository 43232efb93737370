"""Many applications checked at once: passed on along their routes, or put up for public notice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import ProcessStep, StepKind
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key

from ..flow import APPLICATION
from ..models import Application
from .batch import CHUNK, Applications, Outcome, keep_due, locked
from .common import Verdict, is_own, own_matter, process_of, wrong_state
from .notices import Period, day_put_up, no_notice, not_ours, period, put_up
from .review import unfiled

_MOVE = APPLICATION.moves["notice"]


def pass_on_many(*, applications: Applications) -> Outcome:
    """Pass the check each of the applications stands at, as `pass_on` does: `moved` names those that went
    on, `done` those that wait for other votes, `refused` says why the others were left as they were.
    """
    return _each_chunk(applications, _passed_on)


def put_up_many(
    *, applications: Applications, phone: str, place: str = "", since: date | None = None
) -> Outcome:
    """Pass the check of each, where it is not passed yet, and put its notice up, as `pass_to_notice` does;
    `moved` names those whose notice is up. Refused without a phone, and for a day to come.
    """

    day = day_put_up(phone, since)

    def act(rows: Sequence[Application]) -> Outcome:
        return _put_up(rows, phone, place, day)

    return _each_chunk(applications, act)


def _each_chunk(applications: Applications, act: Callable[[Sequence[Application]], Outcome]) -> Outcome:
    scope.current().require(_MOVE.permission)
    keys = [row.pk for row in applications]
    found = Outcome()
    for start in range(0, len(keys), CHUNK):
        with transaction.atomic():
            found.add(act(locked(keys[start : start + CHUNK])))
    return found


def _passed_on(rows: Sequence[Application]) -> Outcome:
    refused = _out_of_turn(rows)
    progress = _pass([row for row in rows if row.pk not in refused], refused)
    gone = {row: progress[row.pk].step for row in rows if row.pk in progress}
    keep_due(gone)
    waiting = {pk for pk, found in progress.items() if found.outcome == "waiting"}
    return _told(rows, refused, moved=[row.pk for row in gone if row.pk not in waiting], done=list(waiting))


def _out_of_turn(rows: Sequence[Application]) -> dict[int, Refused]:
    """Wrong state, a class that is not filed, one's own matter."""
    refused: dict[int, Refused] = {}
    for row in rows:
        if row.state not in _MOVE.sources:
            refused[row.pk] = wrong_state(row, _MOVE.label)
        elif why := unfiled(row):
            refused[row.pk] = why
        elif is_own(row):
            refused[row.pk] = own_matter()
    return refused


def _pass(rows: Sequence[Application], refused: dict[int, Refused]) -> dict[int, approvals.Progress]:
    """The actor's word on each, by application; why it was refused is added to `refused`."""
    of = {row.process_id: row.pk for row in rows}
    progress, stopped = approvals.speak_many(
        processes=[process_of(row) for row in rows], verdict=Verdict.PASS
    )
    refused |= {of[pk]: why for pk, why in stopped.items()}
    return {of[pk]: found for pk, found in progress.items()}


@dataclass(frozen=True)
class _Ahead:
    """The notice step an application comes to: key, unit and days, and the days of the step that follows;
    `checked`: it stands there already.
    """

    step: int
    unit: str
    days: int | None
    following_days: int | None
    checked: bool


def _put_up(rows: Sequence[Application], phone: str, place: str, since: date) -> Outcome:
    refused = _out_of_turn(rows)
    ahead = _ahead([row for row in rows if row.pk not in refused], refused)
    periods = _periods([row for row in rows if row.pk in ahead], ahead, since, refused)
    left = [row for row in rows if row.pk not in refused]
    _pass([row for row in left if not ahead[row.pk].checked], refused)
    up = [row for row in left if row.pk not in refused]
    _write_notices([(row, ahead[row.pk].step, periods[row.pk]) for row in up], phone, place)
    return _told(rows, refused, moved=[row.pk for row in up])


def _ahead(rows: Sequence[Application], refused: dict[int, Refused]) -> dict[int, _Ahead]:
    """By application the notice that one more word brings it to, or at which it stands; of one's own unit."""
    steps = _standing(rows)
    found: dict[int, _Ahead] = {}
    for row in rows:
        ahead = _notice_ahead(steps.get(row.pk))
        if why := no_notice() if ahead is None else not_ours(ahead.unit):
            refused[row.pk] = why
        elif ahead is not None:
            found[row.pk] = ahead
    return found


def _notice_ahead(step: Any) -> _Ahead | None:
    if step is None:
        return None
    if step.kind == StepKind.NOTICE:
        return _Ahead(step.pk, str(step.org_id), step.days, step.then_days, checked=True)
    if step.then != StepKind.NOTICE or step.given + 1 < step.needed:
        return None
    return _Ahead(step.then_step, step.then_unit, step.then_days, step.later_days, checked=False)


def _periods(
    rows: Sequence[Application], ahead: Mapping[int, _Ahead], since: date, refused: dict[int, Refused]
) -> dict[int, Period]:
    """By application how long its notice stands; the policy is asked once for each unit and steps' days."""
    asked: dict[tuple[str, int | None, int | None], Period | Refused] = {}
    found: dict[int, Period] = {}
    for row in rows:
        key = str(row.org_id), ahead[row.pk].days, ahead[row.pk].following_days
        if key not in asked:
            try:
                asked[key] = period(key[0], since, *key[1:])
            except Refused as refusal:
                asked[key] = refusal
        stands = asked[key]
        if isinstance(stands, Refused):
            refused[row.pk] = stands
        else:
            found[row.pk] = stands
    return found


def _standing(rows: Sequence[Application]) -> dict[int, ProcessStep]:
    """By application the step it stands at, with the one after it and the votes it has."""
    later = ProcessStep.objects.filter(process=OuterRef("process"), round=OuterRef("round"))
    after = later.filter(position=OuterRef("position") + 1)
    of = {row.process_id: row.pk for row in rows}
    steps = ProcessStep.objects.filter(
        among([process for process in of if process], "process"), entered__isnull=False, done__isnull=True
    ).annotate(
        then=Subquery(after.values("kind")),
        then_step=Subquery(after.values("pk")),
        then_unit=Subquery(after.values("org")),
        then_days=Subquery(after.values("days")),
        later_days=Subquery(later.filter(position=OuterRef("position") + 2).values("days")),
        given=Count("votes", filter=Q(votes__verdict=Verdict.PASS, votes__round=F("round"))),
    )
    return {of[step.process_id]: step for step in steps}


def _write_notices(rows: Sequence[tuple[Application, int, Period]], phone: str, place: str) -> None:
    keys = [row.pk for row, _step, _stands in rows]
    due = {row.pk: stands.due_on.isoformat() for row, _step, stands in rows}
    put_up(rows, phone, place)
    APPLICATION.fire_many(
        Application.objects.filter(among(keys)),
        "notice",
        org_path=scope.current().org_path,
        due_on=by_key(Application, due, "date"),
    )


def _told(
    rows: Sequence[Application],
    refused: Mapping[int, Refused],
    moved: list[int],
    done: Sequence[int] = (),
) -> Outcome:
    why = [(row, refused[row.pk]) for row in rows if row.pk in refused]
    return Outcome(moved=moved, done=list(done), refused=why)
