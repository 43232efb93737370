"""A federation's own routes: drafted by copying, edited by form, put in force by a second person."""

from datetime import date
from itertools import count

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused

from .. import flow
from ..models import Route, RouteStep, StepKind
from ..permissions import ACTIVATE_ROUTE, PROPOSE_ROUTE
from ..routefile import MOST_STEPS
from .loading import end_before


@transaction.atomic
def draft_route(*, model: Route) -> Route:
    """A draft for the actor's place with the steps of a route in force there; valid from tomorrow."""
    actor = scope.current()
    actor.require(PROPOSE_ROUTE)
    tomorrow = date.fromordinal(timezone.localdate().toordinal() + 1)
    draft = Route.objects.create(
        code=model.code,
        title=model.title,
        title_en=model.title_en,
        org_id=actor.org_path,
        valid=DateRange(tomorrow, None),
        made_by_id=actor.staff_id,
    )
    steps = list(model.steps.order_by("position"))
    for step in steps:
        step.pk, step.route = None, draft
    RouteStep.objects.bulk_create(steps)
    return draft


@transaction.atomic
def rename_route(*, route: Route, title: str, title_en: str, since: date) -> Route:
    """What a draft is called, and the first day it shall hold."""
    row = _open(route)
    row.title, row.title_en, row.valid = title, title_en, DateRange(since, None)
    row.save(update_fields=["title", "title_en", "valid"])
    return row


@transaction.atomic
def put_step(*, route: Route, step: RouteStep) -> RouteStep:
    """Keep a step of a draft: in its position, or a new one (position 0) at the end. Without a code it is
    given one.
    """
    row = _open(route)
    steps = RouteStep.objects.filter(route=row)
    step.code = step.code or _free_code(step, set(steps.values_list("code", flat=True)))
    if steps.filter(code=step.code).exclude(position=step.position).exists():
        raise Refused(_("这个流程里已有同样代码的步骤。"), code="code_twice", field="code")
    if not step.position and steps.count() >= MOST_STEPS:
        raise Refused(_("一个流程最多 %(most)s 步。") % {"most": MOST_STEPS}, code="too_many")
    step.route = row
    if step.position:
        step.pk = get_or_out_of_sight(steps, position=step.position).pk
    else:
        step.position = steps.count() + 1
    step.save()
    return step


def _free_code(step: RouteStep, taken: set[str]) -> str:
    """What is done and where, numbered where the route has that step already."""
    code = f"{step.kind}_{step.level}"
    return next(one for n in count(1) if (one := code if n == 1 else f"{code}_{n}") not in taken)


@transaction.atomic
def move_step(*, route: Route, position: int, by: int) -> None:
    """Exchange a step of a draft with the one before (-1) or after it (+1); nothing at the ends."""
    steps = {step.position: step for step in _open(route).steps.all()}
    one, other = steps.get(position), steps.get(position + by)
    if one and other:
        one.position, other.position = other.position, one.position
        RouteStep.objects.bulk_update([one, other], ["position"])


@transaction.atomic
def drop_step(*, route: Route, position: int) -> None:
    """Take a step out of a draft; those after it move up."""
    steps = RouteStep.objects.filter(route=_open(route))
    get_or_out_of_sight(steps, position=position).delete()
    steps.filter(position__gt=position).update(position=F("position") - 1)


def _open(route: Route) -> Route:
    """The locked draft, if it may still be changed by this person."""
    actor = scope.current()
    actor.require(PROPOSE_ROUTE)
    row = Route.objects.select_for_update(of=("self",)).filter(pk=route.pk, org=actor.org_path).first()
    if row is None:
        raise OutOfSight(Route._meta.label, route.pk)
    if row.state not in flow.OPEN:
        raise Refused(_("流程已提交或已启用，不能再改。"), code="frozen")
    return row


@transaction.atomic
def submit_route(*, route: Route) -> Route:
    """Hand the draft to the second person. Refused when it decides nothing, or begins in the past."""
    row = _open(route)
    _refuse_undecided(row)
    _refuse_past(row)
    return flow.ROUTE.fire(row, "submit")  # type: ignore[no-any-return]


@transaction.atomic
def return_route(*, route: Route, reason: str) -> Route:
    """The second person sends it back with a reason."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("退回时请写明理由。"), code="no_reason", field="reason")
    return flow.ROUTE.fire(_own(route), "return", note=reason, returned_because=reason)  # type: ignore[no-any-return]


@transaction.atomic
def activate_route(*, route: Route) -> Route:
    """The second person puts it in force from its first day; the one it replaces ends then.

    Refused when its first day has passed meanwhile, or a later one is in force already. Matters on
    their way keep the steps they were submitted with.
    """
    scope.current().require(ACTIVATE_ROUTE)
    row = _own(route)
    _refuse_past(row)
    before = Route.objects.filter(code=row.code, org=row.org_id, state="in_force").select_for_update()
    end_before(before, row.valid.lower)
    try:
        with transaction.atomic():
            return flow.ROUTE.fire(  # type: ignore[no-any-return]
                row, "activate", activated_by_id=scope.current().staff_id, activated=timezone.now()
            )
    except IntegrityError as error:
        if "route_one_at_a_time" not in str(error):
            raise
        message = _("从这一天起已有另一个版本启用，请退回并改晚施行日期。")
        raise Refused(message, code="overlap") from error


@transaction.atomic
def withdraw_route(*, route: Route) -> Route:
    """Give it up before it is in force."""
    return flow.ROUTE.fire(_own(route), "withdraw")  # type: ignore[no-any-return]


def _own(route: Route) -> Route:
    """The route, of the actor's own place."""
    row = Route.objects.filter(pk=route.pk, org=scope.current().org_path).first()
    if row is None:
        raise OutOfSight(Route._meta.label, route.pk)
    return row


def _refuse_past(row: Route) -> None:
    if row.valid.lower <= timezone.localdate():
        raise Refused(_("施行日期应在今天之后：流程不溯及既往。"), code="past", field="since")


def _refuse_undecided(row: Route) -> None:
    steps = list(row.steps.order_by("position"))
    if not steps or steps[-1].kind != StepKind.DECIDE:
        raise Refused(_("最后一步必须是审批。"), code="ends_undecided")
    if not any(step.kind == StepKind.DECIDE and not step.conditional for step in steps):
        message = _("至少有一步审批不设条件，否则有的事项无人审批。")
        raise Refused(message, code="conditional_only")
