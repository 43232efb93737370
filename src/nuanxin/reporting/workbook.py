"""The official layout as a workbook: title, unit and period, a row a section, a column a class."""

import tempfile
from datetime import timedelta
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _

from nuanxin.kernel.money import Money

from .formdefs import CellDef, forms
from .models import Return
from .queries import values


def write_official(report: Return) -> IO[bytes]:
    """The return as it goes on paper; amounts in yuan and, as the paper asks, in 万元 beside them."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _write(book, report)
    file.seek(0)
    return file


def _write(book: Any, report: Return) -> None:
    form, figures = forms()[report.form], values(report)
    sheet = book.add_worksheet(form.title[:31])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    styles = _styles(book)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 4, 18)
    sheet.merge_range(0, 0, 0, 4, form.title, styles["title"])
    last = report.ends_on - timedelta(days=1)
    sheet.write_string(1, 0, _("填报单位：%(unit)s") % {"unit": report.org}, styles["plain"])
    sheet.write_string(
        1, 2, _("统计期：%(start)s 至 %(end)s") % {"start": report.starts_on, "end": last}, styles["plain"]
    )
    for column, heading in enumerate((_("统计项目"), _("分类"), _("计量单位"), _("数值"), _("折合万元"))):
        sheet.write_string(2, column, heading, styles["head"])
    row = 3
    for section in form.sections:
        for cell in section.cells:
            _write_cell(sheet, row, section.label, cell, figures.get(cell.code), styles)
            row += 1
    sheet.write_string(row + 1, 0, _("填表人："), styles["plain"])
    sheet.write_string(row + 1, 2, _("单位负责人："), styles["plain"])
    sheet.write_string(row + 1, 4, _("（公章）"), styles["plain"])


def _write_cell(
    sheet: Any, row: int, section: str, cell: CellDef, value: int | None, styles: dict[str, Any]
) -> None:
    sheet.write_string(row, 0, section if not cell.key else "", styles["text"])
    sheet.write_string(row, 1, cell.label if cell.section.by else "", styles["text"])
    sheet.write_string(row, 2, str(cell.unit_label), styles["text"])
    if value is None:
        sheet.write_string(row, 3, "—", styles["text"])
        sheet.write_string(row, 4, "", styles["text"])
    elif cell.is_money:
        yuan = Money(value).to_yuan()
        sheet.write_number(row, 3, yuan, styles["yuan"])
        sheet.write_number(row, 4, yuan / Decimal(10_000), styles["wan"])
    else:
        sheet.write_number(row, 3, value, styles["count"])
        sheet.write_string(row, 4, "", styles["text"])


def _styles(book: Any) -> dict[str, Any]:
    box = {"border": 1, "valign": "vcenter"}
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center"}),
        "plain": book.add_format({}),
        "head": book.add_format({**box, "bold": True, "align": "center", "bg_color": "#F2EEE8"}),
        "text": book.add_format(box),
        "count": book.add_format({**box, "num_format": "#,##0"}),
        "yuan": book.add_format({**box, "num_format": "#,##0.00"}),
        "wan": book.add_format({**box, "num_format": "#,##0.0000"}),
    }
