"""What a change makes of the standards in force: nearer places, residences, and what lies above the place."""

from decimal import Decimal

import pytest

from nuanxin.kernel.money import Money
from nuanxin.simulation.models import StandardChange
from nuanxin.simulation.standards import Row, changed

PROVINCE, PREFECTURE, COUNTY, OTHER = "1/", "1/2/", "1/2/3/", "1/2/4/"


def row(path: str, residence: str, yuan: int) -> Row:
    return Row("dibao", path, residence, Money.yuan(yuan), None)


def change(how: str, by: str, place: str | None = None, residence: str = "any") -> StandardChange:
    return StandardChange(code="dibao", how=how, by=Decimal(by), place_id=place, residence=residence)


def lines(rows: list[Row], *changes: StandardChange) -> dict[tuple[str, str], str]:
    return {(made.path, made.residence): str(made.amount) for made in changed(rows, changes)}


def test_a_change_for_the_whole_scope_moves_every_row():
    rows = [row(COUNTY, "urban", 620), row(COUNTY, "rural", 441), row(PROVINCE, "any", 500)]
    assert lines(rows, change("percent", "10")) == {
        (COUNTY, "urban"): "682.00", (COUNTY, "rural"): "485.10", (COUNTY, "any"): "550.00",
        (PROVINCE, "any"): "550.00",
    }  # fmt: skip


def test_a_county_is_changed_where_its_line_is_set_above_it():
    rows = [row(PROVINCE, "urban", 600), row(PREFECTURE, "rural", 400)]
    assert lines(rows, change("plus", "-50.5", COUNTY)) == {
        (PROVINCE, "urban"): "600.00", (PREFECTURE, "rural"): "400.00",
        (COUNTY, "urban"): "549.50", (COUNTY, "rural"): "349.50",
    }  # fmt: skip


def test_a_nearer_row_for_all_is_not_shadowed_by_a_farther_one_for_town():
    rows = [row(PROVINCE, "urban", 600), row(COUNTY, "any", 450)]
    assert lines(rows, change("percent", "10", COUNTY)) == {
        (PROVINCE, "urban"): "600.00", (COUNTY, "any"): "495.00",
    }  # fmt: skip


def test_one_residence_alone():
    rows = [row(COUNTY, "any", 500)]
    assert lines(rows, change("value", "700", COUNTY, "urban")) == {
        (COUNTY, "any"): "500.00", (COUNTY, "urban"): "700.00",
    }  # fmt: skip


def test_changes_do_not_add_up_and_the_nearer_counts():
    rows = [row(COUNTY, "any", 500), row(OTHER, "any", 400)]
    made = lines(rows, change("value", "650", COUNTY), change("percent", "10"))
    assert made == {(COUNTY, "any"): "650.00", (OTHER, "any"): "440.00"}


@pytest.mark.parametrize(("how", "by", "want"), [("plus", "-900", "0.00"), ("percent", "0.01", "620.06")])
def test_never_below_zero_and_to_the_fen(how: str, by: str, want: str):
    assert lines([row(COUNTY, "any", 620)], change(how, by)) == {(COUNTY, "any"): want}


def test_numbers_are_changed_as_well():
    rows = [Row("months", "", "any", None, Decimal(12))]
    [made] = changed(rows, [StandardChange(code="months", how="plus", by=Decimal("-2"), residence="any")])
    assert made.number == 10


def test_a_standard_nobody_has_set_stays_unset():
    assert changed([], [change("value", "700")]) == []
