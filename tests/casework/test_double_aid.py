"""The same person, child or household aided twice: found anywhere, told without the other file."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import Application, Award
from nuanxin.casework.relations import Given
from nuanxin.casework.services import double_aid
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger import services as ledger
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Double
from nuanxin.records.models import Entry
from nuanxin.registry import services as registry
from nuanxin.registry.models import Household, Member
from tests.registry import factories as people

from . import applying
from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def temporary(at: make.County, home: Household, state: str = "checked", *, yuan: str = "1000") -> Application:
    """Temporary aid for the head of a household, at the decision or decided."""
    with scope.acting(at.officer):
        row = services.start(programme="temporary-aid", person=home.head)
        row = services.answer(
            application=row, answers=applying.NEED | {"needed": yuan}, fund=applying.fund(at)
        )
        applying.papers(row)
        if state == "draft":
            return row
        row = services.submit(application=row)
    return applying.onward(at, row, state)


def moved(home: Household, to: make.County) -> Household:
    """The household lives in another county now; what was decided for it stays where it was."""
    with scope.acting(system()):
        Household.objects.filter(pk=home.pk).update(org=to.union.path)
        Member.objects.filter(household=home).update(org=to.union.path)
        type(home.head).objects.filter(pk=home.head_id).update(org=to.union.path)
        return Household.objects.get(pk=home.pk)


@pytest.fixture
def other(county: make.County) -> make.County:
    """A county of another province."""
    return make.county()


def test_aid_of_the_month_in_another_province_is_found_without_its_file(county, other):
    home = make.household(county)
    first = temporary(county, home, "approved")
    Award.objects.filter(application=first).update(org=county.union.path)
    Application.objects.filter(pk=first.pk).update(org=county.union.path)
    home = moved(home, other)
    Application.objects.filter(pk=first.pk).update(org=county.union.path)
    row = temporary(other, home, "draft")
    with scope.acting(other.officer), pytest.raises(double_aid.DoubleAid) as refused:
        services.submit(application=row)
    found = refused.value.found
    assert [(one.programme, one.year, one.times, one.pending, one.amount) for one in found] == [
        ("temporary-aid", timezone.localdate().year, 1, False, None)
    ]
    assert found[0].county.zh == county.node.name
    said = str(refused.value)
    assert "1,000" not in said and "illness" not in said
    with scope.acting(other.officer):
        assert not Application.objects.filter(pk=first.pk).exists()
        entry = Entry.objects.filter(action="double_aid.asked", subject=row.pk)
        assert not entry.exists()  # the refused submission is rolled back as a whole
        double_aid.aided(row)
        assert entry.get().detail == {"found": [f"double.temporary-aid {timezone.localdate().year}"]}


def test_in_scope_the_amount_is_told(county):
    home = make.household(county)
    temporary(county, home, "approved")
    row = temporary(county, home, "draft")
    with scope.acting(county.reviewer):
        assert [one.amount for one in double_aid.aided(row)] == [Money.yuan(1000)]


def test_another_month_and_another_person_are_not_double(county):
    home = make.household(county)
    first = temporary(county, home, "approved")
    today = timezone.localdate()
    Application.objects.filter(pk=first.pk).update(decided_on=today.replace(day=1) - timedelta(days=1))
    assert temporary(county, home, "approved", yuan="500").state == "approved"
    assert temporary(county, make.household(county), "approved").state == "approved"


def test_an_application_under_way_is_told_and_stops_what_excludes_it(county):
    """Accident aid counts for everybody in the house: the head's temporary aid stands beside it."""
    home = make.file(county).household
    temporary(county, home, "checked")
    with scope.acting(county.officer):
        row = services.start(programme="accident-aid", household=home)
        found = double_aid.aided(row)
        assert [(one.programme, one.pending) for one in found] == [("temporary-aid", True)]
        assert "办理中" in str(found[0])
        with refusal("double_aid"):
            double_aid.check(row)


def test_a_households_aid_counts_for_everybody_in_it(county):
    file = make.file(county)
    rule = Double("household", "month", ("temporary-aid",))
    temporary(county, file.household, "approved")
    with scope.acting(county.officer):
        row = services.start(programme="accident-aid", household=file.household)
        found = double_aid.aided(row)
    assert double_aid.programmes.of(row).double == rule
    assert [(one.programme, one.times) for one in found] == [("temporary-aid", 1)]


def test_both_parents_apply_for_one_child(county):
    """The child had schooling aid in the father's household and lives with the mother now."""
    father, mother = make.file(county).household, make.file(county).household
    child = people.person(str(father.org_id), "和小雨")
    today = timezone.localdate()
    with scope.acting(county.officer):
        registry.add_member(household=father, person=child, relation="2", since=today - timedelta(days=30))
        first = services.start(programme="golden-autumn", household=father, person=child)
    with scope.acting(system()):
        Application.objects.filter(pk=first.pk).update(state="submitted")
        Application.objects.filter(pk=first.pk).update(state="approved", decided_on=today)
        Member.objects.filter(person=child).update(until=today)
        Member.objects.create(org_id=mother.org_id, household=mother, person=child, relation="2", since=today)
    with scope.acting(county.officer):
        second = services.start(programme="schooling-aid", household=mother, person=child)
        assert [one.programme for one in double_aid.aided(second)] == ["golden-autumn"]


def test_one_merged_into_another_is_the_same_person(county):
    home = make.household(county)
    temporary(county, home, "approved")
    twin = people.person(str(home.org_id), "和建国二")
    with scope.acting(system()):
        type(twin).objects.filter(pk=twin.pk).update(merged_into=home.head)
    row = temporary(county, make.household(county), "draft")
    with scope.acting(county.officer):
        asked = {row.pk: [bytes(twin.id_hash)]}
        month = double_aid.period(Double("person", "month"), timezone.localdate())
        answer = double_aid._asked(asked, frozenset(["temporary-aid"]), month, waiting=False)
    assert [one.times for one in answer[row.pk]] == [1]


def test_the_yearly_cap_holds_across_the_tree_to_the_fen(county):
    """3,000 a person and year: 2,000.00 elsewhere leaves 1,000.00; one fen more is refused with figures."""
    home = make.household(county)
    first = temporary(county, home, "approved", yuan="2000")
    Application.objects.filter(pk=first.pk).update(
        decided_on=timezone.localdate().replace(day=1) - timedelta(days=1)
    )
    key, measure, year = bytes(home.head.id_hash), "aid.temporary-aid", timezone.localdate().year
    cap = Money.yuan(3000)
    with scope.acting(county.decider):
        if not ledger.over_quota(measure=measure, year=year, takes=[(key, Money(0))], cap=Money(0)):
            ledger.take_quota(measure=measure, year=year, takes=[(key, Money.yuan(2000))], cap=cap)
        with pytest.raises(ledger.OverQuota) as over:
            ledger.take_quota(measure=measure, year=year, takes=[(key, Money(100_001))], cap=cap)
        assert "2,000.00" in str(over.value) and "1,000.01" in str(over.value)
        ledger.take_quota(measure=measure, year=year, takes=[(key, Money(100_000))], cap=cap)


@pytest.mark.parametrize(
    "rule, inside, outside",
    [
        ("month", ("2024-02-01", "2024-02-29"), ("2024-01-31", "2024-03-01")),
        ("year", ("2024-01-01", "2024-12-31"), ("2023-12-31", "2025-01-01")),
        ("ever", ("1949-10-01", "2024-12-31"), ("2025-01-01",)),
    ],
)
def test_periods_are_half_open(rule: str, inside: Any, outside: Any):
    since, before = double_aid.period(Double("person", rule), date(2024, 2, 29))
    assert all(since <= date.fromisoformat(day) < before for day in inside)
    assert not any(since <= date.fromisoformat(day) < before for day in outside)


def test_december_ends_with_the_year():
    assert double_aid.period(Double("person", "month"), date(2024, 12, 15)) == (
        date(2024, 12, 1),
        date(2025, 1, 1),
    )


def test_two_in_one_batch_for_one_household_one_is_let_through(county):
    home = make.household(county)
    rows = [temporary(county, home, "checked")]
    second = temporary(county, make.household(county), "checked")
    Application.objects.filter(pk=second.pk).update(person=home.head, applied_on="2020-01-01", household=None)
    rows.append(Application.objects.get(pk=second.pk))
    with scope.acting(county.decider):
        outcome = services.decide_many(applications=rows)
    assert (len(outcome.awarded), [why.code for _row, why in outcome.refused]) == (1, ["double_aid"])


def test_the_functions_leave_no_door_open(county):
    """Outside them the policies that let them look hold for nobody."""
    temporary(county, make.household(county), "checked")
    with scope.acting(make.county().officer), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nuanxin.lookup', 'aid', true)")
        cursor.execute("SELECT count(*) FROM casework_application")
        assert cursor.fetchone() == (0,)


def test_a_list_does_not_give_beside_what_excludes_it(county):
    """Aid to workers of closed firms and living aid stand beside each other in no month."""
    file = make.file(county)
    row = make.aid_list(county, "submitted", files=[file.pk])
    with scope.acting(county.officer):
        beside = services.start(programme="temporary-aid", person=file.household.head)
    with scope.acting(system()):
        rows = Application.objects.filter(pk=beside.pk)
        rows.update(programme="closed-firm-aid", state="submitted")
        rows.update(state="approved", decided_on=timezone.localdate())
    with scope.acting(county.decider), pytest.raises(Refused, match=file.number) as refused:
        services.approve_list(aid_list=row)
    assert refused.value.code == "double_aid"
    with scope.acting(system()):
        rows.update(decided_on=timezone.localdate().replace(day=1) - timedelta(days=1))
    with scope.acting(county.decider):
        assert services.approve_list(aid_list=row).state == "approved"


def test_earlier_aid_of_the_whole_tree_counts_where_a_pack_asks(county, other):
    """The fact `aided_before`: twelve months, everybody in the household, whichever county gave it."""
    home = make.household(county)
    first = temporary(county, home, "approved", yuan="1234.56")
    rows = Application.objects.filter(pk=first.pk)
    with scope.acting(county.officer):
        row = services.start(programme="legal-aid", person=home.head)
    today = timezone.localdate()
    given = Given(
        policy.Relation(
            "SELECT %s::bigint AS subject, 1 AS place", [row.pk], frozenset(["subject", "place"])
        ),
        {},
    )

    def before() -> int:
        asked = double_aid.with_aided_before(given, [row], today + timedelta(days=1)).subjects
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {double_aid.AIDED_BEFORE} FROM ({asked.sql}) t", asked.params)
            return int(cursor.fetchone()[0])

    assert before() == 123_456
    rows.update(decided_on=today - timedelta(days=370))
    assert before() == 0
