"""What acting first changes on an application's way: its route, its cap, and the clock for the papers."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as steps
from nuanxin.approvals.models import StepKind
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.workdays import add_working_days
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import ActFirst, Programme

from .models import Application

#: The way of everything that is paid before its papers.
ROUTE = "act-first"


def rule_of(programme: Programme) -> ActFirst:
    """The programme's rule; Refused where its money never comes before the papers."""
    if programme.act_first is None:
        raise Refused(_("该项目不能先行救助。"), code="no_act_first")
    return programme.act_first


def cap_of(programme: Programme, place: str) -> Money:
    """The most there may be before the papers; Refused when it goes by a standard nobody has set there."""
    cap = rule_of(programme).cap
    found = policy.limit_at(cap, place, timezone.localdate())
    if found is None:
        message = _("当地还没有设定“%(code)s”这项标准，请先在政策标准中补充。")
        raise Refused(message % {"code": cap.standard}, code="no_standard")
    return found


def over_cap(programme: Programme, place: str, amount: Money | None) -> Refused | None:
    """Why an amount cannot be paid before the papers, with both figures."""
    most = cap_of(programme, place)
    if amount is None or amount <= most:
        return None
    message = _("先行救助最多 %(most)s 元，现为 %(amount)s 元；其余部分请在补齐材料后另行申请。")
    said = {"most": format_yuan(most), "amount": format_yuan(amount)}
    return Refused(message % said, code="over_cap", field="asked")


def route_of(application: Application, programme: Programme) -> str:
    """The route an application takes."""
    return ROUTE if application.act_first else programme.route


def need_approvers(application: Application, programme: Programme) -> None:
    """Refused when the route asks for fewer people to decide than the programme does."""
    if not application.act_first:
        return
    asked = rule_of(programme).approvers
    deciding = steps.steps_of(application.process).filter(kind=StepKind.DECIDE)
    if sum(deciding.values_list("needed", flat=True)) < asked:
        message = _("先行救助须由 %(count)s 人审批，审批流程“%(route)s”的人数不够，请先修改流程。")
        raise Refused(message % {"count": asked, "route": ROUTE}, code="too_few_approvers")


def start_clock(given: Iterable[Any], day: date) -> None:
    """From the decision on the papers of what was paid first are due, in working days.

    `given` are the applications as services.awarding has them, with their programmes.
    """
    due: dict[date, list[int]] = defaultdict(list)
    for one in given:
        if one.application.act_first:
            days = rule_of(one.programme).papers_days
            due[add_working_days(day, days)].append(one.application.pk)
    for last, applications in due.items():
        Application.objects.filter(among(applications)).update(papers_due_on=last)
