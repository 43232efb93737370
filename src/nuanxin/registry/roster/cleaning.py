"""Rows as typed to clean rows with their problems, fast enough for whole provinces.

Every column remembers the cells it has read: most cells of a roster repeat (codes, flags, round amounts),
and a remembered cell costs one dictionary look-up. Cells that hardly repeat (names, numbers) are read each
time.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from operator import getitem, itemgetter
from typing import Any, NamedTuple

from nuanxin.kernel.identity import IdNumber
from nuanxin.kernel.money import Money, format_yuan

from .cells import NOTHING, Fault, is_error_text, plain_text
from .columns import Column, Kind, SheetSpec
from .header import Layout, standard_layout
from .problems import ERROR, WARNING, Problem
from .values import READERS
from .workbook import RawRow

_REMEMBERED = 20_000
_UNIQUE = frozenset([Kind.NAME, Kind.ID, Kind.PHONE, Kind.CONTACT, Kind.CARD])
_FREE = frozenset([Kind.TEXT, Kind.DIVISION])
_REMEMBERED_FREE = 2_000
_LONGEST_NOTHING = max(map(len, NOTHING))


class CleanRow(NamedTuple):
    """A row understood. `values` and `secrets` follow `Cleaner.keys` and `Cleaner.secret_keys`; a wrong or
    blank cell is None. Amounts are int fen, dates `date`, codes str, several codes a tuple."""

    row_no: int
    values: tuple[Any, ...]
    secrets: tuple[str | None, ...]
    problems: tuple[Problem, ...]

    @property
    def faulty(self) -> bool:
        """Whether an error, not only a warning, stands against the row."""
        return any(problem.severity == ERROR for problem in self.problems)


class _Memory(dict[Any, Any]):
    """Cells of one column already read, and how to read a new one."""

    def __init__(self, read: Callable[[Any], Any], room: int) -> None:
        super().__init__()
        self.read = read
        self.room = room

    def __missing__(self, cell: Any) -> Any:
        value = self.read(cell)
        if len(self) < self.room:
            self[cell] = value
        return value


def _reader(column: Column, present: bool) -> Callable[[Any], Any]:
    """The column's reader with blanks and formula errors handled before it."""
    read = READERS[column.kind](column)
    blank = _blank(column, present)
    none_is_blank = column.kind in (Kind.TEXT, Kind.DIVISION)

    def read_cell(cell: Any) -> Any:
        if isinstance(cell, str):
            cell = plain_text(cell)
            if len(cell) <= _LONGEST_NOTHING and cell.casefold() in NOTHING:
                return blank
            if cell[0] == "#" and is_error_text(cell):
                return Fault("error_value", {"value": cell})
        value = read(cell)
        return blank if value is None and none_is_blank else value

    return read_cell


def _blank(column: Column, present: bool) -> Any:
    """What a blank cell means: an error, a doubt, or simply nothing. A fact the whole sheet does not ask
    about is told once for the file (`Layout.unasked`), not in every row."""
    nothing: Any = () if column.kind is Kind.CODES else None
    if column.required:
        return Fault("required")
    if column.asked and present:
        return Fault("unknown_fact", severity=WARNING)
    return nothing


class Cleaner:
    """Cleans the rows of one sheet. Keep one for the whole sheet: it learns the cells it meets.

    `keys` are the plain columns and `secret_keys` those to be sealed, each in declared order.
    """

    def __init__(self, layout: Layout | SheetSpec) -> None:
        self.layout = layout if isinstance(layout, Layout) else standard_layout(layout)
        self.spec = self.layout.spec
        columns = self.spec.columns
        self._memories = [_memory(column, column.key in self.layout.found) for column in columns]
        self._check = _household_checks if "people" in self.spec.position else _member_checks
        self.keys = tuple(column.key for column in columns if not column.secret)
        self.secret_keys = tuple(column.key for column in columns if column.secret)
        self._plain = itemgetter(*(self.spec.position[key] for key in self.keys))
        self._secret = itemgetter(*(self.spec.position[key] for key in self.secret_keys))

    def clean(self, raw: RawRow) -> CleanRow:
        """Read one row."""
        values = list(map(getitem, self._memories, raw.cells))
        faults: list[tuple[str, Fault]] = []
        if Fault in map(type, values):
            faults = self._take_faults(values)
        at = _Row(self.spec.position, values)
        faults.extend(self._check(at))
        problems = tuple(self._problem(raw.row_no, key, fault) for key, fault in faults) if faults else ()
        return CleanRow(raw.row_no, self._plain(values), self._secret(values), problems)

    def clean_all(self, rows: Iterable[RawRow]) -> Iterator[CleanRow]:
        """Read many rows, lazily."""
        return map(self.clean, rows)

    def _take_faults(self, values: list[Any]) -> list[tuple[str, Fault]]:
        columns = self.spec.columns
        faults = []
        for place, value in enumerate(values):
            if type(value) is Fault:
                faults.append((columns[place].key, value))
                values[place] = value.value
        return faults

    def _problem(self, row_no: int, key: str, fault: Fault) -> Problem:
        layout = self.layout
        return Problem(
            fault.code,
            self.spec.key,
            row_no,
            key,
            layout.letter(key),
            layout.header(key),
            fault.severity,
            fault.params,
        )


def _memory(column: Column, present: bool) -> _Memory:
    room = 0 if column.kind in _UNIQUE else _REMEMBERED_FREE if column.kind in _FREE else _REMEMBERED
    memory = _Memory(_reader(column, present), room)
    memory[""] = _blank(column, present)
    return memory


class _Row:
    """The values of a row by key, to compare and complete them."""

    __slots__ = ("position", "values")

    def __init__(self, position: dict[str, int], values: list[Any]) -> None:
        self.position = position
        self.values = values

    def __getitem__(self, key: str) -> Any:
        return self.values[self.position[key]]

    def __setitem__(self, key: str, value: Any) -> None:
        self.values[self.position[key]] = value


_Faults = Iterator[tuple[str, Fault]]


def _person_checks(row: _Row) -> _Faults:
    """The ID number says sex and birth date; what was typed must agree."""
    identity = row["id_number"]
    if isinstance(identity, IdNumber):
        row["id_number"] = identity.number
        sex, born_on = row["sex"], row["born_on"]
        if sex in ("1", "2") and sex != identity.sex:
            yield "sex", Fault("sex_differs")
        if born_on is not None and not _same_birth(born_on, identity.birth):
            yield "born_on", Fault("birth_differs")
        row["sex"], row["born_on"] = identity.sex, identity.birth
    kind, level = row["disability_kind"], row["disability_level"]
    if kind and not level:
        yield "disability_level", Fault("disability_level_missing", severity=WARNING)
    if not kind and (level or row["health"] == "disabled"):
        yield "disability_kind", Fault("disability_kind_missing", severity=WARNING)


def _same_birth(typed: date, known: date) -> bool:
    """A birth date typed without its day stands at the first of the month."""
    return typed == known or typed == known.replace(day=1)


def _household_checks(row: _Row) -> _Faults:
    yield from _person_checks(row)
    if row["card"] and not row["bank"]:
        yield "bank", Fault("bank_missing", severity=WARNING)
    for kind in ("spend_medical", "spend_schooling", "spend_disability"):
        if row[kind] and row[f"{kind}_evidenced"] is None:
            yield f"{kind}_evidenced", Fault("evidence_unknown", severity=WARNING)
    if row["main_cause"] and row["main_cause"] in (row["other_causes"] or ()):
        yield "other_causes", Fault("cause_repeated", severity=WARNING)
        row["other_causes"] = tuple(cause for cause in row["other_causes"] if cause != row["main_cause"])
    yield from _income_checks(row)


def _income_checks(row: _Row) -> _Faults:
    annual, own, people, per_head = (
        row["annual_income"],
        row["monthly_income"],
        row["people"],
        row["per_head"],
    )
    if annual is not None and own is not None and annual < 12 * own:
        yield "annual_income", Fault("income_below_own", severity=WARNING)
    if annual is not None and people and per_head is not None:
        expected = annual // (12 * people)
        if abs(per_head - expected) > 100:
            yield (
                "per_head",
                Fault("per_head_differs", {"expected": format_yuan(Money(expected))}, None, WARNING),
            )


def _member_checks(row: _Row) -> _Faults:
    head = row["head_id"]
    row["head_id"] = head.number if isinstance(head, IdNumber) else None
    yield from _person_checks(row)
    if row["relation"] == "0" or (row["head_id"] and row["head_id"] == row["id_number"]):
        yield "relation", Fault("member_is_head")
