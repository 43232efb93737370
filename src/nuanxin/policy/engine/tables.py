"""Files of standards: starting values with their document, such as the length of a public notice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from . import declare
from .faults import refuse
from .pack import Source
from .source import Node, Reader, compose
from .texts import Text

RESIDENCES = ("any", "urban", "rural")


@dataclass(frozen=True, slots=True)
class StandardRow:
    """One value: money in yuan when `money`, else a number."""

    code: str
    title: Text
    money: bool
    value: Decimal
    place: str
    residence: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class StandardFile:
    source: Source
    rows: tuple[StandardRow, ...]


def load_standards(path: Path) -> StandardFile:
    """The standards in a file; PackError lists what is wrong with it."""
    reader = Reader(path.name)
    found = reader.record(compose(path.read_bytes(), path.name), ("source", "standards"))
    rows = []
    for item in reader.items(found["standards"]):
        with reader.gather():
            rows.append(_row(reader, item))
    source = declare.source(reader, found["source"])
    reader.settle()
    return StandardFile(source, tuple(rows))


def _row(reader: Reader, node: Node) -> StandardRow:
    found = reader.record(node, ("code", "zh", "en", "type", "value", "place", "valid"), ("residence",))
    valid_from, valid_to = declare.validity(reader, found["valid"])
    money = reader.choice(found["type"], ("money", "number")) == "money"
    value = reader.number(found["value"])
    if money and value != round(value, 2):
        raise refuse(reader.at(found["value"]), "not_number", text=value)
    return StandardRow(
        code=reader.name(found["code"]),
        title=Text(reader.line(found["zh"]), reader.line(found["en"])),
        money=money,
        value=value,
        place=declare.place(reader, found["place"]),
        residence=reader.choice(found["residence"], RESIDENCES) if "residence" in found else "any",
        valid_from=valid_from,
        valid_to=valid_to,
    )
