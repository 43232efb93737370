"""Bar charts as SVG made on the server, for <c-chart>: few, honest, readable on paper and on a phone.

Bars lie in rows, so that long names and a narrow screen do them no harm; they begin at zero; each carries
its figure; the table behind the picture is part of the component. Widths are shares of the picture, so
nothing needs a script or a style attribute.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: Height of a bar and the gap below it, in pixels; chart.css has the heights of one to three of them.
BAR, GAP = 14, 3
#: The part of the width that the axis takes; the rest is for the figure behind the longest bar.
AXIS = Decimal("0.82")
#: Series can be told apart by their fill without colour, so there are no more than these.
MOST_SERIES = 3
_STEPS = (1, 2, 3, 4, 6, 8, 10)


def _figure(value: Any) -> str:
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is compared: its name and a figure for each of the chart's labels."""

    label: Any
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as it is drawn: lengths as shares of the width, heights in pixels."""

    number: int
    series: Any
    text: str
    width: str
    top: int
    middle: int


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    text: str


@dataclass(frozen=True)
class BarChart:
    """Grouped bars. `title` says the finding; `unit` what is counted; `heading` what the labels are.

    Values are not negative: whole numbers or decimals. `write` says how a figure is written.
    """

    title: Any
    heading: Any
    labels: Sequence[Any]
    series: Sequence[Series]
    unit: Any = ""
    write: Callable[[Any], str] = _figure

    def __post_init__(self) -> None:
        if not 0 < len(self.series) <= MOST_SERIES:
            raise ValueError(f"a chart compares one to {MOST_SERIES} series")

    @property
    def top(self) -> Decimal:
        """Where the axis ends: the first round figure that no bar exceeds."""
        most = max((Decimal(value) for one in self.series for value in one.values), default=Decimal(0))
        if most <= 0:
            return Decimal(1)
        power = Decimal(10) ** most.adjusted()
        return next(step * power for step in _STEPS if step * power >= most)

    @property
    def bar(self) -> int:
        return BAR

    def ticks(self) -> list[Tick]:
        """Zero, the middle and the end of the axis."""
        top = self.top
        return [Tick(self._share(part), self.write(_plain(part))) for part in (Decimal(0), top / 2, top)]

    def groups(self) -> list[tuple[Any, list[Bar]]]:
        """Each label with its bars, in the order of the series."""
        return [
            (label, [self._bar(number, one, one.values[i]) for number, one in enumerate(self.series)])
            for i, label in enumerate(self.labels)
        ]

    def rows(self) -> list[tuple[Any, list[str]]]:
        """The table behind the picture."""
        return [
            (label, [self.write(one.values[i]) for one in self.series]) for i, label in enumerate(self.labels)
        ]

    def _bar(self, number: int, one: Series, value: Any) -> Bar:
        top = number * (BAR + GAP)
        return Bar(number, one.label, self.write(value), self._share(Decimal(value)), top, top + BAR // 2)

    def _share(self, value: Decimal) -> str:
        return f"{value / self.top * AXIS * 100:.2f}%"


def _plain(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value
