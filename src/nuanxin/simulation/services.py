"""Writes: scenarios and what they change, and runs over them."""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.policy.engine.editing import Change, edit
from nuanxin.policy.models import Pack as StoredPack
from nuanxin.policy.models import Parameter
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.models import JobRun

from . import planning, queries
from .models import Cell, ChangedPack, Difference, Run, Scenario, StandardChange, Tally
from .permissions import RUN

RESULTS = (Cell, Tally, Difference)


# scenarios


@transaction.atomic
def create_scenario(*, name: str, day: date, note: str = "") -> Scenario:
    """An empty scenario of the actor's office; `day` says which rules and standards it starts from."""
    actor = scope.current()
    actor.require(RUN)
    return Scenario.objects.create(
        org_id=actor.org_path, name=name, note=note, day=day, staff_id=actor.staff_id
    )


@transaction.atomic
def copy_scenario(*, scenario: Scenario, name: str) -> Scenario:
    """A scenario of one's own with everything another changes, to go on from there."""
    made = create_scenario(name=name, day=scenario.day, note=scenario.note)
    packs = [
        ChangedPack(
            scenario=made,
            org_id=made.org_id,
            base_id=row.base_id,
            changes=row.changes,
            text=row.text,
            sha256=row.sha256,
        )
        for row in scenario.packs.all()
    ]
    standards = [
        StandardChange(
            scenario=made,
            org_id=made.org_id,
            code=row.code,
            residence=row.residence,
            place_id=row.place_id,
            how=row.how,
            by=row.by,
        )
        for row in scenario.standards.all()
    ]
    ChangedPack.objects.bulk_create(packs)
    StandardChange.objects.bulk_create(standards)
    return made


@transaction.atomic
def change_pack(*, scenario: Scenario, base: StoredPack, changes: Mapping[str, Change]) -> ChangedPack | None:
    """The scenario's copy of a pack from now on: `base` with these changes, in the place of earlier ones.

    None when nothing differs from the base; the copy is then dropped. PackError names every fault with
    its place when the changed pack cannot be read.
    """
    _changeable(scenario)
    new = edit(base.text, changes, base.code)
    if new == base.text:
        drop_pack(scenario=scenario, base=base)
        return None
    values = {
        "org_id": scenario.org_id,
        "changes": dict(changes),
        "text": new,
        "sha256": hashlib.sha256(new.encode()).hexdigest(),
    }
    return ChangedPack.objects.update_or_create(scenario=scenario, base=base, defaults=values)[0]


@transaction.atomic
def drop_pack(*, scenario: Scenario, base: StoredPack) -> None:
    """The scenario leaves this pack as it is in force."""
    _changeable(scenario)
    scenario.packs.filter(base=base).delete()


@transaction.atomic
def change_standard(
    *, scenario: Scenario, code: str, how: str, by: Decimal, place: str | None = None, residence: str = "any"
) -> StandardChange:
    """Raise, lower or fix a standard, everywhere in scope or at a place; a second time replaces the first."""
    _changeable(scenario)
    if not Parameter.objects.filter(code=code, valid__contains=scenario.day).exists():
        raise Refused(
            _("基准日没有代码为 %(code)s 的标准。") % {"code": code}, code="no_standard", field="code"
        )
    if place is not None and not (place.startswith(scenario.org_id) and _there(place)):
        raise Refused(_("只能改本单位及下级单位的标准。"), code="out_of_scope", field="place")
    if (how == StandardChange.How.PERCENT and by < -100) or (how == StandardChange.How.VALUE and by < 0):
        raise Refused(_("标准不能低于零。"), code="negative", field="by")
    made, _new = StandardChange.objects.update_or_create(
        scenario=scenario,
        code=code,
        residence=residence,
        place_id=place,
        defaults={"org_id": scenario.org_id, "how": how, "by": by},
    )
    return made


@transaction.atomic
def drop_standard(*, change: StandardChange) -> None:
    """The scenario leaves this standard as it is in force."""
    _changeable(change.scenario)
    change.delete()


@transaction.atomic
def delete_scenario(*, scenario: Scenario) -> None:
    """Take a scenario away; refused while a run rests on it."""
    _changeable(scenario)
    scenario.delete()


def _there(place: str) -> bool:
    return Node.objects.filter(path=place).exists()


def _changeable(scenario: Scenario) -> None:
    actor = scope.current()
    actor.require(RUN)
    if scenario.staff_id != actor.staff_id:
        raise Refused(_("只有方案的建立人可以修改；请复制后再改。"), code="not_yours")
    if queries.runs_of(scenario).exists():
        raise Refused(_("方案已经测算过，内容不能再改；请复制后再改。"), code="has_run")


def is_open(scenario: Scenario) -> bool:
    """Whether the current actor may still change the scenario."""
    return scenario.staff_id == scope.current().staff_id and not queries.runs_of(scenario).exists()


def fingerprint(scenario: Scenario) -> str:
    """A hash over everything the scenario changes."""
    packs = sorted(scenario.packs.values_list("base__sha256", "sha256"))
    standards = sorted(
        (row.code, row.residence, row.place_id or "", row.how, str(row.by.normalize()))
        for row in scenario.standards.all()
    )
    return hashlib.sha256(repr((packs, standards)).encode()).hexdigest()


# runs


@transaction.atomic
def start_run(
    *, first: Scenario, second: Scenario | None = None, place: str | None = None, day: date | None = None
) -> Run:
    """Calculate one or two scenarios against the rules in force, over the households of `place`.

    Refused when a scenario changes nothing or belongs to another office, when the place is out of scope,
    and when the rules a scenario starts from are not in force there on the day.
    """
    actor = scope.current()
    actor.require(RUN)
    scenarios = [first, *([second] if second else [])]
    for scenario in scenarios:
        _may_run(scenario)
    if second == first:
        raise Refused(_("两个方案相同，无从对照。"), code="same_scenario", field="second")
    place = place or actor.org_path
    if not (place.startswith(actor.org_path) and _there(place)):
        raise Refused(_("只能测算本单位及下级单位。"), code="out_of_scope", field="place")
    day = day or first.day
    planning.check(planning.regions(place, day), day, scenarios)
    run = Run.objects.create(
        org_id=actor.org_path,
        place_id=place,
        day=day,
        first=first,
        second=second,
        hashes=[fingerprint(scenario) for scenario in scenarios],
        staff_id=actor.staff_id,
    )
    title = _("政策测算：%(names)s") % {"names": "、".join(scenario.name for scenario in scenarios)}
    run.job = jobs.start(
        "simulation.run",
        title=title[:120],
        result_url=reverse("simulation:run", args=[run.pk]),
        simulation=run.pk,
    )
    run.save(update_fields=["job"])
    records.note("simulation.run.started", subject=run, note=title, detail={"place": place, "day": str(day)})
    return run


def _may_run(scenario: Scenario) -> None:
    if scenario.org_id != scope.current().org_path:
        raise Refused(_("这是其他单位的方案；请复制后再测算。"), code="not_ours", field="first")
    if not scenario.packs.exists() and not scenario.standards.exists():
        message = _("方案“%(name)s”还没有改动任何规则或标准。")
        raise Refused(message % {"name": scenario.name}, code="nothing_changed", field="first")


@transaction.atomic
def delete_run(*, run: Run) -> None:
    """Take a calculation and everything it came to away; only who started it may, once it has ended."""
    actor = scope.current()
    actor.require(RUN)
    if run.staff_id != actor.staff_id:
        raise Refused(_("只能删除自己发起的测算。"), code="not_yours")
    if JobRun.objects.filter(pk=run.job_id, ended__isnull=True).exists():
        raise Refused(_("测算还在进行，请先取消。"), code="running")
    clear(run)
    records.note("simulation.run.deleted", note=f"{run.first} {run.day}", detail={"run": run.pk})
    run.delete()


def clear(run: Run) -> None:
    """Drop what has been written of a run so far."""
    for model in RESULTS:
        model.objects.filter(run=run).delete()


def finish(run: Run) -> None:
    """From now on the results count."""
    Run.objects.filter(pk=run.pk).update(finished=timezone.now())
