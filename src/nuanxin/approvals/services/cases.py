"""Processes somebody wants to speak on, locked, and why they may not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among

from ..models import Barred, Process, ProcessStep, StepKind, Vote
from ..queries.processes import own_kin, stands_for

Verdict = Vote.Verdict


@dataclass
class Case:
    """A locked process with the steps of its round, by position."""

    process: Process
    steps: dict[int, ProcessStep] = field(default_factory=dict)

    @property
    def now(self) -> ProcessStep:
        """The step it stands at; KeyError while it is with its maker or over."""
        return self.steps[self.process.position]

    @property
    def at_notice(self) -> bool:
        """Whether it stands at a public notice."""
        open_one = not self.process.closed and bool(self.process.position)
        return open_one and self.now.kind == StepKind.NOTICE

    @property
    def next(self) -> ProcessStep | None:
        return self.steps.get(self.process.position + 1)


@dataclass(frozen=True)
class Speaker:
    """The actor and the holder of the post they stand in for: the two count as one person."""

    actor: Actor
    holder: int | None

    @classmethod
    def of(cls, actor: Actor) -> "Speaker":
        if actor.staff_id is None:
            raise Refused(_("只有工作人员可以审核或审批。"), code="no_person")
        return cls(actor, stands_for(actor))

    @property
    def people(self) -> set[int]:
        return {person for person in (self.actor.staff_id, self.holder) if person}

    def acts_at(self, step: ProcessStep) -> bool:
        """With the permission at the unit of the step; when it is late and escalates, right above it."""
        if step.kind == StepKind.NOTICE or not self.actor.can(step.permission):
            return False
        if self.actor.org_path == step.org_id:
            return True
        late = step.due_on is not None and step.due_on < timezone.localdate()
        return step.escalate and late and self.actor.org_path == step.superior  # type: ignore[attr-defined]


def locked(keys: Collection[int]) -> dict[int, Case]:
    """The processes, locked in the order of their keys, with the steps of their rounds."""
    rows = Process.objects.filter(among(keys)).order_by("pk").select_for_update(of=("self",))
    cases = {process.pk: Case(process) for process in rows}
    steps = ProcessStep.objects.filter(among(list(cases), "process"), round=F("process__round"))
    for step in steps.annotate(superior=F("org__parent__path")):
        cases[step.process_id].steps[step.position] = step
    return cases


def heard(cases: dict[int, Case], speaker: Speaker) -> set[int]:
    """Processes in whose round the speaker's word counts already, or still stands from an earlier one."""
    keys = list(cases)
    theirs = Q(voter__in=speaker.people) | Q(stands_for__in=speaker.people)
    votes = Vote.objects.filter(among(keys, "process"), theirs, round=F("process__round"))
    steps = ProcessStep.objects.filter(
        among(keys, "process"), round=F("process__round"), carried__in=_steps_of(theirs, keys)
    )
    return set(votes.values_list("process", flat=True)) | set(steps.values_list("process", flat=True))


def _steps_of(theirs: Q, keys: Sequence[int]) -> list[int]:
    """Steps of earlier rounds at which the speaker gave a word."""
    votes = Vote.objects.filter(among(keys, "process"), theirs, process_step__isnull=False)
    earlier = votes.exclude(round=F("process__round"))
    return list(earlier.values_list("process_step", flat=True))


def barred(cases: dict[int, Case], speaker: Speaker) -> set[int]:
    """Processes the speaker has no vote in: barred from the start or by hand, or kin declared since."""
    rows = Barred.objects.filter(among(list(cases), "process"), staff__in=speaker.people)
    kin = set(own_kin(speaker.actor))
    related = {key for key, case in cases.items() if kin & {bytes(one) for one in case.process.persons}}
    return set(rows.values_list("process", flat=True)) | related


def wrong(case: Case, speaker: Speaker, verdict: str, *, spoken: bool, barred: bool) -> Refused | None:
    """Why this may not be said here by this person; None when it may."""
    process = case.process
    if process.closed:
        return Refused(_("该事项已经办结，不能再表态。"), code="process_closed")
    if not process.position:
        return Refused(_("该事项已退回经办人，重新提交后再办理。"), code="with_maker")
    if process.maker_id in speaker.people:
        return made_it()
    if barred:
        return Refused(_("您已回避该事项，不能审核或审批。"), code="barred")
    if not _has_a_say(case, speaker, verdict):
        return not_theirs(case.now)
    if spoken:
        return Refused(_("您在本轮已经表过态，须由另一人办理。"), code="voted_already")
    if verdict == Verdict.PASS and case.now.kind == StepKind.NOTICE:
        return Refused(_("公示还没有结束，不能办理下一步。"), code="in_notice")
    return None


def _has_a_say(case: Case, speaker: Speaker, verdict: str) -> bool:
    """At the step itself; to return or refuse, also as one who decides later."""
    if speaker.acts_at(case.now):
        return True
    later = [step for position, step in case.steps.items() if position > case.process.position]
    deciding = any(step.kind == StepKind.DECIDE and speaker.acts_at(step) for step in later)
    return deciding and (verdict != Verdict.PASS or case.now.kind == StepKind.NOTICE)


def wrong_target(case: Case, to: int | None) -> Refused | None:
    """A matter goes back to its maker (None) or to a step before the one it stands at."""
    if to is None or 1 <= to < case.process.position:
        return None
    return Refused(_("只能退回给经办人，或退回到前面的步骤。"), code="no_such_step", field="to")


def made_it() -> Refused:
    return Refused(_("您是经办人，不能审核或审批自己经办的事项。"), code="maker_may_not_vote")


def not_theirs(step: ProcessStep) -> Refused:
    message = _("该事项正在“%(step)s”（%(unit)s），不由您的岗位办理。")
    return Refused(message % {"step": step, "unit": step.org}, code="not_your_step")
