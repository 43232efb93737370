"""The first runner: walks the typed tree for one subject, in exact Decimal, with unknown as a third value."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

from .tree import RESIDENCE, Node, Parameter
from .types import EXACT, FACT_DIGITS, LIST_DIGITS, rounded

Row = Mapping[str, Any]
NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Evaluator:
    """Figures of one subject: `value` gives one, None when unknown; `missing` names the reasons."""

    facts: Mapping[str, Any]
    lists: Mapping[str, Sequence[Row] | None]
    parameters: Mapping[str, Parameter]
    standards: Mapping[str, Decimal | None]
    day: date
    lets: dict[str, Any] = field(default_factory=dict)
    missing_lets: dict[str, frozenset[str]] = field(default_factory=dict)

    def define(self, name: str, node: Node) -> None:
        """Computes a named expression once, with what it lacks."""
        self.lets[name] = self.value(node)
        self.missing_lets[name] = self.missing(node)

    # figures

    def value(self, node: Node, row: Row | None = None) -> Any:
        special = _SPECIAL.get(node.op)
        if special:
            return special(self, node, row)
        args = [self.value(part, row) for part in node.args]
        if any(arg is None for arg in args):
            return None
        return _STRICT[node.op](node, *args)

    def literal(self, node: Node, row: Row | None) -> Any:
        return node.value

    def today(self, node: Node, row: Row | None) -> date:
        return self.day

    def fact(self, node: Node, row: Row | None) -> Any:
        return self.facts.get(node.value)

    def item(self, node: Node, row: Row | None) -> Any:
        assert row is not None
        return row.get(node.value.partition(".")[2])

    def parameter(self, node: Node, row: Row | None) -> Decimal | None:
        return self.standards.get(node.value)

    def let(self, node: Node, row: Row | None) -> Any:
        return self.lets[node.value]

    def all_of(self, node: Node, row: Row | None) -> bool | None:
        return _every(self.value(part, row) for part in node.args)

    def any_of(self, node: Node, row: Row | None) -> bool | None:
        return _some(self.value(part, row) for part in node.args)

    def choice(self, node: Node, row: Row | None) -> Any:
        condition = self.value(node.args[0], row)
        return None if condition is None else self.value(node.args[1 if condition else 2], row)

    def between(self, node: Node, row: Row | None) -> bool | None:
        figure, low, high = (self.value(part, row) for part in node.args)
        return _every([_ordered(low, figure), _ordered(figure, high)])

    def fold(self, node: Node, row: Row | None) -> Any:
        rows = self.lists.get(node.value)
        if rows is None:
            return None
        conditions = [self.value(node.args[-1], each) for each in rows]
        if node.op in ("any", "all"):
            return _some(conditions) if node.op == "any" else _every(conditions)
        if None in conditions:
            return None
        if node.op == "count":
            found = Decimal(sum(conditions))
            return found if found < 10**LIST_DIGITS else None
        figures = [
            self.value(node.args[0], each) for each, wanted in zip(rows, conditions, strict=True) if wanted
        ]
        if None in figures:
            return None
        found = reduce(EXACT.add, figures, Decimal(0))
        return found if abs(found) < 10 ** FACT_DIGITS[node.type.kind] else None

    # reasons for unknown

    def missing(self, node: Node, row: Row | None = None) -> frozenset[str]:
        """The inputs to fill in so that this figure may become known; nothing when it is known."""
        if self.value(node, row) is not None:
            return NOTHING
        if node.op in ("fact", "item"):
            return frozenset([node.value])
        if node.op == "parameter":
            return frozenset([self.wanting(node.value)])
        if node.op == "let":
            return self.missing_lets[node.value]
        if node.op in ("sum", "count", "any", "all"):
            return self.missing_rows(node)
        if node.op == "if":
            return self.missing_choice(node, row)
        lacks = NOTHING.union(*(self.missing(part, row) for part in node.args))
        if node.op == "div" and self.value(node.args[1], row) == 0:
            lacks |= node.args[1].support
        return lacks

    def missing_choice(self, node: Node, row: Row | None) -> frozenset[str]:
        """First the condition: which branch is needed is not known before it."""
        condition = self.value(node.args[0], row)
        return self.missing(node.args[0 if condition is None else 1 if condition else 2], row)

    def missing_rows(self, node: Node) -> frozenset[str]:
        """What rows lack; the list itself where it is unknown, or adds up to more than is allowed."""
        rows = self.lists.get(node.value)
        if rows is None:
            return frozenset([node.value])
        lacks = NOTHING
        for row in rows:
            lacks |= self.missing(node.args[-1], row)
            if node.op == "sum" and self.value(node.args[-1], row):
                lacks |= self.missing(node.args[0], row)
        return lacks or frozenset([node.value])

    def wanting(self, name: str) -> str:
        """A standard by residence is not missing while it is not known where the household lives."""
        by_residence = self.parameters[name].by_residence
        return RESIDENCE if by_residence and self.facts.get(RESIDENCE) is None else name


def _every(values: Any) -> bool | None:
    found = list(values)
    if False in found:
        return False
    return None if None in found else True


def _some(values: Any) -> bool | None:
    found = list(values)
    if True in found:
        return True
    return None if None in found else False


def _ordered(low: Any, high: Any) -> bool | None:
    return None if low is None or high is None else bool(low <= high)


def _multiply(node: Node, left: Decimal, right: Decimal) -> Decimal:
    product = EXACT.multiply(left, right)
    return rounded(product) if node.value else product


def _divide(node: Node, left: Decimal, right: Decimal) -> Decimal | None:
    return rounded(EXACT.divide(left, right)) if right else None


def _months(node: Node, start: date, end: date) -> Decimal:
    """Whole months from one day to another, rounded down: 31 January to 28 February is none."""
    return Decimal((end.year - start.year) * 12 + end.month - start.month - (end.day < start.day))


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Node, Any, Any], bool]:
    return lambda node, left, right: test(left, right)


_STRICT: dict[str, Callable[..., Any]] = {
    "not": lambda node, part: not part,
    "neg": lambda node, part: EXACT.minus(part),
    "add": lambda node, left, right: EXACT.add(left, right),
    "sub": lambda node, left, right: EXACT.subtract(left, right),
    "mul": _multiply,
    "div": _divide,
    "lt": _compare(operator.lt),
    "le": _compare(operator.le),
    "gt": _compare(operator.gt),
    "ge": _compare(operator.ge),
    "eq": _compare(operator.eq),
    "ne": _compare(operator.ne),
    "in": lambda node, part: part in node.value,
    "min": lambda node, *args: min(args),
    "max": lambda node, *args: max(args),
    "clamp": lambda node, figure, low, high: min(max(figure, low), high),
    "round_to": lambda node, figure: rounded(figure, node.value),
    "months_between": _months,
}

_SPECIAL: dict[str, Callable[[Evaluator, Node, Row | None], Any]] = {
    "literal": Evaluator.literal,
    "day": Evaluator.today,
    "fact": Evaluator.fact,
    "item": Evaluator.item,
    "parameter": Evaluator.parameter,
    "let": Evaluator.let,
    "and": Evaluator.all_of,
    "or": Evaluator.any_of,
    "if": Evaluator.choice,
    "between": Evaluator.between,
    "sum": Evaluator.fold,
    "count": Evaluator.fold,
    "any": Evaluator.fold,
    "all": Evaluator.fold,
}
