"""Public notices: put up by the unit of their step, standing their working days, then what follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import ProcessStep, StepKind
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workdays import add_working_days

from .. import determination, guards
from ..flow import APPLICATION
from ..models import Application, Notice
from .common import Verdict, held, process_of, stand_at, word
from .review import refuse_unfiled


@dataclass(frozen=True)
class Period:
    """A notice stands in [since, until), for so many working days; what follows is due on `due_on`."""

    since: date
    until: date
    days: int
    due_on: date


@transaction.atomic
def pass_to_notice(
    *, application: Application, phone: str, place: str = "", since: date | None = None
) -> Notice:
    """Pass the check, where it is not passed yet, and put the notice up for the working days set.

    `since` is the day it was put up: today, or an earlier day when a paper notice is entered
    afterwards. Refused without a supervision phone, when the proposed class opens no file, when the
    policy names no notice period, when the route has no notice now, and for a unit below the notice's.
    """
    since = day_put_up(phone, since)
    row = held(application, "notice")
    refuse_unfiled(row)
    step = steps.step_of(row.process)
    if step is None or step.kind != StepKind.NOTICE:
        step = word(row, Verdict.PASS).step
    if step is None or step.kind != StepKind.NOTICE:
        raise no_notice()
    if refusal := not_ours(str(step.org_id)):
        raise refusal
    following = next((one for one in steps.steps_of(row.process) if one.position > step.position), None)
    stands = period(str(row.org_id), since, step.days, following.days if following else None)
    # the notice first: whoever hears of the move may tell how long it stands
    notice = put_up([(row, step.pk, stands)], phone, place)[0]
    APPLICATION.fire(row, "notice", due_on=stands.due_on)
    return notice


def put_up(rows: Iterable[tuple[Application, int, Period]], phone: str, place: str) -> list[Notice]:
    """The notices of applications that came to theirs: each with its step (key) and how long it stands."""
    return Notice.objects.bulk_create(
        Notice(
            org_id=row.org_id,
            application=row,
            step_id=step,
            since=stands.since,
            until=stands.until,
            working_days=stands.days,
            phone=phone.strip(),
            place=place.strip(),
            staff_id=scope.current().staff_id,
        )
        for row, step, stands in rows
    )


@transaction.atomic
def resume(*, application: Application) -> Application:
    """A notice that is over is followed by another check, or by the notice of another unit: the application
    goes on to it.

    Refused while the notice runs or an objection is open, and when a decision is what follows.
    """
    row = held(application, "resume")
    guards.notice_over(row)
    step = approvals.pass_notice(process=process_of(row)).step
    if step is None or step.kind == StepKind.DECIDE:
        raise Refused(_("公示期满后由审批人办理。"), code="no_check_step")
    return stand_at(APPLICATION.fire(row, "resume"), step)


def day_put_up(phone: str, since: date | None) -> date:
    """The day a notice is put up: today, or the earlier day told; Refused without a phone."""
    if not phone.strip():
        raise Refused(_("公示必须写明监督电话。"), code="no_phone", field="phone")
    today = timezone.localdate()
    if since and since > today:
        raise Refused(_("公示起始日不能晚于今天。"), code="future_notice", field="since")
    return since or today


def period(unit: str, since: date, step_days: int | None, following_days: int | None) -> Period:
    """How long a notice for a family of a unit stands: the working days the policy sets, or more where the
    step of the route asks for more. What follows is due the days of its own step after that, or those the
    policy sets. Refused where the policy sets no days of notice.
    """
    set_days = determination.days(determination.NOTICE_DAYS, unit, since)
    if not set_days:
        raise Refused(_("当地政策没有规定公示天数，请先在政策标准中补充。"), code="no_notice_days")
    days = max(set_days, step_days or 0)
    until = add_working_days(since, days) + timedelta(days=1)
    left = following_days or determination.days(determination.REVIEW_DAYS, unit, since)
    return Period(since, until, days, add_working_days(until, left) if left else until)


def no_notice() -> Refused:
    """That what comes now is no notice."""
    return Refused(_("下一步不是公示：还须由他人审核，或本项目不需公示。"), code="no_notice_step")


def puts_up(step: ProcessStep) -> bool:
    """Whether the actor's unit puts up the notice of a step: it is the unit's own, or of one below it."""
    return str(step.org_id).startswith(scope.current().org_path)


def not_ours(unit: str) -> Refused | None:
    """Why the actor's unit does not put up the notice of another."""
    if unit.startswith(scope.current().org_path):
        return None
    message = _("这次公示由上级工会张贴：请只点“审核通过”，由上级工会公示。")
    return Refused(message, code="not_your_notice")
