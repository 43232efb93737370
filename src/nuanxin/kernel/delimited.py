"""Tables as text (CSV and its kin): which encoding, which separator, and the records, nothing guessed.

The encoding is decided strictly: a byte-order mark is believed; without one the whole file must be UTF-8, or
else the whole file must be GB18030 and read like Chinese. GB18030 can make characters of almost any bytes, so
a line of characters nobody writes is taken for what it is: another encoding. Separators are tried, and the
one wins under which the head of the file makes most sense. Memory stays flat: bytes, lines and records pass
by, and what could grow without end (a line, a record, a row of cells) has a limit.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from .unreadable import MB, WorkbookError

SEPARATORS = (",", "\t", ";", "，", "|")
#: Characters of one record, cells of one record: ten times what any roster has.
MAX_RECORD, MAX_CELLS = MB, 1_000
_CHUNK = 256 * 1024
_HEAD = 20  # records by which the separator is found
_NAMED = 10  # rows a message names
#: So many characters in valid UTF-8 cannot be an accident of GB18030: the file is UTF-8, and damaged.
_NO_ACCIDENT = 10
_MARKS = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}
_ASCII = re.compile(r"[\x00-\x7f]+")
#: What characters that were lost in a conversion look like: the sign for them, or it read as GBK.
_LOST = re.compile("\ufffd|" + "\ufffd\ufffd".encode().decode("gb18030"))
_PROTECTED = re.compile(r'="([^"]*)"')
_SHORT_LINE = 12  # characters beside ASCII below which a line says nothing about its encoding

Open = Callable[[], IO[bytes]]


def _everyday() -> re.Pattern[str]:
    """The 3,755 characters of everyday Chinese (GB 2312, level one) with punctuation and full-width forms."""
    rows = [0xA1, 0xA3, *range(0xB0, 0xD8)]
    pairs = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
    signs = "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    return re.compile(f"[{re.escape(signs)}·]+")


_EVERYDAY = _everyday()


@dataclass
class TextTable:
    """One text file as a sheet: rows of cells, all as wide as the widest, counted as spreadsheets count them.

    `encoding` and `separator` are what was decided; `height` and `width` are counted in records and cells.
    """

    name: str
    open: Open
    encoding: str
    separator: str
    height: int = 0
    width: int = 0
    #: By number of cells in use, the first rows (from 0) that use so many.
    lengths: dict[int, list[int]] = field(default_factory=dict)
    #: As a sheet of a workbook has them.
    start: tuple[int, int] = (0, 0)
    merged_cell_ranges: tuple[()] = ()

    @property
    def encoding_name(self) -> str:
        """The encoding as people call it."""
        return _NAMES[self.encoding]

    def iter_rows(self) -> Iterator[list[str]]:
        """The rows; a cell protected as ="0123" is unwrapped."""
        width = self.width
        for record in _records(self.open, self.encoding, self.separator):
            del record[width:]
            record.extend([""] * (width - len(record)))
            yield [_unwrapped(cell) if cell[:2] == '="' else cell for cell in record]

    def wider_than(self, header_row: int) -> list[int]:
        """Rows (from 1) below a row that use more cells than it has: their cells have slipped."""
        header = next(row for at, row in enumerate(self._raw()) if at == header_row)
        rows = [
            row for length, found in self.lengths.items() if length > len(header)
            for row in found if row > header_row
        ]  # fmt: skip
        return [row + 1 for row in sorted(rows)[:_NAMED]]

    def _raw(self) -> Iterator[list[str]]:
        return _records(self.open, self.encoding, self.separator)


def read_table(name: str, open_: Open, sense: Callable[[list[list[str]]], int]) -> TextTable:
    """A text file, looked through once from end to end; WorkbookError tells what is wrong with it.

    `sense` says of the first rows, parted by one of the separators, how many headings it knows.
    """
    encoding = _encoding(open_)
    table = TextTable(name, open_, encoding, _separator(open_, encoding, sense))
    for at, record in enumerate(table._raw()):
        table.height = at + 1
        used = len(record)
        while used and not record[used - 1].strip():
            used -= 1
        table.width = max(table.width, used)
        rows = table.lengths.setdefault(used, [])
        if len(rows) <= _NAMED:
            rows.append(at)
    return table


def _encoding(open_: Open) -> str:
    with open_() as file:
        head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            if not encoding:
                raise WorkbookError("text_encoding")
            _decode(open_, encoding)
            return encoding
    if not head:
        raise WorkbookError("text_empty")
    try:
        _decode(open_, "utf-8")
        return "utf-8"
    except _Undecodable as error:
        if error.beside_ascii >= _NO_ACCIDENT:
            raise WorkbookError("text_damaged", encoding="UTF-8", line=error.line) from None
    _decode(open_, "gb18030")
    _must_read_like_chinese(open_)
    return "gb18030"


class _Undecodable(WorkbookError):
    """Bytes that are none of the encoding: in which line, after how many characters beside ASCII."""

    def __init__(self, line: int, beside_ascii: int) -> None:
        super().__init__("text_encoding")
        self.line = line
        self.beside_ascii = beside_ascii


def _decode(open_: Open, encoding: str) -> None:
    """Decode the file from end to end and keep nothing."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, beside_ascii = 1, 0
    with open_() as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(encoding, "ignore")
                raise _Undecodable(
                    line + good.count("\n"), beside_ascii + len(_ASCII.sub("", good))
                ) from None
            if "\0" in text:
                raise WorkbookError("text_encoding")
            if not chunk:
                return
            line += text.count("\n")
            beside_ascii += len(_ASCII.sub("", text)) if beside_ascii < _NO_ACCIDENT else 0


def _must_read_like_chinese(open_: Open) -> None:
    """Refuse what GB18030 decodes to characters that do not occur together."""
    all_signs = all_rare = 0
    for number, line in enumerate(_lines(open_, "gb18030"), 1):
        signs = _ASCII.sub("", line)
        rare = len(_EVERYDAY.sub("", signs))
        if len(signs) >= _SHORT_LINE and rare * 2 > len(signs):
            raise WorkbookError("text_mixed", line=number)
        all_signs += len(signs)
        all_rare += rare
    if all_rare * 10 > all_signs * 3:
        raise WorkbookError("text_encoding")


def _lines(open_: Open, encoding: str) -> Iterator[str]:
    """The decoded lines with their ends; one without an end in sight is refused."""
    with open_() as file, io.TextIOWrapper(file, encoding, newline="") as text:  # type: ignore[type-var]
        number = 0
        while line := text.readline(MAX_RECORD):
            number += 1
            if len(line) == MAX_RECORD:
                raise WorkbookError("text_record", line=number)
            yield line


class _Feed:
    """Lines on their way into the parser: lost characters and records without end are refused here."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.number = 0
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            self.length += len(line)
            if self.length > MAX_RECORD:
                raise WorkbookError("text_record", line=self.number)
            if not line.isascii() and _LOST.search(line):
                raise WorkbookError("text_lost", line=self.number)
            yield line.removesuffix("\x1a")


def _records(open_: Open, encoding: str, separator: str) -> Iterator[list[str]]:
    """The records of the file, quoted line breaks and all; faulty quotes are refused with their line."""
    feed = _Feed(_lines(open_, encoding))
    try:
        for record in csv.reader(feed, delimiter=separator, strict=True):
            feed.length = 0
            if len(record) > MAX_CELLS:
                raise WorkbookError("text_record", line=feed.number)
            yield record
    except csv.Error:
        raise WorkbookError("text_quotes", line=feed.number) from None


def _separator(open_: Open, encoding: str, sense: Callable[[list[list[str]]], int]) -> str:
    """The separator under which the first rows show the most headings, else the most cells in every row."""
    best, found = (0, 0), SEPARATORS[0]
    for separator in SEPARATORS:
        head: list[list[str]] = []
        try:
            head.extend(islice(_records(open_, encoding, separator), _HEAD))
        except WorkbookError as error:
            if error.code != "text_quotes":
                raise  # quotes: what was read before them tells enough
        widths = [len(row) for row in head if any(row)]
        merit = (sense(head), max(set(widths), key=widths.count) if widths else 0)
        if merit > best:
            best, found = merit, separator
    return found


def _unwrapped(cell: str) -> str:
    match = _PROTECTED.fullmatch(cell)
    return match[1] if match else cell
