"""Which of the rows in force holds for a subject: the same rule as the statement's, for one place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .run import Standard
from .tree import Parameter

ANY, KNOWN = "any", ("urban", "rural")


@dataclass(frozen=True, slots=True)
class Row:
    """A standard with where it holds; `path` is empty for the whole tree."""

    code: str
    path: str
    residence: str
    standard: Standard


def nearest(
    rows: Iterable[Row], place: str, residence: str | None, *, by_residence: bool = True
) -> Standard | None:
    """The row of the nearest place above or at `place`, for the residence before that for any.

    None when there is none, and when the residence is unknown but would decide. A standard that is not
    looked up by residence has only rows for any.
    """
    residence = residence if residence in KNOWN else None
    held = [row for row in rows if place.startswith(row.path) and _fits(row, residence, by_residence)]
    if not held:
        return None
    best = max(held, key=lambda row: (len(row.path), row.residence != ANY))
    return None if best.residence != ANY and not residence else best.standard


def _fits(row: Row, residence: str | None, by_residence: bool) -> bool:
    return row.residence == ANY or (by_residence and (not residence or row.residence == residence))


def choose(
    parameters: Iterable[Parameter], rows: Mapping[str, list[Row]], place: str, residence: str | None
) -> dict[str, Standard]:
    """The standards of a pack for one subject, by parameter name; `rows` are grouped by code."""
    found = {
        item.name: nearest(rows.get(item.code, ()), place, residence, by_residence=item.by_residence)
        for item in parameters
    }
    return {name: standard for name, standard in found.items() if standard is not None}
