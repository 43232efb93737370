"""Cells of workbooks."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from nuanxin.kernel.money import Money
from nuanxin.kernel.web import exports
from nuanxin.kernel.web.exports import harmless, write_csv, write_file, write_workbook


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["-", "和建国", "", "1=1", "https://x"])
def test_other_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_values_keep_their_types() -> None:
    moment = datetime(2022, 1, 18, 1, 12, tzinfo=UTC)
    row = [
        Money(123450),
        date(2022, 1, 18),
        moment,
        7,
        Decimal("0.5"),
        None,
        True,
        "110101199003070011",
        "=1",
    ]
    file, written = write_workbook(["a"] * len(row), [row], "一/二:三")
    book = openpyxl.load_workbook(file)
    cells = next(iter(book.active.iter_rows(min_row=2)))
    assert written == 1 and book.sheetnames == ["一 二 三"]
    assert [cell.value for cell in cells[:6]] == [
        1234.5, datetime(2022, 1, 18), datetime(2022, 1, 18, 9, 12), 7, 0.5, None,
    ]  # fmt: skip
    assert cells[0].number_format == "#,##0.00"
    assert [(cell.value, cell.data_type) for cell in cells[7:]] == [("110101199003070011", "s"), ("'=1", "s")]


def text_of(rows: list[list[object]]) -> list[list[str]]:
    file, written = write_csv(["编号", "=头"], rows)
    body = file.read()
    assert body.startswith(b"\xef\xbb\xbf") and written == len(rows)
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_text_has_amounts_days_and_moments_as_one_types_them() -> None:
    moment = datetime(2022, 1, 18, 1, 12, tzinfo=UTC)
    row = [Money(-123450), date(2022, 1, 18), moment, 7, Decimal("-0.5"), None, "110101199003070011"]
    assert text_of([row])[1] == [
        "-1234.50", "2022-01-18", "2022-01-18 09:12", "7", "-0.5", "", "110101199003070011",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+86 139", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe_in_csv_too(text: str) -> None:
    lines = text_of([[text, 'a"b,c\n d']])
    assert lines == [["编号", "'=头"], ["'" + text, 'a"b,c\n d']]


def test_rows_beyond_a_sheet_go_on_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 3)
    file, written = write_workbook(["数"], ([number] for number in range(7)), "名" * 40)
    book = openpyxl.load_workbook(file)
    sheets = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert written == 7 and sheets == [["数", 0, 1, 2], ["数", 3, 4, 5], ["数", 6]]
    assert book.sheetnames == ["名" * 31, "名" * 27 + " 2", "名" * 27 + " 3"]


@pytest.mark.parametrize("rows", [0, 3])
def test_a_full_sheet_is_followed_by_none(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 3)
    file, written = write_workbook(["数"], ([number] for number in range(rows)), "名")
    assert written == rows and openpyxl.load_workbook(file).sheetnames == ["名"]


@pytest.mark.parametrize("format", exports.FORMATS)
def test_memory_does_not_grow_with_the_rows(format: str) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        values = ([number, "和建国", Money(number)] for number in range(rows))
        write_file(format, ["一", "二", "三"], values, "名")[0].close()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(8000) < 1.5 * peak(1000) + 200_000
