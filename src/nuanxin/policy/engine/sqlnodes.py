"""The typed tree as SQL: the figure of a node, and the mask of inputs it lacks while it is unknown.

The rules are those of evaluate.py, told to PostgreSQL, whose NULL is the third value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlglot import exp

from . import sqlnumbers as numbers
from .sqldomains import fact_figure, standard_figure
from .sqllayers import Layers
from .sqlnumbers import Figure
from .sqlwords import (
    NOTHING,
    Binds,
    Sql,
    bits,
    call,
    cases,
    cast,
    column,
    either,
    infix,
    integer,
    masked,
    missing,
    whole,
)
from .tree import RESIDENCE, Node, Parameter
from .types import Kind

FOLDS = ("sum", "count", "any", "all")
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "lt": exp.LT,
    "le": exp.LTE,
    "gt": exp.GT,
    "ge": exp.GTE,
    "eq": exp.EQ,
    "ne": exp.NEQ,
}


@dataclass(slots=True)
class Translator:
    """Writes nodes of one pack. Inputs are columns of the layer below, named expressions `layers`.

    `coded` holds for the fields of a row that are codes what the caller gives, and the codes there are.
    """

    binds: Binds
    inputs: Mapping[str, int]
    parameters: Mapping[str, Parameter]
    day: date
    layers: Layers
    folds: dict[Node, int] = field(default_factory=dict)
    lets: dict[str, Figure] = field(default_factory=dict)
    coded: dict[str, tuple[Sql, tuple[str, ...]]] = field(default_factory=dict)

    def inside(self, layers: Layers) -> "Translator":
        """The same for the rows of a list, whose figures have layers of their own."""
        return replace(self, layers=layers, coded={})

    def figure(self, node: Node) -> Sql:
        """Any node as its column holds it: a number in the form `number` tells."""
        return self.number(node).sql if node.type.numeric else _PLAIN[node.op](self, node)

    def number(self, node: Node) -> Figure:
        return _NUMBERS[node.op](self, node)

    def sides(self, node: Node) -> list[Figure]:
        return [self.number(part) for part in node.args]

    def define(self, name: str, node: Node) -> None:
        """A named expression, written before those that mention it."""
        if node.type.numeric:
            figure = self.number(node)
            self.lets[name] = figure.of(self.layers.define(f"v_{name}", figure.sql))
        else:
            self.layers.define(f"v_{name}", self.figure(node))

    # numbers

    def constant(self, value: Any) -> Figure:
        scale = max(-value.as_tuple().exponent, 0)
        most = int(value.scaleb(scale).copy_abs())
        if most > numbers.LIMIT:
            return Figure(self.binds.bind(value, "numeric"), scale, most, narrow=False)
        return Figure(self.binds.bind(int(value.scaleb(scale)), "bigint"), scale, most)

    def number_literal(self, node: Node) -> Figure:
        return self.constant(node.value)

    def number_fact(self, node: Node) -> Figure:
        return fact_figure(self.leaf(node), node.type)

    def number_parameter(self, node: Node) -> Figure:
        value = self.parameters[node.value].value
        return standard_figure(self.leaf(node), node.type) if value is None else self.constant(value)

    def number_let(self, node: Node) -> Figure:
        return self.lets[node.value].of(column(f"v_{node.value}"))

    def number_fold(self, node: Node) -> Figure:
        return fact_figure(self.fold(node), node.type)

    def product(self, node: Node) -> Figure:
        left, right = self.sides(node)
        return numbers.product(left, right, self.layers.share)

    def quotient(self, node: Node) -> Figure:
        left, right = self.sides(node)
        return numbers.quotient(left, right, self.layers.share)

    def negative(self, node: Node) -> Figure:
        (figure,) = self.sides(node)
        return figure.of(exp.paren(exp.Neg(this=exp.paren(figure.sql))))

    def clamp(self, node: Node) -> Figure:
        figure, low, high = self.sides(node)
        return numbers.extreme("smaller", numbers.extreme("larger", figure, low), high)

    def round_to(self, node: Node) -> Figure:
        return numbers.rounded(self.number(node.args[0]), node.value, self.layers.share)

    def number_choice(self, node: Node) -> Figure:
        first, second = numbers.alike(*(self.number(part) for part in node.args[1:]))
        chosen = self.chosen(node, first.sql, second.sql)
        return Figure(chosen, first.scale, max(first.most, second.most), first.narrow)

    def months(self, node: Node) -> Figure:
        start, end = (self.figure(part) for part in node.args)
        years = infix(exp.Mul, infix(exp.Sub, _part("year", end), _part("year", start)), whole(12))
        months = infix(exp.Sub, _part("month", end), _part("month", start))
        short = cases((infix(exp.LT, _part("day", end), _part("day", start)), whole(1)), otherwise=whole(0))
        return Figure(cast(infix(exp.Sub, infix(exp.Add, years, months), short), "bigint"), 0, 10**6)

    # leaves and conditions

    def literal(self, node: Node) -> Sql:
        kind = {Kind.FLAG: "boolean", Kind.DATE: "date"}.get(node.type.kind, "text")
        return self.binds.bind(node.value, kind)

    def today(self, node: Node) -> Sql:
        return self.binds.bind(self.day, "date")

    def leaf(self, node: Node) -> Sql:
        if node.op == "item":
            return column("i_" + node.value.partition(".")[2])
        return column({"fact": "f_", "parameter": "p_", "let": "v_"}[node.op] + node.value)

    def fold(self, node: Node) -> Sql:
        return column(f"a_{self.folded(node)}")

    def folded(self, node: Node) -> int:
        """The number of a fold among the folds of the pack; equal folds are computed once."""
        return self.folds.setdefault(node, len(self.folds))

    def comparison(self, node: Node) -> Sql:
        first, second = node.args
        if first.type.numeric:
            left, right = (side.sql for side in numbers.alike(*self.sides(node)))
            return infix(_COMPARISONS[node.op], left, right)
        if second.op == "literal" and first.op == "item" and first.value in self.coded:
            same = self.one_of(first, (second.value,))
            return same if node.op == "eq" else exp.paren(exp.Not(this=same))
        return infix(_COMPARISONS[node.op], self.figure(first), self.figure(second))

    def between(self, node: Node) -> Sql:
        if node.args[0].type.numeric:
            figure, low, high = (side.sql for side in numbers.alike(*self.sides(node)))
        else:
            figure, low, high = (self.figure(part) for part in node.args)
        return exp.paren(exp.and_(infix(exp.LTE, low, figure), infix(exp.LTE, figure.copy(), high)))

    def logic(self, node: Node) -> Sql:
        parts = [self.figure(part) for part in node.args]
        return either(parts) if node.op == "or" else exp.paren(exp.and_(*parts))

    def negation(self, node: Node) -> Sql:
        return exp.paren(exp.Not(this=exp.paren(self.figure(node.args[0]))))

    def membership(self, node: Node) -> Sql:
        return self.one_of(node.args[0], node.value)

    def one_of(self, node: Node, values: tuple[str, ...]) -> Sql:
        """Whether a code is among values. That of a row is not compared with every code there is first."""
        if node.op != "item":
            return self.listed(self.figure(node), values)
        given, codes = self.coded[node.value]
        others = tuple(code for code in codes if code not in values)
        found = [(self.listed(given.copy(), values), exp.true())]
        return cases(*found, *([(self.listed(given.copy(), others), exp.false())] if others else []))

    def listed(self, value: Sql, codes: tuple[str, ...]) -> Sql:
        return exp.In(this=value, expressions=[self.binds.text(code) for code in codes])

    def choice(self, node: Node) -> Sql:
        return self.chosen(node, *(self.figure(part) for part in node.args[1:]))

    def chosen(self, node: Node, first: Sql, second: Sql) -> Sql:
        return cases((exp.true(), first), (exp.false(), second), of=self.figure(node.args[0]))

    def date_extreme(self, node: Node) -> Sql:
        """As for numbers, unknown as soon as one of the days is."""
        days = [self.figure(part) for part in node.args]
        if node.op == "clamp":
            return call("date_smaller", call("date_larger", days[0], days[1]), days[2])
        found = days[0]
        for other in days[1:]:
            found = call("date_smaller" if node.op == "min" else "date_larger", found, other)
        return found

    # what is missing

    def lacks(self, node: Node) -> Sql:
        """The mask of the inputs to fill in; nothing where the figure is known."""
        if not node.support:
            return NOTHING.copy()
        if node.op in ("fact", "item"):
            return masked(missing(self.leaf(node)), self.bit(node.value))
        if node.op == "parameter":
            return self.lacks_standard(node)
        if node.op == "let":
            return column(f"m_{node.value}")
        if node.op in FOLDS:
            return self.lacks_rows(node)
        if node.op == "if":
            condition, first, second = (self.lacks(part) for part in node.args)
            asked = self.figure(node.args[0])
            return cases((exp.true(), first), (exp.false(), second), otherwise=condition, of=asked)
        parts = [self.lacks(part) for part in node.args]
        if node.op == "div":
            zero = infix(exp.EQ, self.figure(node.args[1]), whole(0))
            parts.append(masked(zero, self.all_of(node.args[1])))
        if node.op in ("and", "or", "between"):
            return masked(missing(self.figure(node)), bits(parts))
        return bits(parts)

    def lacks_standard(self, node: Node) -> Sql:
        """As Evaluator.wanting: where residence decides and is unknown, it is residence that is missing."""
        parameter = self.parameters[node.value]
        if parameter.value is not None:
            return NOTHING.copy()
        own: Sql = self.bit(node.value)
        if parameter.by_residence:
            own = cases((missing(column(f"f_{RESIDENCE}")), self.bit(RESIDENCE)), otherwise=own)
        return masked(missing(self.leaf(node)), own)

    def lacks_rows(self, node: Node) -> Sql:
        """What rows lack; the list itself where it is incomplete, or adds up to more than is allowed."""
        known, mask = column(f"l_{node.value}"), column(f"n_{self.folded(node)}")
        own = self.bit(node.value)
        rows = cases((known, call("coalesce", mask, own)), otherwise=own.copy())
        return masked(missing(self.fold(node)), rows)

    def bit(self, name: str) -> Sql:
        return integer(1 << self.inputs[name])

    def all_of(self, node: Node) -> Sql:
        return integer(sum(1 << self.inputs[name] for name in node.support))


def _part(field: str, day: Sql) -> Sql:
    """date_part gives a float8, exact for these; EXTRACT would give a numeric, at twice the cost."""
    return cast(call("date_part", exp.Literal.string(field), day.copy()), "int")


_NUMBERS: dict[str, Callable[[Translator, Node], Figure]] = {
    "literal": Translator.number_literal,
    "fact": Translator.number_fact,
    "item": Translator.number_fact,
    "parameter": Translator.number_parameter,
    "let": Translator.number_let,
    "sum": Translator.number_fold,
    "count": Translator.number_fold,
    "add": lambda self, node: numbers.total(exp.Add, *self.sides(node)),
    "sub": lambda self, node: numbers.total(exp.Sub, *self.sides(node)),
    "mul": Translator.product,
    "div": Translator.quotient,
    "neg": Translator.negative,
    "min": lambda self, node: numbers.extreme("smaller", *self.sides(node)),
    "max": lambda self, node: numbers.extreme("larger", *self.sides(node)),
    "clamp": Translator.clamp,
    "round_to": Translator.round_to,
    "if": Translator.number_choice,
    "months_between": Translator.months,
}
_PLAIN: dict[str, Callable[[Translator, Node], Sql]] = {
    "literal": Translator.literal,
    "day": Translator.today,
    "fact": Translator.leaf,
    "item": Translator.leaf,
    "let": Translator.leaf,
    "any": Translator.fold,
    "all": Translator.fold,
    **dict.fromkeys(_COMPARISONS, Translator.comparison),
    "between": Translator.between,
    "and": Translator.logic,
    "or": Translator.logic,
    "not": Translator.negation,
    "in": Translator.membership,
    "if": Translator.choice,
    "min": Translator.date_extreme,
    "max": Translator.date_extreme,
    "clamp": Translator.date_extreme,
}
