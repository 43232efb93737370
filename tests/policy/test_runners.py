"""The two runners agree: to the fen, on every expression, on what is missing, nulls included."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.nearest import Row, choose
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load, load_file
from nuanxin.policy.engine.run import Standard, run
from nuanxin.policy.engine.situations import compare, explain_situation, outcome
from nuanxin.policy.engine.statement import Statement, build

from . import relations
from .generated import HOUSEHOLDS, packs

PACKS = {path.stem: load_file(path) for path in sorted(settings.PACKS.glob("*.yaml"))}
DAY = date(2024, 3, 31)
STANDARDS = {"line": Decimal("620.15"), "factor": Decimal("1.25")}
#: Refusals random packs run into; anything else would be a fault of the generator.
EXPECTED = {"constant", "unreachable", "unbounded", "too_large", "zero", "expression_deep", "expression_big"}


def answers(statement: Statement) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: row["subject"])


@pytest.mark.django_db
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_situations_in_postgresql(pack: Pack):
    for situation in pack.situations:
        statement = relations.statement(pack, [situation.facts], situation.standards, situation.day)
        (row,) = answers(statement)
        got = relations.outcome(pack, row)
        compare(situation, got)
        assert got == outcome(explain_situation(pack, situation)), situation.title.en


def exact(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same facts as Python takes them: texts of numbers become Decimal."""
    numbers = ("income", "loss", "share", "people", "amount", "part")
    read = {
        name: Decimal(value) if name in numbers and value is not None else value
        for name, value in facts.items()
    }
    if facts.get("rows") is not None:
        read["rows"] = [exact(row) for row in facts["rows"]]
    return read


@pytest.mark.django_db
@examples(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(text=packs(), households=st.lists(HOUSEHOLDS, min_size=4, max_size=12), complete=st.booleans())
def test_random_packs(text: str, households: list[dict[str, Any]], complete: bool):
    try:
        pack = load(text.encode(), "random")
    except PackError as error:
        assert {fault.code for fault in error.faults} <= EXPECTED, str(error)
        return
    values = STANDARDS if complete else {}
    rows = answers(relations.statement(pack, households, values, DAY))
    assert len(rows) == len(households)
    for facts, row in zip(households, rows, strict=True):
        held = {name: Standard(value) for name, value in values.items()}
        if facts["residence"] is None:
            held.pop("line", None)
        explanation = run(pack, exact(facts), day=DAY, standards=held)
        assert outcome(explanation) == relations.outcome(pack, row)
        assert explanation.decided == (row["decision"] is not None)


PATHS = ["", "1/", "1/2/", "1/2/3/", "1/2/4/", "1/20/", "5/"]
PLACES = ["1/2/3/", "1/2/", "1/20/", "1/2/4/7/", "5/", "6/"]


@pytest.mark.django_db
@examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    held=st.dictionaries(
        st.tuples(st.sampled_from(PATHS), st.sampled_from(["any", "urban", "rural"])), st.integers(1, 99_999)
    ),
    homes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["urban", "rural", None])), min_size=1),
    listed=st.booleans(),
)
def test_standards_are_found_alike(
    held: dict[tuple[str, str], int], homes: list[tuple[str, str | None]], listed: bool
):
    """The nearest place wins, then the residence; an unknown residence that would decide finds nothing.

    It is all the same whether the caller lists the places or they are read from the subjects.
    """
    places = relations.relation({"place": "text"}, [{"place": place} for place in PLACES]) if listed else None
    pack = PACKS["living-aid"]
    rows = [
        {"code": "dibao", "path": path, "residence": residence, "amount": fen, "number": None}
        for (path, residence), fen in held.items()
    ]
    shape = {"code": "text", "path": "text", "residence": "text", "amount": "bigint", "number": "numeric"}
    cases = [{"file_class": "deep", "residence": home[1], "granted_this_year": 0} for home in homes]
    subjects = relations.subjects(pack, cases, [home[0] for home in homes])
    found = answers(build(pack, subjects, {}, relations.relation(shape, rows), day=DAY, places=places))
    known = [
        Row("dibao", path, residence, Standard(Decimal(fen) / 100)) for (path, residence), fen in held.items()
    ]
    for facts, home, row in zip(cases, homes, found, strict=True):
        standards = choose(pack.tables, {"dibao": known}, *home)
        assert outcome(run(pack, facts, day=DAY, standards=standards)) == relations.outcome(pack, row)
