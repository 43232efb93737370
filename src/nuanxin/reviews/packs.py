"""Which packs a review determines with, and at which places each of them counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.casework.models import FILED
from nuanxin.kernel.actor import subtree
from nuanxin.policy import queries as policy

FILING = "filing"
#: What the program adds for a household with a file; a pack that asks neither gives no yearly aid to files.
_OF_FILES = {"file_class", "granted_this_year"}


@dataclass(frozen=True)
class Placed:
    """A pack in force on a day, at and below `place` except at and below the `nearer` ones, which have
    packs of their own."""

    pack: policy.Pack
    day: date
    place: str
    nearer: tuple[str, ...] = ()

    def where(self, column: str) -> tuple[str, list[str]]:
        """The SQL condition that a path lies where the pack counts, and its parameters."""
        parts, params = [f"{column} >= %s AND {column} < %s"], [*subtree(self.place)]
        for place in self.nearer:
            parts.append(f"NOT ({column} >= %s AND {column} < %s)")
            params += subtree(place)
        return "(" + " AND ".join(parts) + ")", params


@dataclass(frozen=True)
class Packs:
    """All packs of a review: those of filing, and by programme those of the yearly aid before and now."""

    filing: tuple[Placed, ...]
    before: tuple[Placed, ...]
    now: tuple[Placed, ...]

    def listed(self) -> list[dict[str, Any]]:
        """Code, version and hash of each pack with the day it is used for, as a review keeps them."""
        return [
            {
                "programme": item.pack.programme,
                "code": item.pack.code,
                "version": item.pack.version,
                "sha256": item.pack.sha256,
                "day": item.day.isoformat(),
            }
            for item in (*self.filing, *self.before, *self.now)
        ]


def packs_of(path: str, as_of: date, basis: date) -> Packs:
    """The packs that count at and below a path, on the day of a review and on its basis day."""
    return Packs(
        tuple(_placed(path, as_of, FILING)), tuple(_yearly(path, basis)), tuple(_yearly(path, as_of))
    )


def covered(packs: Packs, path: str) -> bool:
    """True when every household at and below the path has a filing pack."""
    return any(path.startswith(item.place) for item in packs.filing)


def _yearly(path: str, day: date) -> Iterator[Placed]:
    """The packs that give a household with a file something in a year, from what the registry knows."""
    programmes = {row.programme for row in policy.packs_in_force(day)} - {FILING}
    for programme in sorted(programmes):
        for item in _placed(path, day, programme):
            if item.pack.subject == "household" and _OF_FILES & set(item.pack.facts):
                yield item


def _placed(path: str, day: date, programme: str) -> Iterator[Placed]:
    rows = policy.packs_in_force(day, programme)
    places = {row.org_id or "": row for row in rows}
    above = max((place for place in places if path.startswith(place)), key=len, default=None)
    below = sorted(place for place in places if place.startswith(path) and place != path)
    for place in [*([above] if above is not None else []), *below]:
        nearer = tuple(other for other in below if other != place and other.startswith(place))
        yield Placed(places[place].checked(), day, place, nearer)


def filed_sql(column: str) -> str:
    """The SQL test that a class is one a file can have."""
    codes = ", ".join(f"'{code}'" for code in FILED)
    return f"{column} IN ({codes})"
