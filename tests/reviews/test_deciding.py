"""Opinions and decisions: two people, only on facts that still hold, carried out through casework."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from nuanxin.casework.models import Application, File
from nuanxin.casework.queries import file_timeline
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.records.models import Entry
from nuanxin.reviews import services
from nuanxin.reviews.models import Difference

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def decide(county, *rows):
    with scope.acting(county.decider):
        outcome = services.decide(rows=make.rows(*rows))
    for row in rows:
        row.refresh_from_db()
    return outcome


def codes(outcome):
    return {refusal.code for refusal in outcome.refused.values()}


def test_following_changes_the_class_and_keeps_why(county, jobs):
    file = make.file(county, "relative", 800)
    row = make.proposed(county, jobs)
    assert decide(county, row).done == 1
    file.refresh_from_db()
    assert (file.clazz, row.state, row.decider_id) == ("deep", "settled", county.decider.staff_id)
    kept = row.assessment
    assert (kept.result, kept.household_id, kept.as_of) == ("deep", file.household_id, row.review.as_of)
    assert file.basis == kept
    assert Entry.objects.filter(action="file.reclassify").exists()
    history = apps.get_model("casework", "FileHistory").objects.filter(id=file.pk)
    assert history.latest("pgh_id").clazz == "deep"
    with scope.acting(county.decider):
        told = file_timeline(file, [], [])
    (step,) = [step for step in told if step.why.startswith("相对困难 → 深度困难")]
    assert step.who == county.decider_post.staff.local_name


def test_who_leaves_is_closed_with_the_reason(county, jobs):
    file = make.file(county, "relative", 9_000)
    row = make.proposed(county, jobs, reason="家庭收入已明显好转")
    decide(county, row)
    file.refresh_from_db()
    assert (file.state, file.closed_because, row.state) == ("closed", "家庭收入已明显好转", "settled")


def test_who_enters_gets_a_draft_at_the_union(county, jobs):
    home = make.household(county, 500)
    review = make.computed(county, jobs, survey=True)
    row = review.differences.get()
    with scope.acting(county.reviewer):
        services.propose(rows=make.rows(row), opinion="follow")
    assert decide(county, row).done == 1
    made = Application.objects.get(household=home)
    assert (made.state, made.officer_id) == ("draft", county.cases.officer.staff_id)
    assert (row.application, made.assessment.result) == (made, "deep")


def test_without_an_officer_nobody_can_take_it_up(county, jobs):
    make.household(county, 500)
    row = make.computed(county, jobs, survey=True).differences.get()
    with scope.acting(county.reviewer):
        services.propose(rows=make.rows(row), opinion="follow")
    type(county.cases.officer_post).objects.filter(
        role__permissions__contains=[make.casework.OFFICER[1]]
    ).update(until=date(2021, 1, 1))
    assert codes(decide(county, row)) == {"no_officer"}
    assert (row.state, bool(row.problem)) == ("proposed", True)


def test_keeping_changes_nothing_but_says_why(county, jobs):
    file = make.file(county, "relative", 9_000)
    row = make.proposed(county, jobs, "keep", "一次性补偿收入，次年即无")
    decide(county, row)
    file.refresh_from_db()
    assert (file.state, file.clazz, row.state) == ("open", "relative", "settled")


def test_visited_first_then_determined_again(county, jobs):
    file = make.file(county, "relative", 9_000)
    row = make.proposed(county, jobs, "visit", "收入变化较大")
    decide(county, row)
    assert row.state == "visiting"
    visit = {
        "visited_on": date(2022, 3, 1),
        "visitors": "李梅、杨光",
        "finding": "differs",
        "note": "收入为一次性",
    }
    with scope.acting(county.cases.officer):
        services.record_visit(difference=row, **visit)
    row.refresh_from_db()
    assert row.state == "open" and file.household.visits.get().finding == "differs"


@pytest.mark.parametrize("opinion", ["keep", "visit"])
def test_no_opinion_against_the_result_without_a_reason(county, jobs, opinion):
    make.file(county)
    with refusal("no_reason"):
        make.proposed(county, jobs, opinion, " ")
    with refusal("unknown_opinion"):
        make.proposed(county, jobs, "ignore")


def test_what_is_unknown_cannot_be_followed(county, jobs):
    make.file(county, "deep", None)
    row = make.computed(county, jobs).differences.get()
    with scope.acting(county.reviewer):
        outcome = services.propose(rows=make.rows(row), opinion="follow")
    assert (outcome.done, codes(outcome)) == (0, {"unknown"})


def test_nobody_decides_on_a_proposal_of_their_own(county, jobs):
    make.file(county)
    row = make.proposed(county, jobs)
    both = make.orgs.actor(county.node, *make.REVIEWER, *make.DECIDER)
    with scope.acting(county.decider):
        services.return_many(rows=make.rows(row), reason="请核对")
    with scope.acting(both):
        services.propose(rows=make.rows(row), opinion="follow")
        assert codes(services.decide(rows=make.rows(row))) == {"own_proposal"}
        assert codes(services.return_many(rows=make.rows(row), reason="请核对")) == {"own_proposal"}
    row.refresh_from_db()
    assert row.state == "proposed"
    with pytest.raises(IntegrityError, match="difference_two_people"), transaction.atomic():
        Difference.objects.filter(pk=row.pk).update(decider=both.staff_id)


def test_reviewers_do_not_decide_and_deciders_do_not_propose(county, jobs):
    make.file(county)
    row = make.proposed(county, jobs)
    with scope.acting(county.reviewer), pytest.raises(Denied):
        services.decide(rows=make.rows(row))
    with scope.acting(county.decider), pytest.raises(Denied):
        services.propose(rows=make.rows(row), opinion="follow")
    with scope.acting(county.decider), pytest.raises(Denied):
        services.determine_again(rows=make.rows(row))


def test_changed_facts_stop_proposal_and_decision_until_determined_again(county, jobs):
    file = make.file(county, "relative", 800)
    row = make.proposed(county, jobs)
    make.now_earns(file.household, 12_000)
    assert codes(decide(county, row)) == {"facts_changed"}
    assert row.state == "proposed" and row.problem
    with scope.acting(county.reviewer):
        assert services.determine_again(rows=make.rows(row)).done == 1
    row.refresh_from_db()
    assert (row.state, row.kind, row.now, str(row.per_head_now)) == ("noted", "award", "relative", "1000.00")
    assert (row.opinion, row.proposer) == ("", None)
    file.refresh_from_db()
    assert file.clazz == "relative"


def test_determined_again_it_may_differ_otherwise_and_counts_follow(county, jobs):
    file = make.file(county, "deep", None)
    review = make.computed(county, jobs)
    row = review.differences.get()
    home = file.household
    make.now_earns(home, 48_000)
    with scope.acting(county.reviewer):
        outcome = services.propose(rows=make.rows(row), opinion="keep", reason="先维持")
        assert codes(outcome) == {"facts_changed"}
        services.determine_again(rows=make.rows(row))
    row.refresh_from_db()
    assert (row.state, row.kind, row.now) == ("open", "leaving", "none")
    cells = {(one.was, one.now): one.households for one in review.tallies.all() if one.households}
    assert cells == {("deep", "none"): 1}
    living = review.effects.get(programme="living-aid")
    assert (living.was.fen, living.now.fen, living.households) == (7_440_00, 0, 1)


def test_money_on_its_way_keeps_a_file_open(county, jobs):
    file = make.file(county, "relative", 9_000)
    make.casework.aid_list(county.cases, "approved")
    row = make.proposed(county, jobs)
    assert codes(decide(county, row)) == {"award_open"}
    file.refresh_from_db()
    assert (file.state, row.state, bool(row.problem)) == ("open", "proposed", True)


def test_a_file_that_went_another_way_meanwhile_is_left(county, jobs):
    file = make.file(county, "relative", 800)
    row = make.proposed(county, jobs)
    File.objects.filter(pk=file.pk).update(clazz="accident")
    assert codes(decide(county, row)) == {"file_changed"}


def test_a_standard_that_changed_again_is_not_applied_on_an_old_list(county, jobs):
    """The file takes the class its household comes to on the day of the decision, or none of the list's."""
    file = make.file(county, "relative", 800)
    row = make.proposed(county, jobs)
    make.line(county.node, 700, since=date(2022, 1, 2))
    assert codes(decide(county, row)) == {"result_changed"}
    file.refresh_from_db()
    assert (file.clazz, row.state) == ("relative", "proposed")


def test_one_exception_does_not_stop_the_others(county, jobs):
    good, bad = make.file(county, "relative", 800), make.file(county, "relative", 800)
    review = make.computed(county, jobs)
    with scope.acting(county.reviewer):
        assert services.propose(rows=review.differences.all(), opinion="follow").done == 2
    make.now_earns(bad.household, 12_000)
    with scope.acting(county.decider):
        outcome = services.decide(rows=review.differences.all())
    assert (outcome.done, len(outcome.refused)) == (1, 1)
    good.refresh_from_db()
    assert good.clazz == "deep"


def test_many_decisions_run_in_a_job(county, jobs):
    files = [make.file(county, "relative", 800) for _ in range(3)]
    review = make.computed(county, jobs)
    with scope.acting(county.reviewer):
        services.propose(rows=review.differences.all(), opinion="follow")
    with scope.acting(county.decider):
        run = services.decide_later(review=review, rows=review.differences.all())
    jobs()
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 3)
    rows = File.objects.filter(pk__in=[file.pk for file in files])
    assert set(rows.values_list("clazz", flat=True)) == {"deep"}


def test_returned_and_proposed_anew(county, jobs):
    make.file(county)
    row = make.proposed(county, jobs)
    with scope.acting(county.decider):
        with refusal("no_reason"):
            services.return_many(rows=make.rows(row), reason="")
        services.return_many(rows=make.rows(row), reason="请补充走访情况")
    row.refresh_from_db()
    assert (row.state, row.returned_because) == ("returned", "请补充走访情况")
    with scope.acting(county.reviewer):
        services.propose(rows=make.rows(row), opinion="follow")
    assert decide(county, row).done == 1


def test_a_review_ends_when_everything_is_settled(county, jobs):
    make.file(county)
    row = make.proposed(county, jobs)
    with scope.acting(county.reviewer), refusal("not_worked_through"):
        services.close_review(review=row.review)
    decide(county, row)
    with scope.acting(county.reviewer):
        with refusal("decided_already"):
            services.cancel_review(review=row.review)
        assert services.close_review(review=row.review).closed_on


def test_rows_of_a_closed_review_stay_as_they_are(county, jobs):
    make.file(county, "deep", 500)
    review = make.computed(county, jobs)
    with scope.acting(county.reviewer):
        services.close_review(review=review)
        assert services.propose(rows=review.differences.all(), opinion="follow").done == 0


def test_what_is_out_of_sight_is_not_touched(county, jobs):
    make.file(county)
    row = make.proposed(county, jobs)
    other = make.county()
    with scope.acting(other.decider):
        assert services.decide(rows=make.rows(row)).done == 0
    with scope.acting(other.reviewer):
        assert services.determine_again(rows=make.rows(row)).done == 0
