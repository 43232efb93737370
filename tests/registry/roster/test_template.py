"""The workbooks we hand out, read back."""

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nuanxin.registry.roster.cleaning import Cleaner
from nuanxin.registry.roster.codes import CODE_LISTS
from nuanxin.registry.roster.columns import HOUSEHOLDS, SHEETS, Kind
from nuanxin.registry.roster.template import write_returned, write_template
from nuanxin.registry.roster.workbook import RawRow, open_workbook

from .factories import families, write_roster

LANGUAGES = ("zh-hans", "en")


def load(content: io.BytesIO) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content.getvalue()))


@pytest.fixture(params=LANGUAGES)
def template(request: pytest.FixtureRequest) -> tuple[str, Any]:
    target = io.BytesIO()
    write_template(target, request.param)
    return request.param, load(target)


def test_the_template_has_every_column_and_drop_down(template: tuple[str, Any]) -> None:
    lang, book = template
    for spec in SHEETS.values():
        sheet = book[spec.label(lang)]
        headers = [cell.value for cell in sheet[1]]
        assert headers == [column.label(lang) + "*" * column.required for column in spec.columns]
        choices = [column for column in spec.columns if column.codes or column.kind is Kind.FLAG]
        assert len(sheet.data_validations.dataValidation) == len(choices)
        assert sheet.protection.sheet and sheet["A1"].protection.locked and not sheet["A2"].protection.locked
        assert sheet["D1"].comment.text


def test_the_drop_downs_hold_the_code_lists(template: tuple[str, Any]) -> None:
    lang, book = template
    options = book.worksheets[-1]
    assert options.sheet_state == "hidden"
    for column in options.iter_cols(values_only=True):
        key, *labels = [value for value in column if value is not None]
        assert labels == CODE_LISTS[key].labels(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_example_row_would_be_accepted_but_is_not_imported(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "template.xlsx"
    write_template(str(path), lang)
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[:2]:
        sheet.append(["1", *(cell.value for cell in sheet[2][1:])])
    book.save(path)
    opened = open_workbook(path)
    for roster_sheet in (opened.household_sheet, opened.member_sheet):
        (raw,) = roster_sheet.rows()
        assert raw.row_no == 3
        assert Cleaner(roster_sheet.layout).clean(raw).problems == ()


@pytest.fixture
def returned(tmp_path: Path) -> tuple[list[RawRow], list[Any], io.BytesIO]:
    heads, members = families(6)
    heads[1] |= {"health": "很好", "loss": ""}
    heads[2] |= {"id_number": 533422197805120016.0}
    heads[3] |= {
        "remarks": '=HYPERLINK("http://example.org","x")',
        "employer": "+86",
        "address": "@SUM(1)",
        "name": "-1",
    }
    opened = open_workbook(write_roster(tmp_path / "in.xlsx", heads, members, titles=["花名册"]))
    rows = list(opened.households())
    problems = [
        problem for row in Cleaner(opened.household_sheet.layout).clean_all(rows) for problem in row.problems
    ]
    target = io.BytesIO()
    write_returned(target, rows, opened.members(), problems, "zh-hans")
    return rows, problems, target


def test_faulty_cells_are_marked_and_explained(returned: tuple[list[RawRow], list[Any], io.BytesIO]) -> None:
    _, problems, target = returned
    sheet = load(target)["家庭"]
    health = sheet.cell(3, HOUSEHOLDS.position["health"] + 1)
    assert (health.value, health.fill.start_color.rgb) == ("很好", "FFF8CBC6")
    assert "不在健康状况的选项中" in health.comment.text
    loss = sheet.cell(3, HOUSEHOLDS.position["loss"] + 1)
    assert (loss.value, loss.fill.start_color.rgb) == (None, "FFFCE9B8")
    marked = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.comment]
    assert len(marked) == len({(problem.row, problem.column) for problem in problems})


def test_the_first_sheet_lists_the_problems(returned: tuple[list[RawRow], list[Any], io.BytesIO]) -> None:
    _, problems, target = returned
    listing = load(target).worksheets[0]
    lines = list(listing.iter_rows(min_row=2))
    assert len(lines) == len(problems)
    place, original, message = lines[0][1], lines[0][2].value, lines[0][5].value
    letter = openpyxl.utils.get_column_letter(HOUSEHOLDS.position["health"] + 1)
    assert (place.value, original) == (f"{letter}3", 4)
    assert place.hyperlink.location == f"'家庭'!{letter}3"
    assert message.startswith("“很好”")


def test_nothing_handed_out_can_start_a_formula(returned: tuple[list[RawRow], list[Any], io.BytesIO]) -> None:
    *_, target = returned
    with zipfile.ZipFile(target) as archive:
        parts = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in part or b"<f " in part for part in parts)
    row = load(target)["家庭"][5]
    risky = [
        cell for cell in row if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))
    ]
    assert {cell.value for cell in risky} >= {"+86", "@SUM(1)", "-1"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)


def test_rows_given_back_are_read_as_before(
    returned: tuple[list[RawRow], list[Any], io.BytesIO], tmp_path: Path
) -> None:
    rows, problems, target = returned
    path = tmp_path / "again.xlsx"
    path.write_bytes(target.getvalue())
    opened = open_workbook(path)
    cleaner, before = Cleaner(opened.household_sheet.layout), Cleaner(HOUSEHOLDS)
    again = [cleaner.clean(raw) for raw in opened.households()]
    assert [row.values for row in again] == [before.clean(raw).values for raw in rows]
    assert [row.secrets for row in again] == [before.clean(raw).secrets for raw in rows]
    assert [problem.code for row in again for problem in row.problems] == [
        problem.code for problem in problems
    ]
