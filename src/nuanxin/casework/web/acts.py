"""The acts of an application's page: which form each asks, what it calls, what it says when done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.policy.programmes import Programme
from nuanxin.records import services as records

from .. import programmes, queries, services
from ..models import Application
from ..permissions import APPLY, DECIDE, REVIEW
from . import exceptions, forms

#: The kinds of steps, and one that has no kind: before the first submission, or after the last word.
CHECK, NOTICE, DECISION, NONE = "check", "notice", "decide", ""


@dataclass(frozen=True)
class Standing:
    """Where an application stands: its programme, its steps, the one open now, whether the actor is in it."""

    application: Application
    programme: Programme
    steps: list[Any]
    step: Any
    has_part: bool
    may_speak: bool

    @property
    def kind(self) -> str:
        return self.step.kind if self.step else NONE

    @property
    def next(self) -> Any:
        """The step after this one."""
        return next((step for step in self.steps if self.step and step.position > self.step.position), None)

    @property
    def next_kind(self) -> str:
        """The kind of the step after this one."""
        return self.next.kind if self.next else NONE

    @property
    def notice_ahead(self) -> bool:
        """Whether it stands at a notice of the actor's unit, or comes to one by passing this check."""
        step = self.step if self.kind == NOTICE else self.next if self.kind == CHECK else None
        return step is not None and step.kind == NOTICE and services.puts_up(step)

    @property
    def earlier(self) -> list[Any]:
        """The steps a return can go to, beside the officer."""
        return [
            step
            for step in self.steps
            if self.step and step.position < self.step.position and step.kind != NOTICE
        ]


def standing(application: Application) -> Standing:
    """Where the application stands, for the actor."""
    actor, process = scope.current(), application.process
    step = approvals.step_of(process) if process else None
    waiting = approvals.waiting_for(actor).filter(process=process) if process else None
    return Standing(
        application,
        programmes.of(application),
        list(approvals.steps_of(process)) if process else [],
        step,
        approvals.has_part(process, actor.staff_id),
        waiting is not None and waiting.exists(),
    )


@dataclass(frozen=True)
class Act:
    """One act: `run(application, cleaned_data)`; `states` are those in which it is offered.

    `speaks` names the kinds of steps at which it is a word in the process: there it is offered to those
    the step waits for. `when` says more about where it belongs.
    """

    permissions: tuple[str, ...]
    states: tuple[str, ...]
    label: Any
    done: Any
    run: Callable[[Application, dict[str, Any]], Any]
    form: type[Form] = forms.Empty
    tone: str = ""
    speaks: tuple[str, ...] = ()
    when: Callable[[Standing], bool] = lambda at: True
    #: What the act is called where the programme comes to a certain outcome.
    labels: Mapping[str, Any] = field(default_factory=dict)

    def label_at(self, at: Standing) -> Any:
        """What the act is called there."""
        return self.labels.get(at.programme.outcome, self.label)

    def offered(self, at: Standing, actor: Actor) -> bool:
        """Whether the act stands on the page: by state, by permission, and by whose turn it is."""
        if at.application.state not in self.states or not actor.can_any(self.permissions):
            return False
        turn = not self.speaks or (at.may_speak if at.kind in self.speaks else not at.has_part)
        return turn and self.when(at)


def _assess(application: Application, data: dict[str, Any]) -> None:
    today = timezone.localdate()
    services.compute(applications=[application.pk], as_of=data["as_of"], known_on=today)


def _object(application: Application, data: dict[str, Any]) -> None:
    notice = queries.live_notice(application)
    if notice is None:
        raise Refused(_("该公示已结束或已撤下，不能再登记异议。"), code="notice_ended")
    services.record_objection(notice=notice, **data)


def _decidable(at: Standing) -> bool:
    return at.kind == DECISION or (at.application.state == "noticed" and at.next_kind == DECISION)


def _serves(at: Standing) -> bool:
    return at.programme.outcome == "service"


def _approve(application: Application, data: dict[str, Any]) -> None:
    services.approve(application=application, **data)


def _awaits_papers(at: Standing) -> bool:
    row = at.application
    return row.papers_due_on is not None and row.papers_done_on is None


def _overrulable(at: Standing) -> bool:
    return at.application.state in PREPARING or at.programme.double is not None


PREPARING = ("draft", "returned")
UNDER_DECISION = ("submitted", "noticed")

ACTS: dict[str, Act] = {
    "assess": Act(
        (APPLY, REVIEW),
        PREPARING,
        _("重新认定"),
        _("已重新认定。"),
        _assess,
        forms.AssessForm,
        when=lambda at: at.programme.pack,
    ),
    "attach": Act(
        (APPLY,),
        (*PREPARING, "submitted"),
        _("上传申请材料"),
        _("材料已上传。"),
        lambda row, data: records.attach(subject=row, **data),
        forms.DocumentForm,
    ),
    "withdraw": Act(
        (APPLY,),
        (*PREPARING, "submitted", "noticed"),
        _("撤回"),
        _("申请已撤回。"),
        lambda row, data: services.withdraw(application=row, **data),
        forms.OptionalReason,
        "no",
    ),
    "submit": Act(
        (APPLY,),
        PREPARING,
        _("提交审核"),
        _("已提交审核。"),
        lambda row, data: services.submit(application=row),
        tone="go",
    ),
    "return": Act(
        (REVIEW,),
        UNDER_DECISION,
        _("退回补正"),
        _("已退回。"),
        lambda row, data: services.return_application(application=row, **data),
        forms.ReturnForm,
        speaks=(CHECK,),
        when=lambda at: at.kind == CHECK or at.application.state == "noticed",
    ),
    "objection": Act(
        (REVIEW,),
        ("noticed",),
        _("登记异议"),
        _("异议已登记，处理前不能审批。"),
        _object,
        forms.ObjectionForm,
    ),
    "pass": Act(
        (REVIEW,),
        ("submitted",),
        _("审核通过"),
        _("审核意见已记录。"),
        lambda row, data: services.pass_on(application=row),
        tone="go",
        speaks=(CHECK,),
        when=lambda at: at.kind == CHECK and not at.notice_ahead,
    ),
    "notice": Act(
        (REVIEW,),
        ("submitted",),
        _("通过并公示"),
        _("已通过审核，公示开始。"),
        lambda row, data: services.pass_to_notice(application=row, **data),
        forms.NoticeForm,
        "go",
        (CHECK,),
        when=lambda at: at.notice_ahead,
    ),
    "resume": Act(
        (REVIEW,),
        ("noticed",),
        _("公示期满，继续审核"),
        _("已转入下一步审核。"),
        lambda row, data: services.resume(application=row),
        tone="go",
        when=lambda at: at.kind == NOTICE and at.next_kind in (CHECK, NOTICE),
    ),
    "send_back": Act(
        (DECIDE,),
        UNDER_DECISION,
        _("退回经办人"),
        _("已退回。"),
        lambda row, data: services.send_back(application=row, **data),
        forms.ReturnForm,
        speaks=(DECISION,),
        when=lambda at: at.kind == DECISION or at.application.state == "noticed",
    ),
    "refuse": Act(
        (DECIDE,),
        UNDER_DECISION,
        _("不予批准"),
        _("已作出不予批准的决定。"),
        lambda row, data: services.refuse(application=row, **data),
        forms.Reason,
        "no",
        (DECISION,),
        labels={"file": _("不予建档")},
    ),
    "approve": Act(
        (DECIDE,),
        UNDER_DECISION,
        _("批准"),
        _("审批意见已记录。"),
        _approve,
        tone="go",
        speaks=(DECISION,),
        when=lambda at: not _serves(at) and _decidable(at),
        labels={"file": _("批准建档")},
    ),
    "finish": Act(
        (DECIDE,),
        UNDER_DECISION,
        _("批准并办结"),
        _("审批意见已记录。"),
        _approve,
        forms.OutcomeForm,
        "go",
        (DECISION,),
        when=lambda at: _serves(at) and _decidable(at),
    ),
    "overrule": Act(
        (APPLY, REVIEW),
        (*PREPARING, *UNDER_DECISION),
        _("提出例外"),
        _("例外已提出，待另一人同意。"),
        lambda row, data: services.propose_overruling(application=row, **data),
        exceptions.OverruleForm,
        when=_overrulable,
    ),
    "late_paper": Act(
        (APPLY,),
        ("approved",),
        _("补传材料"),
        _("材料已上传。"),
        lambda row, data: records.attach(subject=row, **data),
        forms.DocumentForm,
        when=_awaits_papers,
    ),
    "papers_done": Act(
        (APPLY,),
        ("approved",),
        _("确认材料补齐"),
        _("材料已补齐。"),
        lambda row, data: services.complete_papers(application=row),
        tone="go",
        when=_awaits_papers,
    ),
}
