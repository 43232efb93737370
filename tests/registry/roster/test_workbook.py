"""Finding sheets, headers and rows in workbooks as they come."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.utils.translation import override

from nuanxin.kernel.workbook import WorkbookError
from nuanxin.registry.roster.cleaning import Cleaner
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS
from nuanxin.registry.roster.workbook import Book, open_workbook

from .factories import families, soil, write_roster

HEADS, OTHERS = families(12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roster.xlsx"


def cleaned(book: Book) -> list[dict[str, Any]]:
    cleaner = Cleaner(book.household_sheet.layout)
    rows = list(cleaner.clean_all(book.households()))
    assert [problem for row in rows for problem in row.problems if problem.is_error] == []
    keys = (*cleaner.keys, *cleaner.secret_keys)
    return [dict(zip(keys, (*row.values, *row.secrets), strict=True)) for row in rows]


@pytest.fixture
def plain(tmp_path: Path) -> list[dict[str, Any]]:
    """The households as a clean workbook gives them."""
    return cleaned(open_workbook(write_roster(tmp_path / "plain.xlsx", HEADS, OTHERS)))


def refusal(path: Path, **options: Any) -> WorkbookError:
    with pytest.raises(WorkbookError) as caught:
        list(open_workbook(path, **options).households())
    assert caught.value.message and caught.value.advice
    return caught.value


def test_a_plain_roster(path: Path, plain: list[dict[str, Any]]) -> None:
    book = open_workbook(write_roster(path, HEADS, OTHERS))
    assert len(plain) == len(HEADS)
    assert [row.row_no for row in book.households()] == list(range(2, len(HEADS) + 2))
    assert len(list(book.members())) == len(OTHERS)
    assert book.household_sheet.layout.letter("name") == "C"


def test_a_dirty_roster_says_the_same(path: Path, plain: list[dict[str, Any]]) -> None:
    found = cleaned(open_workbook(write_roster(path, soil(HEADS, 0.8), OTHERS)))
    for dirty, clean in zip(found, plain, strict=True):
        assert dirty | {"other_causes": clean["other_causes"]} == clean


def test_titles_synonyms_and_decoration(path: Path, plain: list[dict[str, Any]]) -> None:
    headers = {
        "name": "姓 名",
        "id_number": "公民身份\n号码（18位）*",
        "mobile": "★联系电话",
        "people": "家庭人口数(人)",
        "annual_income": "3.家庭年总收入（元）",
        "dibao_certificate": "是否低保",
        "health": "健康状况【必填】",
        "hukou": "户口性质(农业/非农业)",
        "main_cause": "致困原因（主要）",
        "other_causes": "致困原因（次要）",
    }
    titles = ["2024年度困难职工花名册", "填报单位：德钦县总工会　　单位：元"]
    write_roster(path, HEADS, [], titles=titles, headers=headers, names=("困难职工信息", "成员表"))
    book = open_workbook(path)
    assert cleaned(book) == plain
    assert next(book.households()).row_no == 4
    assert book.household_sheet.layout.header("id_number") == "公民身份 号码（18位）*"


@pytest.mark.parametrize("where", ["header", "title"])
def test_a_unit_of_ten_thousand_applies(path: Path, plain: list[dict[str, Any]], where: str) -> None:
    cells = [{**row, "annual_income": row["annual_income"] / 10_000} for row in HEADS]
    headers = (
        {"annual_income": "家庭年收入（万元）"}
        if where == "header"
        else {
            "annual_income": "家庭年收入",
            "monthly_income": "本人月收入（元）",
            "other_income": "其他年收入（元）",
            "loss": "意外损失（元）",
            "spend_medical": "医疗支出（元）",
            "spend_schooling": "教育支出（元）",
            "spend_disability": "残疾支出（元）",
        }
    )
    write_roster(path, cells, OTHERS, headers=headers, titles=["单位：万元"] if where == "title" else [])
    assert cleaned(open_workbook(path)) == plain


def test_a_header_of_two_rows(path: Path) -> None:
    """Most headings are merged downward; three stand under one heading merged across."""
    below = {"spend_medical": "医疗", "spend_schooling": "教育", "spend_disability": "残疾"}
    others = [column for column in HOUSEHOLDS.columns if column.key not in below]
    cells = HEADS[0] | {"consent_on": "2024-11-05", "started_work_on": "1999-07"}
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("家庭")
        sheet.merge_range(0, 0, 0, len(HOUSEHOLDS.columns) - 1, "困难职工花名册")
        sheet.merge_range(1, 0, 1, len(below) - 1, "刚性支出")
        for place, (key, heading) in enumerate(below.items()):
            sheet.write(2, place, heading)
            sheet.write(3, place, cells[key])
        for place, column in enumerate(others, len(below)):
            sheet.merge_range(1, place, 2, place, column.zh)
            sheet.write(3, place, cells.get(column.key, ""))
        book.add_worksheet("成员").write_row(0, 0, [column.zh for column in MEMBERS.columns])
    opened = open_workbook(path)
    (row,) = cleaned(opened)
    assert {key: row[key] for key in below} == {key: cells[key] * 100 for key in below}
    assert next(opened.households()).row_no == 4
    assert opened.household_sheet.layout.unasked() == []


def test_blank_rows_numbered_rows_and_the_example_are_left_out(path: Path) -> None:
    rows = [
        {"serial": "示例", **HEADS[0]} | {"serial": "示例"},
        HEADS[1],
        {},
        {"serial": "3"},
        {"name": "  "},
        HEADS[2],
    ]
    book = open_workbook(write_roster(path, rows, OTHERS))
    assert [row.row_no for row in book.households()] == [3, 7]


def test_columns_in_another_place_and_others_ignored(path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for spec, rows in ((HOUSEHOLDS, HEADS), (MEMBERS, OTHERS)):
        sheet = book.create_sheet(spec.zh)
        columns = list(reversed(spec.columns))
        sheet.append([None, None, "序号", *(column.zh for column in columns), "填表人"])
        for place, row in enumerate(rows):
            sheet.append([None, None, place, *(row.get(column.key) for column in columns), "某某"])
    book.save(path)
    opened = open_workbook(path)
    assert [row["name"] for row in cleaned(opened)] == [row["name"] for row in HEADS]
    assert opened.household_sheet.layout.others == ("序号", "填表人")
    letters = {opened.household_sheet.layout.letter(key) for key in ("remarks", "consent_on")}
    assert letters == {"D", "E"}


def test_formulas_give_their_value_and_never_run(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        for spec, rows in ((HOUSEHOLDS, HEADS[:3]), (MEMBERS, [])):
            sheet = book.add_worksheet(spec.zh)
            sheet.write_row(0, 0, [column.zh for column in spec.columns])
            for row_no, row in enumerate(rows, 1):
                for key, place in spec.position.items():
                    cell = row.get(key, "")
                    sheet.write(row_no, place, cell.isoformat() if isinstance(cell, date) else cell)
        sheet = book.get_worksheet_by_name("家庭")
        sheet.write_formula(1, HOUSEHOLDS.position["annual_income"], "=SUM(1,2)", None, 98765)
        sheet.write_formula(2, HOUSEHOLDS.position["loss"], "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, HOUSEHOLDS.position["loss"], "=NOW()", None, "")
    opened = open_workbook(path)
    cleaner = Cleaner(opened.household_sheet.layout)
    rows = list(cleaner.clean_all(opened.households()))
    assert rows[0].values[cleaner.keys.index("annual_income")] == 9_876_500
    for row in rows[1:]:
        assert ("loss", "error_value") in {(problem.column, problem.code) for problem in row.problems}


def test_dates_counted_from_1904(path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.remove(book.active)
    for spec, rows in ((HOUSEHOLDS, [HEADS[0] | {"consent_on": 42798.0}]), (MEMBERS, [])):
        sheet = book.create_sheet(spec.zh)
        sheet.append([column.zh for column in spec.columns])
        for row in rows:
            sheet.append([row.get(column.key) for column in spec.columns])
    book.save(path)
    (row,) = cleaned(open_workbook(path))
    assert row["consent_on"] == date(2021, 3, 5)
    assert row["started_work_on"] == HEADS[0]["started_work_on"]


def test_missing_columns_are_named_with_the_headers_seen(path: Path) -> None:
    error = refusal(write_roster(path, HEADS, OTHERS, leave_out=("ethnic", "mobile")))
    assert error.code == "missing_columns"
    with override("zh-hans"):
        assert "民族、手机号码" in error.message and "户主姓名" in error.message
    with override("en"):
        assert "Ethnic group, Mobile" in error.message


def test_a_column_twice(path: Path) -> None:
    error = refusal(write_roster(path, HEADS, OTHERS, headers={"remarks": "姓名"}))
    assert error.code == "repeated_column"
    with override("zh-hans"):
        assert "C、" in error.message


def test_no_such_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["甲", "乙"])
    book.save(path)
    error = refusal(path)
    assert error.code == "missing_sheet"
    with override("en"):
        assert "Households" in error.message and "Sheet" in error.message


def test_empty_sheets(path: Path) -> None:
    assert refusal(write_roster(path, [], [])).code == "empty"
    book = openpyxl.Workbook()
    book.active.title = "家庭"
    book.save(path)
    assert refusal(path).code == "empty"


def test_too_many_rows(path: Path) -> None:
    write_roster(path, HEADS, OTHERS)
    assert len(list(open_workbook(path, max_rows=len(HEADS)).households())) == len(HEADS)
    assert refusal(path, max_rows=len(HEADS) - 1).code == "too_many_rows"
