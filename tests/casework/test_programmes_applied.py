"""Any programme from need to money: answers, determination, route, award, and what refuses each."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.approvals import queries as steps
from nuanxin.casework import answers, services
from nuanxin.casework.models import Application, Award
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight
from nuanxin.ledger import queries as ledger_queries
from nuanxin.payments.models import Due
from nuanxin.policy import queries as policy

from . import applying
from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def test_temporary_aid_from_need_to_a_due_on_the_card(county):
    money = applying.fund(county)
    row = applying.temporary(county, "approved", money=money)
    award = Award.objects.get(application=row)
    due = Due.objects.get(source_kind="casework.Award", source=award.pk)
    assert (row.state, row.decided_on) == ("approved", timezone.localdate())
    assert (award.state, award.amount, award.title, award.part) == (
        "approved",
        Money.yuan(2500),
        "临时救助",
        1,
    )
    assert (due.payee, due.amount, due.approver_id) == (
        row.person.name,
        Money.yuan(2500),
        county.decider.staff_id,
    )
    assert ledger_queries.available(money.pk, county.node.path).free == Money.yuan(97_500)
    assert award.outcome == row.assessment.outcome and award.pack_hash == row.assessment.pack_hash


def test_the_money_follows_the_award(county):
    row = applying.temporary(county, "approved")
    make.paid(county, row)
    award = Award.objects.get(application=row)
    assert (award.state, award.paid_on) == ("paid", timezone.localdate())


def test_each_step_is_another_persons(county):
    row = applying.temporary(county, "submitted")
    assert [step.code for step in steps.steps_of(row.process)] == ["review", "decide"]
    both = make.orgs.post(county.node, "*").actor()
    with scope.acting(county.decider), refusal("not_your_step"):
        services.approve(application=row)
    with scope.acting(county.officer), pytest.raises(Exception, match=r"."):
        services.pass_on(application=row)
    with scope.acting(both):
        row = services.pass_on(application=row)
        assert row.state == "submitted" and row.due_on is not None
        with refusal("voted_already"):
            services.approve(application=row)
    with scope.acting(county.decider):
        assert services.approve(application=row).amount == Money.yuan(2500)


def test_the_database_refuses_an_approval_while_a_step_is_open(county):
    row = applying.temporary(county, "checked")
    with pytest.raises(IntegrityError, match="a step of the route is not done"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(state="approved", decided_on=timezone.localdate())


def test_a_decision_goes_back_to_the_check_or_to_the_officer(county):
    row = applying.temporary(county, "checked")
    with scope.acting(county.decider):
        row = services.send_back(application=row, reason="金额请再核", to=1)
    assert row.state == "submitted"
    row = Application.objects.get(pk=row.pk)
    assert steps.step_of(row.process).code == "review"
    with scope.acting(county.reviewer):
        row = services.pass_on(application=row)
    with scope.acting(county.decider):
        row = services.send_back(application=row, reason="缺少证明")
        assert (row.state, row.returned_because) == ("returned", "缺少证明")
    with scope.acting(county.officer):
        row = services.submit(application=row)
    assert Application.objects.get(pk=row.pk).process.position == 1


@pytest.mark.parametrize("lacking", ["no_answer", "no_document", "no_fund", "no_card"])
def test_what_the_programme_asks_for_is_there_before_it_is_submitted(county, lacking):
    row = applying.temporary(county, "bare")
    if lacking == "no_card":
        make.Household.objects.filter(pk=row.household_id).update(
            card_hash=None, card_cipher=None, card_mask=""
        )
    with scope.acting(county.officer):
        if lacking != "no_answer":
            money = None if lacking == "no_fund" else applying.fund(county)
            row = services.answer(application=row, answers=applying.NEED, fund=money)
        if lacking != "no_document":
            applying.papers(row)
        with refusal(lacking):
            services.submit(application=row)
        row.refresh_from_db()
        assert (row.state, row.process_id) == ("draft", None)


def test_an_excluded_need_is_not_submitted(county):
    row = applying.temporary(county, "bare")
    with scope.acting(county.officer):
        applying.papers(row)
        given = applying.NEED | {"need_cause": "gambling"}
        row = services.answer(application=row, answers=given, fund=applying.fund(county))
        assert row.assessment.result == "excluded" and row.amount is None
        with refusal("excluded"):
            services.submit(application=row)


def test_wrong_answers_are_named_one_by_one_and_nothing_is_kept(county):
    row = applying.temporary(county, "bare")
    typed = {"need_cause": "boredom", "needed": "一千", "what_happened": "x", "nonsense": "1"}
    with scope.acting(county.officer), pytest.raises(answers.Unreadable) as wrong:
        services.answer(application=row, answers=typed)
    assert set(wrong.value.errors) == {"need_cause", "needed", "nonsense"}
    row.refresh_from_db()
    assert row.answers == {}


@pytest.mark.parametrize("typed, kept", [("1,234.50", 123450), ("０", 0), ("", None), (Money.yuan(3), 300)])
def test_money_is_kept_in_fen(typed, kept):
    programme = policy.programme_in_force("temporary-aid", "", date(2024, 1, 1))
    assert answers.read(programme, {"needed": typed}).get("needed") == kept


@pytest.mark.parametrize("typed", ["-1", "1.234", "10000000000", "abc"])
def test_amounts_the_policy_cannot_take_are_refused(typed):
    programme = policy.programme_in_force("temporary-aid", "", date(2024, 1, 1))
    with pytest.raises(answers.Unreadable):
        answers.read(programme, {"needed": typed})


def test_the_amount_is_what_is_due_but_no_more_than_asked(county):
    row = applying.temporary(county)
    assert (row.amount, row.assessment.due) == (Money.yuan(2500), Money.yuan(2500))
    with scope.acting(county.officer):
        row = services.answer(application=row, answers=applying.NEED, asked=Money.yuan(2000), fund=row.fund)
    assert row.amount == Money.yuan(2000)


def test_what_was_given_this_year_counts_and_is_not_typed(county):
    first = applying.temporary(county, "approved")
    with scope.acting(county.officer):
        again = services.start(programme="temporary-aid", person=first.person)
        again = services.answer(application=again, answers=applying.NEED, fund=first.fund)
    assert again.assessment.facts["received_this_year"] == "2500.00"


def test_the_wrong_subject_and_a_second_one_under_way_are_refused(county):
    row = applying.temporary(county)
    with scope.acting(county.officer):
        with refusal("wrong_subject"):
            services.start(programme="temporary-aid", household=row.household)
        with refusal("application_open"):
            services.start(programme="temporary-aid", person=row.person)
        with refusal("no_file"):
            services.start(programme="living-aid", household=row.household)
        with refusal("not_a_child"):
            services.start(programme="schooling-aid", household=row.household, person=row.person)
        with refusal("no_programme"):
            services.start(programme="moon-aid", household=row.household)


def test_another_county_sees_and_decides_nothing(county):
    row = applying.temporary(county, "checked")
    other = make.county()
    with scope.acting(other.decider):
        assert not Application.objects.filter(pk=row.pk).exists()
        with pytest.raises(OutOfSight):
            services.approve(application=row)
        found = services.decide_many(applications=[row])
    assert found.passed == 0
    row.refresh_from_db()
    assert row.state == "submitted"


def living(at: make.County, file: object, money: object, state: str = "checked") -> Application:
    """Living aid for a file, up to its decision."""
    with scope.acting(at.officer):
        row = services.start(programme="living-aid", household=file.household)
        row = services.answer(application=row, answers={}, fund=money)
        applying.papers(row, "application")
        row = services.submit(application=row)
    return applying.onward(at, row, state)


def test_one_fen_over_the_yearly_cap_is_refused(county):
    file = make.file(county)
    money = applying.fund(county)
    row = living(county, file, money)
    assert row.amount == Money.yuan(6200)
    key = bytes(file.household.head.id_hash)
    with scope.acting(county.decider):
        from nuanxin.ledger import services as ledger

        one = [(key, Money(1))]
        ledger.take_quota(
            measure="aid.living-aid", year=timezone.localdate().year, takes=one, cap=Money.yuan(6200)
        )
        with refusal("over_quota"):
            services.approve(application=row)
        row.refresh_from_db()
        assert row.state == "submitted" and not Award.objects.filter(application=row).exists()
        ledger.take_quota(
            measure="aid.living-aid",
            year=timezone.localdate().year,
            takes=[(key, -Money(1))],
            cap=Money.yuan(6200),
        )
        assert services.approve(application=row).cap == Money.yuan(6200)


def test_a_fund_that_is_short_refuses_the_award_and_keeps_nothing(county):
    row = applying.temporary(county, "checked", money=applying.fund(county, 2499))
    with scope.acting(county.decider), refusal("overspent"):
        services.approve(application=row)
    row.refresh_from_db()
    assert row.state == "submitted" and steps.step_of(row.process).code == "decide"
    assert not Award.objects.exists() and not Due.objects.exists()


def test_withdrawn_while_it_is_decided(county):
    row = applying.temporary(county, "checked")
    with scope.acting(county.officer):
        services.withdraw(application=row)
    with scope.acting(county.decider), refusal("wrong_state"):
        services.approve(application=row)
    assert not Award.objects.exists()


def test_a_batch_pays_what_it_can_and_says_why_not_the_others(county):
    money = applying.fund(county)
    good = [applying.temporary(county, "checked", money=money) for _ in range(3)]
    early = applying.temporary(county, "submitted", money=money)
    gone = applying.temporary(county, "withdrawn", money=money)
    with scope.acting(county.decider):
        found = services.decide_many(applications=[*good, early, gone])
    assert len(found.awarded) == 3 and found.passed == 3
    assert {row.pk: why.code for row, why in found.refused} == {
        early.pk: "not_your_step",
        gone.pk: "wrong_state",
    }
    assert Due.objects.count() == 3


def test_a_batch_asks_no_query_per_row(county):
    money = applying.fund(county)
    few = [applying.temporary(county, "checked", money=money) for _ in range(2)]
    more = [applying.temporary(county, "checked", money=money) for _ in range(6)]
    counts = []
    with scope.acting(county.decider):
        for rows in (few, more):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert services.decide_many(applications=rows).passed == len(rows)
            counts.append(len(asked))
    assert counts[1] <= counts[0]


def test_what_was_submitted_keeps_its_assessment(county):
    row = applying.temporary(county, "submitted")
    kept = row.assessment_id
    with scope.acting(county.reviewer):
        assert services.compute(applications=[row.pk]) == []
    row.refresh_from_db()
    assert row.assessment_id == kept
