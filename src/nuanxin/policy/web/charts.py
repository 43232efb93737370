"""A small line chart of one standard over the years, as numbers for a template's SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..models import Parameter

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 18, 26
TOPS = [Decimal(step) / 10 for step in (10, 12, 16, 20, 24, 32, 40, 60, 80, 100)]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point where a value begins, with the words of its tooltip."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One residence: the steps of its value as the points of a polyline."""

    residence: str
    label: str
    points: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    series: tuple[Series, ...]
    across: tuple[Tick, ...]  # years
    up: tuple[Tick, ...]  # values, from zero
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM
    foot: int = HEIGHT - 8


def line_chart(rows: Sequence[Parameter], today: date) -> Chart | None:
    """The rows as steps from the first day to a while from now; None when nothing can be compared."""
    if len(rows) < 2:
        return None
    first = min(row.valid.lower for row in rows)
    ends = [row.valid.upper or row.valid.lower for row in rows]
    last = max(*ends, today.replace(day=1)).replace(day=1)
    last = date(last.year + 1, 1, 1)
    top = _round_up(max(_value(row) for row in rows))
    plan = _Plan(first, last, top)
    by_residence: dict[str, list[Parameter]] = {}
    for row in sorted(rows, key=lambda row: row.valid.lower):
        by_residence.setdefault(row.residence, []).append(row)
    series = tuple(plan.series(found) for _, found in sorted(by_residence.items(), reverse=True))
    years = range(first.year if first == date(first.year, 1, 1) else first.year + 1, last.year + 1)
    every = max(1, len(years) // 8)
    across = tuple(Tick(plan.x(date(year, 1, 1)), str(year)) for year in years if year % every == 0)
    up = tuple(Tick(plan.y(top * part / 4), _plain(top * part / 4)) for part in range(5))
    return Chart(series, across, up)


@dataclass(frozen=True, slots=True)
class _Plan:
    first: date
    last: date
    top: Decimal

    def x(self, day: date) -> float:
        share = (min(day, self.last) - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: Decimal) -> float:
        return round(HEIGHT - BOTTOM - float(value / self.top) * (HEIGHT - BOTTOM - TOP), 1)

    def series(self, rows: Sequence[Parameter]) -> Series:
        points = []
        for row in rows:
            y = self.y(_value(row))
            points += [(self.x(row.valid.lower), y), (self.x(row.valid.upper or self.last), y)]
        dots = (Dot(self.x(row.valid.lower), self.y(_value(row)), self._told(row)) for row in rows)
        label = str(rows[0].get_residence_display())
        return Series(rows[0].residence, label, _joined(points), tuple(dots))

    def _told(self, row: Parameter) -> str:
        return f"{row.valid.lower} · {_plain(_value(row))}"


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _value(row: Parameter) -> Decimal:
    value = row.amount.to_yuan() if row.amount is not None else row.number
    assert value is not None  # the database holds exactly one of the two
    return value


def _plain(value: Decimal) -> str:
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text or "0"


def _round_up(value: Decimal) -> Decimal:
    """The next figure that reads well in four steps: 735 gives 800."""
    unit = Decimal(10) ** value.adjusted()
    return next(unit * step for step in TOPS if unit * step >= value)
