"""Puts a formula into words, with the figures of one subject: what stands beside each tick and cross."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from . import phrases as said
from .pack import Pack
from .texts import PLACEHOLDER, Text
from .tree import Node
from .types import MONEY, Kind, Type
from .writing import percent, write

Values = Callable[[str], Any]

_SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷",
    "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠",
}  # fmt: skip
# How tightly an operation binds; what stands alone is firm.
_COMPARED, _FIRM = 3, 6
_STRENGTH = {
    "if": 0, "or": 1, "and": 2, "add": 4, "sub": 4, "mul": 5, "div": 5,
    "in": _COMPARED, "between": _COMPARED, **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), _COMPARED),
}  # fmt: skip


class Wording:
    """Words for the formulas of a pack.

    `values` gives the figure of a fact, parameter or expression; without it names are said, and the
    figures of constants alone. Of the names in `hidden` no figure is said.
    """

    def __init__(
        self, pack: Pack, values: Values | None, language: str, hidden: Collection[str] = ()
    ) -> None:
        self.pack, self.values, self.language, self.hidden = pack, values, language, hidden

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def figure(self, value: Any, of: Type) -> str:
        """A value with its unit: '620.00 元'."""
        text = write(value, of, self.pack.labels(of.codes), self.language)
        unit = self.say(said.YUAN)
        return f"{text} {unit}" if of == MONEY and value is not None else text

    def words(self, node: Node, least: int = 0) -> str:
        """The formula, in brackets where it binds more loosely than `least` asks for."""
        strength = _STRENGTH.get(node.op, _FIRM)
        text = self.plain(node, strength)
        return self.bracket(text) if strength < least else text

    def plain(self, node: Node, strength: int) -> str:
        if node.op in ("fact", "parameter", "let"):
            title = self.say(self.pack.title_of(node.value))
            if node.value in self.hidden:
                return self.tagged(title, said.HIDDEN)
            if self.values is not None:
                return self.tagged(title, self.figure(self.values(node.value), node.type))
            constant = self.pack.parameters.get(node.value)
            if constant is None or constant.value is None:
                return title
            return self.tagged(title, self.figure(constant.value, node.type))
        if node.op == "item":
            over, _, name = node.value.partition(".")
            return self.say(next(part.title for part in self.pack.facts[over].fields if part.name == name))
        if node.op == "literal":
            return self.figure(node.value, node.type)
        if node.op == "day":
            return self.say(said.DAY)
        if node.op in _SIGNS:
            left, right = node.args
            after = strength + (node.op in ("sub", "div") or strength == _COMPARED)
            return f"{self.words(left, strength)} {_SIGNS[node.op]} {self.words(right, after)}"
        if node.op in ("and", "or"):
            joint = said.AND if node.op == "and" else said.OR
            return self.say(joint).join(self.words(part, strength) for part in node.args)
        return self.phrase(node)

    def phrase(self, node: Node) -> str:
        parts = node.args
        if node.op == "not":
            return self.say(said.NOT) + self.words(parts[0], _FIRM)
        if node.op == "neg":
            return "−" + self.words(parts[0], _FIRM)
        if node.op == "in":
            labels = self.pack.labels(parts[0].type.codes)
            choices = self.say(said.LISTED).join(self.say(labels[value]) for value in node.value)
            return self.words(parts[0], _FIRM) + self.say(said.ONE_OF) + choices
        if node.op == "if":
            return self.say(said.IF).format(*(self.words(part) for part in parts))
        if node.op == "between":
            return self.say(said.BETWEEN).format(*(self.words(part, _FIRM) for part in parts))
        if node.op == "round_to":
            return self.say(said.ROUNDED).format(self.words(parts[0], _FIRM), node.value)
        if node.op in said.CALLS:
            listed = self.say(said.LISTED).join(self.words(part) for part in parts)
            return self.tagged(self.say(said.CALLS[node.op]), listed)
        return self.fold(node)

    def fold(self, node: Node) -> str:
        over = self.say(self.pack.title_of(node.value))
        if node.op == "sum":
            over = self.say(self.pack.title_of(node.args[0].value))
        condition = node.args[-1]
        if condition.op == "literal":
            return self.tagged(self.say(said.FOLDS[node.op]), over)
        return self.tagged(
            self.say(said.FOLDS[node.op]), self.say(said.WHERE).format(over, self.words(condition))
        )

    def bracket(self, text: str) -> str:
        return self.say(said.BRACKETS).format(text)

    def tagged(self, text: str, note: str) -> str:
        return self.say(said.TAGGED).format(text, note)

    def fill(self, text: str, extra: Mapping[str, tuple[Any, Type]]) -> str:
        """A reason text with its {names} replaced by figures."""

        def put(match: Any) -> str:
            name, form = match.groups()
            if self.values is None:
                return "…"
            if name in self.hidden:
                return said.HIDDEN
            value, of = extra[name] if name in extra else (self.values(name), self.type_of(name))
            if form:
                return percent(value, self.language)
            return write(value, of, self.pack.labels(of.codes), self.language)

        return PLACEHOLDER.sub(put, text)

    def type_of(self, name: str) -> Type:
        if name == "day":
            return Type(Kind.DATE)
        found = self.pack.facts.get(name) or self.pack.parameters.get(name)
        return found.type if found else self.pack.lets[name].node.type
