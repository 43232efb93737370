"""Bar charts: from zero to a round end, every figure written, the table behind the picture."""

from decimal import Decimal

import pytest

from nuanxin.kernel.web.charts import BarChart, Series
from tests.kernel.web.rendering import show


def chart(*values: list[int]) -> BarChart:
    series = [Series(f"S{i}", row) for i, row in enumerate(values)]
    return BarChart("More families", "class", ["deep", "relative"][: len(values[0])], series, "households")


@pytest.mark.parametrize(
    ("most", "end"), [(0, 1), (1, 1), (7, 8), (10, 10), (254, 300), (1001, 2000), (999_999, 1_000_000)]
)
def test_the_axis_ends_at_the_first_round_figure(most: int, end: int):
    assert chart([most, 0]).top == Decimal(end)


def test_bars_are_shares_of_the_axis_from_zero():
    [(_label, bars), (_other, zero)] = chart([200, 0], [100, 0]).groups()
    assert [bar.width for bar in bars] == ["82.00%", "41.00%"]
    assert [bar.width for bar in zero] == ["0.00%", "0.00%"]
    assert bars[0].top < bars[1].top
    assert [(tick.at, tick.text) for tick in chart([200, 0]).ticks()] == [
        ("0.00%", "0"), ("41.00%", "100"), ("82.00%", "200"),
    ]  # fmt: skip


def test_more_than_three_series_are_refused():
    with pytest.raises(ValueError, match="one to 3"):
        chart([1], [1], [1], [1])


def test_the_component_shows_picture_and_table_without_styles():
    shown = show('<c-chart :chart="chart" />', chart=chart([1234, 5], [6, 7]))
    assert shown.count("<rect") == 2 + 4
    assert '<td class="num">1,234</td>' in shown
    assert "<h3>More families</h3>" in shown
    assert "style=" not in shown
    assert "<details" in shown
