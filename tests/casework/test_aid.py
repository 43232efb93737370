"""Lists of living aid: computed, decided in one go, paid; and what refuses them."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.casework import queries, services
from nuanxin.casework.models import Award, File
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.ledger import queries as ledger_queries
from nuanxin.payments import services as payments
from nuanxin.payments.models import Due
from nuanxin.registry.models import Household
from tests.ledger import factories as ledger
from tests.payments import factories as bank

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def test_the_amounts_come_from_the_pack(county):
    """Twelve months of 620 for the deep class, ten for the relative, as published by Jingmen."""
    deep = make.file(county, annual_income=Money.yuan(3000))
    relative = make.file(county)
    awards = {award.file_id: award for award in make.aid_list(county).awards.all()}
    assert awards[deep.pk].amount == Money.yuan(7440) == awards[deep.pk].cap
    assert awards[relative.pk].amount == Money.yuan(6200)
    assert awards[deep.pk].outcome["benefits"] == {"living": {"fen": 744000, "caps": []}}


def test_approval_holds_the_budget_and_owes_every_award(county):
    file = make.file(county)
    row = make.aid_list(county, "approved", yuan=10_000)
    award = row.awards.get()
    due = Due.objects.get(source_kind="casework.Award", source=award.pk)
    assert (row.state, award.state, due.state) == ("approved", "approved", "waiting")
    assert (due.payee, due.card_mask, due.amount) == (
        file.household.head.name,
        file.household.card_mask,
        Money.yuan(6200),
    )
    assert due.approver_id == county.decider.staff_id
    assert ledger_queries.available(row.fund_id, county.node.path).free == Money.yuan(3800)


def test_settled_dues_pay_or_return_their_awards(county):
    make.file(county)
    make.file(county)
    row = make.aid_list(county, "approved")
    make.paid(county, row, failing=[1])
    states = sorted(row.awards.values_list("state", "paid_on"), key=str)
    assert states == [("paid", timezone.localdate()), ("returned", None)]
    returned = Due.objects.get(state="returned")
    with scope.acting(county.cashier):
        payments.reissue(due=returned, card=bank.new_card())
    assert row.awards.get(pk=returned.source).state == "approved"
    other = make.orgs.post(county.node, *make.CASHIER)
    county.cashier_post = other
    make.paid(county, row)
    assert set(row.awards.values_list("state", flat=True)) == {"paid"}


def test_a_household_never_passes_its_yearly_limit(county):
    file = make.file(county)
    first = make.aid_list(county, "submitted")
    second = make.aid_list(county, "submitted", title="第二批")
    with scope.acting(county.decider):
        services.approve_list(aid_list=first)
        with refusal("over_quota") as refused:
            services.approve_list(aid_list=second)
    assert file.household.head.name in str(refused.value) and "6,200.00" in str(refused.value)
    second.refresh_from_db()
    assert second.state == "submitted" and Due.objects.count() == 1
    third = make.aid_list(county, title="第三批")
    assert not third.awards.exists()
    assert third.omissions.get().result == "used_up"


def test_more_than_the_fund_has_is_refused_whole(county):
    make.file(county)
    make.file(county)
    row = make.aid_list(county, "submitted", yuan=12_399)
    with scope.acting(county.decider), refusal("overspent"):
        services.approve_list(aid_list=row)
    row.refresh_from_db()
    assert row.state == "submitted" and not Due.objects.exists()
    assert set(row.awards.values_list("state", flat=True)) == {"proposed"}


def test_a_payee_without_a_card_is_named(county):
    file = make.file(county)
    row = make.aid_list(county)
    Household.objects.filter(pk=file.household_id).update(card_hash=None, card_cipher=None, card_mask="")
    with scope.acting(county.reviewer), refusal("no_card") as refused:
        services.submit_list(aid_list=row)
    assert file.number in str(refused.value)


def test_a_card_lost_after_submission_stops_the_approval(county):
    file = make.file(county)
    row = make.aid_list(county, "submitted")
    Household.objects.filter(pk=file.household_id).update(card_hash=None, card_cipher=None, card_mask="")
    with scope.acting(county.decider), refusal("no_card"):
        services.approve_list(aid_list=row)


def test_a_file_closed_meanwhile_stops_the_approval(county):
    file = make.file(county)
    row = make.aid_list(county, "submitted")
    with scope.acting(county.decider):
        services.close_file(file=file, reason="脱困")
        with refusal("file_closed") as refused:
            services.approve_list(aid_list=row)
    assert file.number in str(refused.value)


def test_a_file_with_money_on_its_way_is_not_closed(county):
    file = make.file(county)
    make.aid_list(county, "approved")
    with scope.acting(county.decider), refusal("award_open"):
        services.close_file(file=file, reason="脱困")


def test_who_makes_a_list_does_not_approve_it(county):
    make.file(county)
    both = make.orgs.post(county.node, *make.REVIEWER, *make.DECIDER)
    county.reviewer_post = both
    row = make.aid_list(county, "submitted")
    with scope.acting(both.actor()):
        with refusal("maker_may_not_vote"):
            services.approve_list(aid_list=row)
        assert not queries.lists_to_decide(both.staff_id).exists()
    with scope.acting(county.decider):
        assert queries.lists_to_decide(county.decider.staff_id).get().pk == row.pk


def test_a_returned_list_can_be_changed_and_submitted_again(county):
    file, other = make.file(county), make.file(county)
    row = make.aid_list(county, "returned")
    assert row.returned_because
    with scope.acting(county.reviewer):
        assert services.remove_awards(aid_list=row, awards=Award.objects.filter(file=other)) == 1
        row = services.submit_list(aid_list=row)
        with refusal("wrong_state"):
            services.remove_awards(aid_list=row, awards=Award.objects.filter(file=file))
    with scope.acting(county.decider):
        services.approve_list(aid_list=row)
    assert Due.objects.count() == 1


def test_an_empty_list_is_not_submitted(county):
    make.file(county)
    row = make.aid_list(county)
    with scope.acting(county.reviewer):
        services.remove_awards(aid_list=row, awards=row.awards.all())
        with refusal("empty_list"):
            services.submit_list(aid_list=row)


def test_what_a_list_cannot_be_made_of(county):
    today = timezone.localdate()
    values = {"programme": "living-aid", "title": "单", "year": today.year, "as_of": today}
    fund, wrong = ledger.fund("living-aid"), ledger.fund("training")
    with scope.acting(county.reviewer):
        with refusal("no_files"):
            services.make_list(fund=fund, **values)
        with refusal("fund_use"):
            services.make_list(fund=wrong, **values)
        with refusal("wrong_year"):
            services.make_list(fund=fund, **values | {"year": today.year - 1})


def test_only_ticked_files_and_only_those_in_sight(county):
    mine, left = make.file(county), make.file(county)
    theirs = make.file(make.county())
    row = make.aid_list(county, files=[mine.pk, theirs.pk])
    assert list(row.awards.values_list("file_id", flat=True)) == [mine.pk] != [left.pk]


def test_many_files_are_computed_in_a_job_that_can_be_interrupted(county, jobs):
    files = make.files_at_once(county, 205)
    row = make.aid_list(county)
    assert row.job is not None and not row.awards.exists()
    with scope.acting(county.reviewer), refusal("still_filling"):
        services.submit_list(aid_list=row)
    services.fill(aid_list=row, files=[file.pk for file in files[:50]])  # what ran before an interruption
    assert jobs() == 1
    row.job.refresh_from_db()
    assert (row.job.state, row.job.done, row.awards.count()) == ("done", 205, 205)


def test_approval_takes_the_same_queries_for_one_and_for_many(county):
    counts = []
    for number in (2, 12):
        here = make.county()
        make.files_at_once(here, number)
        row = make.aid_list(here, "submitted")
        with scope.acting(here.decider), CaptureQueriesContext(connection) as seen:
            services.approve_list(aid_list=row)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_database_keeps_award_and_list_rules(county):
    make.file(county)
    row = make.aid_list(county)
    for change in ({"amount": Money(0)}, {"state": "paid"}, {"state": "paid", "paid_on": date(2022, 1, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Award.objects.filter(aid_list=row).update(**change)
    assert row.awards.get().state == "proposed"


def test_figures_are_querysets_over_half_open_periods(county):
    file = make.file(county)
    row = make.aid_list(county, "approved")
    make.paid(county, row)
    today = timezone.localdate()
    tomorrow, year = today + timedelta(days=1), date(today.year, 1, 1)
    with scope.acting(county.reviewer):
        assert list(queries.files_open_at(tomorrow)) == [file]
        assert not queries.files_open_at(today).exists()
        assert list(queries.opened(year, tomorrow)) == [file]
        assert not queries.opened(year, today).exists()
        aided = queries.aided(queries.awards_paid(year, tomorrow, ["living-aid"]))
        assert (aided.times, aided.amount) == (1, Money.yuan(6200))
    with scope.acting(county.decider):
        services.close_file(file=file, reason="脱困")
        assert list(queries.closed(today, tomorrow)) == [file]
        assert not queries.files_open_at(tomorrow).exists()
        assert not queries.reopened(year, tomorrow).exists()


def test_another_county_counts_nothing_of_ours(county):
    make.file(county)
    other = make.county()
    with scope.acting(other.reviewer):
        assert not File.objects.exists() and not queries.files_open_at(date(2999, 1, 1)).exists()
