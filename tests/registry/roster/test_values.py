"""Cells as people type them, one kind of column at a time."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.identity import IdNumber, invent_id
from nuanxin.registry.roster.cleaning import Cleaner
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SheetSpec
from nuanxin.registry.roster.workbook import RawRow

ID = invent_id("533422", date(1978, 5, 12), 1)


def read(key: str, cell: Any, spec: SheetSpec = HOUSEHOLDS) -> tuple[Any, str | None]:
    """The value of one cell and the code of its problem."""
    cleaner = Cleaner(spec)
    row = cleaner.clean(RawRow.of(spec, 2, {key: cell}))
    values = dict(zip(cleaner.keys, row.values, strict=True)) | dict(
        zip(cleaner.secret_keys, row.secrets, strict=True)
    )
    return values[key], next((problem.code for problem in row.problems if problem.column == key), None)


def test_the_id_used_here_is_lower_case_capable() -> None:
    assert read("id_number", "11010519491231002x") == ("11010519491231002X", None)


@pytest.mark.parametrize(
    "cell",
    [
        ID,
        f" {ID}\u00a0",
        f"\u3000{ID}",
        f"'{ID}",
        f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        f"\ufeff{ID}\n",
        ID.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ],
)
def test_dirty_but_whole_id_numbers(cell: str) -> None:
    assert read("id_number", cell) == (ID, None)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (float(ID), "digits_lost"),
        ("5.33422E+17", "scientific"),
        ("5.33422e17", "scientific"),
        (f"{ID[:17]}{(int(ID[17]) + 1) % 10}" if ID[17] != "X" else ID[:17] + "1", "id_check"),
        (ID[:17], "id_length"),
        ("533422780512001", "id_old_15"),
        (533422780512001.0, "id_old_15"),
        ("533422202613120017", "id_birth"),
        (date(2021, 1, 1), "digits_lost"),
        ("", "required"),
        (" / ", "required"),
        ("无号码无号码", "id_length"),
    ],
)
def test_wrong_id_numbers_are_refused_with_the_reason(cell: Any, code: str) -> None:
    assert read("id_number", cell) == (None, code)


@given(st.dates(date(1920, 1, 1), date(2020, 1, 1)), st.integers(0, 999))
def test_a_numeric_id_is_never_guessed(birth: date, serial: int) -> None:
    number = invent_id("532501", birth, serial)
    if number[-1] != "X":
        assert read("id_number", float(number)) == (None, "digits_lost")
    assert read("id_number", f"{float(number[:17]):.5E}") == (None, "scientific")


DAY = date(2021, 3, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "2021-3-5",
        "2021/03/05",
        "2021年3月5日",
        "20210305",
        "2021.3.5",
        "２０２１－０３－０５",
        " 2021 - 03 - 05 ",
        20210305.0,
        44260.0,
        "44260",
        44260.75,
        DAY,
        datetime(2021, 3, 5, 10, 30),
        "2021-03-05 00:00:00",
        "2021-03-05T08:30",
    ],
)
def test_one_day_in_many_forms(cell: Any) -> None:
    assert read("consent_on", cell) == (DAY, None)


@given(st.dates(date(1901, 1, 1), date(2025, 12, 31)))
def test_excel_serials_are_days_since_1899(day: date) -> None:
    serial = float((day - date(1899, 12, 30)).days)
    if not 1900 <= serial < 2100:
        assert read("consent_on", serial) == (day, None)


@pytest.mark.parametrize("cell", ["2021.3", "2021年3月", "202103", 202103.0, 2021.3, "2021-03"])
def test_a_month_will_do_where_the_column_says_so(cell: Any) -> None:
    assert read("started_work_on", cell) == (date(2021, 3, 1), None)
    assert read("consent_on", cell) == (None, "date_no_day")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2021-02-30", "date"),
        ("三月五日", "date"),
        ("21.3.5", "date"),
        ("2021", "date_no_day"),
        (2021.0, "date_no_day"),
        (2021.1, "date_lost_zero"),
        ("2999-01-01", "date_range"),
        ("1700-01-01", "date"),
        (True, "date"),
    ],
)
def test_dates_that_cannot_be_known_are_refused(cell: Any, code: str) -> None:
    expected = "date_range" if cell == "1700-01-01" else code
    assert read("started_work_on", str(cell).upper() if cell is True else cell) == (None, expected)


def test_a_date_after_today_is_refused() -> None:
    assert read("consent_on", date.today() + timedelta(days=1)) == (None, "date_range")


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (1234.5, 123450),
        ("1,234.50", 123450),
        ("１，２３４．５０", 123450),
        ("￥1,234.5元", 123450),
        ("0.12345万元", 123450),
        ("1.2万", 1200000),
        ("2千元", 200000),
        ("无", 0),
        (0.0, 0),
        ("1200元整", 120000),
        (0.1 + 0.2, 30),
        ("人民币800元", 80000),
        ("１２００", 120000),
    ],
)
def test_amounts(cell: Any, fen: int) -> None:
    assert read("annual_income", cell) == (fen, None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("约3000", (None, "money")),
        ("3000左右", (None, "money")),
        ("2500元/月", (None, "money")),
        ("1,2345", (None, "money")),
        (-1.0, (None, "money_negative")),
        ("-80", (None, "money_negative")),
        (100_000_000.01, (None, "money_too_large")),
        ("99999999999999999999", (None, "money_too_large")),
        (3333.333, (333333, "money_rounded")),
        ("3333.335", (333334, "money_rounded")),
        (DAY, (None, "money")),
        ("-", (None, "required")),
    ],
)
def test_amounts_that_are_doubtful_or_wrong(cell: Any, expected: tuple[int | None, str]) -> None:
    assert read("annual_income", cell) == expected


@given(st.integers(0, 10_000_000_000))
def test_every_amount_survives_the_ways_it_is_typed(fen: int) -> None:
    yuan = Decimal(fen) / 100
    for cell in (float(yuan), f"{yuan:,.2f}", f"{yuan}元", f"{yuan / 10_000:f}万元"):
        assert read("loss", cell)[0] == fen


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("是", True),
        ("√", True),
        ("Y", True),
        (1.0, True),
        ("有", True),
        ("TRUE", True),
        ("否", False),
        ("×", False),
        ("无", False),
        (0.0, False),
        ("no", False),
        ("不是", False),
    ],
)
def test_flags(cell: Any, value: bool) -> None:
    assert read("vehicle", cell) == (value, None)


@pytest.mark.parametrize(
    ("key", "cell", "value"),
    [
        ("name", "张\u3000三", "张三"),
        ("name", " 欧阳 修 ", "欧阳修"),
        ("name", "阿依古丽 • 买买提", "阿依古丽·买买提"),
        ("name", "𠮷野家", "𠮷野家"),
        ("name", "Mary  Smith", "Mary Smith"),
        ("mobile", 13812345678.0, "13812345678"),
        ("mobile", "138-1234-5678", "13812345678"),
        ("mobile", "+86 138 1234 5678", "13812345678"),
        ("mobile", "13812345678.0", "13812345678"),
        ("postcode", 10000.0, "010000"),
        ("people", "３人", 3),
        ("people", "三", 3),
        ("people", 3.0, 3),
        ("floor_area", "62.5㎡", Decimal("62.50")),
        ("ethnic", 1.0, "01"),
        ("hukou_division", "533422", "533422"),
        ("hukou_division", 533422.0, "533422"),
        ("other_causes", "子女上学，下岗; 子女上学", ("schooling", "laid_off")),
        ("employer", "无", None),
        ("address", "升平镇\n南坪街１２号", "升平镇 南坪街12号"),
        ("disability_kind", "无", None),
        ("card", "6217 0000 0000 0000 00".replace(" ", "") + "0", "6217000000000000000"),
    ],
)
def test_other_cells(key: str, cell: Any, value: Any) -> None:
    assert read(key, cell)[0] == value


@pytest.mark.parametrize(
    ("key", "cell", "code"),
    [
        ("name", "张三1", "name"),
        ("name", "合计", "name"),
        ("name", "=cmd|' /C calc'!A0", "name"),
        ("mobile", "1381234567", "phone"),
        ("mobile", "13812345678/13912345678", "phone"),
        ("mobile", 6.217e18, "digits_lost"),
        ("card", 6.217e18, "digits_lost"),
        ("card", "6.217E+18", "scientific"),
        ("card", "6217000000000000001", "card_luhn"),
        ("card", "农行卡", "card"),
        ("people", 0.0, "whole_number"),
        ("people", 2.5, "whole_number"),
        ("people", 31.0, "whole_number"),
        ("floor_area", "很大", "number"),
        ("postcode", "6745", "postcode"),
        ("hukou_division", "53342", "division"),
        ("health", "很好", "not_in_list"),
        ("vehicle", "偶尔", "flag"),
        ("vehicle", "", "unknown_fact"),
        ("other_causes", "子女上学、下岗、大病、意外", "too_many_codes"),
        ("other_causes", "子女上学、贪玩", "not_in_list"),
        ("address", "长" * 201, "too_long"),
        ("loss", "#DIV/0!", "error_value"),
        ("loss", "#=", "error_value"),
        ("main_cause", "/", "required"),
    ],
)
def test_faulty_cells(key: str, cell: Any, code: str) -> None:
    assert read(key, cell)[1] == code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (2021.0, date(2021, 9, 1)),
        ("2021年", date(2021, 9, 1)),
        ("2021级", date(2021, 9, 1)),
        ("2021.2", date(2021, 2, 1)),
        (DAY, DAY),
    ],
)
def test_years_of_entry(cell: Any, value: date) -> None:
    assert read("school_entered", cell, MEMBERS) == (value, None)


@given(
    st.one_of(
        st.text(max_size=40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.datetimes(),
        st.dates(),
        st.times(),
        st.timedeltas(),
    )
)
def test_no_cell_breaks_a_reader(cell: Any) -> None:
    for spec in (HOUSEHOLDS, MEMBERS):
        row = Cleaner(spec).clean(RawRow(1, (cell,) * len(spec.columns)))
        for problem in row.problems:
            assert problem.message and problem.advice
        assert not any(isinstance(value, IdNumber) for value in (*row.values, *row.secrets))
