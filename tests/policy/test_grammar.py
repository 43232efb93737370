"""Every item of the grammar, on cases worked out by hand, in Python and in PostgreSQL alike."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.run import run
from nuanxin.policy.engine.types import FACT_DIGITS, Kind

from . import relations
from .generated import HEAD

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 31)
D = Decimal
FACTS: dict[str, Any] = {
    "income": D(100), "loss": D(30), "share": D("0.5"), "people": D(4), "poor": True, "ill": False,
    "born": date(2000, 2, 29), "colour": "red", "residence": "urban",
    "rows": [
        {"amount": D(10), "ok": True, "sort": "red", "since": date(2020, 1, 1), "part": D(1)},
        {"amount": D(20), "ok": False, "sort": "blue", "since": date(2023, 1, 1), "part": D(2)},
        {"amount": D(40), "ok": True, "sort": "green", "since": date(2024, 1, 1), "part": D(3)},
    ],
}  # fmt: skip
HALF = [*FACTS["rows"], {"amount": None, "ok": None, "sort": None, "since": None, "part": None}]
BEYOND = {kind: D(10) ** digits for kind, digits in FACT_DIGITS.items()}  # too large to be a fact

#: expression: what comes out on FACTS with these changes (None: unknown).
CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("income + loss * 2 - 10 yuan", {}, D(150)),
    ("-(income - loss)", {}, D(-70)),
    ("income * 80%", {}, D(80)),
    ("income / 3", {}, D("33.33333333")),
    ("income / loss", {}, D("3.33333333")),
    ("income / people", {"people": D(0)}, None),
    ("income / people", {"people": D(-1)}, None),
    ("income * 0 + loss", {"income": BEYOND[Kind.MONEY]}, None),
    ("share * 2", {"share": BEYOND[Kind.NUMBER]}, None),
    ("min(income, loss, 50 yuan)", {}, D(30)),
    ("max(income, 0)", {"income": D(-5)}, D(0)),
    ("min(income, loss)", {"loss": None}, None),
    ("clamp(income, 10 yuan, 60 yuan)", {}, D(60)),
    ("round_to(income / 3, 2)", {}, D("33.33")),
    ("round_to(share, 0)", {}, D(1)),
    ("round_to(share, 0)", {"share": D("-0.5")}, D(-1)),
    ("if(poor, income, loss)", {}, D(100)),
    ("if(poor, income, loss)", {"poor": None}, None),
    ("if(poor, income, loss)", {"loss": None}, D(100)),
    ("between(income, 100 yuan, 100 yuan)", {}, True),
    ("between(income, loss, 99 yuan)", {"loss": None}, False),
    ("between(income, loss, 100 yuan)", {"loss": None}, None),
    ("months_between(born, day)", {}, D(289)),
    ("months_between(2024-01-31, day)", {}, D(2)),
    ("months_between(day, born)", {}, D(-290)),
    ("months_between(born, day) >= 12 * 18", {"born": None}, None),
    ("born < 2000-03-01", {}, True),
    ("max(born, 2010-01-01) = 2010-01-01", {}, True),
    ("poor and not ill", {}, True),
    ("ill and poor", {"poor": None}, False),
    ("poor or ill", {"ill": None}, True),
    ("poor and ill", {"ill": None}, None),
    ("not poor", {"poor": None}, None),
    ("poor = ill", {}, False),
    ("colour = red", {}, True),
    ("red = colour", {}, True),
    ("colour != blue", {"colour": None}, None),
    ("colour in {blue, green}", {}, False),
    ("colour in {red}", {"colour": "purple"}, None),
    ("sum(rows.amount)", {}, D(70)),
    ("sum(rows.amount)", {"rows": []}, D(0)),
    ("sum(rows.amount)", {"rows": None}, None),
    ("sum(rows.amount)", {"rows": HALF}, None),
    ("sum(rows.amount where ok)", {}, D(50)),
    ("sum(rows.amount where amount > loss)", {}, D(40)),
    ("sum(rows.amount where amount > loss)", {"loss": None}, None),
    ("sum(rows.amount where if(ok, sort = red, amount < 25 yuan))", {}, D(30)),
    ("sum(rows.amount where part * share >= 1 and not poor)", {}, D(0)),
    ("sum(rows.part)", {}, D(6)),
    ("count(rows)", {"rows": HALF}, D(4)),
    ("count(rows where sort in {red, blue})", {}, D(2)),
    ("count(rows where months_between(since, day) >= 12)", {}, D(2)),
    ("count(rows where sort = colour)", {}, D(1)),
    ("any(rows where amount >= 40 yuan)", {}, True),
    ("any(rows.ok)", {"rows": HALF}, True),
    ("any(rows where amount > 90 yuan)", {"rows": HALF}, None),
    ("any(rows.ok)", {"rows": []}, False),
    ("all(rows.ok where sort != blue)", {}, True),
    ("all(rows.ok)", {"rows": HALF}, False),
    ("all(rows where amount > 0)", {"rows": HALF}, None),
    ("all(rows.ok)", {"rows": []}, True),
    ("count(rows) / 2 * fixed", {}, D("0.525")),
]  # fmt: skip


def text(expression: str) -> str:
    """A pack of this one expression; the rest of what it declares is mentioned, so that it may stay."""
    mentions = "{income} {loss} {share} {people} {poor} {ill} {born} {colour} {line} {factor} {fixed}"
    every = "count(rows where amount > 0 and ok and sort = red and since < day and part > 0)"
    return f"""{HEAD}
let:
  every: {{zh: 全, en: all, is: "{every}"}}
  it: {{zh: 式, en: it, is: "{expression}"}}
results: {{last: {{zh: 末, en: last}}}}
decide:
  - {{result: last, because: {{zh: 余, en: "{mentions}"}}}}
situations:
  - {{title: {{zh: 例, en: example}}, given: {{}}, expect: {{}}}}
"""


def ids(case: tuple[str, Mapping[str, Any], Any]) -> str:
    return f"{case[0]} {dict(case[1]) or ''}"[:70]


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_both_runners(case: tuple[str, dict[str, Any], Any]):
    expression, changes, expected = case
    pack = load(text(expression).encode(), "grammar")
    facts = {**FACTS, **changes}
    (figure,) = (figure for figure in run(pack, facts, day=DAY, standards={}).values if figure.name == "it")
    assert figure.value == expected
    statement = relations.statement(pack, [facts], {}, DAY)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    assert row["value_it"] == expected
