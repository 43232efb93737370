"""Reads the file of a programme. Nothing of it is used before all of it has been checked."""

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from nuanxin.kernel.money import Money

from . import cells
from .engine import declare
from .engine.faults import refuse
from .engine.shape import PROGRAMME_SHAPES, keys
from .engine.source import Node, Reader, Table, compose
from .groups_zh import GROUPS
from .programmes import (
    ANSWERS,
    DOUBLE_PERIODS,
    DOUBLE_WHO,
    FILED_AT,
    NEEDS_FILE,
    OUTCOMES,
    PAYEES,
    REPEATS,
    ActFirst,
    Document,
    Double,
    Field,
    Filed,
    Limit,
    Programme,
)

MOST_FIELDS = 60
MOST_DOCUMENTS = 40
MOST_OPTIONS = 60
MOST_LISTED = 40
MOST_BYTES = 1_000_000  # more than the engine reads, so that what is too long is told

#: Who may be paid, by whom an application is for.
PAID = {
    "household": ("head", "person"),
    "person": ("head", "person"),
    "child": ("head", "person"),
    "employer": ("employer",),
    "organisation": ("organisation",),
}
#: What the outcome needs, and what has no place beside it.
NEEDED = {"award": ("funds", "purpose"), "file": ("standards",), "service": ()}
UNFIT = {
    "award": ("standards",),
    "file": ("funds", "purpose", "limit", "act_first"),
    "service": ("standards", "funds", "purpose", "limit", "act_first"),
}

Made = TypeVar("Made")


def load_file(path: Path) -> Programme:
    """The programme in a file; PackError lists what is wrong with it."""
    with path.open("rb") as stream:
        return load(stream.read(MOST_BYTES), path.name, cells.known())


@lru_cache(maxsize=512)
def load(data: bytes, file: str, known: frozenset[str] | None = None) -> Programme:
    """The programme in these bytes. `file` is the name faults are reported under.

    With `known`, it may feed these statistics cells only; what was kept before the tables changed is read
    without.
    """
    reader = Reader(file)
    root = compose(data, file)
    found = _shaped(reader, root, "programme")
    made: dict[str, Any] = {}
    for parts in (_head, _kind, _way, _papers, _rules):
        with reader.gather():
            made |= parts(reader, found)
    reader.settle()
    _fitting(reader, root, found, made)
    if known is not None:
        _feeding(reader, found, known)
    reader.settle()
    return Programme(text=data.decode(), sha256=hashlib.sha256(data).hexdigest(), **made)


def _shaped(reader: Reader, node: Node, shape: str) -> Table:
    return reader.record(node, *keys(shape, PROGRAMME_SHAPES))


def _head(reader: Reader, found: Table) -> dict[str, Any]:
    valid_from, valid_to = declare.validity(reader, found["valid"])
    return {
        "code": declare.code(reader, found["programme"]),
        "version": reader.whole(found["version"]),
        "title": reader.both(found["title"]),
        "place": declare.place(reader, found["place"]),
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def _kind(reader: Reader, found: Table) -> dict[str, Any]:
    """What it is: for whom, with what outcome."""
    return {
        "about": reader.both(found["about"]) if "about" in found else None,
        "group": reader.choice(found["group"], tuple(GROUPS)),
        "subject": reader.choice(found["subject"], declare.SUBJECTS),
        "needs_file": reader.choice(found["needs_file"], NEEDS_FILE),
        "outcome": reader.choice(found["outcome"], OUTCOMES),
        "payee": reader.choice(found["payee"], PAYEES),
        "repeat": reader.choice(found["repeat"], REPEATS),
    }


def _way(reader: Reader, found: Table) -> dict[str, Any]:
    """How it is dealt with and paid."""
    months = found.get("validity_months")
    return {
        "route": declare.code(reader, found["route"]),
        "pack": reader.flag(found["pack"]),
        "limit": _limit(reader, found["limit"]) if "limit" in found else None,
        "funds": _several(
            reader, found.get("funds"), lambda node: reader.choice(node, declare.FUNDS), len(declare.FUNDS)
        ),
        "purpose": declare.code(reader, found["purpose"]) if "purpose" in found else "",
        "visit": reader.flag(found["visit"]),
        "consent": reader.flag(found["consent"]),
        "validity_months": reader.whole(months) if months else None,
    }


def _papers(reader: Reader, found: Table) -> dict[str, Any]:
    """What is asked and handed in."""
    return {
        "fields": _coded(reader, found["form"], _field, MOST_FIELDS),
        "documents": _coded(reader, found["documents"], _document, MOST_DOCUMENTS),
        "standards": _coded(reader, found.get("standards"), _filed, len(FILED_AT)),
    }


def _rules(reader: Reader, found: Table) -> dict[str, Any]:
    return {
        "double": _double(reader, found["double"]) if "double" in found else None,
        "act_first": _act_first(reader, found["act_first"]) if "act_first" in found else None,
        "statistics": _codes(reader, found.get("statistics")),
    }


# parts


def _several(
    reader: Reader, node: Node | None, read: Callable[[Node], str], most: int = MOST_LISTED
) -> tuple[str, ...]:
    """Values that each stand once."""
    made: list[str] = []
    for item in reader.items(node, most) if node else ():
        made.append(read(item))
        if made[-1] in made[:-1]:
            raise refuse(reader.at(item), "twice", name=made[-1])
    return tuple(made)


def _codes(reader: Reader, node: Node | None) -> tuple[str, ...]:
    return _several(reader, node, lambda item: declare.code(reader, item))


def _coded(
    reader: Reader, node: Node | None, read: Callable[[Reader, Node], Made], most: int
) -> tuple[Made, ...]:
    """Parts with a code that each has once; what is wrong is gathered part by part."""
    made: dict[str, Made] = {}
    for item in reader.items(node, most) if node else ():
        with reader.gather():
            part = read(reader, item)
            code: str = part.code  # type: ignore[attr-defined]
            if code in made:
                raise refuse(reader.at(item), "twice", name=code)
            made[code] = part
    return tuple(made.values())


def _field(reader: Reader, node: Node) -> Field:
    found = _shaped(reader, node, "field")
    kind = reader.choice(found["type"], ANSWERS)
    options = reader.named(found["options"]) if "options" in found else {}
    if (kind == "code") != bool(options):
        raise refuse(reader.at(node), "options")
    if len(options) > MOST_OPTIONS:
        raise refuse(reader.at(found["options"]), "too_many", most=MOST_OPTIONS)
    fact = _flag(reader, found, "fact", default=False)
    if fact and kind == "text":
        raise refuse(
            reader.at(found["fact"]), "unfitting", name="fact", value="true", other="type", this=kind
        )
    return Field(
        code=reader.name(found["code"]),
        type=kind,
        title=declare.titled(reader, found),
        help=reader.both(found["help"]) if "help" in found else None,
        required=_flag(reader, found, "required", default=True),
        options=tuple((value, reader.both(text)) for value, text in options.items()),
        fact=fact,
    )


def _flag(reader: Reader, found: Table, key: str, *, default: bool) -> bool:
    return reader.flag(found[key]) if key in found else default


def _document(reader: Reader, node: Node) -> Document:
    found = _shaped(reader, node, "document")
    required = _flag(reader, found, "required", default=True)
    return Document(reader.name(found["code"]), declare.titled(reader, found), required)


def _filed(reader: Reader, node: Node) -> Filed:
    found = _shaped(reader, node, "filed")
    when = reader.name(found["when"]) if "when" in found else ""
    return Filed(reader.choice(found["code"], FILED_AT), when)


def _limit(reader: Reader, node: Node) -> Limit:
    found = _shaped(reader, node, "limit")
    if len(found) != 1:
        raise refuse(reader.at(node), "standard_or_amount")
    if "standard" in found:
        return Limit(standard=reader.name(found["standard"]))
    yuan = reader.number(found["amount"])
    if yuan <= 0 or yuan != round(yuan, 2):
        raise refuse(reader.at(found["amount"]), "not_money", text=yuan)
    return Limit(amount=Money.yuan(yuan))


def _double(reader: Reader, node: Node) -> Double:
    found = _shaped(reader, node, "double")
    return Double(
        reader.choice(found["who"], DOUBLE_WHO),
        reader.choice(found["period"], DOUBLE_PERIODS),
        _codes(reader, found.get("kinds")),
    )


def _act_first(reader: Reader, node: Node) -> ActFirst:
    found = _shaped(reader, node, "act_first")
    return ActFirst(
        _limit(reader, found["cap"]), reader.whole(found["approvers"]), reader.whole(found["papers_days"])
    )


# whether the parts fit each other


def _fitting(reader: Reader, root: Node, found: Table, made: dict[str, Any]) -> None:
    """What no part shows alone: the payee and the subject, what an outcome needs, who sets the amount."""
    outcome, subject = made["outcome"], made["subject"]
    _need(reader, root, found, "outcome", outcome, NEEDED[outcome])
    _bar(reader, root, found, "outcome", outcome, UNFIT[outcome])
    payees = PAID[subject] if outcome == "award" else ("none",)
    if made["payee"] not in payees:
        other = "subject" if outcome == "award" else "outcome"
        _unfit(reader, found, made, "payee", other)
    if outcome == "file" and subject != "household":
        _unfit(reader, found, made, "subject", "outcome")
    if made["needs_file"] != "no" and (outcome == "file" or subject in ("employer", "organisation")):
        _unfit(reader, found, made, "needs_file", "outcome" if outcome == "file" else "subject")
    if outcome == "award" and not made["pack"]:
        _need(reader, root, found, "pack", "false", ("limit",))
    if made["pack"]:
        _bar(reader, root, found, "pack", "true", ("limit",))
    else:
        for field in made["fields"]:
            if field.fact:
                note = refuse(
                    reader.at(found["form"]), "not_with_this", other="pack", this="false", key="fact"
                )
                reader.note(note)
    if made["visit"] and subject in ("employer", "organisation"):
        at = reader.at(found["visit"])
        reader.note(refuse(at, "unfitting", name="visit", value="true", other="subject", this=subject))
    if made["double"] and subject in ("employer", "organisation"):
        _bar(reader, root, found, "subject", subject, ("double",))


def _feeding(reader: Reader, found: Table, known: frozenset[str]) -> None:
    for item in reader.items(found["statistics"], MOST_LISTED) if "statistics" in found else ():
        with reader.gather():
            reader.choice(item, sorted(known))


def _need(reader: Reader, root: Node, found: Table, other: str, this: str, wanted: Iterable[str]) -> None:
    for key in wanted:
        if key not in found:
            reader.note(refuse(reader.at(root), "with_this", other=other, this=this, key=key))
        elif not reader.missing(found[key]) and not getattr(found[key], "value", None):
            reader.note(refuse(reader.at(found[key]), "empty"))


def _bar(reader: Reader, root: Node, found: Table, other: str, this: str, barred: Iterable[str]) -> None:
    for key in barred:
        if key in found:
            at = reader.key_at(root, key)
            reader.note(refuse(at, "not_with_this", other=other, this=this, key=key))


def _unfit(reader: Reader, found: Table, made: dict[str, Any], name: str, other: str) -> None:
    at = reader.at(found[name])
    reader.note(refuse(at, "unfitting", name=name, value=made[name], other=other, this=made[other]))
