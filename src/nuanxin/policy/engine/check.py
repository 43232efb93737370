"""Gives every word of an expression a meaning: names, types, units, and bounds that rule out overflow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .faults import At, PackError, refuse
from .phrases import WORDS
from .syntax import Word
from .texts import Text
from .tree import Fact, Names, Node, field_name
from .types import (
    COUNT,
    DATE,
    FACT_DIGITS,
    FLAG,
    LIST_DIGITS,
    MONEY,
    MOST_DIGITS,
    NUMBER,
    PLAIN,
    SCALE,
    STANDARD_DIGITS,
    STANDARD_SCALE,
    Kind,
    Type,
)

MOST_WEIGHT = 4_000
COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}
FOLDS = ("sum", "count", "any", "all")


def check(word: Word, names: Names) -> Node:
    """The typed tree of a parsed expression; PackError at the word that has no meaning here."""
    return _Checker(names).node(word)


def either(parts: Sequence[Node | None]) -> Node:
    """One condition that holds when any of these does."""
    found = [part for part in parts if part is not None]
    return found[0] if len(found) == 1 else _node("or", FLAG, found, Word("either", found[0].at))


@dataclass(slots=True)
class _Checker:
    names: Names
    inside: Fact | None = None  # the list whose rows a condition looks at

    def node(self, word: Word) -> Node:
        made: Node = _RULES[word.op](self, word)
        if made.type.numeric and made.digits > MOST_DIGITS:
            raise refuse(word.at, "too_large")
        if made.weight > MOST_WEIGHT:
            raise refuse(word.at, "expression_big")
        return made

    def nodes(self, word: Word) -> list[Node]:
        return [self.node(part) for part in word.args]

    # names

    def name(self, word: Word) -> Node:
        name = word.value
        if self.inside:
            for column in self.inside.fields:
                if column.name == name:
                    return _leaf("item", column, word.at, field_name(self.inside.name, name))
        if name == "day":
            return Node("day", DATE, at=word.at)
        fact = self.names.facts.get(name)
        if fact:
            if fact.type.kind is Kind.LIST:
                raise refuse(word.at, "list_alone")
            return _leaf("fact", fact, word.at, name)
        if parameter := self.names.parameters.get(name):
            digits, scale = (
                STANDARD_DIGITS[parameter.type.kind],
                2 if parameter.type == MONEY else STANDARD_SCALE,
            )
            if parameter.value is not None:
                digits, scale = _extent(parameter.value)
            return Node(
                "parameter", parameter.type, (), name, word.at, digits, scale, support=frozenset([name])
            )
        return self.let(word)

    def let(self, word: Word) -> Node:
        made = self.names.lets.get(word.value)
        if made is None:
            raise self.unknown(word.at, word.value)
        if self.inside:
            raise refuse(word.at, "in_list", name=word.value)
        return Node("let", made.type, (), word.value, word.at, made.digits, made.scale, support=made.support)

    def unknown(self, at: At, name: str) -> PackError:
        return PackError() if name in self.names.broken else refuse(at, "unknown_name", name=name)

    def field(self, word: Word) -> Node:
        raise refuse(word.at, "list_alone")

    def literal(self, word: Word) -> Node:
        kind, value = word.value
        digits, scale = _extent(value) if kind in ("number", "money") else (0, 0)
        return Node("literal", PLAIN[kind], (), value, word.at, digits, scale)

    # conditions

    def logic(self, word: Word) -> Node:
        op = "or" if word.op == "either" else "and"
        parts = self.nodes(word)
        for part in parts:
            _need(part, FLAG)
        return _node(op, FLAG, parts, word)

    def negation(self, word: Word) -> Node:
        (part,) = self.nodes(word)
        return _node("not", FLAG, [_need(part, FLAG)], word)

    def comparison(self, word: Word) -> Node:
        left, right = self.pair(*word.args)
        _alike(left, right, word.at)
        op = COMPARISONS[word.value]
        if op not in ("eq", "ne") and left.type.kind in (Kind.FLAG, Kind.CODE):
            raise _mixed(left, right, word.at)
        return _node(op, FLAG, [left, right], word)

    def pair(self, first: Word, second: Word) -> tuple[Node, Node]:
        """Both sides; a bare word that names nothing is a code value of the other side's list."""
        if self.is_code(first):
            right = self.node(second)
            return self.code(first, right.type), right
        left = self.node(first)
        return left, self.code(second, left.type) if self.is_code(second) else self.node(second)

    def is_code(self, word: Word) -> bool:
        fields = self.inside.fields if self.inside else ()
        known = self.names.declared(word.value) if word.op == "name" else True
        return not known and word.value != "day" and word.value not in [fact.name for fact in fields]

    def code(self, word: Word, of: Type) -> Node:
        if of.kind is not Kind.CODE:
            raise refuse(word.at, "unknown_name", name=word.value)
        if word.value not in self.names.codes[of.codes]:
            raise refuse(word.at, "not_code", value=word.value, codes=of.codes)
        return Node("literal", of, (), word.value, word.at)

    def membership(self, word: Word) -> Node:
        (subject,) = self.nodes(word)
        if subject.type.kind is not Kind.CODE:
            raise _unlike(subject, WORDS[Kind.CODE])
        for value in word.value:
            if value not in self.names.codes[subject.type.codes]:
                raise refuse(word.at, "not_code", value=value, codes=subject.type.codes)
        return _node("in", FLAG, [subject], word, tuple(sorted(set(word.value))))

    # arithmetic

    def arithmetic(self, word: Word) -> Node:
        left, right = self.nodes(word)
        for side in (left, right):
            if not side.type.numeric:
                raise _unlike(side, WORDS[Kind.NUMBER])
        return {"+": _sum, "-": _sum, "*": _product, "/": _quotient}[word.value](word, left, right)

    def negative(self, word: Word) -> Node:
        (part,) = self.nodes(word)
        if not part.type.numeric:
            raise _unlike(part, WORDS[Kind.NUMBER])
        return _node(
            "neg", MONEY if part.type == MONEY else NUMBER, [part], word, None, part.digits, part.scale
        )

    # functions

    def call(self, word: Word) -> Node:
        if word.value in FOLDS:
            return self.fold(word)
        if word.value not in _FUNCTIONS:
            raise refuse(word.at, "unknown_function", name=word.value)
        if any(part.op == "where" for part in word.args):
            raise refuse(word.at, "where")
        fewest, most, make = _FUNCTIONS[word.value]
        if not fewest <= len(word.args) <= most:
            want = fewest if fewest == most else f"{fewest}-{most}"
            raise refuse(word.at, "arguments", name=word.value, want=want)
        if word.value == "if":
            condition = self.node(word.args[0])
            return make(word, [condition, *self.pair(*word.args[1:])])
        return make(word, self.nodes(word))

    def fold(self, word: Word) -> Node:
        parts = [part for part in word.args if part.op != "where"]
        wheres = [part for part in word.args if part.op == "where"]
        if self.inside:
            raise refuse(word.at, "in_list", name=word.value)
        if len(parts) != 1:
            raise refuse(word.at, "arguments", name=word.value, want=1)
        over, column = self.list_(parts[0])
        rows = _Checker(self.names, over)
        condition = rows.node(wheres[0].args[0]) if wheres else None
        if condition:
            _need(condition, FLAG)
        value = rows.node(Word("name", parts[0].at, (), column)) if column else None
        return _fold(word, over, value, condition)

    def list_(self, word: Word) -> tuple[Fact, str]:
        name, column = word.value if word.op == "field" else (word.value, "")
        if word.op in ("field", "name") and name in self.names.broken:
            raise PackError()
        fact = self.names.facts.get(name) if word.op in ("field", "name") else None
        if fact is None or fact.type.kind is not Kind.LIST:
            raise refuse(word.at, "not_list")
        if column and column not in [part.name for part in fact.fields]:
            raise refuse(word.at, "unknown_name", name=field_name(name, column))
        return fact, column


def _leaf(op: str, fact: Fact, at: At, value: str) -> Node:
    digits = FACT_DIGITS.get(fact.type.kind, 0)
    scale = {Kind.MONEY: 2, Kind.NUMBER: SCALE}.get(fact.type.kind, 0)
    return Node(op, fact.type, (), value, at, digits, scale, support=frozenset([value]))


def _node(
    op: str,
    of: Type,
    args: list[Node],
    word: Word,
    value: Any = None,
    digits: int = 0,
    scale: int = 0,
    copies: int = 1,
) -> Node:
    weight = 1 + copies * sum(part.weight for part in args)
    support = frozenset[str]().union(*(part.support for part in args))
    return Node(op, of, tuple(args), value, word.at, digits, scale, weight, support)


def _extent(value: Any) -> tuple[int, int]:
    """Whole digits and decimals of an exact number."""
    _, digits, exponent = value.as_tuple()
    return max(len(digits) + exponent, 0), max(-exponent, 0)


def _need(node: Node, of: Type) -> Node:
    if node.type != of:
        raise _unlike(node, WORDS[of.kind])
    return node


def _unlike(node: Node, want: Text) -> PackError:
    return refuse(node.at, "need", want=want, got=WORDS[node.type.kind])


def _mixed(left: Node, right: Node, at: At) -> PackError:
    return refuse(at, "mixed", left=WORDS[left.type.kind], right=WORDS[right.type.kind])


def _alike(left: Node, right: Node, at: At) -> None:
    """Both of one type; a bare number has no unit and only zero may stand beside money."""
    if left.type == right.type or (left.type.bare and right.type.bare):
        return
    if MONEY in (left.type, right.type) and (_zero(left) or _zero(right)):
        return
    raise _mixed(left, right, at)


def _zero(node: Node) -> bool:
    return node.op == "literal" and node.type == NUMBER and node.value == 0


def _common(nodes: list[Node]) -> Type:
    if any(node.type == MONEY for node in nodes):
        return MONEY
    return nodes[0].type if all(node.type == nodes[0].type for node in nodes) else NUMBER


def _sum(word: Word, left: Node, right: Node) -> Node:
    _alike(left, right, word.at)
    digits, scale = max(left.digits, right.digits) + 1, max(left.scale, right.scale)
    of = MONEY if MONEY in (left.type, right.type) else NUMBER
    return _node("add" if word.value == "+" else "sub", of, [left, right], word, None, digits, scale)


def _product(word: Word, left: Node, right: Node) -> Node:
    if left.type == right.type == MONEY:
        raise _mixed(left, right, word.at)
    scale = left.scale + right.scale
    of = MONEY if MONEY in (left.type, right.type) else NUMBER
    # The value says whether the exact product is too fine and both runners round it.
    return _node("mul", of, [left, right], word, scale > SCALE, left.digits + right.digits, min(scale, SCALE))


def _quotient(word: Word, left: Node, right: Node) -> Node:
    if right.type == MONEY and left.type != MONEY:
        raise _mixed(left, right, word.at)
    if right.value == 0 if right.op == "literal" else not right.support:
        raise refuse(right.at, "zero")
    of = MONEY if left.type == MONEY and right.type != MONEY else NUMBER
    return _node("div", of, [left, right], word, None, left.digits + right.scale, SCALE)


def _choice(word: Word, args: list[Node]) -> Node:
    condition, first, second = args
    _need(condition, FLAG)
    _alike(first, second, word.at)
    digits, scale = max(first.digits, second.digits), max(first.scale, second.scale)
    return _node("if", _common([first, second]), args, word, None, digits, scale)


def _extreme(word: Word, args: list[Node]) -> Node:
    measure = next((part for part in args if not _zero(part)), args[0])
    for part in args:
        if not (part.type.numeric or part.type == DATE):
            raise _unlike(part, WORDS[Kind.NUMBER])
        _alike(measure, part, word.at)
    digits, scale = max(part.digits for part in args), max(part.scale for part in args)
    return _node(word.value, _common(args), args, word, None, digits, scale)


def _round_to(word: Word, args: list[Node]) -> Node:
    figure, places = args
    if not figure.type.numeric:
        raise _unlike(figure, WORDS[Kind.NUMBER])
    if places.op != "literal" or places.type != NUMBER or places.scale or not 0 <= places.value <= 6:
        raise refuse(places.at, "places")
    of = MONEY if figure.type == MONEY else NUMBER
    return _node("round_to", of, [figure], word, int(places.value), figure.digits + 1, int(places.value))


def _between(word: Word, args: list[Node]) -> Node:
    _extreme(word, args)
    return _node("between", FLAG, args, word, copies=2)


def _months(word: Word, args: list[Node]) -> Node:
    for part in args:
        _need(part, DATE)
    return _node("months_between", NUMBER, args, word, None, 6, 0, copies=3)


def _fold(word: Word, over: Fact, value: Node | None, condition: Node | None) -> Node:
    """Four folds reduced to one form: (figure, condition) for sum, (condition) for the others."""
    kind = word.value
    if kind == "sum":
        if value is None or not value.type.numeric:
            raise refuse(word.at, "need", want="list.field", got=over.name)
        always = condition or Node("literal", FLAG, (), True, word.at)
        made = _node(
            "sum", value.type, [value, always], word, over.name, value.digits + LIST_DIGITS, value.scale
        )
    elif kind == "count":
        always = condition or Node("literal", FLAG, (), True, word.at)
        made = _node("count", COUNT, [always], word, over.name, LIST_DIGITS)
    else:
        made = _node(kind, FLAG, [_row_condition(word, value, condition)], word, over.name)
    return Node(
        made.op, made.type, made.args, made.value, word.at, made.digits, made.scale, made.weight,
        made.support | {over.name},
    )  # fmt: skip


def _row_condition(word: Word, value: Node | None, condition: Node | None) -> Node:
    """any(flag where c) asks c and flag of a row; all(flag where c) asks that c implies flag."""
    if value is None:
        if condition is None:
            raise refuse(word.at, "need", want="where", got=word.value)
        return condition
    _need(value, FLAG)
    if condition is None:
        return value
    if word.value == "any":
        return _node("and", FLAG, [condition, value], word)
    return _node("or", FLAG, [_node("not", FLAG, [condition], word), value], word)


_FUNCTIONS: dict[str, tuple[int, int, Callable[[Word, list[Node]], Node]]] = {
    "if": (3, 3, _choice),
    "min": (2, 8, _extreme),
    "max": (2, 8, _extreme),
    "clamp": (3, 3, _extreme),
    "between": (3, 3, _between),
    "round_to": (2, 2, _round_to),
    "months_between": (2, 2, _months),
}

_RULES: dict[str, Callable[[_Checker, Word], Node]] = {
    "either": _Checker.logic,
    "both": _Checker.logic,
    "negation": _Checker.negation,
    "comparison": _Checker.comparison,
    "membership": _Checker.membership,
    "arithmetic": _Checker.arithmetic,
    "negative": _Checker.negative,
    "literal": _Checker.literal,
    "name": _Checker.name,
    "field": _Checker.field,
    "call": _Checker.call,
}
