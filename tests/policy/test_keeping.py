"""What is kept of a determination: the statement writes what Python writes, and it can be made again."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.kernel.money import Money
from nuanxin.policy import keeping
from nuanxin.policy.engine.explanation import Explanation
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load, load_file
from nuanxin.policy.engine.run import Standard, run
from nuanxin.policy.engine.statement import Relation, Statement
from nuanxin.policy.engine.texts import Text

from . import relations
from .generated import HOUSEHOLDS, packs
from .test_runners import DAY, STANDARDS, answers, exact

FILING = load_file(settings.PACKS / "filing-three-class.yaml")
COLUMNS = ("facts", "standards", "overruled", "outcome")
DOCUMENT = Text("州民政发〔2024〕3号", "No. 3")


def records(pack: Pack, cases: list[dict[str, Any]], values: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    """What the statement keeps of these cases, in order."""
    standing = {name: standard(value) for name, value in values.items()}
    by_residence = {item.name for item in pack.tables if item.by_residence}
    held = [
        {
            "place": "1/",
            "residence": residence,
            "standards": keeping.plain_standards(
                {name: used for name, used in standing.items() if residence or name not in by_residence}
            ),
        }
        for residence in ("", "urban", "rural")
    ]
    lists = {fact.name: relations.list_rows(fact, cases) for fact in pack.lists}
    return kept_by(
        keeping.keeping_sql(
            pack, relations.subjects(pack, cases), lists, relations.standards(pack, values), held, DAY
        )
    )


def kept_by(statement: Statement) -> list[dict[str, Any]]:
    """The rows of the statement, their records read as JSON."""
    return [row | {name: json.loads(row[name]) for name in COLUMNS} for row in answers(statement)]


def standard(value: Decimal) -> Standard:
    return Standard(value, 7, Text("县", "county"), date(2020, 1, 1), None, DOCUMENT)


def again(pack: Pack, row: Mapping[str, Any]) -> Explanation:
    """The explanation made from what was kept."""
    kept = keeping.Kept(
        pack.sha256, DAY, row["place"], row["facts"], row["standards"], row["outcome"], row["overruled"]
    )
    return ordered(keeping.explanation_of(pack, kept))


def ordered(told: Explanation) -> Explanation:
    """With the rows of its lists in one order: a list has none of its own."""
    lists = (replace(rows, rows=tuple(sorted(rows.rows, key=repr))) for rows in told.lists)
    return replace(told, lists=tuple(lists))


@pytest.mark.django_db
@examples(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(text=packs(), households=st.lists(HOUSEHOLDS, min_size=3, max_size=8), complete=st.booleans())
def test_the_statement_keeps_what_python_explains(
    text: str, households: list[dict[str, Any]], complete: bool
):
    try:
        pack = load(text.encode(), "random")
    except PackError:
        return
    values = STANDARDS if complete else {}
    for facts, row in zip(households, records(pack, households, values), strict=True):
        held = {name: standard(value) for name, value in values.items()}
        if facts["residence"] is None:
            held.pop("line", None)
        told = run(pack, exact(facts), day=DAY, standards=held, place="1/")
        assert row["outcome"] == keeping.outcome(told)
        assert again(pack, row) == ordered(told)


FAMILY = {
    "people": 4, "residence": "urban", "annual_income": Decimal(46_200), "dibao_certificate": False,
    "disaster_victim": False, "loss": Decimal(0), "homes": 1, "business": False, "costly_schooling": False,
    "vehicle": None, "focus_group": "expenditure", "employment_months": None,
    "expenses": [
        {"kind": "schooling", "amount": Decimal(2_500), "evidenced": True},
        {"kind": "medical", "amount": Decimal(18_650), "evidenced": True},
    ],
}  # fmt: skip


@pytest.mark.django_db
def test_figures_are_kept_exactly_and_plainly():
    (row,) = records(FILING, [FAMILY], {"dibao": Decimal("620.50")})
    assert row["facts"]["annual_income"] == "46200.00" and row["facts"]["people"] == "4"
    assert row["facts"]["vehicle"] is None and row["facts"]["business"] is False
    assert row["facts"]["expenses"][0] == {"kind": "medical", "amount": "18650.00", "evidenced": True}
    assert row["standards"]["dibao"]["value"] == "620.50" and row["standards"]["dibao"]["to"] is None
    values = {"rigid_spending": "21150", "monthly_per_head": "521.875", "relative_line": "1241"}
    assert row["outcome"] == {
        "result": "deep", "decision": 1, "excluded": [], "unknown": [], "values": values, "benefits": {},
    }  # fmt: skip


def test_what_parts_is_named():
    kept = {"result": "deep", "values": {"months": "12", "line": "620"}, "unknown": []}
    now = {"result": "deep", "values": {"months": "10", "line": "620"}, "unknown": ["people"]}
    assert keeping.differences(kept, kept) == []
    assert keeping.differences(kept, now) == [("values.months", "12", "10"), ("unknown", [], ["people"])]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{}, {"homes": 2}, {"annual_income": None}, {"expenses": None}, {"expenses": []}]
)
def test_kept_explanations_become_records(changes: dict[str, Any]):
    """The functions by which the explanations kept before were taken over."""
    migration = importlib.import_module("nuanxin.casework.migrations.0003_determined")
    facts, aside = {**FAMILY, **changes}, {"vehicle": "已过户"}
    told = run(FILING, facts, day=DAY, standards={"dibao": standard(Decimal("620.00"))}, overruled=aside)
    with connection.cursor() as cursor:
        cursor.execute(migration.FUNCTIONS.replace("casework_kept", "pg_temp.casework_kept"))
        calls = ", ".join(f"pg_temp.casework_kept_{name}(said) AS {name}" for name in COLUMNS)
        said = relations.relation({"said": "jsonb"}, [{"said": told.to_json()}])
        cursor.execute(f"SELECT {calls} FROM ({said.sql}) was", said.params)
        made = dict(zip(COLUMNS, map(json.loads, cursor.fetchone()), strict=True))
    assert made["outcome"] == keeping.outcome(told) and made["overruled"] == aside
    kept = keeping.Kept(FILING.sha256, DAY, "", **made)
    assert keeping.explanation_of(FILING, kept) == told
    assert Money.yuan(Decimal(made["standards"]["dibao"]["value"])) == Money.yuan(620)


@pytest.mark.django_db
def test_a_relation_may_say_less_than_the_pack_asks():
    """A fact without a column is unknown, a list without a relation as well."""
    names = frozenset(["subject", "place", "people"])
    little = Relation("SELECT 1::bigint AS subject, '1/' AS place, 3 AS people", [], names)
    told = keeping.keeping_sql(FILING, little, {}, relations.standards(FILING, {}), [], DAY)
    (row,) = kept_by(told)
    assert row["facts"]["people"] == "3" and row["facts"]["expenses"] is None is row["facts"]["homes"]
    assert row["standards"] == {} and row["outcome"]["result"] == "unknown"
    assert row["outcome"] == keeping.outcome(again(FILING, row))
