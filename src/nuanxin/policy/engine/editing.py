"""Changes the text of a pack at the places asked for and leaves every other byte as it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from .faults import PackError, refuse
from .pack import Pack
from .reading import load
from .source import Node, Reader, compose
from .texts import Text
from .types import MONEY
from .wording import Wording

#: A new value, the values of a list, or None to take the entry out.
Change = str | Sequence[str] | None
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Editable:
    """Something of a pack a form may change.

    `kind` is number, money or formula; `text` is written as in the pack; `part` is the section it stands
    in (parameters, let, exclude, decide, benefits); `entry` is the path that takes the whole clause out,
    empty when the pack cannot do without it.
    """

    path: str
    part: str
    kind: str
    title: Text
    text: str
    article: str = ""
    entry: str = ""


def edit(text: str, changes: Mapping[str, Change], file: str = "pack") -> str:
    """The text with each path's value replaced, added to its mapping, or (None) taken out.

    A path names keys, positions from zero, or codes of clauses: `parameters.relative_multiple.value`,
    `exclude.two_homes.when`, `decide.0.any_of.1.when`, `benefits.living.caps.year.at_most`, `valid.1`.
    Facts and parameters that nothing needs afterwards go too, also from the situations, since a pack may
    not ask for what it does not use. PackError when a path leads nowhere or the new pack cannot be read;
    whether its situations still come out is not asked here.
    """
    sheet = _Sheet(text, file)
    parts = [sheet.replacement(path, change) for path, change in changes.items() if change is not None]
    text = _spliced(text, parts)
    gone = [path for path, change in changes.items() if change is None]
    for path in sorted(gone, key=lambda path: _Sheet(text, file).spot(path).start, reverse=True):
        text = _Sheet(text, file).without(path)
    return _tidied(text, file)


def editable(pack: Pack) -> list[Editable]:
    """What a form may change: figures of the document, expressions, conditions, amounts and caps."""
    return list(_Editables(pack).all())


# finding and writing


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in the text: the value at a path, or (node None) where a key of `parent` would be added."""

    parent: Any
    index: int
    node: Any
    flow: bool

    @property
    def start(self) -> int:
        return int((self.node or self.parent).start_mark.index)


class _Sheet:
    """The text of a pack with the tree of its nodes; positions are those of the text."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.reader = text, Reader(file)
        self.root = compose(text.encode(), file)
        self.shift = len(_BOM) if text.startswith(_BOM) else 0  # which the parser does not count

    def spot(self, path: str) -> _Spot:
        spot = _Spot(None, 0, self.root, False)
        for step in path.split("."):
            if spot.node is None:
                raise self.nowhere(path, spot.parent)
            parent, index = spot.node, self.index(spot.node, step)
            flow = spot.flow or bool(getattr(parent, "flow_style", False))
            if index is None and not isinstance(parent, yaml.MappingNode):
                raise self.nowhere(path, parent)
            found = None if index is None else parent.value[index]
            node = found[1] if isinstance(found, tuple) else found
            spot = _Spot(parent, -1 if index is None else index, node, flow)
        return spot

    def nowhere(self, path: str, node: Node) -> PackError:
        return refuse(self.reader.at(node), "no_path", path=path)

    def index(self, parent: Node, step: str) -> int | None:
        """The entry of a mapping by key, of a list by position or by its code."""
        if isinstance(parent, yaml.MappingNode):
            keys = [key.value for key, _ in parent.value]
        elif isinstance(parent, yaml.SequenceNode):
            keys = [self.code(item) for item in parent.value]
            if step.isascii() and step.isdigit() and int(step) < len(keys):
                return int(step)
        else:
            return None
        return keys.index(step) if step in keys else None

    def code(self, item: Node) -> str:
        pairs = item.value if isinstance(item, yaml.MappingNode) else ()
        return next((str(value.value) for key, value in pairs if key.value == "code"), "")

    def replacement(self, path: str, change: str | Sequence[str]) -> tuple[int, int, str]:
        """The splice that gives the path its new value."""
        spot = self.spot(path)
        if spot.node is None:
            key = path.rpartition(".")[2]
            if not (key.isascii() and key.isidentifier()):
                raise self.nowhere(path, spot.parent)
            return self.addition(spot, key, change)
        start, end = self.extent(spot.node)
        if isinstance(spot.node, yaml.ScalarNode):
            if spot.node.value == change:
                return start, start, ""
            style = spot.node.style if spot.node.style in ("'", '"') else None
        elif isinstance(change, str):
            raise self.nowhere(path, spot.node)
        else:
            style = None
        gap = "" if self.text[start - 1 : start].isspace() or self.text[start - 1] in "[,-" else " "
        return start, end, gap + _written(change, spot.flow, style)

    def addition(self, spot: _Spot, key: str, change: str | Sequence[str]) -> tuple[int, int, str]:
        """The splice that puts a new key at the end of its mapping."""
        _, end = self.extent(spot.parent)
        entry = f"{key}: {_written(change, spot.flow, None)}"
        if spot.flow:
            comma = ", " if spot.parent.value else ""
            return end - 1, end - 1, comma + entry
        end = self.text.find("\n", end) if "\n" in self.text[end:] else len(self.text)
        return end, end, "\n" + " " * spot.parent.start_mark.column + entry

    def extent(self, node: Node) -> tuple[int, int]:
        """From the first to after the last character of a value, without what follows it."""
        start, end = node.start_mark.index + self.shift, node.end_mark.index + self.shift
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return start, self.extent(last[1] if isinstance(last, tuple) else last)[1]
        while end > start and self.text[end - 1].isspace():  # a block of text ends after its line
            end -= 1
        return start, end

    def entry(self, parent: Node, index: int) -> tuple[int, int]:
        """The extent of an entry with its key."""
        item = parent.value[index]
        if isinstance(item, tuple):
            return self.extent(item[0])[0], self.extent(item[1])[1]
        return self.extent(item)

    def without(self, path: str) -> str:
        """The text with one entry taken out; a list or mapping that loses its last one stays, empty."""
        spot = self.spot(path)
        if spot.node is None:
            raise self.nowhere(path, spot.parent)
        parent, index = spot.parent, spot.index
        if len(parent.value) == 1:
            start, end = self.extent(parent)
            empty = "[]" if isinstance(parent, yaml.SequenceNode) else "{}"
            if not parent.flow_style:
                start = self.text.rindex(":", 0, start) + 1
                empty = f" {empty}"
            return self.text[:start] + empty + self.text[end:]
        start, end = self.entry(parent, index)
        if parent.flow_style or (index == 0 and isinstance(parent, yaml.MappingNode)):
            if index + 1 < len(parent.value):
                end = self.entry(parent, index + 1)[0]
            else:
                start = self.entry(parent, index - 1)[1]
        else:
            start = self.text.rfind("\n", 0, start) + 1
            end = self.text.find("\n", end) + 1 or len(self.text)
        return self.text[:start] + self.text[end:]


def _spliced(text: str, parts: list[tuple[int, int, str]]) -> str:
    """The later ones first, so that the earlier places still hold."""
    for start, end, new in sorted(parts, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _written(change: str | Sequence[str], flow: bool, style: str | None) -> str:
    """A value as YAML: plain where that is safe, else in quotes; a list on one line."""
    if not isinstance(change, str):
        return "[" + ", ".join(_written(item, True, None) for item in change) + "]"
    if any(not character.isprintable() for character in change):
        style = '"'
    scalar = yaml.ScalarNode("tag:yaml.org,2002:str", change, style=style)
    listed = yaml.SequenceNode("tag:yaml.org,2002:seq", [scalar], flow_style=flow)
    # Without a resolver the texts 2, true and null stay as they are: the pack says what each is.
    written: str = yaml.serialize(listed, Dumper=yaml.BaseDumper, allow_unicode=True, width=1_000_000)
    return written.strip()[1:-1] if flow else written.strip().removeprefix("- ")


# tidying


def _tidied(text: str, file: str) -> str:
    """The text without facts and parameters that are used nowhere any more."""
    while True:
        try:
            load(text.encode(), file)
        except PackError as error:
            if any(fault.code != "unused" for fault in error.faults):
                raise
            for path in _mentions(text, error.faults[0].name, file) or _raise(error):
                text = _Sheet(text, file).without(path)
        else:
            return text


def _raise(error: PackError) -> Sequence[str]:
    raise error


def _mentions(text: str, name: str, file: str) -> list[str]:
    """Where an input is declared and given, the last place first; nothing for anything but an input."""
    sheet = _Sheet(text, file)
    over, _, part = name.partition(".")
    declared = f"facts.{over}.each.{part}" if part else f"facts.{name}"
    if not _there(sheet, declared):
        declared = f"parameters.{name}"
        if part or not _there(sheet, declared):
            return []
        cases = [f"{case}.parameters.{name}" for case in _cases(sheet)]
    elif part:
        rows = [f"{case}.{over}" for case in _cases(sheet) if _there(sheet, f"{case}.{over}")]
        cases = [f"{path}.{i}.{part}" for path in rows for i in range(len(sheet.spot(path).node.value))]
    else:
        cases = [f"{case}.{name}" for case in _cases(sheet)]
    found = [path for path in [declared, *cases] if _there(sheet, path)]
    return sorted(found, key=lambda path: sheet.spot(path).start, reverse=True)


def _cases(sheet: _Sheet) -> Iterator[str]:
    yield "ordinary"
    for i in range(len(sheet.spot("situations").node.value)):
        yield f"situations.{i}.given"


def _there(sheet: _Sheet, path: str) -> bool:
    try:
        return sheet.spot(path).node is not None
    except PackError:
        return False


# what a form shows


class _Editables:
    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.sheet = _Sheet(pack.text, pack.code)
        self.wording = [Wording(pack, None, language) for language in ("zh", "en")]

    def text(self, path: str) -> str:
        return str(self.sheet.spot(path).node.value)

    def said(self, text: Text) -> Text:
        """A reason without its figures."""
        zh, en = self.wording
        return Text(zh.fill(text.zh, {}), en.fill(text.en, {}))

    def all(self) -> Iterator[Editable]:
        for parameter in self.pack.parameters.values():
            if parameter.value is not None:
                path = f"parameters.{parameter.name}.value"
                kind = "money" if parameter.type == MONEY else "number"
                yield Editable(path, "parameters", kind, parameter.title, self.text(path), parameter.article)
        for let in self.pack.lets.values():
            yield self.formula(f"let.{let.name}.is", "let", let.title)
        for exclusion in self.pack.exclusions:
            entry = f"exclude.{exclusion.code}"
            title = self.said(exclusion.because)
            yield self.formula(f"{entry}.when", "exclude", title, exclusion.article, entry)
        yield from self.decisions()
        yield from self.benefits()

    def formula(self, path: str, part: str, title: Text, article: str = "", entry: str = "") -> Editable:
        return Editable(path, part, "formula", title, self.text(path), article, entry)

    def decisions(self) -> Iterator[Editable]:
        for i, decision in enumerate(self.pack.decisions):
            several = len(decision.grounds) > 1
            for j, ground in enumerate(decision.grounds):
                if ground.when is None:
                    continue
                listed = _there(self.sheet, f"decide.{i}.any_of")
                entry = f"decide.{i}.any_of.{j}" if listed else f"decide.{i}"
                title, reason = self.pack.results[decision.result], self.said(ground.because)
                title = Text(f"{title.zh}：{reason.zh}", f"{title.en}: {reason.en}")
                yield self.formula(f"{entry}.when", "decide", title, ground.article, entry if several else "")

    def benefits(self) -> Iterator[Editable]:
        for benefit in self.pack.benefits:
            path = f"benefits.{benefit.code}"
            yield self.formula(f"{path}.amount", "benefits", benefit.title, benefit.article)
            for cap in benefit.caps:
                entry = f"{path}.caps.{cap.code}"
                title = self.said(cap.because)
                yield self.formula(f"{entry}.at_most", "benefits", title, cap.article, entry)
