"""Many applications decided in one go: a word at the step of each, and what the last ones come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.kernel import events, scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.ledger.services import Overspent

from .. import guards, programmes
from ..events import FileOpened
from ..flow import APPLICATION
from ..models import FILING, KEPT, Application, Assessment, File, Notice
from . import awarding
from .applications import take_down_many
from .common import Verdict, is_own, need_reason, own_matter, process_of, wrong_state
from .decision import class_filed, file_open, no_outcome, not_filed, open_file, past_notice

#: Applications decided within one transaction, between two signs of progress.
CHUNK = 1_000


@dataclass
class Outcome:
    """What a batch decision came to: files, awards, applications gone on or done otherwise, and why each
    of the others was left as it was.
    """

    opened: list[File] = field(default_factory=list)
    awarded: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    refused: list[tuple[Application, Refused]] = field(default_factory=list)

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
        self.found, self.day = found, timezone.localdate()
        self.rows: dict[int, Application] = {}
        self.refused: dict[int, Refused] = {}
        self.ready: dict[int, awarding.Ready] = {}

    def decide(self) -> None:
        try:
            with transaction.atomic():
                self._decide()
        except Overspent as short:
            self.refused = {pk: self.refused.get(pk, short) for pk in self.rows}
        self.found.refused += [(self.rows[pk], why) for pk, why in sorted(self.refused.items())]

    def _decide(self) -> None:
        self.rows = {row.pk: row for row in _locked(self.keys)}
        self._leave_out_of_turn()
        if self.verdict == Verdict.PASS:
            self._prepare()
        left = [row for pk, row in self.rows.items() if pk not in self.refused]
        for row in left:
            past_notice(row)
        by_process = {row.process_id: row for row in left}
        processes = [process_of(row) for row in left]
        progress, refused = approvals.speak_many(
            processes=processes, verdict=self.verdict, reason=self.reason
        )
        self.refused |= {by_process[pk].pk: why for pk, why in refused.items()}
        ended = [by_process[pk] for pk, found in progress.items() if found.outcome != "waiting"]
        self._settle(ended, {by_process[pk].pk: found for pk, found in progress.items()})

    def _leave_out_of_turn(self) -> None:
        """Wrong state, one's own matter, a notice that is not over."""
        move = APPLICATION.moves[_ACTIONS[self.verdict]]
        notices = _live_notices(self.rows)
        for pk, row in self.rows.items():
            if row.state not in move.sources:
                self.refused[pk] = wrong_state(row, move.label)
            elif is_own(row):
                self.refused[pk] = own_matter()
            elif self.verdict == Verdict.PASS and (why := guards.running(row, notices.get(pk))):
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
        for row in _already_filed([row for row in left if row.programme == FILING]):
            self.refused[row.pk] = file_open()

    def _settle(self, ended: list[Application], progress: dict[int, Any]) -> None:
        """What the words came to, each kind by one statement."""
        path = scope.current().org_path
        by_end: dict[str, list[Application]] = {}
        for row in ended:
            end = progress[row.pk].outcome
            stays = end == "moved" or (end == "returned" and progress[row.pk].step is not None)
            by_end.setdefault("moved" if stays else end, []).append(row)
        if moved := by_end.get("moved"):
            _due({row.pk: progress[row.pk].step.due_on for row in moved})
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
        for row in rows:
            if row.programme == FILING:
                file = open_file(row, class_filed(row) or "", self.day)
                events.publish(FileOpened(file=file.pk))
                self.found.opened.append(file)
            elif row.pk not in self.ready:
                self.found.done.append(row.pk)


def _locked(keys: Sequence[int]) -> list[Application]:
    """The applications in sight, locked in one order, with their processes and assessments."""
    rows = Application.objects.filter(among(keys)).order_by("pk").select_for_update(of=("self",))
    lean = Prefetch("assessment", Assessment.objects.defer(*KEPT))
    return list(rows.prefetch_related("process", "fund", "rests_on", "household__head", "person", lean))


def _live_notices(keys: Iterable[int]) -> dict[int, Notice]:
    """The notices that count, with their open objections."""
    rows = Notice.objects.filter(among(keys, "application"), withdrawn=False)
    return {notice.application_id: notice for notice in rows.prefetch_related("objections")}


def _already_filed(rows: Sequence[Application]) -> list[Application]:
    homes = [row.household_id for row in rows if row.household_id]
    filed = set(
        File.objects.filter(among(homes, "household"), state="open").values_list("household_id", flat=True)
    )
    return [row for row in rows if row.household_id in filed]


def _due(days: dict[int, date | None]) -> None:
    """By when the step each application came to is due."""
    said = {pk: day.isoformat() if day else None for pk, day in days.items()}
    rows = Application.objects.filter(among(days))
    rows.update(due_on=by_key(Application, said, "date"), changed=timezone.now())


def approve_many(*, applications: Applications, outcome: str = "") -> Outcome:
    """Pass the decision on each of the applications: see `decide_many`."""
    return decide_many(applications=applications, outcome=outcome)
