"""Working days of mainland China, with public holidays and the weekends worked in exchange (调休).

Source: the yearly notices of the State Council, as carried by the `holidays` package. A year whose
notice is not in the package yet knows its statutory holidays but no exchanged weekends: see
`calendar_is_known`. Spans are half-open, [start, end), as everywhere in the program.
"""

from bisect import bisect_left
from datetime import date, timedelta
from functools import cache

import holidays

_FRIDAY = 4
_DAY = timedelta(days=1)
# No time limit of the field runs this long; it stops a mistyped figure from walking the calendar.
MAX_STEP = 10_000


@cache
def _working_days(year: int) -> tuple[date, ...]:
    # The notice for the next year may move days around this New Year's Eve.
    calendar = holidays.country_holidays("CN", years=(year, year + 1))
    exchanged = calendar.weekend_workdays
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    days = (first + timedelta(days=n) for n in range((after - first).days))
    return tuple(
        day for day in days if day in exchanged or (day.weekday() <= _FRIDAY and day not in calendar)
    )


@cache
def calendar_is_known(year: int) -> bool:
    """Whether the year's official calendar is at hand; a time limit reaching beyond it may still move."""
    exchanged = holidays.country_holidays("CN", years=year).weekend_workdays
    return any(day.year == year for day in exchanged)


def is_working_day(day: date) -> bool:
    days = _working_days(day.year)
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`, which itself is not counted; before it when negative.

    A public notice put up on `day` for five working days stands until the end of
    `add_working_days(day, 5)`. Zero gives `day` itself, working or not.
    """
    if abs(count) > MAX_STEP:
        raise ValueError(f"at most {MAX_STEP} working days")
    step = _DAY if count >= 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days lie in [start, end): `start` counts, `end` does not; negative when reversed."""
    if end < start:
        return -working_days_between(end, start)
    whole_years = sum(len(_working_days(year)) for year in range(start.year, end.year))
    return whole_years + _place(end) - _place(start)


def _place(day: date) -> int:
    return bisect_left(_working_days(day.year), day)
