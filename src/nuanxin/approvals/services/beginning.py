"""Submission: the steps of the route in force are copied onto the process, one matter or many."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.workdays import add_working_days

from ..models import Barred, Process, ProcessStep, Route
from ..queries import routes, staffing
from ..queries.routes import Chosen
from .votes import close

#: What a copied step takes over from the route's.
COPIED = ("code", "title", "title_en", "kind", "level", "permission", "needed", "days", "escalate")


@dataclass(frozen=True)
class Matter:
    """What is submitted: a record, the place whose route it takes, and what chooses the steps.

    `persons` are the ID hashes of the people it concerns: staff who declared them are barred.
    """

    subject: Any
    place: str
    amount: Money | None = None
    clazz: str = ""
    persons: tuple[bytes, ...] = ()


@dataclass
class _Plan:
    """A matter on its way to a process: its route, its steps, and who is barred."""

    matter: Matter
    route: Route
    process: Process | None
    maker: int
    steps: list[Chosen] = field(default_factory=list)
    barred: dict[int, str] = field(default_factory=dict)


def begin(
    *,
    subject: Any,
    route: str,
    place: str,
    amount: Money | None = None,
    clazz: str = "",
    persons: Iterable[bytes] = (),
) -> Process:
    """Submit a record: its process stands at the first step of the route in force at the place.

    After a return it is a new round of the same process, by the route it began with; when somebody
    else submits it again, a process of their own, in which the former maker has no vote. Refused
    (no_route, no_approver, no_unit, under_way) with nothing written.
    """
    matter = Matter(subject, place, amount, clazz, tuple(persons))
    processes, refused = begin_many(matters=[matter], route=route)
    for refusal in refused.values():
        raise refusal
    return processes[subject.pk]


@transaction.atomic
def begin_many(*, matters: Sequence[Matter], route: str) -> tuple[dict[int, Process], dict[int, Refused]]:
    """Submit many records of one kind; by key the processes, and why the others were refused.

    The number of queries does not grow with the number of matters.
    """
    if not matters:
        return {}, {}
    maker = scope.current().staff_id
    if maker is None:
        raise Refused(_("只有工作人员可以提交审批。"), code="no_person")
    refused: dict[int, Refused] = {}
    plans = _plans(matters, route, maker, refused)
    _choose_steps(plans, refused)
    _bar(plans)
    _refuse_unstaffed(plans, refused)
    ready = [plan for plan in plans if plan.matter.subject.pk not in refused]
    return _write(ready), refused


def _plans(matters: Sequence[Matter], code: str, maker: int, refused: dict[int, Refused]) -> list[_Plan]:
    """Route and earlier process of each matter."""
    today = timezone.localdate()
    in_force = {place: routes.route_in_force(code, place, today) for place in {m.place for m in matters}}
    kind = matters[0].subject._meta.label
    keys = [matter.subject.pk for matter in matters]
    rows = Process.objects.filter(among(keys, "subject"), kind=kind, closed__isnull=True).order_by("pk")
    earlier = {row.subject: row for row in rows.select_for_update(of=("self",)).select_related("route")}
    plans = []
    for matter in matters:
        before = earlier.get(matter.subject.pk)
        route = before.route if before and before.route and before.route.code == code else None
        route = route or in_force[matter.place]
        if before and before.position:
            message = _("该事项正在办理中，不能重复提交。")
            refused[matter.subject.pk] = Refused(message, code="under_way")
        elif route is None:
            told = _("没有生效的审批流程“%(code)s”，请先启用。") % {"code": code}
            refused[matter.subject.pk] = Refused(told, code="no_route")
        else:
            plans.append(_Plan(matter, route, before, maker))
    return plans


def _choose_steps(plans: Sequence[_Plan], refused: dict[int, Refused]) -> None:
    """The steps each matter takes, with the units that act."""
    steps = {route: list(route.steps.order_by("position")) for route in {plan.route for plan in plans}}
    chosen: dict[tuple[int, str, Money | None, str], list[Chosen]] = {}
    nodes = routes.nodes_for(
        {(plan.matter.place, step.level) for plan in plans for step in steps[plan.route]}
    )
    for plan in plans:
        matter = plan.matter
        key = (plan.route.pk, matter.place, matter.amount, matter.clazz)
        if key not in chosen:
            chosen[key] = []
            for step in routes.taken(steps[plan.route], matter.amount, matter.clazz):
                node = nodes.get((matter.place, step.level))
                if node is None:
                    message = _("“%(step)s”需由%(level)s办理，但没有这一级单位。")
                    values = {"step": step, "level": step.get_level_display()}
                    refused[matter.subject.pk] = Refused(message % values, code="no_unit")
                elif not routes.skipped(step, node):
                    chosen[key].append(Chosen(step, node))
        plan.steps = chosen[key]


def _bar(plans: Sequence[_Plan]) -> None:
    """Who may not vote: the kin of the people concerned, and the maker of an earlier process."""
    by_hash: dict[bytes, set[int]] = defaultdict(set)
    hashes = sorted({bytes(one) for plan in plans for one in plan.matter.persons})
    if hashes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT hash, staff FROM approvals_kin_of(%s)", [hashes])
            for one, staff in cursor.fetchall():
                by_hash[bytes(one)].add(staff)
    for plan in plans:
        for one in plan.matter.persons:
            plan.barred |= dict.fromkeys(by_hash.get(bytes(one), ()), Barred.Why.KIN)
        if plan.process and plan.process.maker_id != plan.maker:
            plan.barred[plan.process.maker_id] = Barred.Why.MAKER


def _refuse_unstaffed(plans: Sequence[_Plan], refused: dict[int, Refused]) -> None:
    """A matter that could never be decided is not taken in."""
    people = staffing.people_at({place for plan in plans for place in staffing.places_of(plan.steps)})
    kept = _kept_barred(plans)
    known: dict[tuple[int, frozenset[int]], Chosen | None] = {}
    for plan in plans:
        before = kept[plan.process.pk] if plan.process else set()
        without = frozenset({plan.maker, *plan.barred, *before})
        key = (id(plan.steps), without)
        if key not in known:
            known[key] = staffing.first_unstaffed(plan.steps, people, without)
        lacking = known[key]
        if lacking and plan.matter.subject.pk not in refused:
            refused[plan.matter.subject.pk] = staffing.refusal_for(lacking)


def _kept_barred(plans: Sequence[_Plan]) -> dict[int, set[int]]:
    """Whom the processes of earlier rounds bar already."""
    found: dict[int, set[int]] = defaultdict(set)
    keys = [plan.process.pk for plan in plans if plan.process]
    if keys:
        for process, staff in Barred.objects.filter(among(keys, "process")).values_list("process", "staff"):
            found[process].add(staff)
    return found


def _write(plans: Sequence[_Plan]) -> dict[int, Process]:
    """Processes, steps and barred people; every process stands at its first step then."""
    again = [plan for plan in plans if plan.process and plan.process.maker_id == plan.maker]
    _next_rounds(again)
    for plan in plans:
        if plan.process and plan.process.maker_id != plan.maker:
            close(process=plan.process)
            plan.process = None
    fresh = [plan for plan in plans if plan.process is None]
    made = _make([_process(plan) for plan in fresh])
    for plan, process in zip(fresh, made, strict=True):
        plan.process = process
    ProcessStep.objects.bulk_create(step for plan in plans for step in _copies(plan))
    Barred.objects.bulk_create((row for plan in plans for row in _barred(plan)), ignore_conflicts=True)
    processes = {plan.matter.subject.pk: plan.process for plan in plans if plan.process}
    Process.objects.filter(among([process.pk for process in processes.values()])).update(position=1)
    for process in processes.values():
        process.position = 1
    return processes


def _make(processes: Sequence[Process]) -> list[Process]:
    try:
        with transaction.atomic():
            return Process.objects.bulk_create(processes)
    except IntegrityError as error:
        if "process_one_open" not in str(error):
            raise
        message = _("该事项刚刚由他人提交，不能重复提交。")
        raise Refused(message, code="under_way") from error


def _next_rounds(plans: Sequence[_Plan]) -> None:
    """Processes that were returned go into their next round, with what is submitted now."""
    rows = []
    for plan in plans:
        assert plan.process is not None  # only those with an earlier process are given
        row, matter = plan.process, plan.matter
        row.round += row.steps.exists() or row.votes.exists()
        row.route, row.position = plan.route, 0
        row.amount, row.clazz, row.persons = matter.amount, matter.clazz, list(matter.persons)
        rows.append(row)
    if rows:
        Process.objects.bulk_update(rows, ["round", "route", "position", "amount", "clazz", "persons"])


def _process(plan: _Plan) -> Process:
    matter = plan.matter
    return Process(
        org_id=matter.subject.org_id,
        kind=matter.subject._meta.label,
        subject=matter.subject.pk,
        maker_id=plan.maker,
        route=plan.route,
        amount=matter.amount,
        clazz=matter.clazz,
        persons=list(matter.persons),
    )


def _copies(plan: _Plan) -> Iterable[ProcessStep]:
    """The steps of the round, numbered as they are taken; the first one is entered."""
    assert plan.process is not None  # written before its steps
    now, today = timezone.now(), timezone.localdate()
    for position, chosen in enumerate(plan.steps, start=1):
        step, first = chosen.step, position == 1
        yield ProcessStep(
            process=plan.process,
            round=plan.process.round,
            position=position,
            org_id=chosen.node.path,
            home_id=plan.process.org_id,
            entered=now if first else None,
            due_on=add_working_days(today, step.days) if first and step.days else None,
            **{name: getattr(step, name) for name in COPIED},
        )


def _barred(plan: _Plan) -> Iterable[Barred]:
    assert plan.process is not None  # written before
    for staff, why in plan.barred.items():
        yield Barred(org_id=plan.process.org_id, process=plan.process, staff_id=staff, why=why)
