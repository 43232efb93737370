"""The acts of an application's page: which form each asks, what it calls, what it says when done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.web.forms import Form
from nuanxin.records import services as records

from .. import services
from ..models import Application
from ..permissions import APPLY, DECIDE, REVIEW
from . import forms


@dataclass(frozen=True)
class Act:
    """One act: `run(application, cleaned_data)`; `states` are those in which it is offered.

    In the states of `speaks` it is a word in the round, so who had part in it is not offered it.
    """

    permissions: tuple[str, ...]
    states: tuple[str, ...]
    label: Any
    done: Any
    run: Callable[[Application, dict[str, Any]], Any]
    form: type[Form] = forms.Empty
    tone: str = ""
    speaks: tuple[str, ...] = ()

    def offered(self, application: Application, actor: Actor, has_part: bool) -> bool:
        """Whether the act stands on the page: by state, by permission, and by one's own part so far."""
        spoken = has_part and application.state in self.speaks
        return application.state in self.states and actor.can_any(self.permissions) and not spoken


def _visit(application: Application, data: dict[str, Any]) -> None:
    services.record_visit(household=application.home, application=application, **data)


def _assess(application: Application, data: dict[str, Any]) -> None:
    today = timezone.localdate()
    services.assess(households=[application.home.pk], as_of=data["as_of"], known_on=today)


PREPARING = ("draft", "returned")

ACTS: dict[str, Act] = {
    "assess": Act((APPLY, REVIEW), PREPARING, _("重新认定"), _("已重新认定。"), _assess, forms.AssessForm),
    "visit": Act(
        (APPLY,), (*PREPARING, "submitted"), _("登记入户"), _("入户调查已登记。"), _visit, forms.VisitForm
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
        ("submitted", "noticed"),
        _("退回补正"),
        _("已退回经办人。"),
        lambda row, data: services.return_application(application=row, **data),
        forms.Reason,
        speaks=("submitted",),
    ),
    "objection": Act(
        (REVIEW,),
        ("noticed",),
        _("登记异议"),
        _("异议已登记，处理前不能审批。"),
        lambda row, data: services.record_objection(notice=row.notices.get(withdrawn=False), **data),
        forms.ObjectionForm,
    ),
    "notice": Act(
        (REVIEW,),
        ("submitted",),
        _("通过并公示"),
        _("已通过审核，公示开始。"),
        lambda row, data: services.pass_to_notice(application=row, **data),
        forms.NoticeForm,
        "go",
        ("submitted",),
    ),
    "send_back": Act(
        (DECIDE,),
        ("noticed",),
        _("退回经办人"),
        _("已退回经办人。"),
        lambda row, data: services.send_back(application=row, **data),
        forms.Reason,
        speaks=("noticed",),
    ),
    "refuse": Act(
        (DECIDE,),
        ("submitted", "noticed"),
        _("不予建档"),
        _("已作出不予建档的决定。"),
        lambda row, data: services.refuse(application=row, **data),
        forms.Reason,
        "no",
        ("submitted", "noticed"),
    ),
    "approve": Act(
        (DECIDE,),
        ("noticed",),
        _("批准建档"),
        _("已批准，档案已建立。"),
        lambda row, data: services.approve(application=row),
        tone="go",
        speaks=("noticed",),
    ),
}
