"""Facts of many subjects as relations PostgreSQL can read, for holding the two runners equal."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.statement import Relation, Statement, build
from nuanxin.policy.engine.tree import Fact
from nuanxin.policy.engine.types import Kind

COLUMNS = {
    Kind.MONEY: "bigint",
    Kind.NUMBER: "numeric",
    Kind.COUNT: "numeric",
    Kind.FLAG: "boolean",
    Kind.DATE: "date",
    Kind.CODE: "text",
}
Facts = Mapping[str, Any]


def relation(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Relation:
    """Rows as a query with one JSON parameter."""
    shape = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    text = json.dumps(rows, default=str)
    return Relation(f"SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t ({shape})", [text], frozenset(columns))


def subjects(pack: Pack, cases: Sequence[Facts], places: Sequence[str] | None = None) -> Relation:
    rows = []
    for number, facts in enumerate(cases):
        row = {fact.name: column(fact, facts.get(fact.name)) for fact in pack.scalars}
        row |= {fact.name: facts.get(fact.name) is not None for fact in pack.lists}
        rows.append({**row, "subject": number, "place": places[number] if places else "1/"})
    columns = {fact.name: COLUMNS.get(fact.type.kind, "boolean") for fact in pack.facts.values()}
    return relation({"subject": "bigint", "place": "text", **columns}, rows)


def list_rows(fact: Fact, cases: Sequence[Facts]) -> Relation:
    rows = [
        {"subject": number, **{part.name: column(part, row.get(part.name)) for part in fact.fields}}
        for number, facts in enumerate(cases)
        for row in facts.get(fact.name) or ()
    ]
    columns = {part.name: COLUMNS[part.type.kind] for part in fact.fields}
    return relation({"subject": "bigint", **columns}, rows)


def column(fact: Fact, value: Any) -> Any:
    """A fact as the column holds it: money in fen."""
    if fact.type.kind is Kind.MONEY and value is not None:
        return int(Decimal(value) * 100)
    return value


def standards(pack: Pack, values: Mapping[str, Decimal]) -> Relation:
    """Rows that hold everywhere, for urban and rural alike."""
    money = {item.code: item.type.kind is Kind.MONEY for item in pack.tables}
    rows = [
        {"code": item.code, "path": "1/", "residence": residence,
         "amount": int(values[item.name] * 100) if money[item.code] else None,
         "number": None if money[item.code] else values[item.name]}
        for item in pack.tables if item.name in values
        for residence in (("urban", "rural") if item.by_residence else ("any",))
    ]  # fmt: skip
    shape = {"code": "text", "path": "text", "residence": "text", "amount": "bigint", "number": "numeric"}
    return relation(shape, rows)


def statement(pack: Pack, cases: Sequence[Facts], values: Mapping[str, Decimal], day: date) -> Statement:
    """The pack's statement over these cases, numbered in order."""
    lists = {fact.name: list_rows(fact, cases) for fact in pack.lists}
    return build(pack, subjects(pack, cases), lists, standards(pack, values), day=day)


def outcome(pack: Pack, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the statement under the keys of `situations.outcome`."""
    got = {name: row[f"value_{name}"] for name in pack.lets}
    got |= {"result": row["result"], "unknown": sorted(row["unknown"]), "excluded": sorted(row["excluded"])}
    caps: list[str] = []
    for benefit in pack.benefits:
        if row["result"] in benefit.results:
            fen = row[f"benefit_{benefit.code}"]
            got[f"benefit {benefit.code}"] = None if fen is None else Decimal(fen) / 100
            caps += row[f"caps_{benefit.code}"]
    return got | {"caps": sorted(caps)}
