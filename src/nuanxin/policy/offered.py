"""Reads of programmes: which are in force at a place on a day."""

from collections.abc import Iterable
from datetime import date

from .groups_zh import GROUPS
from .models import Pack, ProgrammeVersion
from .programmes import Programme


def versions_in_force(place: str, day: date, code: str | None = None) -> list[ProgrammeVersion]:
    """Of each programme the version that counts at an organisation path on a day, in one query.

    The nearest place wins, there the highest version that covers the day.
    """
    rows = ProgrammeVersion.objects.filter(valid__contains=day)
    if code:
        rows = rows.filter(code=code)
    rows = rows.order_by("code", "org_id", "-version").distinct("code", "org_id")
    return _nearest(rows.select_related("org"), place)


def _nearest(rows: Iterable[ProgrammeVersion], place: str) -> list[ProgrammeVersion]:
    found: dict[str, ProgrammeVersion] = {}
    for row in rows:
        held = found.get(row.code)
        if place.startswith(row.org_id or "") and (
            not held or len(row.org_id or "") > len(held.org_id or "")
        ):
            found[row.code] = row
    return list(found.values())


def programme_in_force(code: str, place: str, day: date) -> Programme | None:
    """The programme at an organisation path on a day, or None where it is not offered."""
    found = versions_in_force(place, day, code)
    return found[0].checked() if found else None


def programmes_in_force(place: str, day: date) -> list[Programme]:
    """All that is offered at an organisation path on a day, by group and title."""
    order = list(GROUPS)
    made = [row.checked() for row in versions_in_force(place, day)]
    return sorted(made, key=lambda programme: (order.index(programme.group), programme.code))


def programme_by_hash(sha256: str) -> Programme:
    """The version of this hash, whether in force or not; ProgrammeVersion.DoesNotExist without one."""
    return ProgrammeVersion.objects.get(sha256=sha256).checked()


def feeding(cell: str) -> tuple[set[str], set[str]]:
    """The programmes that feed a statistics cell in any of their versions, and the purposes they pay for."""
    rows = ProgrammeVersion.objects.filter(statistics__contains=[cell]).values_list("code", "purpose")
    found = set(rows.order_by().distinct())
    return {code for code, _purpose in found}, {purpose for _code, purpose in found if purpose}


def pack_row(programme: str, place: str, day: date) -> Pack | None:
    """The stored pack that decides a programme at a place on a day, for a link to it."""
    rows = Pack.objects.filter(programme=programme, valid__contains=day)
    held = [row for row in rows if place.startswith(row.org_id or "")]
    return max(held, key=lambda row: (len(row.org_id or ""), row.version), default=None)
