"""Checklists of home visits as data: packs/checklists/*.yaml, read whole and checked before any is used.

Each file is one version. What is wrong is told with file, line and column, as of policy packs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from nuanxin.kernel.actor import Actor
from nuanxin.policy.engine import declare
from nuanxin.policy.engine.faults import refuse
from nuanxin.policy.engine.source import MOST_BYTES, Node, Reader, compose
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.programmes import Field
from nuanxin.registry.groups import FINANCE, HEALTH

from . import declared

#: The checklist home visits go by.
HOME_VISIT = "home-visit"
TYPES = ("money", "number", "count", "flag", "code", "text")
MOST_PARTS, MOST_ITEMS, MOST_OPTIONS = 12, 40, 40
#: Characters, in either language: what a visit keeps of an item.
MOST_TITLE, MOST_UNIT = 120, 20


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at. `against`: the declared fact it is held against, empty when there is none.

    `groups` must all be open to whoever is asked or reads it. No figure below `least` is taken.
    """

    field: Field
    unit: Text | None
    against: str
    groups: frozenset[str]
    least: Decimal | None = None

    @property
    def code(self) -> str:
        return self.field.code


@dataclass(frozen=True, slots=True)
class Part:
    """Items under one heading."""

    title: Text
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a checklist. Half-open validity."""

    code: str
    number: int
    title: Text
    valid_from: date
    valid_to: date | None
    parts: tuple[Part, ...]

    @property
    def version(self) -> str:
        """What a visit keeps of it."""
        return f"{self.code}@{self.number}"

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for part in self.parts for item in part.items)

    @property
    def facts(self) -> list[str]:
        """The declared facts it is held against."""
        return [item.against for item in self.items if item.against]

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def open_to(self, actor: Actor) -> "Checklist":
        """What of it the actor may be asked: no item whose declared figure is closed to the actor."""
        parts = (
            Part(part.title, tuple(item for item in part.items if declared.open_to(actor, item.groups)))
            for part in self.parts
        )
        return replace(self, parts=tuple(part for part in parts if part.items))


def in_force(day: date) -> Checklist | None:
    """The checklist home visits go by on a day; None where there is none."""
    found = [one for one in book() if one.code == HOME_VISIT and one.covers(day)]
    return max(found, key=lambda one: one.number, default=None)


def of_version(version: str) -> Checklist | None:
    """The version a visit was made by; None when its file is gone."""
    return next((one for one in book() if one.version == version), None)


def book() -> tuple[Checklist, ...]:
    """All versions, read once a process; PackError tells what is wrong."""
    return read(settings.PACKS / "checklists")


@cache
def read(folder: Path) -> tuple[Checklist, ...]:
    """The versions in a folder; PackError when one is wrong, or two are the same version."""
    found: dict[str, Checklist] = {}
    for file in sorted(folder.glob("*.yaml")):
        with file.open("rb") as stream:
            one, version_at = _load(stream.read(MOST_BYTES + 1), file.name)
        if one.version in found:
            raise refuse(version_at, "twice", name=one.version)
        found[one.version] = one
    return tuple(found.values())


def _load(data: bytes, file: str) -> tuple[Checklist, Any]:
    reader = Reader(file)
    root = compose(data, file)
    found = reader.record(root, ("checklist", "version", "title", "valid", "parts"))
    head: dict[str, Any] = {}
    with reader.gather():
        head |= {"code": declare.code(reader, found["checklist"]), "number": reader.whole(found["version"])}
    with reader.gather():
        head |= {"title": reader.both(found["title"])}
        head |= dict(zip(("valid_from", "valid_to"), declare.validity(reader, found["valid"]), strict=True))
    seen: set[str] = set()
    parts: list[Part] = []
    with reader.gather():
        parts = [_part(reader, node, seen) for node in reader.items(found["parts"], MOST_PARTS)]
    reader.settle()
    return Checklist(**head, parts=tuple(parts)), reader.at(found["version"])


def _part(reader: Reader, node: Node, seen: set[str]) -> Part:
    found = reader.record(node, ("title", "items"))
    items = tuple(_items(reader, found["items"], seen))
    if not items:
        reader.note(refuse(reader.at(found["items"]), "empty"))
    return Part(reader.both(found["title"]), items)


def _items(reader: Reader, node: Node, seen: set[str]) -> Iterator[Item]:
    """The items that are in order; what is wrong with the others is noted."""
    for each in reader.items(node, MOST_ITEMS):
        with reader.gather():
            item = _item(reader, each)
            if item.code in seen:
                raise refuse(reader.at(each), "twice", name=item.code)
            seen.add(item.code)
            yield item


def _item(reader: Reader, node: Node) -> Item:
    found = reader.record(
        node, ("code", "zh", "en", "type"), ("unit", "against", "options", "group", "required", "least")
    )
    kind = reader.choice(found["type"], TYPES)
    fact = None
    if "against" in found:
        fact = declared.facts()[reader.choice(found["against"], tuple(declared.facts()))]
        if fact.kind != kind:
            at = reader.at(found["type"])
            raise refuse(at, "unfitting", name="type", value=kind, other="against", this=fact.kind)
    groups = set(fact.groups) if fact else set()
    if "group" in found:
        groups.add(reader.choice(found["group"], (FINANCE, HEALTH)))
    if "least" in found and kind not in ("number", "count"):
        raise refuse(reader.at(found["least"]), "not_with_this", other="type", this=kind, key="least")
    return Item(
        field=Field(
            code=reader.name(found["code"]),
            type=kind,
            title=_short(reader, node, declare.titled(reader, found), MOST_TITLE),
            required=reader.flag(found["required"]) if "required" in found else False,
            options=_options(reader, node, found, kind, fact),
        ),
        unit=_short(reader, found["unit"], reader.both(found["unit"]), MOST_UNIT)
        if "unit" in found
        else None,
        against=f"{fact.owner}.{fact.name}" if fact else "",
        groups=frozenset(groups),
        least=reader.number(found["least"]) if "least" in found else None,
    )


def _short(reader: Reader, node: Node, text: Text, most: int) -> Text:
    if max(len(text.zh), len(text.en)) > most:
        raise refuse(reader.at(node), "text_long", most=most)
    return text


def _options(
    reader: Reader, node: Node, found: dict[str, Node], kind: str, fact: declared.Fact | None
) -> tuple[tuple[str, Text], ...]:
    """The choices: those of the fact, else the item's own."""
    own = reader.named(found["options"]) if "options" in found else {}
    if (kind == "code" and fact is None) != bool(own):
        raise refuse(reader.at(node), "options")
    if len(own) > MOST_OPTIONS:
        raise refuse(reader.at(found["options"]), "too_many", most=MOST_OPTIONS)
    if kind == "code" and fact is not None:
        return fact.options()
    return tuple((value, reader.both(text)) for value, text in own.items())
