"""Rows of a table of standards as people type them, read into values; a fault says what, why, what to do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import Money, MoneyError
from nuanxin.kernel.text import squeeze
from nuanxin.orgs.models import Node

from .engine.types import STANDARD_DIGITS, STANDARD_SCALE, Kind
from .spellings_zh import BY_WORD, UNITS

MOST_ENTRIES = 2_000
#: A change of more than this many per cent is shown to both persons as worth a second look.
SWING = 30
COLUMNS = {"place": gettext_lazy("地区"), "residence": gettext_lazy("城乡"), "value": gettext_lazy("标准")}


@dataclass(frozen=True, slots=True)
class StandardKind:
    """A standard there is: what it is called, whether it is money, whether town and country differ."""

    code: str
    name: str
    name_en: str
    money: bool
    by_residence: bool


@dataclass(frozen=True, slots=True)
class EntryFault:
    """What is wrong with one entry (counted from 0) in one column, and what to do."""

    index: int
    row: int
    column: str
    why: str

    @property
    def column_name(self) -> str:
        return str(COLUMNS[self.column])


@dataclass(frozen=True, slots=True)
class Line:
    """One sound entry: the place, the residence, and the value in yuan or as a number."""

    index: int
    row: int
    node: Node
    residence: str
    value: Decimal

    @property
    def key(self) -> tuple[str, str]:
        return self.node.path, self.residence


@dataclass(frozen=True)
class Table:
    """Entries as read: the sound lines, and the faults of the others."""

    lines: tuple[Line, ...]
    faults: tuple[EntryFault, ...]

    @cached_property
    def by_entry(self) -> dict[int, list[EntryFault]]:
        found: dict[int, list[EntryFault]] = {}
        for fault in self.faults:
            found.setdefault(fault.index, []).append(fault)
        return found


def plain_entries(typed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries as they are kept: short texts, without the rows that say no value and no place."""
    kept = []
    for number, item in enumerate(typed, start=1):
        texts = {name: str(item.get(name) or "").replace("\0", "").strip()[:80] for name in COLUMNS}
        if texts["place"] or texts["value"]:
            kept.append({"row": int(item.get("row") or number), **texts})
    return kept


def read_entries(entries: Sequence[Mapping[str, Any]], kind: StandardKind, home: str) -> Table:
    """Read the entries of a change made by the federation at the path `home`."""
    places = _Places(home, (entry["place"] for entry in entries))
    lines: list[Line] = []
    faults: list[EntryFault] = []
    for index, entry in enumerate(entries):
        found = _Entry(index, entry)
        node = found.read("place", places.find)
        residence = found.read("residence", _by_residence if kind.by_residence else _any_residence)
        value = found.read("value", _money if kind.money else _number)
        if found.faults or node is None or residence is None or value is None:
            faults += found.faults
        else:
            lines.append(Line(index, entry["row"], node, residence, value))
    faults += _twice(lines)
    bad = {fault.index for fault in faults}
    return Table(tuple(line for line in lines if line.index not in bad), tuple(faults))


class _Entry:
    def __init__(self, index: int, entry: Mapping[str, Any]) -> None:
        self.index, self.entry = index, entry
        self.faults: list[EntryFault] = []

    def read(self, column: str, reader: Any) -> Any:
        """The column's value, or None with a fault kept."""
        try:
            return reader(squeeze(self.entry[column]))
        except ValueError as error:
            self.faults.append(EntryFault(self.index, self.entry["row"], column, str(error)))
            return None


#: By what an organisation may be named.
_NAMES = ("code", "division", "name", "short_name", "name_en")


def _forms(word: str) -> tuple[str, str, str]:
    return word, word.upper(), word.lower()


class _Places:
    """Those of the organisations named in a table that a federation may set standards for: by code,
    division or name."""

    def __init__(self, home: str, typed: Iterable[str]) -> None:
        words = {form for text in typed for form in (text, *_forms(squeeze(text)))} - {""}
        named = Q(*(Q((f"{name}__in", words)) for name in _NAMES), _connector=Q.OR)
        low, high = subtree(home)
        self.found: dict[str, list[Node]] = {}
        for node in Node.objects.filter(named, path__gte=low, path__lt=high, active=True):
            for word in {str(getattr(node, name)) for name in _NAMES} - {""}:
                self.found.setdefault(squeeze(word).casefold(), []).append(node)

    def find(self, text: str) -> Node:
        if not text:
            raise ValueError(_("没有填写地区，请填写地区代码或名称。"))
        nodes = self.found.get(text.casefold(), [])
        if not nodes:
            raise ValueError(
                _("找不到“%(text)s”，或不在本单位管辖范围内；请填写模板中的地区代码。") % {"text": text}
            )
        if len({node.pk for node in nodes}) > 1:
            raise ValueError(_("有多个单位叫“%(text)s”，请改填地区代码。") % {"text": text})
        return nodes[0]


def _by_residence(text: str) -> str:
    found = BY_WORD.get(text.casefold())
    if found not in ("urban", "rural"):
        raise ValueError(_("这项标准分城镇和农村，请填写“城镇”或“农村”。"))
    return found


def _any_residence(text: str) -> str:
    if BY_WORD.get(text.casefold()) != "any":
        raise ValueError(_("这项标准不分城乡，请填写“不分城乡”或留空。"))
    return "any"


def _money(text: str) -> Decimal:
    if not text:
        raise ValueError(_("没有填写标准，请填写金额；不调整的地区请删去整行。"))
    try:
        value = Money.yuan(_without_unit(text)).to_yuan()
    except MoneyError as error:
        raise ValueError(str(error)) from None
    return _within(value, Kind.MONEY)


def _without_unit(text: str) -> str:
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    return text.removesuffix(unit)


def _number(text: str) -> Decimal:
    if not text:
        raise ValueError(_("没有填写标准，请填写数值；不调整的地区请删去整行。"))
    share = text.endswith("%")
    try:
        value = Decimal(text.removesuffix("%").replace(",", ""))
    except InvalidOperation:
        raise ValueError(_("“%(text)s”不是数，请填写数字，例如 5 或 0.8。") % {"text": text}) from None
    if not value.is_finite() or value != round(value, STANDARD_SCALE):
        raise ValueError(_("“%(text)s”不是数，请填写数字，例如 5 或 0.8。") % {"text": text})
    return _within(value / 100 if share else value, Kind.NUMBER)


def _within(value: Decimal, kind: Kind) -> Decimal:
    if value <= 0 or value >= 10 ** STANDARD_DIGITS[kind]:
        raise ValueError(_("标准必须大于零，且不能过大，请核对。"))
    return value


def _twice(lines: Sequence[Line]) -> list[EntryFault]:
    """Places named twice: each of the entries is at fault, for which of them is meant nobody knows."""
    counts = Counter(line.key for line in lines)
    message = _("同一地区、同一城乡类别填了不止一行，请只留一行。")
    return [EntryFault(line.index, line.row, "place", message) for line in lines if counts[line.key] > 1]
