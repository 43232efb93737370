"""Opening a roster safely and reading its rows as typed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from nuanxin.kernel.delimited import TextTable
from nuanxin.kernel.workbook import Container, Limits, WorkbookError, inspect

from .codes import normalise
from .columns import HOUSEHOLDS, MEMBERS, SHEETS, Kind, SheetSpec
from .header import HEADER_ROWS, Layout, find_layout
from .problems import RosterError
from .texts import PACKED, open_texts

Sheet: TypeAlias = CalamineSheet | TextTable
#: By sheet ("households", "members"): what a union's own headings, normalised, mean; "" for none of ours.
Own: TypeAlias = Mapping[str, Mapping[str, str]]
Cell: TypeAlias = str | float | date | datetime | time | timedelta
MAX_ROWS = 100_000
MOST_SHEETS = 30
EXAMPLE = ("示例", "example")
_DAYS_1904 = 1462
_WHOSE = ("serial", "head_id", "union")  # columns merged over the members of a family
_MOST_MERGED = 50  # rows of one family
_ENOUGH_COLUMNS = 5  # headers in common that make an unnamed sheet worth a closer look


class RawRow(NamedTuple):
    """One row as typed: its number in the sheet (from 1) and one cell per declared column, blank ones ''."""

    row_no: int
    cells: tuple[Any, ...]

    def typed(self, spec: SheetSpec) -> dict[str, str | float]:
        """What stands in the row, by key, fit for JSON and without the secrets (see `secrets`)."""
        return {
            column.key: _plain(cell)
            for column, cell in zip(spec.columns, self.cells, strict=True)
            if cell != "" and not column.secret
        }

    def secrets(self, spec: SheetSpec) -> dict[str, str | float]:
        """The typed ID numbers, phones and cards, by key; to be sealed before they are stored."""
        return {
            column.key: _plain(cell)
            for column, cell in zip(spec.columns, self.cells, strict=True)
            if cell != "" and column.secret
        }

    @classmethod
    def of(cls, spec: SheetSpec, row_no: int, typed: dict[str, Any]) -> "RawRow":
        """The row back from `typed` and `secrets` together, for cleaning again or writing out."""
        cells = (typed.get(key, "") for key in spec.keys)
        return cls(row_no, tuple(float(cell) if isinstance(cell, int) else cell for cell in cells))


def _plain(cell: Cell) -> str | float:
    if isinstance(cell, str | float):
        return cell
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


class RosterSheet:
    """One sheet of an open roster."""

    def __init__(
        self, spec: SheetSpec, sheet: Sheet, container: Container, max_rows: int, own: Own | None = None
    ) -> None:
        self.spec = spec
        self.name = sheet.name
        self._sheet = sheet
        self._valueless = container.valueless.get(sheet.name, {})
        self._starts_1904 = container.starts_1904
        self._max_rows = max_rows
        # Readers trim empty columns at the left; places count from the first column of the sheet.
        self._left = sheet.start[1] if sheet.start else 0
        self._merged = sheet.merged_cell_ranges or []
        self.top = self._top()
        self.layout: Layout = find_layout(spec, self.top, self._merged, (own or {}).get(spec.key))

    @property
    def text(self) -> TextTable | None:
        """The text file behind the sheet, when there is one."""
        return self._sheet if isinstance(self._sheet, TextTable) else None

    def _top(self) -> list[list[Any]]:
        pad = [""] * self._left
        rows = (pad + row for _, row in zip(range(HEADER_ROWS), self._rows(), strict=False))
        return list(rows)

    def _rows(self) -> Iterator[list[Any]]:
        rows: Iterator[list[Any]] = iter(self._sheet.iter_rows())
        return rows

    @property
    def size(self) -> int:
        """How many rows lie below the header, blank ones included: enough to tell progress by."""
        return max((self._sheet.height or 0) - self.layout.first_row, 0)

    def check(self) -> None:
        """Raise RosterError unless the sheet has every required column, once."""
        layout, name = self.layout, self.name
        if not layout.seen:
            raise RosterError("empty", sheet=name)
        if layout.repeated:
            key, letters = layout.repeated[0]
            raise RosterError(
                "repeated_column", sheet=name, column=layout.header(key), letters="、".join(letters)
            )
        if missing := layout.missing():
            seen = "、".join(layout.seen[:80])
            raise RosterError("missing_columns", sheet=name, spec=self.spec.key, columns=missing, seen=seen)
        if self.text and (slipped := self.text.wider_than(layout.first_row - 1)):
            raise RosterError("text_slipped", rows="、".join(map(str, slipped)))

    def rows(self) -> Iterator[RawRow]:
        """The rows of data in order; blank rows and the template's example are left out.

        Raises RosterError `too_many_rows` when there are more than the limit.
        """
        fix = self._fixer()
        pick = self._picker()
        count = 0
        serial, id_number = self.spec.position["serial"], self.spec.position["id_number"]
        for row_no, row in enumerate(self._rows()):
            if row_no < self.layout.first_row:
                continue
            cells = pick(row)
            cells = fix(row_no, cells) if fix else cells
            if cells[id_number] == "" and _is_blank(cells, serial):
                continue
            if isinstance(cells[serial], str) and cells[serial].strip().casefold().startswith(EXAMPLE):
                continue
            count += 1
            if count > self._max_rows:
                raise RosterError("too_many_rows", sheet=self.name, limit=self._max_rows)
            yield RawRow(row_no + 1, cells)

    def _spread(self) -> dict[int, list[tuple[int, int]]]:
        """Cells merged downward that say whose family the rows are of: by row, the column and the first row.
        They stand for every row they cover; any other merged cell fills its first row alone."""
        whose = {
            self.layout.found[key].place: self.spec.position[key]
            for key in _WHOSE
            if key in self.layout.found
        }
        spread: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, right) in self._merged:
            if left == right and left in whose and top >= self.layout.first_row:
                for row_no in range(top, min(bottom, top + _MOST_MERGED) + 1):
                    spread.setdefault(row_no, []).append((whose[left], top))
        return spread

    def _picker(self) -> Callable[[list[Any]], tuple[Any, ...]]:
        """Take the declared columns out of a row, in declared order; a column the sheet lacks is blank."""
        width = self._sheet.width or 0
        found = self.layout.found
        places = [found[key].place - self._left if key in found else width for key in self.spec.keys]
        take = itemgetter(*places)

        def pick(row: list[Any]) -> tuple[Any, ...]:
            row.append("")
            cells: tuple[Any, ...] = take(row)
            if bool in map(type, cells):
                cells = tuple(str(cell).upper() if isinstance(cell, bool) else cell for cell in cells)
            return cells

        return pick

    def _fixer(self) -> Callable[[int, tuple[Any, ...]], tuple[Any, ...]] | None:
        """What cannot be seen in a cell alone, written into it: the unit of its header, a formula without a
        result, days counted from 1904. None when the sheet has nothing of the kind."""
        found = self.layout.found
        spread = self._spread()
        units = {self.spec.position[key]: place.unit for key, place in found.items() if place.unit}
        dates = [
            place
            for place, column in enumerate(self.spec.columns)
            if column.kind is Kind.DATE and self._starts_1904
        ]
        by_place = {place.place: self.spec.position[key] for key, place in found.items()}
        faulty: dict[int, dict[int, str]] = {}
        for (row_no, place), error in self._valueless.items():
            if place in by_place:
                faulty.setdefault(row_no, {})[by_place[place]] = error
        if not (units or dates or faulty or spread):
            return None

        above: dict[int, Any] = {}

        def fix(row_no: int, cells: tuple[Any, ...]) -> tuple[Any, ...]:
            fixed = list(cells)
            for place, first in spread.get(row_no, ()):
                if row_no == first:
                    above[place] = fixed[place]
                else:
                    fixed[place] = above.get(place, "")
            for place in dates:
                if isinstance(fixed[place], float):
                    fixed[place] += _DAYS_1904
            for place, unit in units.items():
                fixed[place] = _with_unit(fixed[place], unit)
            for place, error in faulty.get(row_no, {}).items():
                fixed[place] = fixed[place] or f"#{error.lstrip('#')}"
            return tuple(fixed)

        return fix


def _is_blank(cells: tuple[Any, ...], serial: int) -> bool:
    """Whether a row says nothing: spaces at most, or a serial number written ahead."""
    return all(
        place == serial or (isinstance(cell, str) and not cell.strip()) for place, cell in enumerate(cells)
    )


def _with_unit(cell: Cell, unit: str) -> Cell:
    """The amount with its header's unit, unless it names its own: '1.2万元' for 1.2 under 年收入（万元）."""
    if isinstance(cell, float):
        return f"{cell!r}{unit}"
    if isinstance(cell, str) and cell.strip()[-1:].isdigit():
        return f"{cell.strip()}{unit}"
    return cell


class Book:
    """An open roster. Only cached values are read; nothing in the workbook is ever executed."""

    def __init__(self, households: RosterSheet, members: RosterSheet) -> None:
        self.household_sheet = households
        self.member_sheet = members

    def households(self) -> Iterator[RawRow]:
        """The rows of the sheet of households."""
        return self.household_sheet.rows()

    def members(self) -> Iterator[RawRow]:
        """The rows of the sheet of members."""
        return self.member_sheet.rows()


def open_workbook(
    path: str | Path, *, max_rows: int = MAX_ROWS, limits: Limits | None = None, own: Own | None = None
) -> Book:
    """Open a roster; WorkbookError when it is unsafe or unreadable, RosterError when it is not a roster."""
    finder = open_finder(path, max_rows=max_rows, limits=limits, own=own)
    book = Book(finder.sheet(HOUSEHOLDS), finder.sheet(MEMBERS))
    if next(book.households(), None) is None:
        raise RosterError("empty", sheet=book.household_sheet.name)
    return book


def open_finder(
    path: str | Path, *, max_rows: int = MAX_ROWS, limits: Limits | None = None, own: Own | None = None
) -> "Finder":
    """Open a workbook or packed texts, whatever its sheets are; WorkbookError as `open_workbook`."""
    if str(path).endswith(PACKED):
        texts = open_texts(Path(path))
        return Finder({text.name: text for text in texts}, Container(), max_rows, own)
    container = inspect(Path(path), limits)
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            visible = SheetVisibleEnum.Visible
            names = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == visible]
            sheets = {name: workbook.get_sheet_by_name(name) for name in names[:MOST_SHEETS]}
            return Finder(sheets, container, max_rows, own)
    except CalamineError as error:
        raise WorkbookError("broken") from error


class Finder:
    """Picks the two sheets of a roster among the visible ones of a workbook, or among several texts."""

    def __init__(
        self, sheets: Mapping[str, Sheet], container: Container, max_rows: int, own: Own | None
    ) -> None:
        self.sheets = sheets
        self.container = container
        self.max_rows = max_rows
        self.own = own

    def sheet(self, spec: SheetSpec) -> RosterSheet:
        """The sheet by its name, else the one whose header names the most columns; checked."""
        meant = {normalise(name): kind.key for kind in SHEETS.values() for name in kind.names}
        named = [name for name in self.sheets if meant.get(normalise(name)) == spec.key]
        unnamed = [name for name in self.sheets if normalise(name) not in meant]
        sheets = [self.load(spec, name) for name in named or unnamed]
        best = max(
            sheets, key=lambda sheet: (not sheet.layout.missing(), len(sheet.layout.found)), default=None
        )
        if best is None or (not named and len(best.layout.found) < _ENOUGH_COLUMNS):
            text = all(isinstance(sheet, TextTable) for sheet in self.sheets.values())
            code = "missing_file" if text else "missing_sheet"
            raise RosterError(code, spec=spec.key, seen="、".join(self.sheets))
        best.check()
        return best

    def load(self, spec: SheetSpec, name: str) -> RosterSheet:
        """A sheet, read as one of the kind."""
        return RosterSheet(spec, self.sheets[name], self.container, self.max_rows, self.own)
