"""Files that are no workbook, or were made to hurt."""

import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import xlsxwriter

from nuanxin.kernel.workbook import Limits, WorkbookError, column_number, inspect

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def code(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(WorkbookError) as caught:
        inspect(path, limits)
    return caught.value.code


def rebuild(path: Path, parts: dict[str, bytes], comment: bytes = b"") -> Path:
    """A small workbook with some parts replaced or added."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("家庭").write(0, 0, "姓名")
    with zipfile.ZipFile(path) as archive:
        old = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in (old | parts).items():
            archive.writestr(name, content)
    return path


def sheet(rows: Iterable[str]) -> bytes:
    body = "".join(rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'.encode()


def test_an_ordinary_workbook_passes(path: Path) -> None:
    container = inspect(rebuild(path, {SHEET: sheet(['<row r="1"><c r="A1"><v>1</v></c></row>'])}))
    assert container.valueless == {"": {}, "家庭": {}}
    assert not container.starts_1904


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not_xlsx"),
        ("姓名,身份证号\n".encode(), "not_xlsx"),
        (b"<html><table></table></html>", "web_page"),
        (OLE2 + "Workbook".encode("utf-16-le"), "old_xls"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (OLE2 + "WordDocument".encode("utf-16-le"), "not_xlsx"),
        (b"PK\x03\x04" + bytes(200), "broken"),
    ],
)
def test_files_that_are_no_workbook(path: Path, content: bytes, expected: str) -> None:
    path.write_bytes(content)
    assert code(path) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("花名册.xlsx", "archive"), ("inner.zip", "archive"), ("a.txt", "not_xlsx")]
)
def test_archives_of_other_files(path: Path, name: str, expected: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"PK\x03\x04")
    assert code(path) == expected


def test_a_cut_off_file(path: Path) -> None:
    rebuild(path, {})
    path.write_bytes(path.read_bytes()[:-200])
    assert code(path) == "broken"


def test_a_damaged_part(path: Path) -> None:
    rebuild(path, {})
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("xl/workbook.xml").header_offset
    content[start + 50 : start + 90] = b"\xff" * 40
    path.write_bytes(content)
    assert code(path) == "broken"


def test_size_of_the_file(path: Path) -> None:
    rebuild(path, {})
    with pytest.raises(WorkbookError) as caught:
        inspect(path, Limits(file_bytes=1024))
    assert caught.value.code == "too_large"


def test_limits_of_the_directory(path: Path) -> None:
    rebuild(path, {"xl/media/blank.bin": bytes(3_000_000)})
    assert code(path) == "bomb"
    assert code(path, Limits(ratio=100_000, inflated_bytes=2_000_000)) == "bomb"
    assert code(path, Limits(ratio=100_000, entries=5)) == "bomb"
    assert inspect(path, Limits(ratio=100_000)).starts_1904 is False


def test_a_directory_that_lies_about_sizes(path: Path) -> None:
    """The part holds 3 MB, the directory says 1,000 bytes."""
    rebuild(path, {"xl/media/blank.bin": bytes(3_000_000)})
    content = path.read_bytes()
    lying = content.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 1_000))
    assert lying != content
    path.write_bytes(lying)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("xl/media/blank.bin").file_size == 1_000
    assert code(path) == "bomb"


def test_doubled_names_and_comments(path: Path) -> None:
    rebuild(path, {}, comment=b"note")
    assert code(path) == "bomb"
    rebuild(path, {})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning):
        archive.writestr(SHEET, b"<worksheet/>")
    assert code(path) == "bomb"


@pytest.mark.parametrize(
    "rows",
    [
        ['<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'],
        ['<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'],
        ["<row r='1'><c r='xfd1'><v>1</v></c></row>"],
        ['<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c><v>1</v></c></row>'],
        ["<row>" + "<c><v>1</v></c>" * 500 + "</row>"],
        ["<x:row>" + "<x:c><x:v>1</x:v></x:c>" * 500 + "</x:row>"],
        ['<row r="1"><c r="XFD1" x="/>"><v>1</v></c></row>'],
    ],
)
def test_cells_far_out(path: Path, rows: list[str]) -> None:
    assert code(rebuild(path, {SHEET: sheet(rows)})) == "bomb"


def test_formats_far_out_are_harmless(path: Path) -> None:
    blank = '<c r="XFD1" s="3"/></row><row r="1048576" s="1"><c r="A1048576" s="1"/>'
    rows = [f'<row r="1"><c r="A1"><v>1</v></c>{blank}</row>']
    assert inspect(rebuild(path, {SHEET: sheet(rows)})).valueless["家庭"] == {}


def test_a_long_text_shown_everywhere(path: Path) -> None:
    texts = ("<sst><si><t>" + "长" * 10_000 + "</t></si></sst>").encode()
    rows = [
        f'<row r="{row}">' + f'<c r="A{row}" t="s"><v>0</v></c>' * 10 + "</row>" for row in range(1, 50_000)
    ]
    limits = Limits(ratio=100_000)
    assert code(rebuild(path, {SHEET: sheet(rows), "xl/sharedStrings.xml": texts}), limits) == "bomb"
    few = rows[:100]
    assert inspect(rebuild(path, {SHEET: sheet(few), "xl/sharedStrings.xml": texts}), limits)


def test_declared_entities(path: Path) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    assert code(rebuild(path, {"xl/workbook.xml": evil})) == "bomb"


def test_one_endless_tag(path: Path) -> None:
    assert code(rebuild(path, {SHEET: b"<worksheet a='" + b"x" * 2_000_000}), Limits(ratio=100_000)) == "bomb"


def test_formulas_without_a_value_are_found_across_pieces(path: Path) -> None:
    filler = "".join(f'<c r="A{row}"><v>{row}</v></c>' for row in range(1, 40_000))
    cells = (
        '<c r="B2"><f>1+1</f></c><c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D2"><f>1</f><v>1</v></c>'
    )
    found = inspect(rebuild(path, {SHEET: sheet([f'<row r="1">{filler}{cells}</row>'])})).valueless["家庭"]
    assert found == {(1, 1): "=", (1, 2): "#DIV/0!"}


def test_column_numbers() -> None:
    assert [column_number(name) for name in (b"A", b"Z", b"AA", b"xfd")] == [1, 26, 27, 16_384]
