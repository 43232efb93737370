"""Rosters as workbooks in the template's columns, taken in through the registry's own import."""

import io
import random
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nuanxin.registry import services as registry
from nuanxin.registry.models import Roster
from nuanxin.registry.roster.columns import SHEETS

from .cast import Cast
from .families import Family
from .machinery import jobs_here


def workbook(families: Sequence[Family]) -> bytes:
    """The families as an .xlsx with one sheet of households and one of members."""
    rows = {
        "households": [family.head for family in families],
        "members": [member for family in families for member in family.members],
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for key, spec in SHEETS.items():
            sheet = book.add_worksheet(spec.zh)
            sheet.write_row(0, 0, [column.zh for column in spec.columns])
            for number, row in enumerate(rows[key], start=1):
                for place, column in enumerate(spec.columns):
                    _write(sheet, number, place, row.get(column.key), day)
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Any, day: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, day)
    elif cell is not None:
        sheet.write_number(row, place, cell)


def take_in(cast: Cast, who: str, name: str, families: Sequence[Family], year: int) -> Roster:
    """Upload a workbook as somebody, have it read, and commit what is free of errors."""
    with jobs_here() as run:
        roster = _uploaded(cast, who, name, families, year)
        run()
        with cast.acting(who):
            registry.commit_roster(roster=roster)
        run()
        with cast.acting(who):  # the import stamps its rows by the database's clock, which knows no past
            roster.households.update(created=timezone.now(), changed=timezone.now())
    return roster


def leave_staged(cast: Cast, who: str, name: str, families: Sequence[Family], year: int) -> Roster:
    """Upload a workbook as somebody and have it read, no more."""
    with jobs_here() as run:
        roster = _uploaded(cast, who, name, families, year)
        run()
    return roster


def _uploaded(cast: Cast, who: str, name: str, families: Sequence[Family], year: int) -> Roster:
    with cast.acting(who):
        return registry.upload_roster(file=SimpleUploadedFile(name, workbook(families)), year=year)


def spoil(families: Sequence[Family], known_id: str, rng: random.Random) -> None:
    """Make four household rows wrong, each in another way."""
    broken, crowded, blank, filed = rng.sample(list(families), 4)
    number = str(broken.head["id_number"])
    broken.head |= {"id_number": number[:-1] + ("1" if number[-1] != "1" else "2"), "people": 1.0}
    broken.members.clear()
    crowded.head["people"] += 1
    blank.head["marriage"] = "婚"
    filed.head["id_number"] = known_id
    for member in filed.members:
        member["head_id"] = known_id
