"""Runs: the figures are those of determining every household alone, and nothing else is touched."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, OperationalError, transaction

from nuanxin.casework.facts import of_households
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.run import Standard
from nuanxin.policy.engine.run import run as determine
from nuanxin.records.services import cancel_job
from nuanxin.simulation import planning, services
from nuanxin.simulation.jobs import _piece, run_simulation
from nuanxin.simulation.measuring import Measure
from nuanxin.simulation.models import Cell, ChangedPack, Difference, Run, Scenario, Tally
from nuanxin.simulation.planning import AIDS
from nuanxin.simulation.rules import Rules
from tests.orgs import factories as orgs

from .factories import DAY, RUN, Prefecture, own_pack, pack, prefecture, run, scenario

pytestmark = pytest.mark.django_db

DROPPED = {"exclude.two_homes": None}
MULTIPLE = {"parameters.relative_multiple.value": "2.5"}


@pytest.fixture
def place() -> Prefecture:
    return prefecture()


def alone(place: Prefecture, scenario: Scenario | None, percent: int = 0) -> dict[int, tuple[str, int]]:
    """Class and yearly benefits of each household, one by one in Python."""
    changed = {row.base.programme: row.checked() for row in scenario.packs.all()} if scenario else {}
    made = {}
    for key, subject in of_households([h.pk for h in place.households], DAY).items():
        residence = subject.facts["residence"]

        def ask(programme: str, facts: Any, at: str = subject.place, home: str = residence) -> Any:
            rule = changed.get(programme) or policy.pack_in_force(programme, at, DAY)
            if rule is None:
                return None
            held = policy.standards_at(rule, at, DAY, home)
            if percent and "dibao" in held:
                held["dibao"] = Standard(
                    (held["dibao"].value * (100 + percent) / 100).quantize(Decimal("0.01"))
                )
            return determine(rule, facts, day=DAY, standards=held, place=at)

        filing = ask("filing", subject.facts)
        fen = 0
        if filing.result in ("deep", "relative", "accident"):
            facts = {**subject.facts, "file_class": filing.result, "granted_this_year": Money(0)}
            for programme in AIDS:
                aid = ask(programme, facts)
                fen += sum(b.amount.fen for b in aid.benefits if b.amount) if aid else 0
        made[key] = (filing.result, fen)
    return made


def differences(run: Run) -> dict[int, Difference]:
    return {row.household_id: row for row in Difference.objects.filter(run=run)}


def test_a_run_is_what_each_household_comes_to_alone(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        first = scenario(percent=10)
        second = scenario(
            "取消住房条件", filing=DROPPED | MULTIPLE, living_aid={"parameters.months_other.value": "8"}
        )
        made = run(first, second)
        jobs()
        made.refresh_from_db()
        assert made.finished and made.job.state == "done"
        now, a, b = alone(place, None), alone(place, first, percent=10), alone(place, second)
        cells = Cell.objects.filter(run=made)
        assert sum(cell.households for cell in cells) == len(place.households)
        for name, want in (("before", now), ("first", a), ("second", b)):
            counted: Counter[str] = Counter()
            for cell in cells:
                counted[getattr(cell, name)] += cell.households
            assert counted == Counter(result for result, _fen in want.values())
            assert sum(getattr(cell, f"fen_{name}").fen for cell in cells) == sum(
                f for _r, f in want.values()
            )
        differing = {key for key in now if now[key] != a[key] or now[key] != b[key]}
        rows = differences(made)
        assert set(rows) == differing
        for key, row in rows.items():
            got = [
                (row.before, row.fen_before.fen),
                (row.first, row.fen_first.fen),
                (row.second, row.fen_second.fen),
            ]
            assert got == [now[key], a[key], b[key]]
        assert len({result for result, _fen in now.values()}) >= 4, "the families are too much alike"


def test_cells_are_by_county_and_cause(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        jobs()
        want = Counter((place.counties[i % 2].path, h.main_cause) for i, h in enumerate(place.households))
        got: Counter[tuple[str, str]] = Counter()
        for cell in Cell.objects.filter(run=made):
            got[cell.org_id, cell.cause] += cell.households
        assert got == want


def test_tallies_count_bands_missing_facts_and_money(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        jobs()
        now = alone(place, None)
        rows = Tally.objects.filter(run=made, variant=0)
        assert sum(row.households for row in rows.filter(kind="band")) == len(now)
        missing = {row.key: row.households for row in rows.filter(kind="missing")}
        assert set(missing) == {"annual_income", "homes"}
        due = rows.filter(kind="due")
        assert sum(row.fen.fen for row in due) == sum(fen for _result, fen in now.values())
        assert {row.org_id for row in due} == {county.path for county in place.counties}


def test_a_standard_can_be_changed_for_one_county_alone(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = scenario()
        services.change_standard(
            scenario=made,
            code="dibao",
            how="plus",
            by=Decimal(200),
            place=place.counties[0].path,
            residence="urban",
        )
        ran = run(made)
        jobs()
        rows = differences(ran).values()
        urban = {h.pk for h in place.households if h.residence == "urban"}
        assert rows
        assert {row.org_id for row in rows} == {place.unions[0].path}
        assert {row.household_id for row in rows} <= urban


def test_a_county_with_its_own_pack_keeps_it(place: Prefecture, jobs: Callable[[], int]):
    """The scenario changes the general pack; where another pack rules, nothing changes."""
    own_pack(place.counties[1])
    with scope.acting(place.officer):
        first = scenario(filing=DROPPED | MULTIPLE)
        made = run(first)
        jobs()
        made.refresh_from_db()
        assert made.finished
        assert len(made.plan) == 2
        assert {row.org_id for row in Difference.objects.filter(run=made)} == {place.unions[0].path}
        now = alone(place, None)
        counted = sum(cell.households for cell in Cell.objects.filter(run=made, before="excluded"))
        assert counted == sum(result == "excluded" for result, _fen in now.values())


def test_nothing_but_the_runs_own_tables_changes(place: Prefecture, jobs: Callable[[], int]):
    ours = ("simulation", "records", "procrastinate", "sessions", "axes")
    others = [
        model for model in apps.get_models() if model._meta.app_label not in ours and model._meta.managed
    ]
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        before = {model: sorted(map(str, model._default_manager.values_list())) for model in others}
        jobs()
        made.refresh_from_db()
        assert made.finished
        assert before == {model: sorted(map(str, model._default_manager.values_list())) for model in others}


def test_the_reading_part_could_not_write(place: Prefecture, jobs: Callable[[], int], monkeypatch: Any):
    """PostgreSQL refuses a write among the reads, and the run fails without a result."""

    def tampered(self: Measure) -> tuple[str, Any]:
        return "UPDATE registry_household SET people = 9", ()

    monkeypatch.setattr(Measure, "joined", tampered)
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        with pytest.raises(DatabaseError, match="read-only transaction"):
            jobs()
        made.refresh_from_db()
        assert made.finished is None
        assert made.job.state == "failed"


# stopped and killed


def in_pieces(monkeypatch: Any, size: int = 10) -> None:
    monkeypatch.setattr(planning, "PIECE", size)
    clock = count(0, 10)
    monkeypatch.setattr("nuanxin.records.jobs.time.monotonic", lambda: next(clock))


def after_piece(monkeypatch: Any, number: int, act: Callable[[Run], None]) -> None:
    """Do something once that piece of a run has been written."""
    write = Measure.write

    def written(self: Measure) -> None:
        write(self)
        if self.number == number:
            act(self.run)

    monkeypatch.setattr(Measure, "write", written)


def test_a_run_stopped_half_way_leaves_no_result(
    place: Prefecture, jobs: Callable[[], int], monkeypatch: Any
):
    in_pieces(monkeypatch)
    after_piece(monkeypatch, 1, lambda run: cancel_job(run=run.job))
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        jobs()
        made.refresh_from_db()
        assert made.job.state == "cancelled"
        assert made.finished is None
        for model in services.RESULTS:
            assert not model.objects.filter(run=made).exists()


def test_a_killed_run_goes_on_where_it_was(place: Prefecture, jobs: Callable[[], int], monkeypatch: Any):
    in_pieces(monkeypatch)

    def die(run: Run) -> None:
        raise OperationalError("the connection is gone")

    with monkeypatch.context() as once:
        after_piece(once, 2, die)
        with scope.acting(place.officer):
            made = run(scenario(percent=10))
            with pytest.raises(OperationalError):
                jobs()
    with scope.acting(place.officer):
        made.refresh_from_db()
        assert (made.pieces_done, made.job.state) == (2, "waiting")
        deliver(made)
        made.refresh_from_db()
        assert made.finished
        cells = Cell.objects.filter(run=made)
        assert sum(cell.households for cell in cells) == len(place.households)
        written = {cell.piece: cell.pk for cell in cells}
        deliver(made)  # a third time: it has ended, nothing is done again
        _piece(made, 0, Rules(made))  # and a piece that is written is not written again
        assert {cell.piece: cell.pk for cell in Cell.objects.filter(run=made)} == written


def deliver(run: Run) -> None:
    run_simulation(run=run.job_id, path=run.org_id, simulation=run.pk)


# saying no


def test_a_scenario_that_has_run_stays_as_it_was(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = scenario(percent=10, filing=DROPPED)
        ran = run(made)
        jobs()
        with pytest.raises(Refused, match="复制"):
            services.change_pack(scenario=made, base=pack("filing"), changes=MULTIPLE)
        for act in (
            lambda: ChangedPack.objects.filter(scenario=made).update(text="x"),
            lambda: ChangedPack.objects.filter(scenario=made).delete(),
            lambda: made.standards.update(by=5),
        ):
            with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
                act()
        copy = services.copy_scenario(scenario=made, name="再改")
        assert services.fingerprint(copy) == services.fingerprint(made) == ran.hashes[0]
        services.change_pack(scenario=copy, base=pack("filing"), changes=DROPPED | MULTIPLE)
        assert services.fingerprint(copy) != ran.hashes[0]
        services.delete_run(run=ran)
        services.delete_scenario(scenario=made)


def test_only_ones_own_scope_is_calculated(place: Prefecture):
    other = orgs.node("county")
    with scope.acting(place.officer):
        made = scenario(percent=10)
        for path in (other.path, other.path[:-1] + "9999/"):
            with pytest.raises(Refused) as refusal:
                run(made, place=path)
            assert refusal.value.code == "out_of_scope"
        with pytest.raises(Refused) as refusal:
            services.change_standard(
                scenario=made, code="dibao", how="value", by=Decimal(1), place=other.path
            )
        assert refusal.value.code == "out_of_scope"
    with scope.acting(orgs.actor(place.node)) as colleague:
        with pytest.raises(Refused) as refusal:
            services.change_standard(scenario=made, code="dibao", how="percent", by=Decimal(5))
        assert refusal.value.code == "not_yours"
        assert colleague.can(RUN)
    with scope.acting(orgs.actor(place.node, "registry.household.see")), pytest.raises(Denied):
        run(made)
    with scope.acting(orgs.actor(place.counties[0], RUN)):
        assert not Scenario.objects.filter(pk=made.pk).exists()


def test_a_run_needs_something_to_compare_and_rules_in_force(place: Prefecture):
    with scope.acting(place.officer):
        empty, full = scenario(), scenario(filing=DROPPED)
        for code, start in (
            ("nothing_changed", lambda: run(empty)),
            ("same_scenario", lambda: run(full, full)),
            ("no_policy", lambda: run(full, day=date(2001, 1, 1))),
        ):
            with pytest.raises(Refused) as refusal:
                start()
            assert refusal.value.code == code
    own_pack(place.counties[0])
    own_pack(place.counties[1])
    with scope.acting(place.officer):
        with pytest.raises(Refused) as refusal:
            run(full, place=place.counties[0].path)
        assert refusal.value.code == "not_ruling"


def test_a_run_is_deleted_by_who_made_it(place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
        with pytest.raises(Refused) as refusal:
            services.delete_run(run=made)
        assert refusal.value.code == "running"
        jobs()
        made.refresh_from_db()
    with scope.acting(orgs.actor(place.node, RUN)):
        with pytest.raises(Refused) as refusal:
            services.delete_run(run=made)
        assert refusal.value.code == "not_yours"
    with scope.acting(place.officer):
        services.delete_run(run=made)
        assert not Tally.objects.exists()
        assert not Difference.objects.exists()
