"""Working days follow the published calendars, exchanged weekends included."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.workdays import (
    MAX_STEP,
    add_working_days,
    calendar_is_known,
    is_working_day,
    working_days_between,
)

days = st.dates(date(2010, 1, 1), date(2030, 12, 31))


def span(year, *ends):
    (month1, day1), (month2, day2) = ends
    first, last = date(year, month1, day1), date(year, month2, day2)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# As announced by the State Council for the year: days off, and weekends worked in exchange.
@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (span(2022, (1, 1), (1, 3)), []),
        (span(2022, (1, 31), (2, 6)), [date(2022, 1, 29), date(2022, 1, 30)]),
        (span(2022, (10, 1), (10, 7)), [date(2022, 10, 8), date(2022, 10, 9)]),
        (span(2025, (1, 28), (2, 4)), [date(2025, 1, 26), date(2025, 2, 8)]),
        (span(2025, (5, 1), (5, 5)), [date(2025, 4, 27)]),
        (span(2025, (10, 1), (10, 8)), [date(2025, 9, 28), date(2025, 10, 11)]),
        (span(2026, (1, 1), (1, 3)), [date(2026, 1, 4)]),
        (span(2026, (2, 15), (2, 23)), [date(2026, 2, 14), date(2026, 2, 28)]),
        (span(2026, (5, 1), (5, 5)), [date(2026, 5, 9)]),
        (span(2026, (10, 1), (10, 7)), [date(2026, 9, 20), date(2026, 10, 10)]),
    ],
)
def test_published_calendars(off, worked):
    assert not any(is_working_day(day) for day in off)
    assert all(day.weekday() > 4 and is_working_day(day) for day in worked)


def test_a_notice_for_the_next_year_reaches_back_over_new_year():
    assert is_working_day(date(2011, 12, 31))  # a Saturday, worked for 3 January 2012


def test_a_notice_of_five_working_days_over_spring_festival():
    assert add_working_days(date(2022, 1, 27), 5) == date(2022, 2, 8)
    assert add_working_days(date(2022, 2, 8), -5) == date(2022, 1, 27)


def test_zero_and_limits():
    sunday = date(2026, 3, 1)
    assert add_working_days(sunday, 0) == sunday
    assert working_days_between(sunday, sunday) == 0
    with pytest.raises(ValueError, match="at most"):
        add_working_days(sunday, MAX_STEP + 1)


def test_the_end_of_a_span_does_not_count():
    monday = date(2026, 3, 2)
    assert working_days_between(monday, date(2026, 3, 3)) == 1
    assert working_days_between(monday, date(2026, 3, 9)) == 5
    assert working_days_between(date(2026, 3, 9), monday) == -5


@given(days, days)
def test_counting_agrees_with_asking_each_day(one, other):
    start = min(one, other)
    end = min(max(one, other), start + timedelta(days=800))
    asked = sum(is_working_day(start + timedelta(days=n)) for n in range((end - start).days))
    assert working_days_between(start, end) == asked


@given(days, st.integers(1, 60))
def test_adding_agrees_with_counting(day, count):
    last = add_working_days(day, count)
    tomorrow = timedelta(days=1)
    assert is_working_day(last)
    assert working_days_between(day + tomorrow, last + tomorrow) == count
    assert add_working_days(last + tomorrow, -count) == add_working_days(day, 1)


def test_a_year_without_a_notice_is_told():
    assert calendar_is_known(2022)
    assert calendar_is_known(2026)
    assert not calendar_is_known(2090)
