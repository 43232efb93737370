"""What a review finds: the same as each household determined alone, counted, and not applied by itself."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from nuanxin.casework import facts
from nuanxin.casework.models import Assessment
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.policy import queries as policy
from nuanxin.reviews import jobs as work
from nuanxin.reviews import services
from nuanxin.reviews.models import Review
from tests.ledger import factories as ledger

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db

#: What the holiday subsidy brings every file in a year (yuan): 1,000 at each of two holidays.
HOLIDAYS = 2_000


def found(review: Review) -> dict[int, tuple[str, str, str]]:
    return {row.household_id: (row.kind, row.was, row.now) for row in review.differences.all()}


def test_what_a_rise_of_the_line_changes(county, jobs):
    """Relative becomes deep, deep stays and gets more, rich leaves, unsaid waits, unfiled may enter."""
    relative = make.file(county, "relative", 800)
    deep = make.file(county, "deep", 500)
    rich = make.file(county, "relative", 9_000)
    car = make.file(county, "deep", 500, vehicle=True)
    unsaid = make.file(county, "deep", None)
    unfiled = make.household(county, 500)
    make.household(county, 9_000)
    review = make.computed(county, jobs, survey=True)
    assert found(review) == {
        relative.household_id: ("class", "relative", "deep"),
        deep.household_id: ("award", "deep", "deep"),
        rich.household_id: ("leaving", "relative", "none"),
        car.household_id: ("leaving", "deep", "excluded"),
        unsaid.household_id: ("unknown", "deep", "unknown"),
        unfiled.pk: ("entering", "none", "deep"),
    }
    rows = {row.household_id: row for row in review.differences.all()}
    moved = rows[relative.household_id]
    assert moved.aid["living-aid"] == [6_200_00, 10_800_00]
    assert rows[rich.household_id].aid["living-aid"] == [6_200_00, 0]
    assert rows[unsaid.household_id].aid["living-aid"] == [7_440_00, None]
    assert rows[unsaid.household_id].aid_now is None and rows[unsaid.household_id].missing
    assert rows[car.household_id].excluded == ["vehicle"]
    assert str(moved.per_head_now) == "800.00"
    assert {row.state for row in rows.values() if row.kind == "award"} == {"noted"}


def test_counts_hold_everybody_and_money_everything_known(county, jobs):
    make.file(county, "relative", 800)
    make.file(
        county, "relative", 1_500
    )  # relative before and after: the line of relative difficulty is 1,800
    make.file(county, "deep", None)
    review = make.computed(county, jobs)
    cells = {(row.was, row.now): row.households for row in review.tallies.all()}
    assert cells == {("relative", "deep"): 1, ("relative", "relative"): 1, ("deep", "unknown"): 1}
    living = review.effects.get(programme="living-aid")
    assert (living.was, living.now) == (Money.yuan(12_400), Money.yuan(19_800))
    assert living.households == 2
    assert review.differences.aggregate(n=Sum("aid_was"))["n"] == Money.yuan(12_400 + 7_440 + 3 * HOLIDAYS)
    holidays = review.effects.get(programme="holiday-subsidy")
    assert (holidays.was, holidays.now) == (Money.yuan(2 * HOLIDAYS), Money.yuan(2 * HOLIDAYS))
    assert holidays.households == 0


def test_each_comes_out_as_when_determined_alone(county, jobs):
    monthly = [0, 300, 619, 620, 899, 900, 1_240, 1_799, 1_800, 5_000, None]
    homes = [make.household(county, yuan).pk for yuan in monthly]
    homes += [
        make.household(county, 2_000, loss=Money.yuan(30_000)).pk,
        make.household(county, 500, homes=2).pk,
        make.household(county, 500, expenses_known=False).pk,
    ]
    review = make.computed(county, jobs, survey=True)
    subjects = facts.of_households(homes, review.as_of)
    alone = policy.determine_many(
        "filing", {pk: (one.place, one.facts) for pk, one in subjects.items()}, review.as_of
    )
    listed = {row.household_id: row for row in review.differences.all()}
    for pk, explanation in alone.items():
        if explanation.result in ("none", "excluded"):
            assert pk not in listed
        else:
            assert (listed[pk].now, listed[pk].pack_hash) == (explanation.result, explanation.sha256)
            assert sorted(listed[pk].missing) == sorted(explanation.unknown)
    assert sum(row.households for row in review.tallies.all()) == len(homes)


def granted(county, programme: str) -> int:
    """What lists of the programme come to in the year (fen), made and approved until nothing is due."""
    fund, total = ledger.fund(programme), 0
    ledger.give(fund, county.node, 1_000_000)
    while True:
        listed = make.casework.aid_list(county.cases, fund=fund, programme=programme)
        award = listed.awards.first()
        if award is None:
            return total
        total += award.amount.fen
        with scope.acting(county.reviewer):
            listed = make.casework.services.submit_list(aid_list=listed)
        with scope.acting(county.decider):
            make.casework.services.approve_list(aid_list=listed)


def test_the_aid_is_that_of_the_lists_of_a_year(county, jobs):
    """What a review says a programme would bring is what all its lists of the year come to together."""
    make.file(county, "deep", 500)
    row = make.computed(county, jobs).differences.get()
    now = {programme: fen for programme, (_was, fen) in row.aid.items()}
    assert now == {"living-aid": 12 * 900_00, "holiday-subsidy": HOLIDAYS * 100}
    assert {programme: granted(county, programme) for programme in now} == now
    assert row.aid_now.fen == sum(now.values())


def test_nothing_is_applied_by_computing(county, jobs):
    file = make.file(county, "relative", 800)
    before = Assessment.objects.count()
    make.computed(county, jobs)
    file.refresh_from_db()
    assert (file.clazz, Assessment.objects.count()) == ("relative", before)


def test_a_pack_of_a_place_counts_there_and_at_no_other(county, jobs):
    """A county's own filing pack, a township's within it: each household by the nearest."""
    make.own_filing(county.node, "1.5")
    make.own_filing(county.union.parent, "3")
    here = make.file(county, "relative", 2_000)
    there = make.file(make.elsewhere(county), "relative", 1_500)
    review = make.computed(county, jobs)
    rows = {row.household_id: row for row in review.differences.all()}
    assert rows[there.household_id].now == "none"
    assert rows[here.household_id].kind == "award"  # relative before and now
    assert rows[here.household_id].pack_hash != rows[there.household_id].pack_hash
    assert sum(item["programme"] == "filing" for item in review.packs) == 2


def test_only_the_chosen_place_is_looked_at(county, jobs):
    make.file(county)
    other = make.file(make.elsewhere(county))
    review = make.computed(county, jobs, path=other.org_id)
    assert [row.household_id for row in review.differences.all()] == [other.household_id]


def test_who_applies_already_is_no_new_case(county, jobs):
    application = make.casework.application(county.cases, annual_income=Money.yuan(3_600))
    make.file(county)
    review = make.computed(county, jobs, survey=True)
    assert application.household_id not in found(review)


def test_it_is_started_with_reason_and_in_ones_own_place(county):
    make.file(county)
    with refusal("no_reason"):
        make.start(county, reason=" ")
    with refusal("wrong_day"):
        make.start(county, as_of=make.RISE, basis=make.RISE + timedelta(days=1))
    with refusal("no_policy"):
        make.start(county, as_of=date(1999, 1, 1), basis=date(1998, 1, 1))
    with refusal("out_of_sight"):
        make.start(county, path=make.county().node.path)
    with refusal("nobody"):
        make.start(county, path=make.elsewhere(county).union.path)
    with pytest.raises(Denied):
        make.start(county, actor=county.decider)
    assert not Review.objects.exists()


def test_any_number_takes_the_same_queries_a_chunk(county):
    counts = []
    for number in (1, 12):
        for _ in range(number):
            make.file(county)
        review = make.start(county)
        with scope.acting(county.reviewer), CaptureQueriesContext(connection) as seen:
            assert work._next_chunk(review.pk)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_chunks_make_one_list(county, jobs, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 2)
    files = [make.file(county) for _ in range(5)]
    review = make.computed(county, jobs)
    assert set(found(review)) == {file.household_id for file in files}
    assert sum(review.tallies.values_list("households", flat=True)) == 5
    review.job.refresh_from_db()
    assert (review.job.state, review.job.done) == ("done", 5)


def test_a_job_delivered_twice_doubles_nothing(county, jobs):
    make.file(county)
    review = make.start(county)
    run = review.job
    jobs()
    with scope.acting(county.reviewer):
        type(run).objects.filter(pk=run.pk).update(state="waiting")
    work.compute(run=run.pk, path=run.org_id, review=review.pk)
    review.refresh_from_db()
    assert (review.state, review.differences.count()) == ("open", 1)
    assert review.tallies.get().households == 1


def test_cancelled_while_computing_no_half_list_is_left(county, jobs, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 1)
    for _ in range(3):
        make.file(county)
    review = make.start(county)
    real = work._next_chunk

    def cancelled_after_one(pk):
        left = real(pk)
        with scope.acting(county.reviewer):
            services.cancel_review(review=review)
        return left

    monkeypatch.setattr(work, "_next_chunk", cancelled_after_one)
    monkeypatch.setattr("time.monotonic", iter(range(1, 1000)).__next__)
    jobs()
    review.refresh_from_db()
    review.job.refresh_from_db()
    assert (review.state, review.job.state) == ("cancelled", "cancelled")
    assert not (review.differences.exists() or review.tallies.exists() or review.effects.exists())


def test_a_computation_that_broke_off_goes_on_where_it_stood(county, jobs, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 1)
    for _ in range(3):
        make.file(county)
    review = make.start(county)
    real, seen = work._next_chunk, []

    def breaks(pk):
        seen.append(pk)
        if len(seen) == 3:
            raise RuntimeError("power cut")
        return real(pk)

    monkeypatch.setattr(work, "_next_chunk", breaks)
    with pytest.raises(RuntimeError):
        jobs()
    review.refresh_from_db()
    assert (review.state, review.differences.count()) == ("computing", 2)
    with scope.acting(county.reviewer):
        services.resume_review(review=review)
        with refusal("running"):
            services.resume_review(review=review)
    jobs()
    review.refresh_from_db()
    assert (review.state, review.differences.count()) == ("open", 3)
    assert sum(review.tallies.values_list("households", flat=True)) == 3


def test_a_review_without_decisions_can_be_called_off_later(county, jobs):
    make.file(county)
    review = make.computed(county, jobs)
    with scope.acting(county.reviewer):
        assert services.cancel_review(review=review).state == "cancelled"
    assert not review.differences.exists()


def test_from_below_a_review_is_seen_with_ones_own_households_alone(county, jobs):
    mine, other = make.file(county), make.file(make.elsewhere(county))
    review = make.computed(county, jobs)
    below = make.orgs.actor(county.union, make.SEE)
    with scope.acting(below):
        assert Review.objects.get(pk=review.pk).differences.get().household_id == mine.household_id
        assert review.tallies.get().households == 1
        assert not Review.objects.filter(pk=review.pk).update(title="x")
    with scope.acting(make.orgs.actor(make.county().node, make.SEE)):
        assert not Review.objects.filter(pk=review.pk).exists()
    assert other.household_id in found(review)
