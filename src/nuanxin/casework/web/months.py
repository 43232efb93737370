"""A household's money by month, as a chart: what comes in, what must go out, what aid reached the card."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.web.charts import BarChart, Series
from nuanxin.registry import queries as registry
from nuanxin.registry.groups import FINANCE, may
from nuanxin.registry.models import Circumstance, Expense, Household
from nuanxin.registry.periods import period_on

from ..models import Award

MONTHS = 12


def chart(
    household: Household, expenses: Sequence[Expense], awards: Sequence[Award], today: date
) -> BarChart | None:
    """The last twelve months; None when the finances are closed to the reader, or the income is unknown.

    Income is a twelfth of the year's that held in the month; spending, which is known by the year, a
    twelfth of the vouchers of that year or of the last one known before it.
    """
    if household.annual_income is None or not may(scope.current(), FINANCE):
        return None
    months = last_months(today)
    periods = list(registry.periods_of(household, "annual_income"))[::-1]
    income = [_monthly(_held(household, periods, month)) for month in months]
    spent = [_monthly(_spending(expenses, month.year)) for month in months]
    paid: dict[date, int] = defaultdict(int)
    for award in awards:
        if award.paid_on:
            paid[award.paid_on.replace(day=1)] += award.amount.fen
    aid = [Money(paid[month]) for month in months]
    return BarChart(
        title=_finding(income, spent, aid),
        heading=_("月份"),
        labels=[f"{month:%Y-%m}" for month in months],
        series=[
            Series(_("每月收入"), _yuan(income)),
            Series(_("刚性支出"), _yuan(spent)),
            Series(_("帮扶到卡"), _yuan(aid)),
        ],
        unit=_("元"),
    )


def last_months(today: date) -> list[date]:
    """The first days of the twelve months up to this one, oldest first."""
    count = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count - MONTHS + 1, count + 1)]


def _held(household: Household, periods: Sequence[Circumstance], month: date) -> Money | None:
    period = period_on(periods, month)
    if period is None:
        return household.annual_income
    return None if period.value is None else Money(period.value)


def _spending(expenses: Sequence[Expense], year: int) -> Money:
    """The evidenced spending of the year, else of the latest year known before it."""
    known = max((row.year for row in expenses if row.year <= year), default=None)
    return Money.total(row.amount for row in expenses if row.year == known and row.evidenced)


def _monthly(yearly: Money | None) -> Money:
    return Money(round(yearly.fen / 12)) if yearly else Money(0)


def _yuan(values: Sequence[Money]) -> list[int]:
    """Whole yuan, which is all a bar can show."""
    return [round(value.fen / 100) for value in values]


def _finding(income: Sequence[Money], spent: Sequence[Money], aid: Sequence[Money]) -> str:
    """What the chart says, in one sentence."""
    short = sum(1 for one, other in zip(income, spent, strict=True) if other.fen > one.fen)
    total = format_yuan(Money.total(aid))
    if short:
        return _("近 12 个月有 %(n)s 个月刚性支出超过收入，帮扶到卡 %(aid)s 元") % {"n": short, "aid": total}
    return _("近 12 个月收入够付刚性支出，帮扶到卡 %(aid)s 元") % {"aid": total}
