"""From a household to a decided file: each step, and each refusal beside it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import Vote
from nuanxin.casework import queries, services
from nuanxin.casework.flow import APPLICATION
from nuanxin.casework.models import Application, Assessment, File, Objection
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def test_the_whole_way_opens_a_file_with_its_number(county):
    with scope.acting(county.officer):
        row = services.start_application(household=make.household(county))
        assert row.assessment.result == "relative"
        make.complete(row)
        row = services.submit(application=row)
        assert row.due_on > timezone.localdate()
    make.publish(county, row, over=True)
    with scope.acting(county.decider):
        file = services.approve(application=row)
        assert file.number == f"{county.node.division}-{file.opened_on.year}-000001"
        assert (file.clazz, file.state, file.reopened) == ("relative", "open", False)
        row.refresh_from_db()
        assert (row.state, row.decided_on) == ("approved", timezone.localdate())
        assert row.process.closed is not None
        steps = [str(step.what) for step in queries.timeline(row)]
    assert steps[0] == str(APPLICATION.moves["approve"].label)


def test_numbers_run_without_gaps_by_county(county):
    first, second = make.file(county), make.file(county)
    other = make.file(make.county())
    assert [file.number[-6:] for file in (first, second, other)] == ["000001", "000002", "000001"]


def test_one_open_application_and_one_live_file_a_household(county):
    row = make.application(county)
    with scope.acting(county.officer):
        with refusal("application_open"):
            services.start_application(household=row.household)
        assert services.start_many(households=[row.household_id]) == 0
    file = make.file(county)
    with scope.acting(county.officer), refusal("file_open"):
        services.start_application(household=file.household)


@pytest.mark.parametrize("lacking", ["no_visit", "no_document", "no_consent"])
def test_an_incomplete_application_is_not_submitted(county, lacking):
    with scope.acting(county.officer):
        consent = None if lacking == "no_consent" else timezone.localdate()
        row = services.start_application(household=make.household(county, consent_on=consent))
        if lacking == "no_document":
            services.record_visit(
                household=row.household,
                application=row,
                visited_on=timezone.localdate(),
                visitors="李梅",
                finding="agrees",
                note="",
                checked=services.as_declared(row.household),
            )
        with refusal(lacking):
            services.submit(application=row)
        row.refresh_from_db()
        assert (row.state, row.process) == ("draft", None)


def test_a_visit_that_differs_says_how_and_lies_not_in_the_future(county):
    row = make.application(county)
    today = timezone.localdate()
    values = {"household": row.household, "application": row, "visitors": "李梅"}
    with scope.acting(county.officer):
        with refusal("no_note"):
            services.record_visit(visited_on=today, finding="differs", note=" ", **values)
        with refusal("future_visit"):
            services.record_visit(visited_on=today + timedelta(days=1), finding="agrees", note="", **values)
        assert not row.visits.exists()


def test_a_return_shows_its_reason_and_a_new_round_begins(county):
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        with refusal("no_reason"):
            services.return_application(application=row, reason="  ")
        row = services.return_application(application=row, reason="票据不清")
    assert (row.state, row.returned_because) == ("returned", "票据不清")
    with scope.acting(county.officer):
        row = services.submit(application=row)
        assert (row.process.round, row.returned_because) == (2, "")
    make.publish(county, row)
    with scope.acting(county.reviewer):
        assert [vote.verdict for vote in row.process.votes.all()] == ["return", "pass"]


def test_who_submits_again_has_part_and_so_has_who_brought_it_in(county):
    row = make.application(county, "returned")
    make.orgs.post(county.node, *make.REVIEWER)  # somebody is left who may check it
    with scope.acting(county.reviewer):
        row = services.submit(application=row)
        assert row.process.maker_id == county.reviewer.staff_id
        with refusal("maker_may_not_vote"):
            services.pass_to_notice(application=row, phone="1")
    both = make.orgs.post(county.node, *make.REVIEWER, staff=county.officer_post.staff).actor()
    with scope.acting(both), refusal("maker_may_not_vote"):
        services.pass_to_notice(application=row, phone="1")


def test_three_people_are_needed(county):
    row = make.application(county, "submitted")
    everything = make.orgs.post(county.node, "*")
    with scope.acting(everything.actor()):
        services.pass_to_notice(
            application=row, phone="0887-1", since=timezone.localdate() - timedelta(days=15)
        )
        row.refresh_from_db()
        with refusal("voted_already"):
            services.approve(application=row)
    with scope.acting(county.decider):
        services.approve(application=row)


def test_the_database_holds_maker_checker_decider_apart(county):
    row = make.application(county, "noticed", over=True)
    process = row.process
    with scope.acting(county.decider):
        step = approvals.pass_notice(process=process).step
    fields = {
        "process_step": step,
        "org_id": process.org_id,
        "process": process,
        "maker_id": process.maker_id,
        "round": process.round,
        "step": "decide",
        "verdict": "pass",
    }
    with scope.acting(county.decider):
        for voter, constraint in (
            (process.maker_id, "vote_not_maker"),
            (county.reviewer.staff_id, "vote_once"),
        ):
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                Vote.objects.create(voter_id=voter, **fields)


def test_no_decision_before_the_notice_is_over(county):
    row = make.application(county, "noticed")
    with scope.acting(county.decider):
        with refusal("notice_running"):
            services.approve(application=row)
        with pytest.raises(IntegrityError, match="notice is not over"), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(state="approved", decided_on=timezone.localdate())


def test_the_notice_stands_the_days_the_policy_sets(county):
    from nuanxin.kernel.workdays import add_working_days

    notice = make.application(county, "noticed").notices.get()
    assert notice.working_days == 5
    assert notice.until == add_working_days(notice.since, 5) + timedelta(days=1)


def test_a_notice_is_not_put_up_ahead_or_without_a_phone(county):
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        with refusal("no_phone"):
            services.pass_to_notice(application=row, phone=" ")
        with refusal("future_notice"):
            services.pass_to_notice(
                application=row, phone="1", since=timezone.localdate() + timedelta(days=1)
            )
        row.refresh_from_db()
        assert row.state == "submitted" and not row.notices.exists()


@pytest.mark.parametrize(
    "facts, result", [({"annual_income": Money.yuan(99999)}, "none"), ({"homes": 2}, "excluded")]
)
def test_a_household_that_does_not_qualify_gets_no_notice(county, facts, result):
    row = make.application(county, "submitted", **facts)
    assert row.assessment.result == result
    with scope.acting(county.reviewer), refusal("not_filed_class"):
        services.pass_to_notice(application=row, phone="1")
    with scope.acting(county.decider):
        assert services.refuse(application=row, reason="不符合条件").state == "refused"


def test_an_open_objection_stops_the_decision_until_it_is_settled(county):
    row = make.application(county, "noticed", over=True)
    today = timezone.localdate()
    with scope.acting(county.reviewer):
        notice = row.notices.get()
        objection = services.record_objection(
            notice=notice, source="phone", phone="13887650012", text="有两套房", received_on=today
        )
        assert (objection.by, objection.phone_mask) == ("", "138****0012")
        with refusal("recorded_it"):
            services.settle_objection(objection=objection, finding="not_upheld", outcome="只有一套")
        with pytest.raises(IntegrityError, match="objection_second_person"), transaction.atomic():
            Objection.objects.filter(pk=objection.pk).update(
                settled_on=today, finding="upheld", outcome="属实", settled_by=county.reviewer.staff_id
            )
    with scope.acting(county.decider):
        with refusal("objection_open"):
            services.approve(application=row)
        with pytest.raises(IntegrityError, match="objection is open"), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(state="approved", decided_on=today)
    second = {"objection": objection, "finding": "not_upheld"}
    with scope.acting(make.county().reviewer), pytest.raises(OutOfSight):
        services.settle_objection(**second, outcome="不在管辖范围")
    with scope.acting(county.officer), pytest.raises(Denied):
        services.settle_objection(**second, outcome="经办人没有这个权限")
    with scope.acting(county.decider):
        with refusal("no_reason"):
            services.settle_objection(**second, outcome="")
        settled = services.settle_objection(**second, outcome="已核实，只有一套")
        assert settled.settled_by_id == county.decider.staff_id
        with refusal("settled"):
            services.settle_objection(**second, outcome="再来一次")
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Objection.objects.filter(pk=objection.pk).update(text="没有两套房")
        assert services.approve(application=row).state == "open"


def test_an_objection_that_proves_right_returns_the_case_and_takes_the_notice_down(county):
    row = make.application(county, "noticed")
    with scope.acting(county.reviewer):
        notice = row.notices.get()
        row = services.return_application(application=row, reason="反映属实")
        notice.refresh_from_db()
        assert (row.state, notice.withdrawn) == ("returned", True)
        with refusal("notice_ended"):
            services.record_objection(
                notice=notice, source="letter", text="迟到", received_on=timezone.localdate()
            )
    assert not Objection.objects.filter(notice=notice).exists()


def test_the_decider_sends_back_or_refuses_with_a_reason(county):
    row = make.application(county, "noticed", over=True)
    with scope.acting(county.decider):
        with refusal("no_reason"):
            services.refuse(application=row, reason="")
        assert services.send_back(application=row, reason="补充低保证").state == "returned"
    refused = make.application(county, "refused")
    assert refused.refused_because and refused.decided_on


def test_withdrawing_takes_the_notice_down_and_lets_the_family_apply_again(county):
    row = make.application(county, "noticed")
    with scope.acting(county.officer):
        services.withdraw(application=row, reason="家庭要求")
        assert not row.notices.filter(withdrawn=False).exists()
        assert services.start_application(household=row.household).state == "draft"


def test_a_family_that_returns_to_difficulty_is_marked(county):
    first = make.file(county)
    with scope.acting(county.decider):
        services.close_file(file=first, reason="脱困")
    with scope.acting(county.officer):
        row = services.start_application(household=first.household)
        make.complete(row)
        row = services.submit(application=row)
    make.publish(county, row, over=True)
    with scope.acting(county.decider):
        assert services.approve(application=row).reopened is True


def test_a_batch_approves_what_it_can_and_says_why_not_the_others(county):
    good = make.application(county, "noticed", over=True)
    early = make.application(county, "noticed")
    with scope.acting(county.decider):
        outcome = services.approve_many(applications=Application.objects.filter(pk__in=[good.pk, early.pk]))
        assert [file.application_id for file in outcome.opened] == [good.pk]
        assert [(row.pk, error.code) for row, error in outcome.refused] == [(early.pk, "notice_running")]


def test_changed_facts_are_determined_again_while_the_case_is_prepared(county):
    row = make.application(county)
    before = row.assessment_id
    with scope.acting(make.orgs.actor(county.union, *make.OFFICER, "registry.household.edit")):
        make.now_earns(row.household, 3000)
    row.refresh_from_db()
    assert row.assessment_id != before and row.assessment.result == "deep"
    submitted = make.application(county, "submitted")
    kept = submitted.assessment_id
    with scope.acting(make.orgs.actor(county.union, *make.OFFICER, "registry.household.edit")):
        make.now_earns(submitted.household, 3000)
    submitted.refresh_from_db()
    assert submitted.assessment_id == kept


def test_assessments_are_never_changed(county):
    row = make.application(county)
    with scope.acting(county.officer), pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.filter(pk=row.assessment_id).update(result="deep")


def test_files_close_with_a_reason_and_not_before_they_opened(county):
    file = make.file(county)
    with scope.acting(county.decider):
        with refusal("wrong_day"):
            services.close_file(file=file, reason="脱困", on=file.opened_on - timedelta(days=1))
        with refusal("no_reason"):
            services.close_file(file=file, reason=" ")
        closed = services.close_file(file=file, reason="脱困")
        assert (closed.state, closed.closed_because) == ("closed", "脱困")
        with pytest.raises(IntegrityError, match="file_one_live"), transaction.atomic():
            File.objects.bulk_create(
                [
                    File(
                        org_id=file.org_id,
                        number=f"X{n}",
                        household=file.household,
                        application_id=n,
                        clazz="deep",
                        opened_on=file.opened_on,
                    )
                    for n in (1, 2)
                ]
            )
