"""Where a workbook kept its columns, as JSON on the roster, and back."""

from typing import Any

from nuanxin.registry.roster.columns import SHEETS
from nuanxin.registry.roster.header import Found, Layout
from nuanxin.registry.roster.workbook import Book, RosterSheet


def layout_json(book: Book) -> dict[str, Any]:
    """For each sheet its name, its columns, and the asked columns it does not have."""
    return {sheet.spec.key: _sheet(sheet) for sheet in (book.household_sheet, book.member_sheet)}


def _sheet(sheet: RosterSheet) -> dict[str, Any]:
    layout = sheet.layout
    columns = {
        key: {"place": at.place, "header": at.header, "unit": at.unit, "letter": layout.letter(key)}
        for key, at in layout.found.items()
    }
    text = sheet.text
    return {
        "text": {"encoding": text.encoding_name, "separator": text.separator} if text else None,
        "name": sheet.name,
        "first_row": layout.first_row,
        "columns": columns,
        "unasked": layout.unasked(),
        "others": list(layout.others),
    }


def layout_of(stored: dict[str, Any], sheet: str) -> Layout:
    """The layout of a sheet ("households", "members") out of a roster's `layout`."""
    kept = stored[sheet]
    found = {key: Found(at["place"], at["header"], at["unit"]) for key, at in kept["columns"].items()}
    return Layout(SHEETS[sheet], kept["first_row"], found)
