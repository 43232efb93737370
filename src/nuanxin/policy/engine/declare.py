"""Reads what a pack declares: its head, code lists, facts and parameters."""

from datetime import date
from typing import Any

from .faults import refuse
from .pack import Source
from .source import Node, Reader
from .texts import Text
from .tree import RESIDENCE, Fact, Parameter
from .types import LIST, MONEY, NUMBER, PLAIN, Kind, Type

SUBJECTS = ("household", "person", "child", "employer", "organisation")
UNITS = {"money": MONEY, "number": NUMBER}
DIMENSIONS = ("place", RESIDENCE)  # what a standard may depend on
# Where money for a benefit may come from, as the ledger's funds are classed.
FUNDS = (
    "fiscal_central", "fiscal_provincial", "fiscal_local", "superior", "own", "donation", "employer", "other",
)  # fmt: skip
RESERVED = frozenset(
    [
        "and", "or", "not", "in", "where", "true", "false", "if", "min", "max", "round_to", "clamp",
        "between", "months_between", "sum", "count", "any", "all", "day", "limit", "benefit", "benefits",
        "result", "unknown", "excluded", "caps", "parameters",
    ]
)  # fmt: skip
CODE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")

Codes = dict[str, dict[str, Text]]


def head(reader: Reader, found: dict[str, Node]) -> dict[str, Any]:
    """The fields of Pack that tell who issued it, for whom, where and when."""
    valid_from, valid_to = validity(reader, found["valid"])
    return {
        "code": code(reader, found["pack"]),
        "programme": code(reader, found["programme"]),
        "version": reader.whole(found["version"]),
        "title": reader.both(found["title"]),
        "place": place(reader, found["place"]),
        "valid_from": valid_from,
        "valid_to": valid_to,
        "source": source(reader, found["source"]),
        "subject": reader.choice(found["subject"], SUBJECTS),
    }


def code(reader: Reader, node: Node) -> str:
    text = reader.line(node)
    if len(text) > 40 or not set(text) <= CODE_CHARACTERS:
        raise refuse(reader.at(node), "not_name", text=text)
    return text


def place(reader: Reader, node: Node) -> str:
    """The code of an organisation, or "all" for the whole tree."""
    text = reader.line(node)
    if len(text) > 24 or not set(text.lower()) <= CODE_CHARACTERS:
        raise refuse(reader.at(node), "not_place", text=text)
    return text


def validity(reader: Reader, node: Node) -> tuple[date, date | None]:
    ends = reader.items(node)
    if len(ends) != 2:
        raise refuse(reader.at(node), "arguments", name="valid", want=2)
    start = reader.day(ends[0])
    end = None if reader.missing(ends[1]) else reader.day(ends[1])
    if end and end <= start:
        raise refuse(reader.at(ends[1]), "backwards")
    return start, end


def source(reader: Reader, node: Node) -> Source:
    found = reader.shaped(node, "source")
    number = reader.line(found["number"]) if "number" in found else ""
    return Source(
        reader.both(found["issuer"]), reader.both(found["document"]), number, reader.day(found["date"])
    )


def codes(reader: Reader, node: Node | None) -> Codes:
    lists: Codes = {}
    for name, values in reader.named(node).items() if node else ():
        with reader.gather():
            lists[name] = {value: reader.both(text) for value, text in reader.named(values).items()}
    return lists


def facts(reader: Reader, node: Node, known: Codes) -> dict[str, Fact]:
    """The facts that are in order; what is wrong with the others is noted."""
    made: dict[str, Fact] = {}
    for name, body in reader.named(node).items():
        with reader.gather():
            if name in RESERVED:
                raise refuse(reader.key_at(node, name), "reserved", name=name)
            made[name] = _fact(reader, name, body, known)
    return made


def _fact(reader: Reader, name: str, node: Node, known: Codes) -> Fact:
    if "each" not in reader.table(node):
        return _plain_fact(reader, name, node, known)
    found = reader.shaped(node, "list_fact")
    fields = []
    for part, body in reader.named(found["each"]).items():
        if part in RESERVED:
            raise refuse(reader.key_at(found["each"], part), "reserved", name=part)
        fields.append(_plain_fact(reader, part, body, known))
    return Fact(name, titled(reader, found), LIST, tuple(fields), _question(reader, found))


def _plain_fact(reader: Reader, name: str, node: Node, known: Codes) -> Fact:
    found = reader.shaped(node, "fact")
    of = _type(reader, found["type"], known)
    return Fact(name, titled(reader, found), of, ask=_question(reader, found))


def _question(reader: Reader, found: dict[str, Node]) -> Text | None:
    return reader.both(found["ask"]) if "ask" in found else None


def titled(reader: Reader, found: dict[str, Node]) -> Text:
    return Text(reader.line(found["zh"]), reader.line(found["en"]))


def _type(reader: Reader, node: Node, known: Codes) -> Type:
    text = reader.line(node)
    if text in PLAIN:
        return PLAIN[text]
    kind, _, name = text.partition(" ")
    if kind != "code" or not name:
        raise refuse(reader.at(node), "not_type", text=text)
    if name not in known:
        raise refuse(reader.at(node), "no_codes", name=name)
    return Type(Kind.CODE, name)


def parameters(
    reader: Reader, node: Node | None, facts: dict[str, Fact], known: Codes
) -> dict[str, Parameter]:
    made: dict[str, Parameter] = {}
    if node is None:
        return made
    for name, body in reader.named(node).items():
        with reader.gather():
            if name in RESERVED or name in facts:
                raise refuse(
                    reader.key_at(node, name), "reserved" if name in RESERVED else "twice", name=name
                )
            made[name] = _parameter(reader, name, body, facts, known)
    return made


def _parameter(reader: Reader, name: str, node: Node, facts: dict[str, Fact], known: Codes) -> Parameter:
    found = reader.shaped(node, "parameter")
    of = UNITS[reader.choice(found["type"], tuple(UNITS))]
    constant, table = {"value", "article"} & found.keys(), {"per", "code"} & found.keys()
    if (len(constant), "per" in table) not in ((2, False), (0, True)) or (constant and table):
        raise refuse(reader.at(node), "value_or_per")
    title = titled(reader, found)
    if constant:
        value, article = reader.number(found["value"]), reader.line(found["article"])
        return Parameter(name, title, of, value, article)
    per = [reader.choice(item, DIMENSIONS) for item in reader.items(found["per"])]
    if RESIDENCE in per and not _has_residence(facts, known):
        raise refuse(reader.at(found["per"]), "no_residence")
    code = reader.name(found["code"]) if "code" in found else name
    return Parameter(name, title, of, code=code, by_residence=RESIDENCE in per)


def _has_residence(facts: dict[str, Fact], known: Codes) -> bool:
    fact = facts.get(RESIDENCE)
    return fact is not None and set(known.get(fact.type.codes, ())) == {"urban", "rural"}
