"""Figures far outside what a family can have: a defined unknown in both runners, and never an error."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from nuanxin.policy.engine.evaluate import Evaluator
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.run import Standard, run
from nuanxin.policy.engine.situations import outcome
from nuanxin.policy.engine.statement import Relation, build

from . import relations
from .generated import EVERYTHING, HEAD, TAIL
from .test_runners import DAY, answers

LETS = """
  divided: {zh: 甲, en: a, is: "(income - sum(rows.amount)) / 12 / people"}
  multiplied: {zh: 乙, en: b, is: "income * share * share"}
  turned: {zh: 丙, en: c, is: "-(income - loss) * people / share"}
  numbers: {zh: 丁, en: d, is: "sum(rows.part) + count(rows where ok)"}
  worst: {zh: 戊, en: e, is: "max(income, loss, line) * factor * fixed"}
  rounded: {zh: 己, en: f, is: "round_to(income / 3, 2) + round_to(loss / 7, 0)"}
  months: {zh: 庚, en: g, is: "months_between(born, day)"}
"""
SUMS = """
  counted: {zh: 数, en: count, is: "count(rows)"}
  added: {zh: 和, en: sum, is: "sum(rows.amount)"}
"""
FEN = [-(2**63), -(10**12), 1 - 10**12, -1, 0, 1, 10**12 - 1, 10**12, 2**63 - 1]
NUMBERS = [
    "-Infinity", "-1e40", "-1e9", "-0.000000005", "0", "1e-30", "0.5", "3", "9999999", "1e9", "1e40",
    "Infinity", "NaN",
]  # fmt: skip
STANDARDS = [(10**10, "1e6"), (10**10 - 1, "999999.9999994"), (2**63 - 1, "NaN"), (-(2**63), "-Infinity")]
EVERY = "unnest(%s::bigint[]) AS m (fen) CROSS JOIN unnest(%s::numeric[]) AS n (number)"
KEY = "fen || ' ' || number"
SUBJECT = {
    "subject": KEY, "place": "'1/'", "income": "fen", "loss": "-(fen / 2)", "share": "number",
    "people": "number", "poor": "false", "ill": "false", "born": "'-infinity'::date",
    "colour": "'none'", "residence": "'urban'",
}  # fmt: skip
ROW = {
    "subject": KEY, "amount": "fen", "part": "number", "ok": "true", "sort": "'red'",
    "since": "'infinity'::date",
}  # fmt: skip
STANDARD = {"code": "code", "path": "''", "residence": "'any'", "amount": "fen", "number": "number"}


def pack() -> Pack:
    everything = f'  everything: {{zh: 全, en: all, is: "{EVERYTHING}"}}'
    conditions = ("ill", '"divided < line"', '"turned > multiplied"', '"numbers > 5 or months > 3"')
    text = f"{HEAD}let:\n{everything}{LETS}{TAIL.lstrip()}" % (*conditions, '"divided + rounded"', "worst")
    return load(text.encode(), "extreme")


def selected(columns: Mapping[str, str], of: str, params: Sequence[Any]) -> Relation:
    shown = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    return Relation(f"SELECT {shown} FROM {of}", params, frozenset(columns))


def facts(fen: int, number: str) -> dict[str, Any]:
    """The same case for Python, which has no infinite days: those are unknown."""
    yuan, bare = Decimal(fen).scaleb(-2), Decimal(number)
    half = Decimal(-int(Decimal(fen) / 2)).scaleb(-2)
    row = {"amount": yuan, "part": bare, "ok": True, "sort": "red", "since": None}
    return {
        "income": yuan, "loss": half, "share": bare, "people": bare, "poor": False, "ill": False,
        "born": None, "colour": "none", "residence": "urban", "rows": [row] * 3,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("standard", STANDARDS, ids=str)
def test_both_runners_at_every_end(standard: tuple[int, str]):
    rule, values = pack(), [FEN, NUMBERS]
    codes = "unnest('{line,factor}'::text[]) AS code, (VALUES (%s::bigint, %s::numeric)) AS v (fen, number)"
    rows = {"rows": selected(ROW, f"{EVERY} CROSS JOIN generate_series(1, 3)", values)}
    statement = build(
        rule,
        selected(SUBJECT, EVERY, values),
        rows,
        selected(STANDARD, codes, [str(figure) for figure in standard]),
        day=DAY,
    )
    found = {row["subject"]: row for row in answers(statement)}
    assert len(found) == len(FEN) * len(NUMBERS)
    held = {"line": Standard(Decimal(standard[0]).scaleb(-2))}
    held["factor"] = Standard(Decimal(standard[1]))
    results = set()
    for fen in FEN:
        for number in NUMBERS:
            row = found[f"{fen} {Decimal(number):f}"]
            expected = outcome(run(rule, facts(fen, number), day=DAY, standards=held))
            assert relations.outcome(rule, row) == expected, (fen, number)
            results.add(row["result"])
    assert "unknown" in results


@pytest.mark.django_db
@pytest.mark.parametrize(("rows", "count"), [(999_999, Decimal(999_999)), (1_000_000, None)])
def test_a_list_of_a_million_rows(rows: int, count: Decimal | None):
    """A count or sum beyond its domain is unknown, and it is the list that has to be looked at."""
    everything = f'  everything: {{zh: 全, en: all, is: "{EVERYTHING}"}}\n'
    conditions = ("ill", '"counted < 2"', '"added = 0"', '"income > loss"')
    text = f"{HEAD}let:\n{everything}{SUMS}{TAIL.lstrip()}" % (*conditions, "added", "loss")
    rule = load(text.encode(), "long")
    given = selected(SUBJECT | {"subject": "1", "people": "1"}, EVERY, [[10**12 - 1], ["1"]])
    listed = selected(
        ROW | {"subject": "1"}, f"{EVERY} CROSS JOIN generate_series(1, %s)", [[10**12 - 1], ["1"], rows]
    )
    statement = build(rule, given, {"rows": listed}, relations.standards(rule, {}), day=DAY)
    (row,) = answers(statement)
    assert (row["value_counted"], row["value_added"]) == (count, None)
    assert (row["result"], row["unknown"]) == ("unknown", ["rows"])
    figures = Evaluator({}, {"rows": [{}] * rows}, rule.parameters, {}, DAY)
    node = rule.lets["counted"].node
    assert figures.value(node) == count
    assert figures.missing(node) == (frozenset() if count else {"rows"})
