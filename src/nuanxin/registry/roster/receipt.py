"""The receipt of a roster as a workbook: what became of the rows of each sheet, and why some were refused."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import IO

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import override
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from nuanxin.kernel.web.exports import MAX_ROWS, harmless

from .columns import SHEETS

_HEADING = {"bold": True, "bg_color": "#F1ECE4", "border": 1, "border_color": "#CFC6B8"}

Line = Sequence[str | int]


def write_receipt(
    target: IO[bytes],
    title: Sequence[Line],
    figures: Mapping[str, Sequence[int]],
    refused: Mapping[str, Iterable[Line]],
    language: str,
) -> None:
    """Write the receipt row by row; memory stays flat.

    `title`: lines above. `figures`, by sheet: rows read, new, changed, unchanged, refused, waiting.
    `refused`, by sheet: row number, name, masked ID, column, field, severity, why, what to do.
    """
    options = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    with override(language), xlsxwriter.Workbook(target, options | {"constant_memory": True}) as book:
        heading = book.add_format(_HEADING)
        summary = book.add_worksheet(_("回执"))
        summary.set_column(0, 0, 18)
        top = _write(summary, 0, title)
        heads = [_("工作表"), _("读入"), _("新增"), _("更改"), _("没有变化"), _("有误未入库"), _("等待入库")]
        _write(summary, top + 1, [heads], heading)
        _write(summary, top + 2, [(SHEETS[key].label(language), *line) for key, line in figures.items()])
        for key, lines in refused.items():
            sheet = book.add_worksheet(_("%(sheet)s有误的行") % {"sheet": SHEETS[key].label(language)})
            sheet.freeze_panes(1, 0)
            for place, width in enumerate((8, 12, 22, 6, 22, 8, 60, 60)):
                sheet.set_column(place, place, width)
            fields = [
                _("原行号"),
                _("姓名"),
                _("身份证号"),
                _("列"),
                _("栏目"),
                _("程度"),
                _("问题"),
                _("处理办法"),
            ]
            _write(sheet, 0, [fields], heading)
            _write(sheet, 1, islice(lines, MAX_ROWS))


def _write(sheet: Worksheet, top: int, lines: Iterable[Line], style: Format | None = None) -> int:
    """Write lines from a row on; the row after them."""
    for line in lines:
        for place, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(top, place, harmless(cell), style)
            else:
                sheet.write_number(top, place, cell, style)
        top += 1
    return top
