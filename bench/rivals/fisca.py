"""The rule in openfisca-core: variables over households, expense lines as the persons they group.

OpenFisca knows no unknown, so whether a fact is known is a variable of its own. Amounts are float32 yuan,
as its float variables are. The living-allowance line comes with the household, looked up outside.
`rows` after the task: read and written row by row, as a driver for Python gives and takes them.
"""

import sys
from datetime import date
from typing import Any

import numpy as np
from openfisca_core import periods
from openfisca_core.entities import Entity, GroupEntity
from openfisca_core.parameters import ParameterNode
from openfisca_core.populations import GroupPopulation
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from bench.rivals import wire
from bench.rivals.clock import Clock
from bench.rivals.contest import BENEFITS, a_year_before, contest

LINE = Entity("line", "lines", "An expense line", "")
HOUSEHOLD = GroupEntity("household", "households", "A household", "", roles=[{"key": "spent"}])
YEAR = "2026"
NONE, DEEP, RELATIVE, ACCIDENT, EXCLUDED, UNKNOWN = range(6)
#: In yuan, months and shares, as OpenFisca reads them from its parameter files.
PARAMETERS = {
    "relative_multiple": 2, "accident_share": 0.8, "homes_limit": 2,
    "months_deep": 12, "months_other": 10, "medical_share_deep": 1, "medical_share_other": 0.8,
    "medical_most_deep": 20000, "medical_most_other": 16000, "loss_share": 0.15, "loss_most": 10000,
    "temporary_months": 1, "temporary_most": 3000,
}  # fmt: skip
#: Inputs by entity: money as float, the others as int with -1 for unknown.
INPUTS = {
    (LINE, float): ("amount",),
    (LINE, int): ("medical", "evidenced"),
    (HOUSEHOLD, float): ("income", "loss", "line"),
    (HOUSEHOLD, int): (
        "people", "certificate", "homes", "vehicle", "business", "costly", "disaster",
        "expenses_known", "migrant", "settled",
    ),
}  # fmt: skip


def _variable(name: str, entity: Any, kind: type, formula: Any = None) -> type[Variable]:
    members = {"value_type": kind, "entity": entity, "definition_period": periods.DateUnit.YEAR}
    if formula:
        members["formula"] = formula
    return type(name, (Variable,), members)


# -- formulas: of a population, a period and the parameters ------------------------------------------------


def rigid(household: Any, period: Any) -> Any:
    lines = household.members
    return household.sum(lines("amount", period) * (lines("evidenced", period) == 1))


def medical_paid(household: Any, period: Any) -> Any:
    lines = household.members
    counted = (lines("evidenced", period) == 1) & (lines("medical", period) == 1)
    return household.sum(lines("amount", period) * counted)


def monthly_per_head(household: Any, period: Any) -> Any:
    left = household("income", period) - household("rigid", period)
    return left / 12 / np.maximum(household("people", period), 1)


def net_known(household: Any, period: Any) -> Any:
    return (
        (household("income", period) >= 0)
        & (household("expenses_known", period) == 1)
        & (household("people", period) > 0)
        & (household("line", period) >= 0)
    )


def excluded(household: Any, period: Any, parameters: Any) -> Any:
    return (
        (household("homes", period) >= parameters(period).homes_limit)
        | (household("business", period) == 1)
        | (household("costly", period) == 1)
        | (household("vehicle", period) == 1)
        | ((household("migrant", period) == 1) & (household("settled", period) == 0))
    )


def is_deep(household: Any, period: Any) -> Any:
    below = household("monthly_per_head", period) < household("line", period)
    return (household("certificate", period) == 1) | (household("net_known", period) & below)


def result(household: Any, period: Any, parameters: Any) -> Any:
    of = parameters(period)
    waiting = (household("homes", period) < 0) | (household("business", period) < 0)
    waiting |= household("costly", period) < 0
    income, loss, victim = (household(name, period) for name in ("income", "loss", "disaster"))
    limit = of.relative_multiple * household("line", period)
    stopped = (household("certificate", period) < 0) | ~household("net_known", period)
    hit = (victim == 1) | ((loss >= 0) & (loss > of.accident_share * income))
    conditions = [
        household("excluded", period),
        waiting,
        household("is_deep", period),
        stopped,
        household("monthly_per_head", period) < limit,
        hit,
        (victim < 0) | (loss < 0),
    ]
    return np.select(conditions, [EXCLUDED, UNKNOWN, DEEP, UNKNOWN, RELATIVE, ACCIDENT, UNKNOWN], NONE)


def _opened(household: Any, period: Any, known: Any, amount: Any) -> Any:
    """The amount where a class opens it and it is known, else -1."""
    found = household("result", period)
    return np.where((found >= DEEP) & (found <= ACCIDENT) & known, amount, -1)


def living(household: Any, period: Any, parameters: Any) -> Any:
    of, line = parameters(period), household("line", period)
    months = np.where(household("is_deep", period), of.months_deep, of.months_other)
    return _opened(household, period, line >= 0, months * line)


def medical_aid(household: Any, period: Any, parameters: Any) -> Any:
    of, deep = parameters(period), household("is_deep", period)
    share = np.where(deep, of.medical_share_deep, of.medical_share_other)
    most = np.where(deep, of.medical_most_deep, of.medical_most_other)
    known = household("expenses_known", period) == 1
    return _opened(household, period, known, np.minimum(household("medical_paid", period) * share, most))


def accident(household: Any, period: Any, parameters: Any) -> Any:
    of, loss = parameters(period), household("loss", period)
    return _opened(household, period, loss >= 0, np.minimum(of.loss_share * loss, of.loss_most))


def temporary(household: Any, period: Any, parameters: Any) -> Any:
    of, people, line = parameters(period), household("people", period), household("line", period)
    amount = np.minimum(of.temporary_months * line * people, of.temporary_most)
    return _opened(household, period, (people > 0) & (line >= 0), amount)


FORMULAS = {
    float: (rigid, medical_paid, monthly_per_head, living, medical_aid, accident, temporary),
    bool: (net_known, excluded, is_deep),
    int: (result,),
}


# -- one run -----------------------------------------------------------------------------------------------


def system() -> TaxBenefitSystem:
    """Entities, variables and parameters: made once, as an installation would have them."""
    made = TaxBenefitSystem([LINE, HOUSEHOLD])
    for (entity, kind), names in INPUTS.items():
        made.add_variables(*(_variable(name, entity, kind) for name in names))
    for kind, formulas in FORMULAS.items():
        made.add_variables(*(_variable(one.__name__, HOUSEHOLD, kind, one) for one in formulas))
    values = {name: {"values": {"2020-01-01": {"value": value}}} for name, value in PARAMETERS.items()}
    made.parameters = ParameterNode("", data=values)
    return made


SYSTEM = system()


def evaluate(made: TaxBenefitSystem, facts: dict[str, Any], lines: dict[str, Any], groups: Any) -> Any:
    """Class and benefits of every household, as OpenFisca gives them."""
    builder = SimulationBuilder()
    builder.create_entities(made)
    builder.declare_person_entity("line", np.arange(len(groups)))
    households: GroupPopulation = builder.declare_entity("household", np.arange(len(facts["line"])))
    households.members_entity_id = groups
    simulation = builder.build(made)
    for name, values in (facts | lines).items():
        simulation.set_input(name, YEAR, values)
    names = ("result", "living", "medical_aid", "accident", "temporary")
    return [simulation.calculate(name, YEAR) for name in names]


def prepare(families: wire.Columns, spent: wire.Columns, day: date) -> tuple[Any, Any, Any]:
    """Float32 yuan, whether a migrant has lived and worked in town for a year, the latest year's lines."""
    facts = {name: families[name] for name in INPUTS[HOUSEHOLD, int] if name != "settled"}
    for name in INPUTS[HOUSEHOLD, float]:
        facts[name] = np.where(families[name] < 0, -1, families[name] / 100).astype(np.float32)
    year_ago = a_year_before(day)
    started = families["started"]
    facts["settled"] = np.where(
        (started < 0) & (families["urban"] == 1), -1, (started <= year_ago) & (families["urban"] == 1)
    ).astype(np.int32)
    order = np.argsort(families["id"])
    groups = order[np.searchsorted(families["id"], spent["household_id"], sorter=order)]
    latest = np.zeros(len(families["id"]), dtype=np.int32)
    np.maximum.at(latest, groups, spent["year"])
    chosen = spent["year"] == latest[groups]
    lines = {name: spent[name][chosen] for name in ("medical", "evidenced")}
    lines["amount"] = (spent["amount"][chosen] / 100).astype(np.float32)
    return facts, lines, groups[chosen]


def fen(amounts: Any) -> Any:
    """Whole fen of float32 yuan, half up; -1 stays."""
    return np.where(amounts < 0, -1, np.rint(amounts.astype(np.float64) * 100)).astype(np.int64)


def apply(clock: Clock, given: tuple[wire.Columns, wire.Columns], day: date) -> wire.Columns:
    """Bring the arrays into OpenFisca's types, calculate, and bring the amounts back to fen."""
    inputs = clock.run("prepare", prepare, *given, day)
    classes, *amounts = clock.run("evaluate", evaluate, SYSTEM, *inputs)
    found = {"subject": given[0]["id"], "result": classes}
    return found | dict(zip(BENEFITS, clock.run("fen", list, map(fen, amounts)), strict=True))


if __name__ == "__main__":
    if sys.argv[2:] == ["rows"]:
        contest(wire.read_rows, apply, wire.write_rows)
    else:
        contest(wire.read, apply, wire.write)
