"""Where figures come from: each source is a queryset and a measure, so a figure and the records it
counts are one definition.

A source takes the period and the rows' organisations (`Place`), and gives rows that carry `cell_key`
(the class, fund source or target group) and `cell_value` (1, a headcount, or fen). A cell is the sum
of `cell_value`; opening a cell lists the same rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from nuanxin.campaigns import queries as campaigns
from nuanxin.campaigns.models import Recipient
from nuanxin.casework import queries as casework
from nuanxin.casework.determination import LIVING, TAPER
from nuanxin.casework.models import Award, File
from nuanxin.kernel.actor import subtree
from nuanxin.ledger.models import Account, Transfer
from nuanxin.policy import queries as policy


@dataclass(frozen=True)
class Place:
    """The subtree of `path` without the subtrees of `without` (units that report for themselves)."""

    path: str
    without: tuple[str, ...] = ()

    def holds(self, column: str) -> Q:
        low, high = subtree(self.path)
        inside = Q(**{f"{column}__gte": low, f"{column}__lt": high})
        for path in self.without:
            low, high = subtree(path)
            inside &= ~Q(**{f"{column}__gte": low, f"{column}__lt": high})
        return inside


@dataclass(frozen=True)
class Period:
    """The half-open period [start, end)."""

    start: date
    end: date


Rows = QuerySet[Any]
_ONE = Value(1, output_field=BigIntegerField())


def _fen(column: str) -> Cast:
    return Cast(column, BigIntegerField())


def _files(rows: QuerySet[File], place: Place) -> Rows:
    return rows.filter(place.holds("org_id")).annotate(cell_key=F("clazz"), cell_value=_ONE)


def files_open_at_start(place: Place, period: Period) -> Rows:
    return _files(casework.files_open_at(period.start), place)


def files_open_at_end(place: Place, period: Period) -> Rows:
    return _files(casework.files_open_at(period.end), place)


def files_new(place: Place, period: Period) -> Rows:
    """Files opened in the period for the first time; returned families have a row of their own."""
    return _files(casework.opened(period.start, period.end).filter(reopened=False), place)


def files_returned(place: Place, period: Period) -> Rows:
    return _files(casework.reopened(period.start, period.end), place)


def files_exited(place: Place, period: Period) -> Rows:
    return _files(casework.closed(period.start, period.end), place)


def _feeding(cell: str) -> tuple[set[str], set[str]]:
    """The programmes that feed a cell, and their purposes. A taper is living aid that goes on for a while."""
    programmes, purposes = policy.feeding(cell)
    return (programmes | {TAPER}, purposes | {TAPER}) if LIVING in programmes else (programmes, purposes)


def _aided(place: Place, period: Period, cell: str) -> QuerySet[Award]:
    paid = casework.awards_paid(period.start, period.end, _feeding(cell)[0])
    return paid.filter(place.holds("org_id")).annotate(cell_key=Value(""))


def aided_times(place: Place, period: Period, cell: str) -> Rows:
    """Awards on the card, of the programmes that feed the cell: each counts one time."""
    return _aided(place, period, cell).annotate(cell_value=_ONE)


def aided_money(place: Place, period: Period, cell: str) -> Rows:
    return _aided(place, period, cell).annotate(cell_value=_fen("amount"))


def served(place: Place, period: Period, cell: str) -> Rows:
    """Services that were granted, of the programmes that feed the cell: person-times."""
    rows = casework.granted(period.start, period.end, _feeding(cell)[0])
    return rows.filter(place.holds("org_id")).annotate(cell_key=Value(""), cell_value=_ONE)


def _accounts(place: Place, kind: Account.Kind) -> QuerySet[Account]:
    """This place's own accounts. The other side of a transfer may lie out of sight, so nothing joins it."""
    return Account.objects.filter(place.holds("org_id"), kind=kind)


def _received(place: Place, period: Period) -> QuerySet[Transfer]:
    """Appropriations that came into this place from outside it, or from a source account within."""
    from_outside = ~place.holds("debit_org_id") | Q(debit__in=_accounts(place, Account.Kind.SOURCE))
    came = Q(kind=Transfer.Kind.APPROPRIATE, booked_on__gte=period.start, booked_on__lt=period.end)
    return Transfer.objects.filter(
        came & from_outside, place.holds("credit_org_id"), reversal__isnull=True
    ).annotate(cell_key=F("credit__fund__source"), cell_value=_fen("amount"))


def income(place: Place, period: Period) -> Rows:
    return _received(place, period)


def raised(place: Place, period: Period) -> Rows:
    return _received(place, period).filter(credit__fund__uses__contains=["send-warmth"])


def balance(place: Place, period: Period) -> Rows:
    """Every movement up to the end on the available accounts here: received counts up, paid down."""
    kinds = [Transfer.Kind.APPROPRIATE, Transfer.Kind.POST, Transfer.Kind.REVERSE]
    here = _accounts(place, Account.Kind.AVAILABLE)
    into, out = Q(credit__in=here), Q(debit__in=here)
    received = Case(When(into, then=_fen("amount")), default=0, output_field=BigIntegerField())
    paid = Case(When(out, then=_fen("amount")), default=0, output_field=BigIntegerField())
    moved = Transfer.objects.filter(into | out, kind__in=kinds, booked_on__lt=period.end)
    return moved.annotate(cell_key=Value(""), cell_value=received - paid)


def _by_target(rows: QuerySet[Recipient], place: Place, value: Any) -> Rows:
    return rows.filter(place.holds("org_id")).annotate(cell_key=F("target"), cell_value=value)


def consoled(place: Place, period: Period) -> Rows:
    """Person-times: a family or worker visited counts one, a group its headcount (none known: nought)."""
    heads = Coalesce(Cast("headcount", BigIntegerField()), 0)
    return _by_target(campaigns.visited(period.start, period.end), place, heads)


def goods(place: Place, period: Period) -> Rows:
    """What was handed over, at its value: a gift has a value but no payment."""
    return _by_target(campaigns.gifts_given(period.start, period.end), place, _fen("delivered_value"))


def cash(place: Place, period: Period) -> Rows:
    """What reached the cards of families, workers and groups."""
    return _by_target(campaigns.cash_paid(period.start, period.end), place, _fen("cash"))


_SOURCES: dict[str, Callable[..., Rows]] = {
    function.__name__: function
    for function in (
        files_open_at_start,
        files_open_at_end,
        files_new,
        files_returned,
        files_exited,
        aided_times,
        aided_money,
        served,
        income,
        raised,
        balance,
        consoled,
        goods,
        cash,
    )
}


def rows_of(source: str, place: Place, period: Period) -> Rows:
    """The rows of a section's source; after a colon the cell for which its programmes are asked."""
    name, _colon, cell = source.partition(":")
    return _SOURCES[name](place, period, *([cell] if cell else []))


def sums(source: str, place: Place, period: Period) -> dict[str, int]:
    """The source's figure for each key, in one query."""
    rows = rows_of(source, place, period).order_by().values_list("cell_key").annotate(sum=Sum("cell_value"))
    return {key: total or 0 for key, total in rows}


def ledger_figure(name: str, place: Place, period: Period) -> int:
    """What the ledger says was paid in the period, in fen, for the purposes of the programmes that feed
    a cell; "…_opening": what was in hand before it, for that use."""
    if name.endswith("_opening"):
        use = name.removesuffix("_opening")
        before = balance(place, Period(period.start, period.start))
        funds = Account.objects.filter(place.holds("org_id"), fund__uses__contains=[use])
        before = before.filter(Q(debit__in=funds) | Q(credit__in=funds))
        return before.aggregate(sum=Sum("cell_value"))["sum"] or 0
    paid = Transfer.objects.filter(
        place.holds("debit_org_id"),
        kind=Transfer.Kind.POST,
        purpose__in=_feeding(name)[1],
        booked_on__gte=period.start,
        booked_on__lt=period.end,
    )
    return paid.aggregate(sum=Sum(_fen("amount")))["sum"] or 0
