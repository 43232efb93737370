"""The dated standards as a scenario would have them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from nuanxin.kernel.money import Money, round_fen
from nuanxin.policy import queries as policy

from .models import StandardChange

ANY = StandardChange.Residence.ANY
EACH = ("any", "urban", "rural")
_SIX = Decimal("0.000001")
_COLUMNS = frozenset(["code", "path", "residence", "amount", "number"])
_SQL = """
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::numeric[])
    AS standards (code, path, residence, amount, number)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One standard in force; `path` is empty for the whole tree."""

    code: str
    path: str
    residence: str
    amount: Money | None
    number: Decimal | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.code, self.path, self.residence


def in_force(day: date, codes: Collection[str], place: str) -> list[Row]:
    """The rows of these standards on a day that hold at a place or below, where nobody nearer sets one."""
    rows = policy.standards_in_force(day).filter(code__in=codes).order_by("code", "org", "residence")
    found = [Row(row.code, row.org_id or "", row.residence, row.amount, row.number) for row in rows]
    return [row for row in found if row.path.startswith(place) or place.startswith(row.path)]


def changed(rows: Iterable[Row], changes: Iterable[StandardChange]) -> list[Row]:
    """The rows with the changes applied. Each change starts from the figure in force, never from another
    change: the one for the nearer place, then the one for the residence, takes the place of the others."""
    held = {row.key: row for row in rows}
    by_code: dict[str, dict[str, dict[str, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in held.values():
        by_code[row.code][row.path][row.residence] = row
    made = dict(held)
    for change in sorted(changes, key=lambda change: (len(change.place_id or ""), change.residence != ANY)):
        made |= {row.key: row for row in _changed(by_code[change.code], change)}
    return list(made.values())


def relation(rows: Sequence[Row]) -> policy.Relation:
    """Rows as the policy's set-based runner takes standards."""
    columns = [
        [row.code for row in rows],
        [row.path for row in rows],
        [row.residence for row in rows],
        [None if row.amount is None else row.amount.fen for row in rows],
        [row.number for row in rows],
    ]
    return policy.Relation(_SQL, columns, _COLUMNS)


def _changed(held: dict[str, dict[str, Row]], change: StandardChange) -> Iterator[Row]:
    """The rows a change makes: at its place, and at every place below that has rows of its own."""
    place = change.place_id or ""
    for path in {place, *(path for path in held if path.startswith(place))}:
        everyone = _holding(held, path, "any")
        if change.residence == ANY and everyone:
            yield _moved(everyone, path, "any", change)
        for residence in EACH[1:] if change.residence == ANY else (change.residence,):
            own = _holding(held, path, residence)
            if own and not (change.residence == ANY and own is everyone):
                yield _moved(own, path, residence, change)


def _holding(held: dict[str, dict[str, Row]], path: str, residence: str) -> Row | None:
    """The row that holds at a path: of the nearest place, that for the residence before that for any."""
    steps = path.split("/")[:-1]
    for depth in range(len(steps), -1, -1):
        there = held.get("".join(f"{step}/" for step in steps[:depth]), {})
        if found := there.get(residence) or there.get("any"):
            return found
    return None


def _moved(row: Row, path: str, residence: str, change: StandardChange) -> Row:
    if row.amount is not None:
        amount = max(round_fen(_new(row.amount.to_yuan(), change)), Money(0))
        return replace(row, path=path, residence=residence, amount=amount)
    assert row.number is not None  # the database holds exactly one of the two
    number = max(_new(row.number, change).quantize(_SIX, ROUND_HALF_UP), Decimal(0))
    return replace(row, path=path, residence=residence, number=number)


def _new(value: Decimal, change: StandardChange) -> Decimal:
    if change.how == StandardChange.How.PERCENT:
        return value * (100 + change.by) / 100
    return value + change.by if change.how == StandardChange.How.PLUS else change.by
