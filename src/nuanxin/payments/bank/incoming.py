"""Reading the bank's answer: an .xlsx or a text file, as rows of typed cells by column."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.text import squeeze
from nuanxin.kernel.workbook import MB, Limits, WorkbookError, opened

from .words_zh import COLUMNS, TOTALS

MAX_ROWS = 100_000
LIMITS = Limits(file_bytes=20 * MB)
_HEADER_ROWS = 20
_NEEDED = ("number", "line", "card", "amount", "result")
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the bank's answer as typed; `row` counts from 1 as the spreadsheet shows it."""

    row: int
    number: str
    line: str
    card: str
    amount: str
    result: str
    reason: str


def read(path: Path) -> list[Row]:
    """The rows of the file. Refused (unreadable, no_header, empty_result, too_many_rows) otherwise."""
    rows = _cells(path)
    places = _find_header(rows)
    found = []
    for number, cells in rows:
        row = _row(number, cells, places)
        if row is not None:
            found.append(row)
        if len(found) > MAX_ROWS:
            raise Refused(
                _("回单超过 %(limit)s 行，请分批次上传。") % {"limit": MAX_ROWS}, code="too_many_rows"
            )
    if not found:
        raise Refused(_("回单里没有明细，请确认下载的是代发结果明细。"), code="empty_result", field="file")
    return found


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The file's rows as text, with their numbers; what the file is, its first bytes tell."""
    with path.open("rb") as file:
        head = file.read(8)
    binary = head.startswith((b"PK", b"\xd0\xcf\x11\xe0"))
    rows = _workbook_cells(path) if binary else _text_cells(path)
    return ((number, [_typed(cell) for cell in cells]) for number, cells in enumerate(rows, start=1))


def _workbook_cells(path: Path) -> Iterable[list[Any]]:
    try:
        with opened(path, LIMITS) as book:
            sheet = book.get_sheet_by_index(0)
            top, left = sheet.start or (0, 0)
            blank = [[""]] * top
            return [*blank, *([""] * left + row for row in sheet.to_python(skip_empty_area=True))]
    except WorkbookError as error:
        raise Refused(str(error), code="unreadable", field="file") from error


def _text_cells(path: Path) -> Iterable[list[Any]]:
    size = path.stat().st_size
    if size > LIMITS.file_bytes:
        error = WorkbookError("too_large", size=-(-size // MB), limit=LIMITS.file_bytes // MB)
        raise Refused(str(error), code="unreadable", field="file")
    body = path.read_bytes()
    text = None if b"\0" in body else _decode(body)
    if text is None:
        raise Refused(_("读不出这个文件，请上传银行的 .xlsx 或 .csv 回单。"), code="unreadable", field="file")
    start = text[:4096]
    delimiter = max(",\t|", key=start.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Refused(
            _("读不出这个文件，请上传银行的 .xlsx 或 .csv 回单。"), code="unreadable", field="file"
        ) from error


def _decode(body: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _typed(cell: Any) -> str:
    """A cell as a person reads it: a whole number without the point a spreadsheet keeps."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell).strip()


def _find_header(rows: Iterator[tuple[int, list[str]]]) -> dict[str, int]:
    """Read on to the heading; where each column stands."""
    known = {word: key for key, words in COLUMNS.items() for word in words}
    best: dict[str, int] = {}
    for number, cells in rows:
        names = [known.get(_BRACKETS.sub("", squeeze(cell))) or known.get(squeeze(cell)) for cell in cells]
        found = {name: place for place, name in reversed(list(enumerate(names))) if name}
        if all(key in found for key in _NEEDED):
            return found
        best = max(best, found, key=len)
        if number >= _HEADER_ROWS:
            break
    missing = gettext("、").join(COLUMNS[key][0] for key in _NEEDED if key not in best)
    raise Refused(
        _("回单缺少这些列：%(missing)s。需要批次号、行号、卡号（或后四位）、金额、结果、原因。")
        % {"missing": missing},
        code="no_header",
        field="file",
    )


def _row(number: int, cells: list[str], places: dict[str, int]) -> Row | None:
    """The row by its columns; None for a blank one and for control totals."""
    values = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
    if not any(values.values()) or next(filter(None, cells), "") in TOTALS:
        return None
    values["number"] = squeeze(values["number"]).lstrip("'")[:40]
    values["line"] = squeeze(values["line"]).lstrip("'0")[:20]
    return Row(number, **{"reason": "", **values})
