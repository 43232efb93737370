"""Reads of returns: cells, checks, what a cell counts, completeness below."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from nuanxin.kernel.actor import subtree

from .formdefs import CellDef, Form, forms
from .models import Return
from .sources import Period, Place, ledger_figure, rows_of


def returns() -> QuerySet[Return]:
    """All returns in scope, newest period first."""
    return Return.objects.select_related("org", "maker").order_by("-starts_on", "form", "org_id", "-version")


def accepted_below(report: Return) -> QuerySet[Return]:
    """The accepted returns of the nearest units below for the same form and period.

    A unit below a unit that has reported is in that unit's figures already.
    """
    low, high = subtree(report.org_id)
    rows = Return.objects.filter(
        form=report.form,
        starts_on=report.starts_on,
        ends_on=report.ends_on,
        state="accepted",
        org_id__gt=low,
        org_id__lt=high,
    )
    paths: list[str] = sorted(str(path) for path in rows.values_list("org_id", flat=True))
    nearest: list[str] = []
    for path in paths:
        if not nearest or not path.startswith(nearest[-1]):
            nearest.append(path)
    return rows.filter(org_id__in=nearest).select_related("org")


def not_accepted_below(report: Return) -> QuerySet[Return]:
    """Live returns of the same form and period below that are not accepted yet."""
    low, high = subtree(report.org_id)
    return Return.objects.filter(
        form=report.form, starts_on=report.starts_on, ends_on=report.ends_on, org_id__gt=low, org_id__lt=high
    ).exclude(state__in=["accepted", "superseded"])


def form_of(report: Return) -> Form:
    return forms()[report.form]


def values(report: Return) -> dict[str, int | None]:
    """The figures by cell code."""
    return dict(report.cells.values_list("code", "value"))


@dataclass(frozen=True)
class Checked:
    """A check with its two sides; `at_most` says the first may be smaller."""

    label: str
    left: int
    right: int
    at_most: bool
    is_money: bool

    @property
    def holds(self) -> bool:
        return self.left <= self.right if self.at_most else self.left == self.right


def checks(report: Return) -> list[Checked]:
    """Every check of the form, and that each section's classes make its total."""
    form, figures = forms()[report.form], values(report)
    found = []
    for section in form.sections:
        if section.by:
            parts = sum(figures.get(f"{section.code}.{key}") or 0 for key in section.keys)
            found.append(
                Checked(
                    f"{section.label}：Σ",
                    parts,
                    figures.get(section.code) or 0,
                    False,
                    section.unit == "yuan",
                )
            )
    place, period = Place(report.org_id), Period(report.starts_on, report.ends_on)
    for check in form.checks:
        left = sum(_term(term, figures, place, period) for term in check.left)
        right = sum(_term(term, figures, place, period) for term in check.right)
        money = "files" not in check.code
        found.append(Checked(check.label, left, right, check.at_most, money))
    return found


def _term(term: str, figures: dict[str, int | None], place: Place, period: Period) -> int:
    if term.startswith("ledger:"):
        return ledger_figure(term.removeprefix("ledger:"), place, period)
    sign = -1 if term.startswith("-") else 1
    return sign * (figures.get(term.lstrip("-")) or 0)


@dataclass(frozen=True)
class Opened:
    """What a cell counts: parts from units below, and the records themselves."""

    cell: CellDef
    value: int | None
    parts: list[tuple[Return, int]]
    rows: QuerySet[Any]
    now: int

    @property
    def drifted(self) -> bool:
        """True when the records have changed since the figure was taken."""
        return self.value is not None and self.value != self.now


def open_cell(report: Return, code: str) -> Opened | None:
    """Open a cell down to the records it counts; None when the form has no such cell."""
    cell = forms()[report.form].cell(code)
    if cell is None:
        return None
    below = list(accepted_below(report)) if report.rolled_up else []
    parts = [(child, values(child).get(code) or 0) for child in below]
    place = Place(report.org_id, tuple(child.org_id for child in below))
    rows = rows_of(cell.section.source, place, Period(report.starts_on, report.ends_on))
    if cell.key:
        rows = rows.filter(cell_key=cell.key)
    own = rows.order_by().aggregate(sum=Sum("cell_value"))["sum"] or 0
    return Opened(cell, values(report).get(code), parts, rows, own + sum(value for _child, value in parts))
