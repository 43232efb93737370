"""The typed tree as SQL: the figure of a node, and the mask of inputs it lacks while it is unknown.

The rules are those of evaluate.py, told to PostgreSQL, whose NULL is the third value. numeric is exact;
quotients go through div(), which is exact at any size where "/" chooses its own number of decimals.
"""

from collections.abc import Callable, Mapping
from datetime import date

from sqlglot import exp

from .sqlwords import Binds, Sql, bits, call, cases, cast, column, infix, integer, missing, whole
from .tree import RESIDENCE, Node, Parameter
from .types import SCALE, Kind

KINDS = {
    Kind.MONEY: "numeric",
    Kind.NUMBER: "numeric",
    Kind.COUNT: "numeric",
    Kind.FLAG: "boolean",
    Kind.DATE: "date",
    Kind.CODE: "text",
}
_BINARY: dict[str, type[exp.Binary]] = {
    "add": exp.Add,
    "sub": exp.Sub,
    "mul": exp.Mul,
    "lt": exp.LT,
    "le": exp.LTE,
    "gt": exp.GT,
    "ge": exp.GTE,
    "eq": exp.EQ,
    "ne": exp.NEQ,
}


class Translator:
    """Writes nodes of one pack. Inputs and expressions are columns of the layer below."""

    def __init__(
        self, binds: Binds, inputs: Mapping[str, int], parameters: Mapping[str, Parameter], day: date
    ) -> None:
        self.binds, self.inputs, self.parameters, self.day = binds, inputs, parameters, day
        self.folds: dict[Node, int] = {}

    def figure(self, node: Node) -> Sql:
        if node.op in _LEAVES:
            return _LEAVES[node.op](self, node)
        args = [self.figure(part) for part in node.args]
        if node.op in _BINARY:
            made = infix(_BINARY[node.op], *args)
            return call("round", made, whole(SCALE)) if node.op == "mul" and node.value else made
        return _RULES[node.op](self, node, args)

    # leaves

    def literal(self, node: Node) -> Sql:
        return self.binds.bind(node.value, KINDS[node.type.kind])

    def today(self, node: Node) -> Sql:
        return self.binds.bind(self.day, "date")

    def input(self, node: Node) -> Sql:
        if node.op == "parameter" and (value := self.parameters[node.value].value) is not None:
            return self.binds.bind(value, "numeric")
        return column({"fact": "f_", "parameter": "p_", "let": "v_"}[node.op] + node.value)

    def item(self, node: Node) -> Sql:
        return column("i_" + node.value.partition(".")[2])

    def fold(self, node: Node) -> Sql:
        return column(f"a_{self.number(node)}")

    def number(self, node: Node) -> int:
        """The number of a fold among the folds of the pack; equal folds are computed once."""
        return self.folds.setdefault(node, len(self.folds))

    # operations

    def quotient(self, node: Node, args: list[Sql]) -> Sql:
        """Exact whole quotient at one digit more than is kept, then one rounding."""
        left, right = args
        shifted = infix(exp.Mul, left, exp.Literal.number(10 ** (SCALE + 1)))
        exact = call("div", shifted, call("nullif", right, whole(0)))
        return call("round", infix(exp.Mul, exact, exp.Literal.number(f"0.{'0' * SCALE}1")), whole(SCALE))

    def extreme(self, node: Node, args: list[Sql]) -> Sql:
        """The lowest or highest; unlike LEAST and GREATEST, unknown as soon as one of them is."""
        of = "date" if node.type.kind is Kind.DATE else "numeric"
        function = f"{of}_smaller" if node.op == "min" else f"{of}_larger"
        found = args[0]
        for other in args[1:]:
            found = call(function, found, other)
        return found

    def clamp(self, node: Node, args: list[Sql]) -> Sql:
        of = "date" if node.type.kind is Kind.DATE else "numeric"
        return call(f"{of}_smaller", call(f"{of}_larger", args[0], args[1]), args[2])

    def between(self, node: Node, args: list[Sql]) -> Sql:
        figure, low, high = args
        return exp.paren(exp.and_(infix(exp.LTE, low, figure), infix(exp.LTE, figure.copy(), high)))

    def round_to(self, node: Node, args: list[Sql]) -> Sql:
        return call("round", args[0], whole(node.value))

    def choice(self, node: Node, args: list[Sql]) -> Sql:
        condition, first, second = args
        return cases((exp.true(), first), (exp.false(), second), of=condition)

    def membership(self, node: Node, args: list[Sql]) -> Sql:
        return exp.In(this=args[0], expressions=[self.binds.bind(value, "text") for value in node.value])

    def months(self, node: Node, args: list[Sql]) -> Sql:
        start, end = args
        years = infix(exp.Mul, infix(exp.Sub, _part("year", end), _part("year", start)), whole(12))
        months = infix(exp.Sub, _part("month", end), _part("month", start))
        short = cases((infix(exp.LT, _part("day", end), _part("day", start)), whole(1)), otherwise=whole(0))
        return cast(infix(exp.Sub, infix(exp.Add, years, months), short), "numeric")

    # what is missing

    def lacks(self, node: Node) -> Sql:
        """The mask of the inputs to fill in; zero where the figure is known."""
        if not node.support:
            return integer(0)
        if node.op in ("fact", "item"):
            return cases((missing(self.figure(node)), self.bit(node.value)), otherwise=integer(0))
        if node.op == "parameter":
            return self.lacks_standard(node)
        if node.op == "let":
            return column(f"m_{node.value}")
        if node.op in ("sum", "count", "any", "all"):
            return column(f"n_{self.number(node)}")
        if node.op == "if":
            condition, first, second = (self.lacks(part) for part in node.args)
            asked = self.figure(node.args[0])
            return cases((exp.true(), first), (exp.false(), second), otherwise=condition, of=asked)
        parts = [self.lacks(part) for part in node.args if part.support]
        if node.op == "div":
            zero = infix(exp.EQ, self.figure(node.args[1]), whole(0))
            parts.append(cases((zero, self.all_of(node.args[1])), otherwise=integer(0)))
        if node.op in ("and", "or", "between"):
            return cases((missing(self.figure(node)), bits(parts)), otherwise=integer(0))
        return bits(parts)

    def lacks_standard(self, node: Node) -> Sql:
        """As Evaluator.wanting: where residence decides and is unknown, it is residence that is missing."""
        own: Sql = self.bit(node.value)
        if self.parameters[node.value].by_residence:
            own = cases((missing(column(f"f_{RESIDENCE}")), self.bit(RESIDENCE)), otherwise=own)
        return cases((missing(self.figure(node)), own), otherwise=integer(0))

    def bit(self, name: str) -> Sql:
        return integer(1 << self.inputs[name])

    def all_of(self, node: Node) -> Sql:
        return integer(sum(1 << self.inputs[name] for name in node.support))


def _part(field: str, day: Sql) -> Sql:
    return exp.Extract(this=exp.Var(this=field), expression=day.copy())


_LEAVES: dict[str, Callable[[Translator, Node], Sql]] = {
    "literal": Translator.literal,
    "day": Translator.today,
    "fact": Translator.input,
    "parameter": Translator.input,
    "let": Translator.input,
    "item": Translator.item,
    "sum": Translator.fold,
    "count": Translator.fold,
    "any": Translator.fold,
    "all": Translator.fold,
}
_RULES: dict[str, Callable[[Translator, Node, list[Sql]], Sql]] = {
    "div": Translator.quotient,
    "min": Translator.extreme,
    "max": Translator.extreme,
    "clamp": Translator.clamp,
    "between": Translator.between,
    "round_to": Translator.round_to,
    "if": Translator.choice,
    "in": Translator.membership,
    "months_between": Translator.months,
    "and": lambda self, node, args: exp.paren(exp.and_(*args)),
    "or": lambda self, node, args: exp.paren(exp.or_(*args)),
    "not": lambda self, node, args: exp.paren(exp.Not(this=exp.paren(args[0]))),
    "neg": lambda self, node, args: exp.paren(exp.Neg(this=exp.paren(args[0]))),
}
