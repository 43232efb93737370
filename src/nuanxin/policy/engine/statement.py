"""The second runner: one PostgreSQL statement that determines every subject of a relation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any

from sqlglot import exp

from .pack import EXCLUDED, UNKNOWN, Benefit, Pack
from .sqlfacts import Facts, numbered
from .sqllayers import Layers
from .sqlnodes import Translator
from .sqlnumbers import Figure, alike, extreme, fen, wide
from .sqlwords import (
    NOTHING,
    Binds,
    Sql,
    bits,
    call,
    cases,
    collected,
    column,
    either,
    fenced,
    infix,
    integer,
    masked,
    missing,
    named,
    text,
    texts,
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
    pack: Pack,
    given: Relation,
    lists: Mapping[str, Relation],
    standards: Relation,
    *,
    day: date,
    places: Relation | None = None,
) -> Statement:
    """The statement that determines all subjects of `given` by the pack on a day.

    `standards` yields the parameter rows in force that day: code, path, residence ('urban', 'rural' or
    'any'), amount (fen) or number. `places`, when given, yields as `place` every place a subject can have,
    each once; else the subjects are read a second time for theirs.
    """
    shape = _Shape(given.columns, frozenset(lists), places is not None, day)
    written = _written(pack, shape)
    callers = Tables()
    callers.add("given", given)
    for name, rows in lists.items():
        callers.add(f"rows_{name}", rows)
    if pack.tables:
        callers.add("standards", standards)
        if places:
            callers.add("every_place", places)
    # NOT MATERIALIZED: what the caller gives is read where it is needed, if need be twice.
    tables = callers.parts | written.tables
    parts = ", ".join(f'"{name}" AS NOT MATERIALIZED ({body})' for name, body in tables.items())
    return Statement(f"WITH {parts} {written.query}", written.binds | callers.params, written.columns)


class Tables:
    """Queries of a caller by name, their parameters under names that cannot meet others."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.params: dict[str, Any] = {}

    def add(self, name: str, relation: Relation) -> None:
        values = iter(relation.params)
        numbers = count()

        def put(mark: re.Match[str]) -> str:
            if mark[1] == "%":
                return "%%"
            key = f"{name}_{next(numbers)}"
            self.params[key] = next(values)
            return f"%({key})s"

        self.parts[name] = _MARKS.sub(put, relation.sql)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of the caller's queries a statement depends on. `columns`: those of the subjects; `lists`: the
    lists that have rows; `places`: whether the caller tells where subjects live.
    """

    columns: frozenset[str]
    lists: frozenset[str]
    places: bool
    day: date


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement without the caller's queries, over tables named given, rows_<list> and standards."""

    tables: dict[str, str]
    query: str
    binds: dict[str, Any]
    columns: tuple[str, ...]


@lru_cache(maxsize=256)
def _written(pack: Pack, shape: _Shape) -> _Written:
    """Kept: writing one takes fifty milliseconds, running it for a household a few."""
    return _Builder(pack, shape).written()


class _Builder:
    def __init__(self, pack: Pack, shape: _Shape) -> None:
        self.pack, self.shape = pack, shape
        self.binds, self.layers, self.masks = Binds(), Layers(), Layers()
        inputs = {name: bit for bit, name in enumerate(pack.inputs)}
        self.words = Translator(self.binds, inputs, pack.parameters, shape.day, self.layers)

    def written(self) -> _Written:
        numbered(self.pack, self.words)
        facts = Facts(self.pack, self.words, self.shape.columns, self.shape.lists, self.shape.places)
        tables = facts.tables()
        self.define()
        query = self.outcome(facts.query())
        return _Written(tables, text(query), self.binds.values, tuple(query.named_selects))

    # what is computed

    def define(self) -> None:
        """Every figure above the facts, each after those it mentions."""
        for let in self.pack.lets.values():
            self.words.define(let.name, let.node)
            self.masks.define(f"m_{let.name}", self.lacks(column(f"v_{let.name}"), let.node))
        for i, exclusion in enumerate(self.pack.exclusions):
            holds = self.words.figure(exclusion.when)
            if "overruled" in self.shape.columns:
                code = self.binds.text(exclusion.code)
                aside = infix(exp.EQ, code, call("any", column("overruled")))
                holds = cases((call("coalesce", aside, exp.false()), exp.false()), otherwise=holds)
            self.layers.define(f"x_{i}", holds)
        self.layers.define("met", self.met())
        self.layers.define("found", self.found())
        self.masks.define("mask", self.mask())

    def lacks(self, figure: Sql, node: Node) -> Sql:
        """The mask of what a computed figure lacks, looked into only where it is unknown."""
        return masked(missing(figure), self.words.lacks(node))

    def met(self) -> Sql:
        """The decision met, minus its number where it is unknown; each is asked when all before are false."""
        decisions = self.pack.decisions
        met: Sql = whole(len(decisions))
        for i in range(len(decisions) - 1, 0, -1):
            when = decisions[i - 1].when
            assert when is not None
            met = cases(
                (exp.true(), whole(i)), (exp.false(), met), otherwise=whole(-i), of=self.words.figure(when)
            )
        return met

    def found(self) -> Sql:
        """The number of the decision taken; 0 for excluded, null for unknown."""
        exclusions = range(len(self.pack.exclusions))
        closed = either([column(f"x_{i}") for i in exclusions])
        waiting = either([missing(column(f"x_{i}")) for i in exclusions if self.pack.exclusions[i].blocks])
        taken = call("nullif", call("greatest", column("met"), whole(0)), whole(0))
        return cases((closed, whole(0)), (waiting, exp.null()), otherwise=taken)

    def opened(self, results: frozenset[str]) -> Sql:
        """Whether the decision taken has one of these results, told by the runs of their numbers."""
        numbers = [i for i, item in enumerate(self.pack.decisions, start=1) if item.result in results]
        first = [i for i in numbers if i - 1 not in numbers]
        last = [i for i in numbers if i + 1 not in numbers]
        runs = zip(first, last, strict=True)
        return either([exp.Between(this=column("found"), low=whole(a), high=whole(b)) for a, b in runs])

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
        waiting.append(cases(*stopped, otherwise=NOTHING.copy(), of=column("met")))
        masks = [masked(missing(column("found")), bits(waiting))]
        for benefit in self.pack.benefits:
            nodes = [benefit.amount, *(cap.at_most for cap in benefit.caps)]
            lacking = bits([self.lacks(self.words.figure(node), node) for node in nodes])
            masks.append(masked(self.opened(benefit.results), lacking))
        return bits(masks)

    # what comes out

    def outcome(self, base: exp.Select) -> exp.Select:
        """The columns the caller sees."""
        found, pack = column("found"), self.pack
        taken = [(whole(i), self.binds.text(item.result)) for i, item in enumerate(pack.decisions, start=1)]
        result = cases(
            (whole(0), self.binds.text(EXCLUDED)), *taken, otherwise=self.binds.text(UNKNOWN), of=found.copy()
        )
        excluded = [(column(f"x_{i}"), self.binds.text(item.code)) for i, item in enumerate(pack.exclusions)]
        closed = infix(exp.EQ, found.copy(), whole(0))
        columns = [
            column("subject"),
            named(result, "result"),
            named(call("nullif", found.copy(), whole(0)), "decision"),
            named(cases((closed, collected(excluded)), otherwise=texts()), "excluded"),
            *(named(self.value(let.name, let.node), f"value_{let.name}") for let in pack.lets.values()),
        ]
        for benefit in pack.benefits:
            columns += self.due(benefit)
        unknown = self.unknown()
        query = self.layers.over(base, columns, [unknown])
        columns.insert(4, unknown)
        return exp.select(*map(self.layers.written, columns)).from_(fenced(query, "below"))

    def value(self, name: str, node: Node) -> Sql:
        return (
            wide(self.words.lets[name].of(column(f"v_{name}"))) if node.type.numeric else column(f"v_{name}")
        )

    def unknown(self) -> Sql:
        """The names of what is missing: a query of its own, run only for subjects that miss something."""
        lacking = [(self.has_bit(i), self.binds.text(name)) for i, name in enumerate(self.pack.inputs)]
        mask = column("mask")
        below = self.masks.over(exp.select(named(whole(0), "nothing")), [mask])
        names = exp.select(collected(lacking)).from_(
            fenced(exp.select(named(self.masks.written(mask), "mask")).from_(fenced(below, "lets")), "masks")
        )
        return named(cases((self.waits(), exp.Subquery(this=names)), otherwise=texts()), "unknown")

    def waits(self) -> Sql:
        """Whether a subject is undecided, or opened benefits are not known."""
        rests: dict[frozenset[str], list[Sql]] = {}
        for benefit in self.pack.benefits:
            rests.setdefault(benefit.results, []).append(missing(self.rest(benefit).sql))
        opened = [exp.and_(self.opened(results), either(unknown)) for results, unknown in rests.items()]
        return either([missing(column("found")), *opened])

    def has_bit(self, bit: int) -> Sql:
        return infix(exp.NEQ, infix(exp.BitwiseAnd, column("mask"), integer(1 << bit)), whole(0))

    def rest(self, benefit: Benefit, caps: int | None = None) -> Figure:
        """The amount left by the first `caps` caps, by default by all."""
        limits = [self.words.number(cap.at_most) for cap in benefit.caps[:caps]]
        amount = self.words.number(benefit.amount)
        return extreme("smaller", amount, *limits) if limits else amount

    def due(self, benefit: Benefit) -> list[Sql]:
        """The amount in fen after the caps in order, and the caps that lowered it."""
        opened = self.opened(benefit.results)
        lowered: list[tuple[Sql, Sql]] = []
        for i, cap in enumerate(benefit.caps):
            limit, rest = alike(self.words.number(cap.at_most), self.rest(benefit, i))
            lowered.append((infix(exp.LT, limit.sql, rest.sql), self.binds.text(cap.code)))
        return [
            named(cases((opened, fen(self.rest(benefit)))), f"benefit_{benefit.code}"),
            named(cases((opened.copy(), self.lowered(lowered))), f"caps_{benefit.code}"),
        ]

    def lowered(self, caps: list[tuple[Sql, Sql]]) -> Sql:
        """Most often no cap bites, and no array need be made."""
        if not caps:
            return texts()
        bite = either([condition for condition, _code in caps])
        return cases((bite.copy(), collected(caps)), otherwise=texts())
