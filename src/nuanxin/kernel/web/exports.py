"""Lists as files, .xlsx or .csv: exactly the rows and columns shown, written row by row.

Nothing in a cell can become a formula: text is written as text, and text that begins like a formula
gets an apostrophe before it, so that it stays text when the file is saved in another format.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import HttpRequest
from django.utils.timezone import localtime

from nuanxin.kernel.money import Money

#: What a spreadsheet may take for the start of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Rows a sheet can hold, less the heading; more go on to another sheet.
MAX_ROWS = 1_048_575
#: What a list can be taken out as, with what the browser is told.
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Exported:
    """What left the program: for the record that a listener keeps."""

    name: str
    title: str
    columns: tuple[str, ...]
    query: str
    rows: int
    format: str = "xlsx"


Listener = Callable[[HttpRequest, Exported], None]
_listeners: list[Listener] = []


def on_export(listener: Listener) -> Listener:
    """Call `listener` for each export before the file is handed out; when it raises, no file is."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def announce(request: HttpRequest, exported: Exported) -> None:
    """Tell all listeners."""
    for listener in _listeners:
        listener(request, exported)


def harmless(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet could read it as a formula."""
    return f"'{text}" if len(text) > 1 and text.startswith(FORMULA_STARTS) else text


def write_file(
    format: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str
) -> tuple[IO[bytes], int]:
    """A file of one of FORMATS and the number of rows written: see `write_workbook`, `write_csv`."""
    if format == "csv":
        return write_csv(headings, rows)
    return write_workbook(headings, rows, title)


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[IO[bytes], int]:
    """Comma-separated text in UTF-8, with the mark by which spreadsheets know it, in a temporary file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([harmless(heading) for heading in headings])
    written = 0
    for row in rows:
        lines.writerow([_plain(value) for value in row])
        written += 1
    text.detach().seek(0)
    return file, written


def _plain(value: Any) -> str:
    """A cell as text: amounts with two decimals and no commas, moments to the minute, of here."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return str(value.to_yuan())
    if isinstance(value, datetime):
        return f"{localtime(value) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return harmless(str(value))


def write_workbook(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], sheet: str = ""
) -> tuple[IO[bytes], int]:
    """A workbook in a temporary file, rewound, and the number of rows written.

    Memory stays flat: each row is on disk before the next is read.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        written = _write_sheets(book, _sheet_name(sheet), headings, iter(rows))
    file.seek(0)
    return file, written


def _sheet_name(title: str) -> str:
    """At most 31 characters, none of those a sheet's name may not hold."""
    return "".join(" " if sign in r"[]:*?/\'" else sign for sign in title)[:31].strip() or "1"


def _write_sheets(book: Any, name: str, headings: Sequence[str], rows: Iterator[Sequence[Any]]) -> int:
    """All rows, on as many sheets as they need; the second is called as the first, with a 2 behind it."""
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {
        Money: book.add_format({"num_format": "#,##0.00"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    written, number, following = 0, 1, next(rows, None)
    while number == 1 or following is not None:
        sheet = book.add_worksheet(name if number == 1 else f"{name[:27]} {number}")
        _head(sheet, headings, bold)
        here = 0
        while following is not None and here < MAX_ROWS:
            here += 1
            for column, value in enumerate(following):
                _write_cell(sheet, here, column, value, formats)
            following = next(rows, None)
        written, number = written + here, number + 1
    return written


def _head(sheet: Any, headings: Sequence[str], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(headings) - 1, 0), 16)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, harmless(heading), bold)


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Money):
        sheet.write_number(row, column, value.to_yuan(), formats[Money])
    elif isinstance(value, datetime):
        local = localtime(value).replace(tzinfo=None) if value.tzinfo else value
        sheet.write_datetime(row, column, local, formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[date])
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, harmless(str(value)))
