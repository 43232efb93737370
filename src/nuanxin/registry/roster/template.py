"""The workbooks we hand out: the blank template, and an officer's rows given back with faulty cells marked.

Text is always written as text. A cell that begins like a formula keeps a quote mark as its prefix, so that it
stays text also when it is edited or saved in another format.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from nuanxin.kernel.identity import invent_id

from .codes import CODE_LISTS
from .columns import HOUSEHOLDS, MEMBERS, SHEETS, Column, Kind, SheetSpec
from .problems import ERROR, Problem
from .workbook import RawRow

_FIRST_ROW = 1  # from 0, below the header
_LAST_ROW = 100_000  # how far drop-downs reach
_TEXT_LIMIT = 32_767
_COMMENTS = 5_000  # more make spreadsheet programs crawl; the colour and the list hold them all
_LINKS = 60_000  # a sheet may hold 65,530
_RISKY = ("=", "+", "-", "@", "\t", "\r", "|")
_FILLS = {"error": "#F8CBC6", "warning": "#FCE9B8"}
_HEADER = {
    "bold": True,
    "bg_color": "#F1ECE4",
    "border": 1,
    "border_color": "#CFC6B8",
    "text_wrap": True,
    "valign": "vcenter",
}
_REQUIRED_COLOUR = "#A61C1C"
_NUMERIC = {Kind.MONEY: "0.00", Kind.COUNT: "0", Kind.AREA: "0.00", Kind.DATE: "yyyy-mm-dd"}
_WIDE = frozenset([Kind.ID, Kind.CARD, Kind.TEXT, Kind.DIVISION, Kind.CODES])
_PROTECTION = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
}

_HELP: Mapping[Kind, Any] = {
    Kind.ID: _("18 位，按文本填写。"),
    Kind.PHONE: _("11 位手机号码，只填一个。"),
    Kind.CARD: _("本人名下的银行卡，按文本填写。"),
    Kind.DATE: _("写成 2021-03-05 的样子。"),
    Kind.YEAR: _("四位年份，例如 2021。"),
    Kind.MONEY: _("单位为元；没有的填 0。"),
    Kind.COUNT: _("填整数。"),
    Kind.AREA: _("单位为平方米。"),
    Kind.FLAG: _("填“是”或“否”。"),
    Kind.CODE: _("从下拉列表中选一个。"),
    Kind.CODES: _("最多三项，用顿号隔开。"),
    Kind.DIVISION: _("6、9 或 12 位行政区划代码，或地名。"),
}
_KEY_HELP: Mapping[str, Any] = {
    "serial": _("可不填；填写时两张表要一致。成员按户主身份证号归入家庭。以“示例”开头的行不会导入。"),
    "head_id": _("与家庭表中的户主身份证号相同，成员按它归入家庭。"),
    "started_work_on": _("写成 2021-03-05 的样子，也可只写年月。"),
    "born_on": _("可不填，以身份证号为准。"),
    "sex": _("可不填，以身份证号为准。"),
}


def write_template(target: str | IO[bytes], lang: str) -> None:
    """Write the blank template with drop-downs, notes at the headers, and one example row on each sheet."""
    with override(lang), xlsxwriter.Workbook(target, _options()) as workbook:
        book = _Writer(workbook, lang)
        for spec in SHEETS.values():
            sheet = book.add(spec)
            book.row(sheet, spec, _FIRST_ROW, _example(spec, lang), {})
        book.add_options()


def write_returned(
    target: str | IO[bytes],
    households: Iterable[RawRow],
    members: Iterable[RawRow],
    problems: Iterable[Problem],
    lang: str,
) -> None:
    """Write the rows as typed in the template's layout, faulty cells filled with colour and explained in a
    comment, with the list of problems as the first sheet. Uploaded again it is read like any roster."""
    by_row: dict[tuple[str, int], list[Problem]] = {}
    for problem in problems:
        by_row.setdefault((problem.sheet, problem.row), []).append(problem)
    with override(lang), xlsxwriter.Workbook(target, _options() | {"constant_memory": True}) as workbook:
        book = _Writer(workbook, lang)
        listing = workbook.add_worksheet(str(_("问题清单")))
        moved: dict[tuple[str, int], int] = {}
        for spec, rows in ((HOUSEHOLDS, households), (MEMBERS, members)):
            sheet = book.add(spec)
            for place, raw in enumerate(rows, _FIRST_ROW):
                moved[spec.key, raw.row_no] = place
                marks = _by_column(by_row.get((spec.key, raw.row_no), ()))
                book.row(sheet, spec, place, raw.cells, marks)
        book.add_options()
        _write_listing(listing, book, by_row, moved)


def _options() -> dict[str, Any]:
    plain = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    return plain | {"nan_inf_to_errors": True}


def _by_column(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    marks: dict[str, list[Problem]] = {}
    for problem in problems:
        marks.setdefault(problem.column, []).append(problem)
    return marks


def _example(spec: SheetSpec, lang: str) -> tuple[Any, ...]:
    """The example row; its ID numbers are invented."""
    head = invent_id("533422", date(1978, 5, 12), 1)
    ids = {
        "id_number": head if spec is HOUSEHOLDS else invent_id("533422", date(1980, 3, 8), 2),
        "head_id": head,
    }
    examples = ids | {
        "mobile": "13800000000",
        "born_on": "1978-05-12" if spec is HOUSEHOLDS else "1980-03-08",
    }
    if spec is MEMBERS:
        examples["sex"] = "女"
    return tuple(
        _in_language(column, examples.get(column.key, column.example), lang) for column in spec.columns
    )


def _in_language(column: Column, example: str, lang: str) -> str:
    if column.codes is not None and example and not lang.startswith("zh"):
        codes = [column.codes.lookup(word) for word in example.split("、")]
        return ", ".join(column.codes.by_code[code].en for code in codes if code)
    if column.kind is Kind.FLAG and example:
        return _yes_no()[example == "否"]
    return str(_("示例")) if column.key == "serial" else example


def _yes_no() -> list[str]:
    return [str(_("是")), str(_("否"))]


class _Writer:
    """Sheets in the template's layout, in one workbook and language."""

    def __init__(self, workbook: xlsxwriter.Workbook, lang: str) -> None:
        self.workbook = workbook
        self.lang = lang
        self.options = str(_("选项"))
        self.lists: dict[str, int] = {}
        self.comments = 0
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **properties: Any) -> Format:
        """The format with these properties, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def add(self, spec: SheetSpec) -> Worksheet:
        """A sheet with its protected header, column formats, notes and drop-downs."""
        sheet: Worksheet = self.workbook.add_worksheet(spec.label(self.lang))
        sheet.freeze_panes(_FIRST_ROW, 3)
        sheet.set_row(0, 36)
        sheet.protect("", _PROTECTION)
        for place, column in enumerate(spec.columns):
            width = 22 if column.kind in _WIDE else 13
            sheet.set_column(place, place, width, self.format(locked=False, num_format=_num_format(column)))
            colour = {"font_color": _REQUIRED_COLOUR} if column.required else {}
            header = column.label(self.lang) + ("*" if column.required else "")
            sheet.write_string(0, place, header, self.format(**_HEADER, **colour))
            if note := self._note(column):
                sheet.write_comment(0, place, note, {"x_scale": 1.6, "y_scale": 1.2})
            self._drop_down(sheet, place, column)
        return sheet

    def _note(self, column: Column) -> str:
        lines = [_KEY_HELP.get(column.key) or _HELP.get(column.kind)]
        if column.required:
            lines.insert(0, _("必填。"))
        if column.asked:
            lines.append(_("判定困难类别需要；确实不清楚时留空。"))
        return "\n".join(str(line) for line in lines if line)

    def _drop_down(self, sheet: Worksheet, place: int, column: Column) -> None:
        if column.kind is Kind.FLAG:
            source: Any = _yes_no()
        elif column.codes is not None:
            letter = xl_col_to_name(self.lists.setdefault(column.codes.key, len(self.lists)))
            source = f"='{self.options}'!${letter}$2:${letter}${len(column.codes.items) + 1}"
        else:
            return
        several = column.kind is Kind.CODES
        sheet.data_validation(
            _FIRST_ROW,
            place,
            _LAST_ROW,
            place,
            {
                "validate": "list",
                "source": source,
                "show_error": not several,
                "error_title": column.label(self.lang)[:32],
                "error_message": str(_("请从下拉列表中选择。")),
            },
        )

    def add_options(self) -> None:
        """The hidden sheet the drop-downs read."""
        sheet = self.workbook.add_worksheet(self.options)
        sheet.hide()
        columns = [CODE_LISTS[key].labels(self.lang) for key in self.lists]
        sheet.write_row(0, 0, list(self.lists))
        for row_no in range(max(map(len, columns))):
            for place, labels in enumerate(columns):
                if row_no < len(labels):
                    sheet.write_string(row_no + 1, place, labels[row_no])

    def row(
        self,
        sheet: Worksheet,
        spec: SheetSpec,
        row_no: int,
        cells: Iterable[Any],
        marks: Mapping[str, list[Problem]],
    ) -> None:
        """One row; a marked cell gets the colour of its worst problem and a comment with all of them."""
        for place, (column, cell) in enumerate(zip(spec.columns, cells, strict=True)):
            problems = marks.get(column.key, ())
            properties: dict[str, Any] = {"locked": False, "num_format": _num_format(column)}
            if problems:
                worst = "error" if any(problem.severity == ERROR for problem in problems) else "warning"
                properties["bg_color"] = _FILLS[worst]
            self._cell(sheet, row_no, place, cell, properties)
            if problems and self.comments < _COMMENTS:
                self.comments += 1
                text = "\n".join(f"{problem.message}{problem.advice}" for problem in problems)
                sheet.write_comment(row_no, place, text, {"x_scale": 1.8, "y_scale": 1.4})

    def _cell(self, sheet: Worksheet, row_no: int, place: int, cell: Any, properties: dict[str, Any]) -> None:
        if cell == "":
            if "bg_color" in properties:
                sheet.write_blank(row_no, place, None, self.format(**properties))
        elif isinstance(cell, float):
            kind = {} if properties["num_format"] != "@" else {"num_format": "General"}
            sheet.write_number(row_no, place, cell, self.format(**properties | kind))
        elif isinstance(cell, date | datetime):
            sheet.write_datetime(
                row_no, place, cell, self.format(**properties | {"num_format": "yyyy-mm-dd"})
            )
        else:
            text = str(cell)[:_TEXT_LIMIT]
            quoted = {"quote_prefix": True} if text.startswith(_RISKY) else {}
            sheet.write_string(row_no, place, text, self.format(**properties, **quoted))


def _num_format(column: Column) -> str:
    return _NUMERIC.get(column.kind, "@")


def _write_listing(
    sheet: Worksheet,
    book: _Writer,
    by_row: Mapping[tuple[str, int], list[Problem]],
    moved: Mapping[tuple[str, int], int],
) -> None:
    """The list of problems, one a line, each linked to its cell in this workbook."""
    headers = (_("工作表"), _("单元格"), _("原行号"), _("列"), _("程度"), _("问题"), _("处理办法"))
    for place, (header, width) in enumerate(zip(headers, (10, 10, 10, 22, 8, 60, 60), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, str(header), book.format(**_HEADER))
    sheet.freeze_panes(1, 0)
    severities = {ERROR: str(_("错误"))}
    known = [problem for key in moved for problem in by_row.get(key, ())]
    for row_no, problem in enumerate(known, 1):
        spec = SHEETS[problem.sheet]
        column = spec.columns[spec.position[problem.column]]
        name = spec.label(book.lang)
        cell = f"{xl_col_to_name(spec.position[problem.column])}{moved[problem.sheet, problem.row] + 1}"
        sheet.write_string(row_no, 0, name)
        if row_no <= _LINKS:
            sheet.write_url(row_no, 1, f"internal:'{name}'!{cell}", string=cell)
        else:
            sheet.write_string(row_no, 1, cell)
        sheet.write_number(row_no, 2, problem.row)
        severity = severities.get(problem.severity, str(_("提醒")))
        texts = (column.label(book.lang), severity, problem.message, problem.advice)
        for place, text in enumerate(texts, 3):
            quoted = {"quote_prefix": True} if text.startswith(_RISKY) else {}
            sheet.write_string(row_no, place, text, book.format(text_wrap=True, valign="top", **quoted))
