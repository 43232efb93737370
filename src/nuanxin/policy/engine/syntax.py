"""From the text of an expression to a tree of words, not yet checked for meaning."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .faults import At, refuse

MOST_CHARACTERS = 2_000
MOST_DEPTH = 32
LITERAL_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Word:
    """A node as written: `op` names the grammar rule, `value` holds a literal or a name."""

    op: str
    at: At
    args: tuple["Word", ...] = ()
    value: Any = None

    def walk(self) -> Iterator["Word"]:
        yield self
        for part in self.args:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an expression and where it stands in its file."""

    text: str
    at: At
    exact: bool = True  # False for folded text, whose inner columns cannot be told

    def place(self, line: int, column: int) -> At:
        if not self.exact or line > 1 or column < 1:
            return self.at
        return At(self.at.file, self.at.line, self.at.column + column - 1)


def parse(source: Source) -> Word:
    """The tree of an expression; PackError with the place of the first character that does not fit."""
    if len(source.text) > MOST_CHARACTERS:
        raise refuse(source.at, "too_long", most=MOST_CHARACTERS)
    try:
        tree = _parser().parse(source.text)
    except UnexpectedCharacters as error:
        raise refuse(source.place(error.line, error.column), "syntax", text=_named(error.char)) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise refuse(source.at, "unfinished") from None
        raise refuse(source.place(error.line, error.column), "syntax", text=error.token) from None
    except UnexpectedInput:
        raise refuse(source.at, "unfinished") from None
    _watch_depth(tree, source)
    return _word(tree, source)


def _named(character: str) -> str:
    """A character that may look like another, with its number."""
    return character if character.isascii() else f"{character}（U+{ord(character):04X}）"


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("expression.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def _watch_depth(tree: Tree[Token], source: Source) -> None:
    """Without recursion, so that a tree too deep for the rest never reaches it."""
    pending: list[tuple[Tree[Token] | Token, int]] = [(tree, 1)]
    while pending:
        branch, depth = pending.pop()
        if depth > MOST_DEPTH:
            raise refuse(source.at, "expression_deep", most=MOST_DEPTH)
        if isinstance(branch, Tree):
            pending.extend((child, depth + 1) for child in branch.children)


def _word(tree: Tree[Token], source: Source) -> Word:
    tokens = [child for child in tree.children if isinstance(child, Token)]
    args = tuple(_word(child, source) for child in tree.children if isinstance(child, Tree))
    at = _place(tokens[0], source) if tokens else args[0].at
    if tree.data in _LITERALS:
        return Word("literal", at, (), _LITERALS[tree.data](tokens[0], at))
    value: Any = tuple(map(str, tokens)) if tree.data in ("membership", "field") else None
    if value is None and tokens:
        value = str(tokens[0])
    return Word(str(tree.data), at, args, value)


def _place(token: Token, source: Source) -> At:
    return source.place(token.line or 1, token.column or 1)


def _number(text: str, at: At) -> Decimal:
    whole, _, decimals = text.partition(".")
    if len(whole) > LITERAL_DIGITS or len(decimals) > 8:
        raise refuse(at, "number_long")
    return Decimal(text)


def _day(text: str, at: At) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refuse(at, "not_date", text=text) from None


_LITERALS: dict[str, Any] = {
    "number": lambda text, at: ("number", _number(text, at)),
    "share": lambda text, at: ("number", _number(text, at).scaleb(-2)),
    "money": lambda text, at: ("money", _number(text, at)),
    "day": lambda text, at: ("date", _day(text, at)),
    "yes": lambda text, at: ("flag", True),
    "no": lambda text, at: ("flag", False),
}
