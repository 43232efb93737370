"""Many applications decided in one go: a word at the step of each, and what the last ones come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import ProcessStep
from nuanxin.approvals.services import Progress
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.ledger.services import Overspent

from .. import guards, programmes
from ..flow import APPLICATION
from ..models import FILING, KEPT, Application, Assessment, File, Notice, Objection
from . import awarding
from .applications import take_down_many
from .common import Verdict, due_on, is_own, need_reason, own_matter, process_of, wrong_state
from .decision import no_outcome
from .opening import already_filed, class_filed, file_open, not_filed, open_files

#: Applications decided within one transaction, between two signs of progress.
CHUNK = 1_000


@dataclass
class Outcome:
    """What a batch came to: files, awards, applications gone on or done otherwise, and why each of the
    others was left as it was.
    """

    opened: list[File] = field(default_factory=list)
    awarded: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    refused: list[tuple[Application, Refused]] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """What came of further applications."""
        self.opened += other.opened
        self.awarded += other.awarded
        self.moved += other.moved
        self.done += other.done
        self.refused += other.refused

    @property
    def passed(self) -> int:
        """How many the word was given on."""
        return len(self.opened) + len(self.awarded) + len(self.moved) + len(self.done)


Applications = QuerySet[Application] | Iterable[Application]
_ACTIONS = {"pass": "approve", "return": "send_back", "refuse": "refuse"}


def decide_many(
    *, applications: Applications, verdict: str = "pass", reason: str = "", outcome: str = ""
) -> Outcome:
    """Give the actor's word on each application at the decision it stands at; `outcome` is what came of
    services. One that is refused does not stop the others; what the fund does not cover stops its chunk.

    Refused as a whole without the permission, or a return or refusal without a reason.
    """
    action = APPLICATION.moves[_ACTIONS[verdict]]
    scope.current().require(action.permission)
    if verdict != Verdict.PASS:
        reason = need_reason(reason)
    keys = [row.pk for row in applications]
    found = Outcome()
    for start in range(0, len(keys), CHUNK):
        _Chunk(keys[start : start + CHUNK], verdict, reason, outcome, found).decide()
    return found


class _Chunk:
    """Some applications, locked together, on their way through one decision."""

    def __init__(self, keys: Sequence[int], verdict: str, reason: str, outcome: str, found: Outcome) -> None:
        self.keys, self.verdict, self.reason, self.outcome = keys, verdict, reason, outcome.strip()
        self.all, self.found, self.day = found, Outcome(), timezone.localdate()
        self.rows: dict[int, Application] = {}
        self.refused: dict[int, Refused] = {}
        self.ready: dict[int, awarding.Ready] = {}

    def decide(self) -> None:
        try:
            with transaction.atomic():
                self._decide()
        except Overspent as short:
            self.refused = {pk: self.refused.get(pk, short) for pk in self.rows}
            self.found = Outcome()
        self.found.refused = [(self.rows[pk], why) for pk, why in sorted(self.refused.items())]
        self.all.add(self.found)

    def _decide(self) -> None:
        self.rows = {row.pk: row for row in locked(self.keys)}
        self._leave_out_of_turn()
        if self.verdict == Verdict.PASS:
            self._prepare()
        left = [row for pk, row in self.rows.items() if pk not in self.refused]
        by_process = {row.process_id: row for row in left}
        over = [row for row in left if row.state == "noticed" and self.verdict == Verdict.PASS]
        progress, refused = approvals.speak_many(
            processes=[process_of(row) for row in left],
            verdict=self.verdict,
            reason=self.reason,
            notices_over=[process_of(row) for row in over],
        )
        self.refused |= {by_process[pk].pk: why for pk, why in refused.items()}
        ended = [by_process[pk] for pk, found in progress.items() if found.outcome != "waiting"]
        self._settle(ended, {by_process[pk].pk: found for pk, found in progress.items()})

    def _leave_out_of_turn(self) -> None:
        """Wrong state, one's own matter, a notice that is not over."""
        move = APPLICATION.moves[_ACTIONS[self.verdict]]
        notices, objected = _live_notices(self.rows), _objected(self.rows)
        for pk, row in self.rows.items():
            if row.state not in move.sources:
                self.refused[pk] = wrong_state(row, move.label)
            elif is_own(row):
                self.refused[pk] = own_matter()
            elif self.verdict == Verdict.PASS and (
                why := guards.running(row, notices.get(pk), pk in objected)
            ):
                self.refused[pk] = why

    def _prepare(self) -> None:
        """What each outcome needs: a class that is filed, money, words."""
        left = [row for pk, row in self.rows.items() if pk not in self.refused]
        of = programmes.of_many(left)
        paid = [row for row in left if of[row.pk].outcome == "award"]
        ready, refused = awarding.ready(paid, self.day)
        self.ready = {one.application.pk: one for one in ready}
        self.refused |= refused
        for row in left:
            if of[row.pk].outcome == "file" and class_filed(row) is None:
                self.refused[row.pk] = not_filed()
            elif of[row.pk].outcome == "service" and not self.outcome:
                self.refused[row.pk] = no_outcome()
        filings = [row for row in left if of[row.pk].outcome == "file"]
        self.refused |= {pk: file_open() for pk in already_filed(filings)}

    def _settle(self, ended: list[Application], progress: dict[int, Progress]) -> None:
        """What the words came to, each kind by one statement."""
        path = scope.current().org_path
        by_end: dict[str, list[Application]] = {}
        for row in ended:
            end = progress[row.pk].outcome
            stays = end == "moved" or (end == "returned" and progress[row.pk].step is not None)
            by_end.setdefault("moved" if stays else end, []).append(row)
        if moved := by_end.get("moved"):
            keep_due({row: progress[row.pk].step for row in moved})
            self.found.moved += [row.pk for row in moved]
        for end, action, given in (
            ("done", "approve", {"decided_on": self.day, "outcome": self.outcome}),
            ("returned", "send_back", {"returned_because": self.reason}),
            ("refused", "refuse", {"refused_because": self.reason, "decided_on": self.day}),
        ):
            if mine := by_end.get(end):
                rows = Application.objects.filter(among([row.pk for row in mine]))
                APPLICATION.fire_many(rows, action, org_path=path, note=self.reason, due_on=None, **given)
                self._finish(end, mine)

    def _finish(self, end: str, rows: list[Application]) -> None:
        if end == "returned":
            take_down_many([row.pk for row in rows])
        if end != "done":
            self.found.done += [row.pk for row in rows]
            return
        self.found.awarded += awarding.give(
            [self.ready[row.pk] for row in rows if row.pk in self.ready], self.day
        )
        filings = [row for row in rows if row.programme == FILING]
        if filings:
            self.found.opened += open_files(filings, self.day)
        self.found.done += [row.pk for row in rows if row.programme != FILING and row.pk not in self.ready]


def locked(keys: Sequence[int]) -> list[Application]:
    """The applications in sight, locked in one order, with their processes and assessments."""
    rows = Application.objects.filter(among(keys)).order_by("pk").select_for_update(of=("self",))
    lean = Prefetch("assessment", Assessment.objects.defer(*KEPT))
    return list(rows.prefetch_related("process", "fund", "rests_on", "household__head", "person", lean))


def _live_notices(keys: Iterable[int]) -> dict[int, Notice]:
    """The newest notice that counts of each."""
    rows = Notice.objects.filter(among(keys, "application"), withdrawn=False).order_by("pk")
    return {notice.application_id: notice for notice in rows}


def _objected(keys: Iterable[int]) -> set[int]:
    """The applications with an open objection."""
    rows = Objection.objects.filter(among(keys, "notice__application"), settled_on__isnull=True)
    return set(rows.values_list("notice__application", flat=True))


def keep_due(steps: Mapping[Application, ProcessStep | None]) -> None:
    """By when the step each application came to is due; where the route sets no days, the policy does."""
    said = due_days(steps)
    rows = Application.objects.filter(among(said))
    rows.update(due_on=by_key(Application, said, "date"), changed=timezone.now())


def due_days(steps: Mapping[Application, ProcessStep | None]) -> dict[int, str | None]:
    """By application the day its step is due, as text; the policy is asked once for each unit."""
    asked: dict[str, date | None] = {}
    found = {}
    for row, step in steps.items():
        day = step.due_on if step else None
        if day is None:
            place = str(row.org_id)
            if place not in asked:
                asked[place] = due_on(step, row)
            day = asked[place]
        found[row.pk] = day.isoformat() if day else None
    return found


def approve_many(*, applications: Applications, outcome: str = "") -> Outcome:
    """Pass the decision on each of the applications: see `decide_many`."""
    return decide_many(applications=applications, outcome=outcome)
