"""The rule as a plain Python function over one household, in whole fen, without any library."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from bench.rivals.clock import Clock
from bench.rivals.contest import FAMILIES, LINES, STANDARDS, Session, a_year_before, contest

Answer = tuple[int, str, int | None, int | None, int | None, int | None]
Spent = tuple[int, int, int, int]  # amount, medical, evidenced, year


class Family(NamedTuple):
    """What is known of a household, as FAMILIES yields it."""

    id: int
    node: int
    urban: int
    people: int
    income: int
    certificate: int
    homes: int
    vehicle: int
    business: int
    costly: int
    disaster: int
    loss: int
    expenses_known: int
    migrant: int
    started: int


class Facts(NamedTuple):
    families: list[Family]
    spent: dict[int, list[Spent]]
    lines: dict[tuple[int, bool], int]


def read(connection: Session, day: str) -> Facts:
    spent = defaultdict(list)
    for household, *line in connection.execute(LINES):
        spent[household].append(tuple(line))
    lines = {(node, urban): fen for node, urban, fen in connection.execute(STANDARDS, {"day": day})}
    return Facts([Family(*row) for row in connection.execute(FAMILIES, {"day": day})], spent, lines)


def apply(clock: Clock, facts: Facts, day: date) -> list[Answer]:
    return clock.run("evaluate", _all, facts, a_year_before(day))


def _all(facts: Facts, year_ago: int) -> list[Answer]:
    return [
        determine(
            family,
            facts.spent.get(family.id, ()),
            facts.lines.get((family.node, family.urban == 1)),
            year_ago,
        )
        for family in facts.families
    ]


def determine(family: Family, spent: Iterable[Spent], line: int | None, year_ago: int) -> Answer:
    """One household's class and benefits."""
    rigid, medical = _latest(spent)
    result = _class(family, family.income - rigid, line, year_ago)
    if result not in ("deep", "relative", "accident"):
        return family.id, result, None, None, None, None
    deep = result == "deep"
    living = None if line is None else line * (12 if deep else 10)
    aid = None
    if family.expenses_known:
        aid = min(medical, 2_000_000) if deep else min((medical * 8 + 5) // 10, 1_600_000)
    accident = min((family.loss * 15 + 50) // 100, 1_000_000) if family.loss >= 0 else None
    temporary = min(line * family.people, 300_000) if line is not None and family.people > 0 else None
    return family.id, result, living, aid, accident, temporary


def _latest(spent: Iterable[Spent]) -> tuple[int, int]:
    """The evidenced spending of the latest year: all of it, and the medical part."""
    latest = rigid = paid = 0
    for amount, medical, evidenced, year in spent:
        if year > latest:
            latest, rigid, paid = year, 0, 0
        if year == latest and evidenced:
            rigid += amount
            paid += amount * medical
    return rigid, paid


def _class(family: Family, net: int, line: int | None, year_ago: int) -> str:
    if family.homes >= 2 or family.business == 1 or family.costly == 1 or family.vehicle == 1:
        return "excluded"
    if family.migrant and (not family.urban or family.started > year_ago):
        return "excluded"
    if family.homes < 0 or family.business < 0 or family.costly < 0:
        return "unknown"
    known = family.income >= 0 and family.expenses_known and family.people > 0 and line is not None
    limit = (line or 0) * 12 * family.people
    if family.certificate == 1 or (known and net < limit):
        return "deep"
    if family.certificate < 0 or not known:
        return "unknown"
    if net < 2 * limit:
        return "relative"
    if family.disaster == 1 or (family.loss >= 0 and family.loss * 10 > family.income * 8):
        return "accident"
    return "unknown" if family.disaster < 0 or family.loss < 0 else "none"


def write(connection: Session, table: str, found: list[Any]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in found:
            copy.write_row(row)


if __name__ == "__main__":
    contest(read, apply, write)
