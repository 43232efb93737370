"""The receipt of a roster to take along: per sheet what came of its rows, and why some were refused."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from nuanxin.kernel import scope
from nuanxin.kernel.identity import mask_name
from nuanxin.records import services as records
from nuanxin.registry.groups import (
    CHILD_FIELDS,
    CHILDREN,
    FINANCE,
    HEALTH,
    HIDDEN,
    closed_fields,
    is_child,
    may,
)
from nuanxin.registry.models import Household, Person, Roster, RosterRow
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import SHEETS
from nuanxin.registry.roster.problems import Problem
from nuanxin.registry.roster.receipt import Line, write_receipt

#: Parameters of a problem that repeat what was typed or what is on file.
_TELLING = ("value", "names", "expected")
_SPENDING = frozenset(
    column.key for column in SHEETS["households"].columns if column.key.startswith("spend_")
)


def write_roster_receipt(*, roster: Roster, target: IO[bytes], language: str) -> None:
    """Write what was read, taken and refused. ID numbers are masked, and facts the actor may not see are
    hidden in the reasons as well. That it was taken along is recorded."""
    scope.current().require(IMPORT_ROSTER)
    staged = roster.rows.filter(upload=roster.upload)
    closed = _closed()
    refused = {key: _refused(staged.filter(sheet=key), closed, language) for key in SHEETS}
    figures = {key: _figures(roster, staged, key) for key in SHEETS}
    records.note(
        "roster.receipt_downloaded",
        subject=roster,
        detail={"refused": sum(line[4] for line in figures.values())},
    )
    write_receipt(target, _title(roster, language), figures, refused, language)


def _figures(roster: Roster, staged: Any, sheet: str) -> tuple[int, ...]:
    """Rows read, new, changed, unchanged, refused, waiting; new to unchanged over all commits of the file."""
    rows = staged.filter(sheet=sheet)
    taken = [receipt.get("sheets", {}).get(sheet, {}) for receipt in roster.receipts]
    new, changed, unchanged = (
        sum(line.get(name, 0) for line in taken) for name in ("new", "changed", "unchanged")
    )
    faulty, staying = rows.filter(faulty=True).count(), rows.count()
    read = roster.households_read if sheet == "households" else roster.members_read
    return read, new, changed, unchanged, faulty, staying - faulty


def _title(roster: Roster, language: str) -> list[Line]:
    with override(language):
        lines: list[Line] = [(_("文件名"), roster.name), (_("单位"), str(roster.org))]
        lines.append((_("上传时间"), f"{localtime(roster.created):%Y-%m-%d %H:%M}"))
        for receipt in roster.receipts:
            at = localtime(datetime.fromisoformat(receipt["at"]))
            lines.append((_("入库时间"), f"{at:%Y-%m-%d %H:%M} {receipt['staff']}"))
        return lines


def _closed() -> frozenset[str]:
    """The columns whose content the actor may not see."""
    actor = scope.current()
    closed = closed_fields(Person) | closed_fields(Household)
    if not may(actor, FINANCE):
        closed |= _SPENDING | {"per_head"}
    if not may(actor, HEALTH):
        closed |= {key for key in _SPENDING if "schooling" not in key}
    if not may(actor, CHILDREN):
        closed |= CHILD_FIELDS | {"people"}  # the number of people names the members left out
    return frozenset(closed)


def _refused(rows: Any, closed: frozenset[str], language: str) -> Iterator[Line]:
    """One line for each problem of a row with an error, in the order of the sheet."""
    for row in rows.filter(faulty=True).order_by("row_no").iterator(chunk_size=2000):
        spec = SHEETS[row.sheet]
        for stored in [*row.problems, *row.conflicts]:
            problem = Problem(**_hidden(stored, closed))
            label = spec.columns[spec.position[problem.column]].label(language)
            severity = _("错误") if problem.is_error else _("提醒")
            name, number = _name(row, closed), row.values.get("id_mask", "")
            where = (row.row_no, name, number, problem.letter, label)
            yield (*where, severity, problem.message, problem.advice)


def _hidden(stored: dict[str, Any], closed: frozenset[str]) -> dict[str, Any]:
    if stored["column"] not in closed:
        return stored
    params = {key: HIDDEN if key in _TELLING else value for key, value in stored["params"].items()}
    return stored | {"params": params}


def _name(row: RosterRow, closed: frozenset[str]) -> str:
    """The name; of somebody who is a child or may be one the surname alone, when children are closed."""
    name, born = row.values.get("name", ""), row.values.get("born_on")
    if name and "name" in closed and (not born or is_child(Person(born_on=date.fromisoformat(born)))):
        return mask_name(name)
    return str(name)
