"""Facts over time: kept from a day on, corrected for the past, read as of any day."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import queries, services
from nuanxin.registry.models import Circumstance
from nuanxin.registry.periods import lay, period_on
from tests.orgs import factories as orgs

from . import factories
from .test_people import rows_of

FIRST = date(2021, 1, 1)


def row(value, since, until=None, pk=None):
    return Circumstance(
        pk=pk,
        fact="people",
        value=value,
        since=FIRST + timedelta(days=since),
        until=None if until is None else FIRST + timedelta(days=until),
    )


@st.composite
def acts(draw):
    """Changes in any order: (value, first day, day after the last or None for "up to the next change")."""
    made = []
    for _count in range(draw(st.integers(1, 12))):
        since = draw(st.integers(-5, 40))
        length = draw(st.none() | st.integers(1, 30))
        made.append((draw(st.integers(1, 9)), since, None if length is None else since + length))
    return made


@settings(max_examples=300)
@given(acts())
@example([(1, 0, None), (1, -2, -1)])
def test_periods_never_overlap_leave_no_gap_and_equal_the_replay(changes):
    """Whatever is laid over whatever: the periods partition the days, and each day has its last word."""
    periods = [row(0, 0, pk=1)]
    keys = iter(range(2, 1000))
    days = dict.fromkeys(range(-10, 80), 0)
    for value, since, until in changes:
        # nothing is known of the days before the first period, so it counts for them too
        begun = (periods[0].since - FIRST).days
        days.update({day: periods[0].value for day in days if day < begun})
        before = period_on(periods, FIRST + timedelta(days=since))
        assert before is not None
        end = until if until is not None else (before.until - FIRST).days if before.until else None
        new = row(value, since, end)
        laid = lay(periods, new)
        gone = {old.pk for old in laid.replaced}
        for added in laid.added:
            added.pk = next(keys)
        periods = sorted(
            [old for old in periods if old.pk not in gone] + laid.added, key=lambda period: period.since
        )
        for day in days:
            if since <= day < (end if end is not None else 1000):
                days[day] = value
    assert all(left.until == right.since for left, right in pairwise(periods))
    assert periods[-1].until is None
    begun = (periods[0].since - FIRST).days
    for day, value in days.items():
        if day >= begun:
            found = period_on(periods, FIRST + timedelta(days=day))
            assert found is not None and found.value == value


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture
def officer(union):
    with scope.acting(orgs.actor(union)) as actor:
        yield actor


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)


@pytest.fixture
def house(db, officer, union):
    """A household of one, filed a hundred days ago with 9,600 yuan a year."""
    return factories.household(union.path, since=days_ago(100))


def income_of(house, day=None) -> Money:
    """What the determination is told as of a day, in yuan."""
    (facts,) = rows_of(queries.facts_relation([house.pk], held_on=day))
    return Money(facts["annual_income"])


def change(house, yuan, **said):
    return services.change_facts(subject=house, facts={"annual_income": Money.yuan(yuan)}, **said)


def test_a_change_keeps_what_was_before_and_the_column_says_today(house, officer):
    assert change(house, 12000, since=days_ago(10), source="visited", note="入户时看了工资单")
    house.refresh_from_db()
    assert house.annual_income == Money.yuan(12000)
    former, now = Circumstance.objects.of(house).order_by("since")
    assert (former.value, former.since, former.until) == (960_000, days_ago(100), days_ago(10))
    assert (now.value, now.until, now.source, now.staff_id) == (1_200_000, None, "visited", officer.staff_id)
    assert income_of(house) == Money.yuan(12000) == income_of(house, days_ago(10))
    assert income_of(house, days_ago(11)) == Money.yuan(9600) == income_of(house, days_ago(400))


def test_the_past_is_corrected_and_today_stays(house):
    change(house, 12000, since=days_ago(10))
    assert change(house, 6000, since=days_ago(60), until=days_ago(40), source="department")
    house.refresh_from_db()
    assert house.annual_income == Money.yuan(12000)
    told = [income_of(house, days_ago(day)).fen // 100 for day in (61, 60, 41, 40, 11, 10)]
    assert told == [9600, 6000, 6000, 9600, 9600, 12000]
    assert Circumstance.objects.of(house).exclude(replaced=None).count() == 1
    assert not change(house, 6000, since=days_ago(50), until=days_ago(45)), "it was so already"


def test_a_declared_change_in_the_past_holds_up_to_the_next_known_one(house):
    change(house, 12000, since=days_ago(10))
    change(house, 8000, since=days_ago(50))
    house.refresh_from_db()
    assert house.annual_income == Money.yuan(12000)
    assert [income_of(house, days_ago(day)) for day in (51, 50, 10)] == [
        Money.yuan(9600), Money.yuan(8000), Money.yuan(12000)]  # fmt: skip


@pytest.mark.parametrize(
    "said, code",
    [
        ({"since": days_ago(-1)}, "future"),
        ({"since": days_ago(5), "until": days_ago(-2)}, "future"),
        ({"since": days_ago(5), "until": days_ago(5)}, "no_days"),
        ({"source": "rumour"}, "unknown_source"),
    ],
)
def test_days_to_come_and_empty_periods_are_refused(house, said, code):
    with pytest.raises(Refused) as refusal:
        change(house, 1, **said)
    assert refusal.value.code == code and not Circumstance.objects.exists()


def test_the_database_only_lets_periods_be_closed(house):
    change(house, 12000, since=days_ago(10))
    now = Circumstance.objects.of(house).get(until=None)
    for changes in ({"value": 1}, {"since": days_ago(20)}, {"source": "roster"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Circumstance.objects.filter(pk=now.pk).update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        Circumstance.objects.of(house).exclude(until=None).update(until=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        now.delete()
    now.pk, now._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        now.save()


def test_facts_of_a_member_as_they_were(house):
    head = house.head
    services.edit_person(person=head, household=house, health="diabetes", said={"since": days_ago(30)})
    services.edit_person(person=head, household=house, health="malignant_tumour", said={"since": days_ago(3)})

    def told(day):
        (member,) = rows_of(queries.members_relation([house.pk], held_on=day))
        return member["health"]

    assert [told(day) for day in (None, days_ago(3), days_ago(4), days_ago(31))] == [
        "malignant_tumour", "malignant_tumour", "diabetes", None]  # fmt: skip


def test_who_lived_there_on_a_day(house, union):
    son = factories.person(union.path, "和小军")
    services.add_member(household=house, person=son, relation="2", since=days_ago(20))
    assert len(rows_of(queries.members_relation([house.pk], held_on=days_ago(20)))) == 2
    assert len(rows_of(queries.members_relation([house.pk], held_on=days_ago(21)))) == 1


def test_today_reads_no_period(house, django_assert_num_queries):
    """The common case: the statement of today does not name the table of periods."""
    for relation in (queries.facts_relation, queries.members_relation):
        assert "circumstance" not in relation([house.pk], held_on=timezone.localdate()).sql
        assert "circumstance" in relation([house.pk], held_on=days_ago(1)).sql


def test_a_form_says_since_when_and_by_whom(house):
    version = services.version_of(house)
    services.edit_household(
        household=house, version=version, people=3, remarks="同住",
        said={"since": days_ago(7), "source": "visited"},
    )  # fmt: skip
    file = queries.file_as_of(house, days_ago(8))
    facts = {fact.name: fact for fact in file.facts}
    assert facts["people"].value == 1 and facts["people"].period.until == days_ago(7)
    assert {fact.name: fact for fact in queries.file_as_of(house).facts}["people"].value == 3
    assert [period.value for period in queries.periods_of(house, "people")] == [3, 1]
    house.refresh_from_db()
    assert house.remarks == "同住"
