"""The second runner: one PostgreSQL statement that determines every subject of a relation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlglot import exp

from .pack import EXCLUDED, UNKNOWN, Benefit, Pack
from .sqlfacts import FOLDS, fact_layers
from .sqlnodes import Translator
from .sqlwords import (
    Binds,
    Sql,
    bits,
    call,
    cases,
    cast,
    collected,
    column,
    either,
    fenced,
    infix,
    integer,
    missing,
    named,
    text,
    whole,
)
from .tree import Node

_MARKS = re.compile(r"%(%|s)")


@dataclass(frozen=True, slots=True)
class Relation:
    """A trusted query of the caller, `%s` for its parameters, and the columns it yields.

    For the subjects: `subject` (unique), `place` (organisation path) when the pack looks standards up,
    and a column per fact, named as in the pack: money as bigint fen, counts and numbers as any number,
    flags boolean, dates date, codes text. A fact without a column is unknown. A list fact has a relation
    of its own with `subject` and a column per field; a boolean column of the list's name among the
    subject's columns, where there is one, tells whether its list is complete. `overruled` may hold a
    text[] of exclusion codes set aside.
    """

    sql: str
    params: Sequence[Any]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with named parameters, to run as it is or to select from.

    Columns: subject · result (a result of the pack, 'excluded' or 'unknown') · decision (its place in the
    order, null unless decided) · excluded and unknown (text[]) · value_<name> for each expression ·
    benefit_<code> (bigint fen, null when not opened or unknown) · caps_<code> (text[], the caps that bit).
    """

    sql: str
    params: Mapping[str, Any]
    columns: tuple[str, ...] = field(default=())


def build(
    pack: Pack, given: Relation, lists: Mapping[str, Relation], standards: Relation, *, day: date
) -> Statement:
    """The statement that determines all subjects of `given` by the pack on a day.

    `standards` yields the parameter rows in force that day: code, path, residence ('urban', 'rural' or
    'any'), amount (fen) or number.
    """
    return _Builder(pack, given, lists, standards, day).statement()


def _hold(name: str) -> str:
    """Without it the planner pairs every place with every standard before it compares paths."""
    return "MATERIALIZED " if name == "places" else ""


class _Builder:
    def __init__(
        self, pack: Pack, given: Relation, lists: Mapping[str, Relation], standards: Relation, day: date
    ) -> None:
        self.pack, self.given, self.lists, self.standards = pack, given, lists, standards
        self.binds = Binds()
        inputs = {name: bit for bit, name in enumerate(pack.inputs)}
        self.words = Translator(self.binds, inputs, pack.parameters, day)

    def statement(self) -> Statement:
        for node in self.pack.nodes():
            for part in node.walk():
                if part.op in FOLDS:
                    self.words.number(part)
        tables = {"given": self.callers("given", self.given)}
        for name, rows in self.lists.items():
            tables[f"rows_{name}"] = self.callers(name, rows)
        if self.pack.tables:
            tables["standards"] = self.callers("standards", self.standards)
        tables |= fact_layers(self.pack, self.words, self.given.columns, frozenset(self.lists))
        query = self.outcome(self.result(self.clauses(self.defined())))
        parts = ", ".join(f'"{name}" AS {_hold(name)}({body})' for name, body in tables.items())
        return Statement(f"WITH {parts} {text(query)}", self.binds.values, tuple(query.named_selects))

    def callers(self, name: str, relation: Relation) -> str:
        """The caller's query with its parameters under names that cannot meet ours."""
        values = iter(relation.params)
        count = iter(range(len(relation.params)))

        def put(mark: re.Match[str]) -> str:
            if mark[1] == "%":
                return "%%"
            key = f"{name}_{next(count)}"
            self.binds.values[key] = next(values)
            return f"%({key})s"

        return _MARKS.sub(put, relation.sql)

    def layer(self, below: exp.Select, columns: list[Sql]) -> exp.Select:
        """One more set of columns on top of all those below."""
        return exp.select(exp.Star(), *columns).from_(fenced(below, "below"))

    def defined(self) -> exp.Select:
        """The named expressions, each above those it needs; its mask of missing inputs one layer higher."""
        query = exp.select(exp.Star()).from_(exp.table_("figures", quoted=True))
        height: dict[str, int] = {}
        for let in self.pack.lets.values():
            height[let.name] = 1 + max(
                (height[part.value] for part in let.node.walk() if part.op == "let"), default=0
            )
        for level in range(1, max(height.values(), default=0) + 2):
            columns = [
                named(self.words.figure(let.node), f"v_{let.name}")
                for let in self.pack.lets.values()
                if height[let.name] == level
            ] + [
                named(self.lacks(column(f"v_{let.name}"), let.node), f"m_{let.name}")
                for let in self.pack.lets.values()
                if height[let.name] == level - 1
            ]
            if columns:
                query = self.layer(query, columns)
        return query

    def lacks(self, figure: Sql, node: Node) -> Sql:
        """The mask of what a computed figure lacks, looked into only where it is unknown."""
        return cases((missing(figure), self.words.lacks(node)), otherwise=integer(0))

    def clauses(self, below: exp.Select) -> exp.Select:
        """Each exclusion's truth, the decision met (minus its number where one is unknown), the amounts."""
        columns = []
        for i, exclusion in enumerate(self.pack.exclusions):
            holds = self.words.figure(exclusion.when)
            if "overruled" in self.given.columns:
                code = self.binds.bind(exclusion.code, "text")
                set_aside = call(
                    "coalesce", infix(exp.EQ, code, call("any", column("overruled"))), exp.false()
                )
                holds = cases((set_aside, exp.false()), otherwise=holds)
            columns.append(named(holds, f"x_{i}"))
        columns.append(named(self.met(), "met"))
        for benefit in self.pack.benefits:
            columns.append(named(self.words.figure(benefit.amount), f"b_{benefit.code}"))
            for i, cap in enumerate(benefit.caps):
                columns.append(named(self.words.figure(cap.at_most), f"k_{benefit.code}_{i}"))
        return self.layer(below, columns)

    def met(self) -> Sql:
        """Asks the decisions in turn; each is evaluated only when all before it are false."""
        decisions = self.pack.decisions
        met: Sql = whole(len(decisions))
        for i in range(len(decisions) - 1, 0, -1):
            when = decisions[i - 1].when
            assert when is not None
            met = cases(
                (exp.true(), whole(i)), (exp.false(), met), otherwise=whole(-i), of=self.words.figure(when)
            )
        return met

    def result(self, below: exp.Select) -> exp.Select:
        exclusions = range(len(self.pack.exclusions))
        closed = either([column(f"x_{i}") for i in exclusions])
        waiting = [missing(column(f"x_{i}")) for i in exclusions if self.pack.exclusions[i].blocks]
        unknown = either([*waiting, infix(exp.LT, column("met"), whole(0))])
        taken = [
            (whole(i), self.binds.bind(decision.result, "text"))
            for i, decision in enumerate(self.pack.decisions, start=1)
        ]
        result = cases(
            (closed, self.binds.bind(EXCLUDED, "text")),
            (unknown, self.binds.bind(UNKNOWN, "text")),
            otherwise=cases(*taken, of=column("met")),
        )
        with_result = self.layer(below, [named(result, "outcome")])
        return self.layer(with_result, [named(self.mask(), "mask")])

    def is_result(self, *results: str) -> Sql:
        return exp.In(this=column("outcome"), expressions=[self.binds.bind(name, "text") for name in results])

    def mask(self) -> Sql:
        """What an undecided subject waits for, and what an opened benefit lacks."""
        waiting = [
            self.lacks(column(f"x_{i}"), exclusion.when)
            for i, exclusion in enumerate(self.pack.exclusions)
            if exclusion.blocks
        ]
        stopped = [
            (whole(-i), self.words.lacks(decision.when))
            for i, decision in enumerate(self.pack.decisions, start=1)
            if decision.when
        ]
        waiting.append(cases(*stopped, otherwise=integer(0), of=column("met")))
        masks = [cases((self.is_result(UNKNOWN), bits(waiting)), otherwise=integer(0))]
        for benefit in self.pack.benefits:
            lacking = [self.lacks(column(f"b_{benefit.code}"), benefit.amount)]
            for i, cap in enumerate(benefit.caps):
                lacking.append(self.lacks(column(f"k_{benefit.code}_{i}"), cap.at_most))
            masks.append(cases((self.opened(benefit), bits(lacking)), otherwise=integer(0)))
        return bits(masks)

    def opened(self, benefit: Benefit) -> Sql:
        return self.is_result(*sorted(benefit.results)) if benefit.results else exp.false()

    def outcome(self, below: exp.Select) -> exp.Select:
        """The columns the caller sees."""
        pack, none = self.pack, cast(exp.Array(expressions=[]), "text[]")
        excluded = collected(
            [(column(f"x_{i}"), self.binds.bind(item.code, "text")) for i, item in enumerate(pack.exclusions)]
        )
        lacking = collected(
            [(self.has_bit(i), self.binds.bind(name, "text")) for i, name in enumerate(pack.inputs)]
        )
        decided = exp.Not(this=self.is_result(EXCLUDED, UNKNOWN))
        columns = [
            column("subject"),
            named(column("outcome"), "result"),
            named(cases((decided, column("met"))), "decision"),
            named(cases((self.is_result(EXCLUDED), excluded), otherwise=none), "excluded"),
            named(cases((infix(exp.NEQ, column("mask"), whole(0)), lacking), otherwise=none), "unknown"),
            *(named(column(f"v_{name}"), f"value_{name}") for name in pack.lets),
        ]
        for benefit in pack.benefits:
            columns += self.due(benefit)
        return exp.select(*columns).from_(fenced(below, "below"))

    def has_bit(self, bit: int) -> Sql:
        return infix(exp.NEQ, infix(exp.BitwiseAnd, column("mask"), integer(1 << bit)), whole(0))

    def due(self, benefit: Benefit) -> list[Sql]:
        """The amount in fen after the caps in order, and the caps that lowered it."""
        rest = column(f"b_{benefit.code}")
        bit: list[tuple[Sql, Sql]] = []
        for i, cap in enumerate(benefit.caps):
            limit = column(f"k_{benefit.code}_{i}")
            bit.append((infix(exp.LT, limit, rest.copy()), self.binds.bind(cap.code, "text")))
            rest = call("numeric_smaller", rest, limit.copy())
        positive = call("numeric_larger", rest, cast(whole(0), "numeric"))
        fen = cast(infix(exp.Mul, call("round", positive, whole(2)), whole(100)), "bigint")
        caps = cases((self.opened(benefit), collected(bit)))
        return [
            named(cases((self.opened(benefit), fen)), f"benefit_{benefit.code}"),
            named(caps, f"caps_{benefit.code}"),
        ]
