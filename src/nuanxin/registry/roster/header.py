"""Finding the header row of a sheet and which declared column each cell of it means."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xlsxwriter.utility import xl_col_to_name

from .codes import normalise
from .columns import Kind, SheetSpec

HEADER_ROWS = 15
LONGEST_HEADING = 100
_BRACKETS = re.compile(r"[（(\[【〔<《].*?[）)\]】〕>》]")
_ORDINAL = re.compile(r"^\d+(?=\D)")
_MARKS = re.compile(r"必填项?|选填项?|required")
_UNIT = re.compile(r"(?:[（(\[【/／:：]|单位)\s*(千元|万元)")
_SHEET_UNIT = re.compile(r"单位\s*[:：]?\s*(?:人民币)?\s*(千元|万元)")

Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """A declared column found in a sheet: its place (from 0), its header as typed, and the unit (万元, 千元)
    the header or the title says its amounts are in; empty means yuan."""

    place: int
    header: str
    unit: str = ""


@dataclass(frozen=True)
class Layout:
    """Where a sheet keeps its declared columns. `first_row` counts from 0 and is the first row of data."""

    spec: SheetSpec
    first_row: int
    found: dict[str, Found]
    others: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    repeated: tuple[tuple[str, tuple[str, ...]], ...] = ()
    #: Every heading with its place (from 0), numbered where two are alike: what `find_layout` knows by `own`.
    headings: tuple[tuple[int, str], ...] = ()

    def letter(self, key: str) -> str:
        """The column's letter in the sheet, empty when the sheet has no such column."""
        return xl_col_to_name(self.found[key].place) if key in self.found else ""

    def header(self, key: str) -> str:
        """The column's header as typed, or its declared name."""
        if key in self.found:
            return self.found[key].header
        return self.spec.columns[self.spec.position[key]].zh

    def missing(self) -> list[str]:
        """The required columns the sheet does not have."""
        return [
            column.key for column in self.spec.columns if column.required and column.key not in self.found
        ]

    def unasked(self) -> list[str]:
        """The columns the filing policy needs and the sheet does not have: unknown for every row."""
        return [column.key for column in self.spec.columns if column.asked and column.key not in self.found]


def standard_layout(spec: SheetSpec, first_row: int = 0) -> Layout:
    """The layout of the template: every column, in declared order."""
    found = {column.key: Found(place, column.zh) for place, column in enumerate(spec.columns)}
    return Layout(spec, first_row, found)


def spellings(header: str) -> list[str]:
    """The forms in which a header may equal a declared name, the most exact first: as it is, then without
    brackets, leading number, and words such as 必填."""
    forms = []
    for text in (header, _BRACKETS.sub("", header)):
        plain = normalise(text)
        forms += [plain, _MARKS.sub("", plain), _MARKS.sub("", _ORDINAL.sub("", plain))]
    return [form for form in dict.fromkeys(forms) if form]


def known_words(spec: SheetSpec) -> dict[str, str]:
    """Every normalised heading that means a column, and its key."""
    table: dict[str, str] = {}
    for column in spec.columns:
        for word in (column.zh, column.en, *column.synonyms, column.key):
            table.setdefault(normalise(word), column.key)
    return table


def find_layout(
    spec: SheetSpec,
    rows: Sequence[Sequence[Any]],
    merged: Sequence[Range],
    own: Mapping[str, str] | None = None,
) -> Layout:
    """The layout by the row, among the first ones, that names the most columns.

    A header of two rows is met by reading, for each cell, also the merged cell above it. `own` says what the
    union's own headings (normalised) mean: the key of a column, or "" for none of ours; it goes first.
    """
    words, own = known_words(spec), own or {}
    best = Layout(spec, 0, {})
    for row_no in range(min(HEADER_ROWS, len(rows))):
        layout = _match(spec, words, own, row_no, _texts(rows, row_no, merged))
        if len(layout.found) > len(best.found) or (not best.found and len(layout.seen) > len(best.seen)):
            best = layout
    return _with_sheet_unit(best, rows[: best.first_row])


def _texts(rows: Sequence[Sequence[Any]], row_no: int, merged: Sequence[Range]) -> list[tuple[str, str]]:
    """For each cell of a row, the text of a merged cell above it (or nothing) and its own."""
    above: dict[int, str] = {}
    for (top, left), (bottom, right) in merged:
        # A heading over a group of columns; what spans half the sheet is a title.
        across = top == bottom == row_no - 1 and 0 < right - left < len(rows[row_no]) / 2
        down = top < row_no <= bottom
        if across or down:
            text = rows[top][left] if left < len(rows[top]) else ""
            above.update(dict.fromkeys(range(left, right + 1), text if isinstance(text, str) else ""))
    return [
        (above.get(place, ""), cell if isinstance(cell, str) else "")
        for place, cell in enumerate(rows[row_no])
    ]


def _match(
    spec: SheetSpec, words: dict[str, str], own: Mapping[str, str], row_no: int, texts: list[tuple[str, str]]
) -> Layout:
    found: dict[str, Found] = {}
    repeated: dict[str, list[int]] = {}
    others, seen, headings = [], [], []
    times: Counter[str] = Counter()
    for place, (above, below) in enumerate(texts):
        header = " ".join((below or above).split())
        if not header:
            continue
        seen.append(header)
        heading = " ".join(f"{above} {below}".split())[:LONGEST_HEADING]
        times[heading] += 1
        heading += f"（{times[heading]}）" if times[heading] > 1 else ""
        headings.append((place, heading))
        forms = (spellings(f"{above}{below}") if above and below else []) + spellings(below or above)
        meant = next((words[form] for form in forms if form in words), None)
        key = own.get(normalise(heading), meant)
        if not key:
            others.append(header)
        elif key in found:
            repeated.setdefault(key, [found[key].place]).append(place)
        else:
            column = spec.columns[spec.position[key]]
            found[key] = Found(place, header, _unit(above + below) if column.kind is Kind.MONEY else "")
    return Layout(
        spec,
        row_no + 1,
        found,
        tuple(others),
        tuple(seen),
        tuple((key, tuple(map(xl_col_to_name, places))) for key, places in repeated.items()),
        tuple(headings),
    )


def _unit(header: str) -> str:
    match = _UNIT.search(header)
    return match[1] if match else ""


def _with_sheet_unit(layout: Layout, titles: Sequence[Sequence[Any]]) -> Layout:
    """Apply a unit written once above the header ("单位：万元") to every amount without its own."""
    title = " ".join(cell for row in titles[:-1] for cell in row if isinstance(cell, str))
    match = _SHEET_UNIT.search(title)
    if match is None:
        return layout
    money = {column.key for column in layout.spec.columns if column.kind is Kind.MONEY}
    for key, column in layout.found.items():
        if key in money and not column.unit and "元" not in column.header:
            layout.found[key] = Found(column.place, column.header, match[1])
    return layout
