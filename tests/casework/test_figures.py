"""Figures that returns count: opening stock, inflow, outflow and closing stock always agree."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.casework import queries
from nuanxin.casework.models import Application, File

from . import factories as make

pytestmark = pytest.mark.django_db

START = date(2022, 1, 1)
days = st.integers(0, 60).map(lambda n: START + timedelta(days=n))


def stay(county: make.County, opened: date, closed: date | None) -> File:
    """A file open for the half-open time from one day to another."""
    home = make.household(county)
    application = Application.objects.create(
        org_id=home.org_id, household=home, officer_id=county.officer.staff_id, applied_on=opened
    )
    return File.objects.create(
        org_id=home.org_id,
        number=f"X-{home.pk}",
        household=home,
        application=application,
        state="closed" if closed else "open",
        clazz="deep",
        opened_on=opened,
        closed_on=closed,
        closed_because="脱困" if closed else "",
    )


@given(
    stays=st.lists(st.tuples(days, st.none() | st.integers(0, 40)), min_size=1, max_size=4),
    span=st.tuples(days, st.integers(0, 60)),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_open_at_the_start_plus_new_less_left_is_open_at_the_end(county, stays, span):
    for opened, length in stays:
        stay(county, opened, None if length is None else opened + timedelta(days=length))
    since, until = span[0], span[0] + timedelta(days=span[1])
    before, after = queries.files_open_at(since).count(), queries.files_open_at(until).count()
    assert before + queries.opened(since, until).count() - queries.closed(since, until).count() == after
