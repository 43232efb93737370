"""Cells of workbooks."""

from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from nuanxin.kernel.money import Money
from nuanxin.kernel.web.exports import harmless, write_workbook


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
