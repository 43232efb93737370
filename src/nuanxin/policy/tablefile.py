"""Tables of standards as files: reading an .xlsx or .csv somebody filled in, writing the one to fill in."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.text import squeeze
from nuanxin.kernel.web.exports import write_workbook
from nuanxin.kernel.workbook import MB, Limits, WorkbookError, inspect, opened
from nuanxin.orgs.models import Node

from .entries import MOST_ENTRIES, StandardKind
from .spellings_zh import HEADINGS, UNIT_MARKS

LIMITS = Limits(file_bytes=5 * MB, inflated_bytes=40 * MB, text_bytes=40 * MB)
HEADING_ROWS = 20  # the heading must stand among the first so many rows
_BY_HEADING = {spelling: name for name, spellings in HEADINGS.items() for spelling in spellings}

Current = Mapping[tuple[str, str], Any]  # (path, residence) to the value in force


def read_table(upload: UploadedFile) -> list[dict[str, Any]]:
    """The entries of a table, as texts with their row numbers; cells without a value are left out.

    Refused (unreadable, no_heading, empty_table, too_many_rows) with what to do.
    """
    with tempfile.NamedTemporaryFile(suffix=".table") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        rows = list(_rows(Path(copy.name)))
    top, places = _heading(rows)
    entries: list[dict[str, Any]] = []
    for number, cells in enumerate(rows[top + 1 :], start=top + 2):
        entries += _entries(number, cells, places)
        if len(entries) > MOST_ENTRIES:
            message = _("表格超过 %(most)s 行，请分成几份上传。") % {"most": MOST_ENTRIES}
            raise Refused(message, code="too_many_rows", field="file")
    if not entries:
        raise Refused(_("表格里没有填写新标准，请填好后再上传。"), code="empty_table", field="file")
    return entries


def _rows(path: Path) -> Iterable[list[str]]:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return _workbook_rows(path)
    return _text_rows(path)


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    try:
        container = inspect(path, LIMITS)
        with opened(path, LIMITS) as book:
            name = book.sheet_names[0]
            sheet = book.get_sheet_by_name(name)
            top, left = sheet.start or (0, 0)
            blank = container.valueless.get(name, {})
            found: list[list[Any]] = [[]] * top + [
                [""] * left + row for row in sheet.to_python(skip_empty_area=True)
            ]
    except WorkbookError as error:
        raise Refused(str(error), code="unreadable", field="file") from error
    for number, row in enumerate(found):
        # a formula without a result would read as an empty cell, which means "leave as it is"
        yield [blank.get((number, column)) or _typed(cell) for column, cell in enumerate(row)]


def _text_rows(path: Path) -> Iterator[list[str]]:
    body = path.read_bytes() if path.stat().st_size <= LIMITS.file_bytes else b"\0"
    text = None if b"\0" in body else _decoded(body)
    if text is None:
        raise Refused(
            _("读不出这个文件，请上传按模板填写的 .xlsx 或 .csv。"), code="unreadable", field="file"
        )
    delimiter = max(",\t;", key=text[:4096].count)
    try:
        yield from (
            [_typed(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        )
    except csv.Error as error:
        message = _("读不出这个文件，请上传按模板填写的 .xlsx 或 .csv。")
        raise Refused(message, code="unreadable", field="file") from error


def _decoded(body: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _typed(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without a point."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell).strip().removeprefix("'")


def _heading(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """The row of headings and where each column is."""
    for top, cells in enumerate(rows[:HEADING_ROWS]):
        places: dict[str, int] = {}
        for column, cell in enumerate(cells):
            name = _BY_HEADING.get(_plain(cell))
            if name:
                places.setdefault(name, column)
        if {"code", "name"} & places.keys() and {"value", "urban", "rural"} & places.keys():
            return top, places
    message = _("找不到表头，需要有“地区代码”（或“地区”）和“新标准”列；请下载模板填写。")
    raise Refused(message, code="no_heading", field="file")


def _plain(heading: str) -> str:
    """A heading without its unit in brackets."""
    text = squeeze(heading).casefold()
    return next((text.partition(mark)[0] for mark in UNIT_MARKS if mark in text), text)


def _entries(number: int, cells: Sequence[str], places: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    def cell(name: str) -> str:
        column = places.get(name, len(cells))
        return cells[column] if column < len(cells) else ""

    place = cell("code") or cell("name")
    for name in ("urban", "rural"):
        if cell(name):
            yield {"row": number, "place": place, "residence": name, "value": cell(name)}
    if cell("value"):
        yield {"row": number, "place": place, "residence": cell("residence"), "value": cell("value")}


# the table to fill in


def write_template(kind: StandardKind, places: Sequence[Node], current: Current) -> IO[bytes]:
    """A workbook with the places and their values in force; the columns for new ones are empty."""
    unit = _("（元）") if kind.money else ""
    if kind.by_residence:
        residences = ["urban", "rural"]
        heads = [_("现行城镇标准"), _("现行农村标准"), _("新城镇标准"), _("新农村标准")]
    else:
        residences = ["any"]
        heads = [_("现行标准"), _("新标准")]
    headings = [_("地区代码"), _("地区"), *(head + unit for head in heads)]
    rows = (
        [node.code, str(node), *(_value(current.get((node.path, name)), kind) for name in residences)]
        for node in places
    )
    file, _written = write_workbook(headings, rows, str(_("标准")))
    return file


def _value(value: Any, kind: StandardKind) -> Any:
    return Money.yuan(value) if kind.money and value is not None else value
