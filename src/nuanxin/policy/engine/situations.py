"""The worked examples of a pack: reading them, and proving the pack against them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .explanation import Explanation
from .faults import refuse
from .pack import EXCLUDED, UNKNOWN, Pack, Situation
from .run import Standard, run
from .source import Node, Reader
from .tree import Fact, Names
from .types import Kind, Type

MOST_SITUATIONS = 300
MOST_ROWS = 100  # of a list in one situation
Table = dict[str, Node]
Facts = dict[str, Any]
Standards = dict[str, Decimal]
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Given:
    """What a situation may speak of: the names and the checked body of its pack."""

    reader: Reader
    names: Names
    results: tuple[str, ...]
    body: Mapping[str, Any]


def read_situations(given: Given, ordinary: Node | None, node: Node, day: date) -> tuple[Situation, ...]:
    """The situations; each is the `ordinary` case with what it gives on top."""
    reader = given.reader
    made: list[Situation] = []
    with reader.gather():
        items = reader.items(node, MOST_SITUATIONS)
        if not items:
            raise refuse(reader.at(node), "no_situation")
        usual = _facts(given, reader.table(ordinary)) if ordinary else ({}, {})
        for item in items:
            with reader.gather():
                made.append(_situation(given, usual, item, day))
    return tuple(made)


def _situation(given: Given, usual: tuple[Facts, Standards], node: Node, day: date) -> Situation:
    reader = given.reader
    found = reader.shaped(node, "situation")
    values = reader.table(found["given"])
    facts, standards = _facts(given, values)
    facts = {**usual[0], **facts}
    standards = standards if "parameters" in values else usual[1]
    return Situation(
        reader.both(found["title"]),
        reader.at(node),
        facts,
        standards,
        reader.day(found["day"]) if "day" in found else day,
        _expectation(given, found["expect"]),
    )


def _facts(given: Given, values: Table) -> tuple[Facts, Standards]:
    reader, names = given.reader, given.names
    standards: Standards = {}
    if "parameters" in values:
        for name, value in reader.named(values["parameters"]).items():
            if name not in names.parameters or names.parameters[name].value is not None:
                raise refuse(reader.at(value), "unknown_name", name=name)
            if not reader.missing(value):
                standards[name] = reader.number(value)
    facts = {}
    for name, value in values.items():
        if name == "parameters":
            continue
        if name not in names.facts:
            raise refuse(reader.at(value), "unknown_name", name=name)
        facts[name] = _fact(given, names.facts[name], value)
    return facts, standards


def _fact(given: Given, fact: Fact, node: Node) -> Any:
    reader = given.reader
    if reader.missing(node):
        return None
    if fact.type.kind is not Kind.LIST:
        return _value(given, fact.type, node)
    columns = {part.name: part for part in fact.fields}
    rows = []
    for item in reader.items(node, MOST_ROWS):
        row = reader.record(item, (), tuple(columns))
        rows.append({name: _fact(given, columns[name], value) for name, value in row.items()})
    return rows


def _value(given: Given, of: Type, node: Node) -> Any:
    reader = given.reader
    if of.kind is Kind.FLAG:
        return reader.flag(node)
    if of.kind is Kind.DATE:
        return reader.day(node)
    if of.kind is Kind.CODE:
        value = reader.scalar(node)
        if value not in given.names.codes[of.codes]:
            raise refuse(reader.at(node), "not_code", value=value, codes=of.codes)
        return value
    return reader.number(node)


def _expectation(given: Given, node: Node) -> dict[str, Any]:
    """What must come out, under the same keys as `outcome` below."""
    reader, lets = given.reader, given.names.lets
    found = reader.record(node, (), ("result", "unknown", "excluded", "caps", "benefits", *lets))
    want: dict[str, Any] = {}
    for name, value in found.items():
        if name == "result":
            want["result"] = reader.choice(value, (*given.results, EXCLUDED, UNKNOWN))
        elif name in ("unknown", "excluded", "caps"):
            want[name] = sorted(reader.line(item) for item in reader.items(value))
        elif name == "benefits":
            codes = [benefit.code for benefit in given.body["benefits"]]
            for code, amount in reader.record(value, (), codes).items():
                want[f"benefit {code}"] = None if reader.missing(amount) else reader.number(amount)
        else:
            want[name] = None if reader.missing(value) else _value(given, lets[name].type, value)
    if "excluded" in want:
        want.setdefault("result", EXCLUDED)
    if "unknown" in want:
        want.setdefault("result", UNKNOWN)
    return want


def prove(pack: Pack) -> None:
    """Runs every situation; PackError names each figure that differs."""
    reader = Reader(pack.code)
    for situation in pack.situations:
        with reader.gather():
            explanation = explain_situation(pack, situation)
            compare(situation, outcome(explanation))
    reader.settle()


def explain_situation(pack: Pack, situation: Situation) -> Explanation:
    standards = {name: Standard(value) for name, value in situation.standards.items()}
    return run(pack, situation.facts, day=situation.day, standards=standards)


def outcome(explanation: Explanation) -> dict[str, Any]:
    """The figures of a determination under the keys a situation uses."""
    got: dict[str, Any] = {figure.name: figure.value for figure in explanation.values}
    got["result"] = explanation.result
    got["unknown"] = sorted(explanation.unknown)
    got["excluded"] = sorted(clause.code for clause in explanation.exclusions if clause.holds)
    got["caps"] = sorted(cap.code for benefit in explanation.benefits for cap in benefit.caps if cap.bit)
    for benefit in explanation.benefits:
        got[f"benefit {benefit.code}"] = None if benefit.amount is None else benefit.amount.to_yuan()
    return got


def compare(situation: Situation, got: Mapping[str, Any]) -> None:
    """PackError at the first figure that is not as expected, to the decimals written and at least two."""
    for what, want in situation.expect.items():
        value = got.get(what)
        if isinstance(want, Decimal) and isinstance(value, Decimal):
            value = value.quantize(min(want, _CENT, key=_decimals), ROUND_HALF_UP)
        if value != want:
            raise refuse(situation.at, "situation", title=situation.title, what=what, want=want, got=value)


def _decimals(value: Decimal) -> int:
    return int(value.as_tuple().exponent)
