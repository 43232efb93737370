"""Is this file a workbook that is safe to open? Asked before the reader sees it.

An .xlsx is a zip of XML parts. Its directory is checked first, then every part is inflated once and thrown
away, counting: the sizes in the directory may lie. On the way the worksheets are looked over for what a
reader that lays a sheet out as a full rectangle would choke on (one cell in the last column of the last row;
one long text shown in every cell), and for cells whose formula has no result, which would read as blank.

    with opened(path) as book: ...    # a calamine workbook; WorkbookError says what is wrong and what to do
"""

import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from .unreadable import MB, TEXTS, WorkbookError

__all__ = ["MB", "TEXTS", "Container", "Limits", "WorkbookError", "glance", "inspect", "opened"]

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOKS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_ARCHIVES = (".xlsx", ".xls", ".zip", ".rar", ".7z", ".gz", ".tar", ".csv")
_MAGIC = (
    ("pdf", b"%PDF"),
    *(
        ("picture", start)
        for start in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
    ),
    *(("archive", start) for start in (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")),
)
_MARKUP = re.compile(rb"\s*<(?:\?xml|!doctype|html|head|meta|table|style)", re.IGNORECASE)
#: What a zip is that is no .xlsx, by one of its parts.
_OTHER_ZIPS = {
    "word/document.xml": ("word", ""),
    "xl/workbook.bin": ("other_book", ".xlsb"),
    "content.xml": ("other_book", ".ods"),
    "Index/Document.iwa": ("other_book", ".numbers"),
}
_LONGEST_DIRECTORY = MB
_CHUNK = 256 * 1024
_LONGEST_TAG = MB  # a tag or text run; a cell holds at most 32,767 characters
_NEAR_ROWS, _NEAR_COLUMNS = 99_999, 104  # what _FAR lets pass: five digits, up to CZ
_FAR = re.compile(rb"""r\s*=\s*["'](?:([A-Za-z]{3,}|[D-Zd-z][A-Za-z])(\d+)|([A-Za-z]+)(\d{6,})|\d{6,})["']""")
_BLANK_TAIL = re.compile(rb"""(?: \w+="[\w.:-]*"){0,8} {0,4}/>""")
_UNPLACED = re.compile(rb"""<(?:\w+:)?(?:(row)|c(?! r="))(?=[\s/>])""")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_INDEX = re.compile(rb">\s*(\d+)\s*</")
_ITEM_END = re.compile(rb"</(?:\w+:)?si\s*>")
_VALUELESS = re.compile(
    rb"""<c r="([A-Z]+)(\d+)"[^>]*?"""
    rb"""(?:t="e"[^>]*><(?:f.*?</f><)?v>([^<]*)<|><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>)"""
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a workbook may hold. Bytes, counts, and the ratio of inflated to packed size of a part."""

    file_bytes: int = 50 * MB
    inflated_bytes: int = 400 * MB
    ratio: int = 250
    entries: int = 2_000
    cells: int = 21_000_000
    text_bytes: int = 1024 * MB


@dataclass(slots=True)
class Container:
    """What the look-over found. `valueless` maps a sheet's name to {(row, column): what stands there}, both
    counted from 0, for formulas that ended in an error or hold no result."""

    valueless: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)
    starts_1904: bool = False


@contextmanager
def opened(path: Path, limits: Limits | None = None) -> Iterator[CalamineWorkbook]:
    """The workbook, looked over and open; WorkbookError when it is not one or not safe."""
    inspect(path, limits)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            yield book
    except CalamineError as error:
        raise WorkbookError("broken") from error


def inspect(path: Path, limits: Limits | None = None) -> Container:
    """Look a file over; WorkbookError when it is not a workbook or not safe to open."""
    limits = limits or Limits()
    with _archive(path, limits) as archive:
        return _Inspector(archive, limits).run()


def glance(path: Path, limits: Limits | None = None) -> None:
    """What a look at the first bytes and the directory tells, in a moment: WorkbookError as from `inspect`,
    which unpacks the file as well and takes its time."""
    with _archive(path, limits or Limits()):
        pass


@contextmanager
def _archive(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The zip, its directory checked; what breaks while it is read is told as broken."""
    check_kind(path, limits.file_bytes)
    try:
        _check_end(path)
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive, path.stat().st_size, limits)
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        struct.error,
        ElementTree.ParseError,
    ) as error:
        raise WorkbookError("broken") from error


def check_kind(path: Path, file_bytes: int, text: bool = False) -> None:
    """WorkbookError for what the size or the first bytes rule out; `text` when a text table is expected."""
    size = path.stat().st_size
    if size > file_bytes:
        raise WorkbookError("too_large", size=-(-size // MB), limit=file_bytes // MB)
    with path.open("rb") as file:
        head = file.read(1024)
        if head.startswith(_OLE2):
            raise WorkbookError(_kind_of_ole2(file))
    for code, start in _MAGIC:
        # a text may begin with the letters of a picture
        if head.startswith(start) and not (text and start.isalnum()):
            raise WorkbookError(code)
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise WorkbookError("web_page")
    if not text and head[:4] != b"PK\x03\x04":
        raise WorkbookError("not_xlsx")


def _check_end(path: Path) -> None:
    """The directory at the end of a zip is read whole by the library: one too long is refused before."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 65_557, 0))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        length = struct.unpack_from("<I", tail, at + 12)[0] if at >= 0 else 0
        if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
            length = struct.unpack_from("<Q", file.read(56), 40)[0]
    if length > _LONGEST_DIRECTORY:
        raise WorkbookError("bomb")


def _kind_of_ole2(file: object) -> str:
    """An encrypted .xlsx and an old .xls are both OLE2 files; the names of their streams tell them apart."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:  # type: ignore[attr-defined]
        if content.find(_ENCRYPTED) >= 0:
            return "encrypted"
        return "old_xls" if any(content.find(name) >= 0 for name in _OLD_BOOKS) else "not_xlsx"


def _check_directory(archive: zipfile.ZipFile, file_size: int, limits: Limits) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        for name, (code, kind) in _OTHER_ZIPS.items():
            if name in names:
                raise WorkbookError(code, kind=kind)
        packed = any(name.lower().endswith(_ARCHIVES) for name in names)
        raise WorkbookError("archive" if packed else "not_xlsx")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise WorkbookError("encrypted")
    # Doubled names and a comment (which may hide a second directory) let two readers see two different files.
    crowded = len(entries) > limits.entries or len(names) < len(entries) or bool(archive.comment)
    # Parts that share bytes pack more than the file holds.
    overlapping = sum(entry.compress_size for entry in entries) > file_size
    swollen = sum(entry.file_size for entry in entries) > limits.inflated_bytes
    if crowded or overlapping or swollen or any(_too_dense(entry, limits) for entry in entries):
        raise WorkbookError("bomb")


def _too_dense(entry: zipfile.ZipInfo, limits: Limits) -> bool:
    return entry.file_size > MB and entry.file_size > limits.ratio * entry.compress_size


class _Inspector:
    """One pass over all parts of an open archive."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self.archive = archive
        self.limits = limits
        self.left = limits.inflated_bytes
        self.texts: list[int] = []

    def run(self) -> Container:
        names, starts_1904 = self._workbook()
        result = Container(starts_1904=starts_1904)
        # Shared texts first: how long they are decides how closely the sheets are counted.
        for entry in sorted(
            self.archive.infolist(), key=lambda entry: "sharedstrings" not in entry.filename.lower()
        ):
            if "sharedstrings" in entry.filename.lower():
                self._measure_texts(entry)
            else:
                found = self._look_over(entry)
                result.valueless[names.get(entry.filename, "")] = found
        return result

    def _inflate(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The part's bytes, as many as there truly are, whatever size the directory claims."""
        file = self.archive.fp
        if file is None or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WorkbookError("broken")
        file.seek(entry.header_offset)
        name_length, extra_length = struct.unpack("<26xHH", file.read(30))
        file.seek(name_length + extra_length, 1)
        packed = entry.compress_size
        inflater = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
        while packed > 0 and (chunk := file.read(min(_CHUNK, packed))):
            packed -= len(chunk)
            if inflater is None:
                yield chunk
                continue
            while chunk and (data := inflater.decompress(chunk, _CHUNK)):
                yield data
                chunk = inflater.unconsumed_tail

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The inflated part in pieces that end between cells, or at least between tags."""
        rest, size = b"", 0
        for chunk in self._inflate(entry):
            size += len(chunk)
            self.left -= len(chunk)
            if self.left < 0 or size > entry.file_size or (b"<!" in chunk and _DECLARATION.search(chunk)):
                raise WorkbookError("bomb")
            data = rest + chunk
            cut = data.rfind(b"<c ")
            if cut <= 0:
                cut = max(data.rfind(b"<"), 0)
            yield data[:cut]
            rest = data[cut:]
            if len(rest) > _LONGEST_TAG:
                if rest.startswith(b"<"):
                    raise WorkbookError("bomb")
                rest = b""  # a picture or another part that is no XML
        yield rest

    def _workbook(self) -> tuple[dict[str, str], bool]:
        """Which part holds which sheet, and whether dates count from 1904."""
        book = self._tree("xl/workbook.xml")
        targets = {
            link.get("Id"): link.get("Target", "") for link in self._tree("xl/_rels/workbook.xml.rels")
        }
        names, starts_1904 = {}, False
        for element in book.iter():
            tag = element.tag.rpartition("}")[2]
            if tag == "sheet":
                link = next((value for key, value in element.items() if key.endswith("}id")), "")
                names[_part_name(targets.get(link, ""))] = element.get("name", "")
            elif tag == "workbookPr":
                starts_1904 = element.get("date1904") in ("1", "true")
        return names, starts_1904

    def _tree(self, name: str) -> ElementTree.Element:
        try:
            return ElementTree.fromstring(b"".join(self._pieces(self.archive.getinfo(name))))
        except KeyError:
            raise WorkbookError("broken") from None

    def _measure_texts(self, entry: zipfile.ZipInfo) -> None:
        length = 0
        for piece in self._pieces(entry):
            start = 0
            for end in _ITEM_END.finditer(piece):
                self.texts.append(length + end.end() - start)
                length, start = 0, end.end()
            length += len(piece) - start

    def _look_over(self, entry: zipfile.ZipInfo) -> dict[tuple[int, int], str]:
        """Refuse a sheet that would unfold too far; return its cells without a value."""
        extent = _Extent()
        counting = max(self.texts, default=0) * (entry.file_size // 16) > self.limits.text_bytes
        text_bytes = 0
        found: dict[tuple[int, int], str] = {}
        for piece in self._pieces(entry):
            extent.take(piece)
            if counting:
                text_bytes += sum(self._text_length(int(index)) for index in _INDEX.findall(piece))
            if b"<f" in piece or b't="e"' in piece:
                found.update(_valueless(piece))
            if extent.cells > self.limits.cells or text_bytes > self.limits.text_bytes:
                raise WorkbookError("bomb")
        return found

    def _text_length(self, index: int) -> int:
        return self.texts[index] if index < len(self.texts) else 0


@dataclass(slots=True)
class _Extent:
    """The rectangle the cells of a sheet span, never less than it is, as far as it matters."""

    rows: int = _NEAR_ROWS
    columns: int = _NEAR_COLUMNS
    row_tags: int = 0
    run: int = 0
    unplaced: bool = False
    far_row: bool = False

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def take(self, piece: bytes) -> None:
        """Widen by one piece of a sheet."""
        self._take_far(piece)
        if piece.count(b"<c") != piece.count(b'<c r="') or b":c" in piece:
            self._take_unplaced(piece)

    def _take_far(self, piece: bytes) -> None:
        """Cells far out. Blank ones, closed at once, carry only a format: readers skip them."""
        for match in _FAR.finditer(piece):
            wide, wide_row, letters, row = match.groups()
            if not (wide or letters):
                self.far_row = True
            elif not _BLANK_TAIL.match(piece, match.end()):
                self.columns = max(self.columns, column_number(wide or letters))
                self.rows = max(self.rows, int(wide_row or row))

    def _take_unplaced(self, piece: bytes) -> None:
        """Cells may leave out their place and follow each other: the longest run, and the number of rows,
        widen the rectangle."""
        for match in _UNPLACED.finditer(piece):
            if match[1]:
                self.row_tags += 1
                self.run = 0
            else:
                self.run += 1
                self.unplaced = True
                self.columns = max(self.columns, _NEAR_COLUMNS + self.run)
        self.rows = max(self.rows, self.row_tags)
        if self.unplaced and self.far_row:
            raise WorkbookError("bomb")  # they would take their place from the far row


def column_number(letters: bytes) -> int:
    """26 for b'Z', 27 for b'AA'."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _valueless(piece: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for match in _VALUELESS.finditer(piece):
        letters, row, error = match.groups()
        yield (int(row) - 1, column_number(letters) - 1), (error or b"=").decode("utf-8", "replace")


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
