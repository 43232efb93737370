"""Reads YAML without trusting it: every value keeps its line and column, and bombs are refused early."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from re import MULTILINE
from re import compile as pattern
from typing import Any

import yaml

from .faults import At, Fault, PackError, refuse
from .shape import keys
from .syntax import Source as Expression
from .texts import Text

MOST_BYTES = 500_000
MOST_DEPTH = 12
MOST_ENTRIES = 20_000
MOST_LINE = 1_000  # characters of a text
MOST_FORMULAS = 40_000  # characters of all expressions together
MOST_FAULTS = 100

Node = yaml.nodes.Node
Table = dict[str, Node]

# The C parser is the same grammar thirty times faster; both are restricted to safe tags here anyway.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,8})?"
NAME = r"[a-z][a-z0-9_]{0,39}"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER, _NAME, _DAY = pattern(NUMBER), pattern(NAME), pattern(DAY)
# Characters that make a text look other than it is: directions, joiners, spaces of no width, line ends
# editors do not count.
_MISLEADING = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u0085\ufeff\ufff9-\ufffb"
_HIDDEN = pattern(f"[{_MISLEADING}]")
_UNSEEN = pattern(f"[{_MISLEADING}\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTIVE = pattern("^%", MULTILINE)
_NULLS = ("null", "~", "")


def compose(data: bytes, file: str) -> Node:
    """The root of a document of plain mappings, lists and values; PackError for anything else."""
    at = At(file)
    if len(data) > MOST_BYTES:
        raise refuse(at, "too_big", most=MOST_BYTES)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise refuse(at, "not_utf8") from None
    text = text.removeprefix("\ufeff")
    _look(text, file)
    try:
        _inspect(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise refuse(_at(error.problem_mark, file), "not_yaml", problem=error.problem or "?") from None
    except yaml.YAMLError as error:
        raise refuse(at, "not_yaml", problem=error) from None
    if root is None:
        raise refuse(at, "empty")
    return root


def _look(text: str, file: str) -> None:
    """What no pack needs and the parser would take, or take long over."""
    if found := _HIDDEN.search(text):
        raise refuse(_place(text, found.start(), file), "hidden", code=f"U+{ord(found[0]):04X}")
    if found := _DIRECTIVE.search(text):
        raise refuse(_place(text, found.start(), file), "directive")


def _place(text: str, index: int, file: str) -> At:
    return At(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _inspect(text: str, file: str) -> None:
    """Walks the flat stream of events, before any tree is built."""
    depth = documents = 0
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    for entries, event in enumerate(events):
        at = _at(event.start_mark, file)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise refuse(at, "documents")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise refuse(at, "alias")
        if getattr(event, "tag", None):
            raise refuse(at, "tag", tag=event.tag)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise refuse(at, "too_deep", most=MOST_DEPTH)
        if entries > MOST_ENTRIES:
            raise refuse(at, "too_many", most=MOST_ENTRIES)
        if isinstance(event, yaml.ScalarEvent) and (found := _UNSEEN.search(event.value)):
            raise refuse(at, "hidden", code=f"U+{ord(found[0]):04X}")  # written as an escape


def _at(mark: Any, file: str) -> At:
    return At(file, mark.line + 1, mark.column + 1) if mark else At(file)


class Reader:
    """Takes nodes apart. Faults met inside `gather` are collected, so that one reading shows them all."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.formulas = 0

    @contextmanager
    def gather(self) -> Iterator[None]:
        try:
            yield
        except PackError as error:
            self.note(error)

    def note(self, error: PackError) -> None:
        self.faults.extend(error.faults)

    def settle(self) -> None:
        """Ends a stage: later checks would only repeat what is wrong here."""
        found, self.faults = self.faults, []
        if found:
            raise PackError(*list(dict.fromkeys(found))[:MOST_FAULTS])

    def at(self, node: Node) -> At:
        return _at(node.start_mark, self.file)

    def table(self, node: Node) -> Table:
        """A mapping with any keys, in order."""
        if not isinstance(node, yaml.MappingNode):
            raise refuse(self.at(node), "not_mapping")
        found: Table = {}
        for key, value in node.value:
            name = self.scalar(key)
            if name in found:
                raise refuse(self.at(key), "twice", name=name)
            found[name] = value
        return found

    def shaped(self, node: Node, shape: str) -> Table:
        """A mapping with the keys shapes.yaml lists for it."""
        return self.record(node, *keys(shape))

    def record(self, node: Node, need: Sequence[str], may: Sequence[str] = ()) -> Table:
        """A mapping with these keys and no others."""
        found = self.table(node)
        for key in found:
            if key not in need and key not in may:
                raise refuse(self.key_at(node, key), "unknown_key", key=key, keys=", ".join((*need, *may)))
        for key in need:
            if key not in found:
                raise refuse(self.at(node), "missing_key", key=key)
        return found

    def key_at(self, node: Node, name: str) -> At:
        return next(self.at(key) for key, _ in node.value if key.value == name)

    def named(self, node: Node) -> Table:
        """A mapping whose keys are names the pack gives."""
        found = self.table(node)
        for key in found:
            if not _NAME.fullmatch(key) or key in _NULLS:
                raise refuse(self.key_at(node, key), "not_name", text=key)
        return found

    def items(self, node: Node, most: int = MOST_ENTRIES) -> list[Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise refuse(self.at(node), "not_sequence")
        if len(node.value) > most:
            raise refuse(self.at(node.value[most]), "too_many", most=most)
        return list(node.value)

    def scalar(self, node: Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise refuse(self.at(node), "not_scalar")
        return str(node.value)

    def line(self, node: Node) -> str:
        """A text that is not empty."""
        text = self.scalar(node).strip()
        if not text or self.missing(node):
            raise refuse(self.at(node), "empty")
        if len(text) > MOST_LINE:
            raise refuse(self.at(node), "text_long", most=MOST_LINE)
        return text

    def name(self, node: Node) -> str:
        text = self.scalar(node)
        if not _NAME.fullmatch(text) or self.missing(node):
            raise refuse(self.at(node), "not_name", text=text)
        return text

    def choice(self, node: Node, choices: Sequence[str]) -> str:
        text = self.scalar(node)
        if text not in choices:
            raise refuse(self.at(node), "not_choice", text=text, choices=", ".join(choices))
        return text

    def missing(self, node: Node) -> bool:
        return isinstance(node, yaml.ScalarNode) and self.plain(node) and node.value in _NULLS

    def plain(self, node: Node) -> bool:
        """Written without quotes or block marks."""
        return not getattr(node, "style", None)

    def number(self, node: Node) -> Decimal:
        text = self.scalar(node)
        if not _NUMBER.fullmatch(text):
            raise refuse(self.at(node), "not_number", text=text)
        return Decimal(text)

    def whole(self, node: Node) -> int:
        text = self.scalar(node)
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text)):
            raise refuse(self.at(node), "not_whole", text=text)
        return int(text)

    def flag(self, node: Node) -> bool:
        if self.scalar(node) not in ("true", "false"):
            raise refuse(self.at(node), "not_flag")
        return self.scalar(node) == "true"

    def day(self, node: Node) -> date:
        text = self.scalar(node)
        with suppress(ValueError):
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        raise refuse(self.at(node), "not_date", text=text)

    def both(self, node: Node) -> Text:
        """A text in both languages."""
        found = self.shaped(node, "both")
        return Text(self.line(found["zh"]), self.line(found["en"]))

    def expression(self, node: Node) -> Expression:
        text = self.scalar(node)
        self.formulas += len(text)
        if self.formulas > MOST_FORMULAS:
            raise refuse(self.at(node), "formulas_long", most=MOST_FORMULAS)
        mark, end = node.start_mark, node.end_mark
        return Expression(text, self.at(node), self.plain(node) and mark.line == end.line)
