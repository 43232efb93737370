"""Many applications handed in at once: what each lacks, its process, and the word "submitted" for all."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import Process, ProcessStep
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key

from .. import completeness, programmes, urgency
from ..flow import APPLICATION
from ..models import Application
from . import double_aid
from .applications import submit
from .batch import CHUNK, Applications, Outcome, due_days, locked
from .common import matters, wrong_state

_MOVE = APPLICATION.moves["submit"]


def submit_many(*, applications: Applications) -> Outcome:
    """Hand in each of the applications as `submit` does; `moved` names those that went on, `refused` says
    what the others lack. The number of statements does not grow with the number of applications.
    """
    scope.current().require(_MOVE.permission)
    keys = [row.pk for row in applications]
    found = Outcome()
    for start in range(0, len(keys), CHUNK):
        with transaction.atomic():
            found.add(_handed_in(locked(keys[start : start + CHUNK])))
    return found


def _handed_in(rows: Sequence[Application]) -> Outcome:
    refused = {row.pk: wrong_state(row, _MOVE.label) for row in rows if row.state not in _MOVE.sources}
    left = [row for row in rows if row.pk not in refused]
    refused |= _urgent([row for row in left if row.act_first])
    moved = [row.pk for row in left if row.act_first and row.pk not in refused]
    usual = [row for row in left if not row.act_first]
    begun, stopped = _begun(usual)
    _move([row for row in usual if row.pk in begun], begun)
    refused |= stopped
    return Outcome(
        moved=[*moved, *begun], refused=[(row, refused[row.pk]) for row in rows if row.pk in refused]
    )


def _urgent(rows: Sequence[Application]) -> dict[int, Refused]:
    """What is paid before its papers goes by itself: it is rare, and has a rule of its own."""
    refused: dict[int, Refused] = {}
    for row in rows:
        try:
            submit(application=row)
        except Refused as refusal:
            refused[row.pk] = refusal
    return refused


def _begun(rows: Sequence[Application]) -> tuple[dict[int, Process], dict[int, Refused]]:
    """The processes of those that lack nothing and stand beside no other aid; why the others do not."""
    of = programmes.of_many(rows)
    lacking = completeness.lacks_of(rows, of)
    refused = {pk: lacks[0].refusal() for pk, lacks in lacking.items() if lacks}
    whole = [row for row in rows if row.pk not in refused]
    refused |= double_aid.besides(whole, of, timezone.localdate())
    by_route: dict[str, list[Application]] = defaultdict(list)
    for row in whole:
        if row.pk not in refused:
            by_route[urgency.route_of(row, of[row.pk])].append(row)
    processes: dict[int, Process] = {}
    for route, mine in sorted(by_route.items()):
        made, stopped = approvals.begin_many(matters=list(matters(mine).values()), route=route)
        processes |= made
        refused |= stopped
    return processes, refused


def _move(rows: Sequence[Application], processes: dict[int, Process]) -> None:
    """The applications stand at the first steps of their processes; by when those are due."""
    made = [process.pk for process in processes.values()]
    first = ProcessStep.objects.filter(among(made, "process"), entered__isnull=False, done__isnull=True)
    steps = {step.process_id: step for step in first}
    due = due_days({row: steps.get(processes[row.pk].pk) for row in rows})
    APPLICATION.fire_many(
        Application.objects.filter(among(processes)),
        "submit",
        org_path=scope.current().org_path,
        guarded=True,
        returned_because="",
        process=by_key(Application, {pk: process.pk for pk, process in processes.items()}, "bigint"),
        due_on=by_key(Application, due, "date"),
        changed=timezone.now(),
    )
