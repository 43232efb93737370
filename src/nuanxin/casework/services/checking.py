"""Many applications checked at once: passed on along their routes, or put up for public notice."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import ProcessStep, StepKind
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key

from ..flow import APPLICATION
from ..models import Application
from .applications import take_down_many
from .batch import CHUNK, Applications, Outcome, keep_due, locked
from .common import Verdict, is_own, own_matter, process_of, wrong_state
from .review import Period, period, put_up, unfiled

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
    `moved` names those whose notice is up.
    """

    def act(rows: Sequence[Application]) -> Outcome:
        return _put_up(rows, phone, place, since)

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


def _put_up(rows: Sequence[Application], phone: str, place: str, since: date | None) -> Outcome:
    refused = _out_of_turn(rows)
    periods = _periods([row for row in rows if row.pk not in refused], phone, since, refused)
    steps = _standing([row for row in rows if row.pk in periods])
    for pk in [pk for pk in periods if not _notice_follows(steps.get(pk))]:
        message = _("下一步不是公示：还须由他人审核，或本项目不需公示。")
        refused[pk] = Refused(message, code="no_notice_step")
    left = [row for row in rows if row.pk not in refused]
    _pass([row for row in left if steps[row.pk].kind != StepKind.NOTICE], refused)
    up = [row for row in left if row.pk not in refused]
    _write_notices(up, periods, phone, place)
    return _told(rows, refused, moved=[row.pk for row in up])


def _periods(
    rows: Sequence[Application], phone: str, since: date | None, refused: dict[int, Refused]
) -> dict[int, Period]:
    """By application how long its notice stands; the policy is asked once for each unit."""
    asked: dict[str, Period | Refused] = {}
    found: dict[int, Period] = {}
    for row in rows:
        unit = str(row.org_id)
        if unit not in asked:
            try:
                asked[unit] = period(row, phone, since)
            except Refused as refusal:
                asked[unit] = refusal
        stands = asked[unit]
        if isinstance(stands, Refused):
            refused[row.pk] = stands
        else:
            found[row.pk] = stands
    return found


def _standing(rows: Sequence[Application]) -> dict[int, ProcessStep]:
    """By application the step it stands at, with the kind of the one after it and the votes it has."""
    after = ProcessStep.objects.filter(
        process=OuterRef("process"), round=OuterRef("round"), position=OuterRef("position") + 1
    )
    of = {row.process_id: row.pk for row in rows}
    steps = ProcessStep.objects.filter(
        among([process for process in of if process], "process"), entered__isnull=False, done__isnull=True
    ).annotate(
        then=Subquery(after.values("kind")),
        given=Count("votes", filter=Q(votes__verdict=Verdict.PASS, votes__round=F("round"))),
    )
    return {of[step.process_id]: step for step in steps}


def _notice_follows(step: ProcessStep | None) -> bool:
    """Whether one more word brings the application to its notice, or it is there."""
    if step is None or step.kind == StepKind.NOTICE:
        return step is not None
    return step.then == StepKind.NOTICE and step.given + 1 >= step.needed  # type: ignore[attr-defined]


def _write_notices(
    rows: Sequence[Application], periods: Mapping[int, Period], phone: str, place: str
) -> None:
    keys = [row.pk for row in rows]
    until = {pk: periods[pk].until.isoformat() for pk in keys}
    APPLICATION.fire_many(
        Application.objects.filter(among(keys)),
        "notice",
        org_path=scope.current().org_path,
        due_on=by_key(Application, until, "date"),
    )
    take_down_many(keys)
    put_up({row: periods[row.pk] for row in rows}, phone, place)


def _told(
    rows: Sequence[Application],
    refused: Mapping[int, Refused],
    moved: list[int],
    done: Sequence[int] = (),
) -> Outcome:
    why = [(row, refused[row.pk]) for row in rows if row.pk in refused]
    return Outcome(moved=moved, done=list(done), refused=why)
