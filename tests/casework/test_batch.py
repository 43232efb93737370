"""Many applications at once: handed in, checked, put up, decided; what cannot be does not stop the rest."""

from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.approvals import queries as steps
from nuanxin.approvals.models import Process, Vote
from nuanxin.casework import services
from nuanxin.casework.models import Application, Award, File, FileStandard, Notice
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, Denied
from nuanxin.kernel.workdays import add_working_days
from nuanxin.records.models import Entry
from tests.orgs import factories as orgs

from . import applying
from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db

PHONE = "0887-8412351"


def whole(at: make.County) -> Application:
    """A draft for a file that lacks nothing."""
    row = make.application(at)
    with scope.acting(at.officer):
        make.complete(row)
    return row


def said(outcome: services.Outcome) -> dict[int, str]:
    return {row.pk: why.code for row, why in outcome.refused}


def statements(actor: Actor, act: Callable[[], services.Outcome]) -> int:
    """How many statements an act took that refused nothing."""
    with scope.acting(actor), CaptureQueriesContext(connection) as asked:
        outcome = act()
    assert not outcome.refused
    return len(asked)


def test_a_batch_hands_in_what_is_whole_and_says_what_the_others_lack(county):
    good, bare = [whole(county) for _ in range(2)], make.application(county)
    gone = make.application(county, "withdrawn")
    with scope.acting(county.officer):
        outcome = services.submit_many(applications=[*good, bare, gone])
    assert sorted(outcome.moved) == [row.pk for row in good]
    assert said(outcome) == {bare.pk: "no_visit", gone.pk: "wrong_state"}
    for row in good:
        row.refresh_from_db()
        assert row.state == "submitted" and steps.step_of(row.process).code == "review"
        assert row.due_on == steps.step_of(row.process).due_on
    bare.refresh_from_db()
    assert bare.state == "draft" and bare.process is None


def test_handed_in_together_is_as_handed_in_alone(county):
    alone, together = whole(county), whole(county)
    with scope.acting(county.officer):
        alone = services.submit(application=alone)
        services.submit_many(applications=[together])
    together.refresh_from_db()
    for name in ("state", "due_on", "returned_because", "officer_id"):
        assert getattr(alone, name) == getattr(together, name)
    for name in ("route_id", "maker_id", "position", "round", "clazz", "amount"):
        assert getattr(alone.process, name) == getattr(together.process, name)
    assert len(alone.process.persons) == len(together.process.persons) == 1


def test_the_same_batch_again_changes_nothing(county):
    rows = [whole(county) for _ in range(2)]
    with scope.acting(county.officer):
        services.submit_many(applications=rows)
        again = services.submit_many(applications=rows)
    assert said(again) == dict.fromkeys((row.pk for row in rows), "wrong_state")
    assert Process.objects.count() == 2


def test_what_was_returned_is_handed_in_again_as_another_round(county):
    rows = [make.application(county, "returned"), whole(county)]
    with scope.acting(county.officer):
        assert not services.submit_many(applications=rows).refused
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].returned_because, rows[0].process.round) == ("submitted", "", 2)


def test_a_batch_is_checked_but_for_what_is_ones_own_or_out_of_turn(county):
    money = applying.fund(county)
    good = [applying.temporary(county, "submitted", money=money) for _ in range(2)]
    passed = applying.temporary(county, "checked", money=money)
    Application.objects.filter(pk=(own := applying.temporary(county, "submitted", money=money)).pk).update(
        officer=county.reviewer_post.staff
    )
    with scope.acting(county.reviewer):
        outcome = services.pass_on_many(applications=[*good, passed, own])
    assert sorted(outcome.moved) == [row.pk for row in good]
    assert said(outcome) == {passed.pk: "not_your_step", own.pk: "maker_may_not_vote"}
    for row in good:
        row.refresh_from_db()
        assert steps.step_of(row.process).code == "decide"
        assert row.due_on == steps.step_of(row.process).due_on


def test_notices_of_a_batch(county):
    good = [make.application(county, "submitted") for _ in range(2)]
    none = make.application(county, "submitted", homes=3)
    money = applying.temporary(county, "submitted")
    with scope.acting(county.reviewer):
        outcome = services.put_up_many(applications=[*good, none, money], phone=PHONE, place="公告栏")
    assert sorted(outcome.moved) == [row.pk for row in good]
    assert said(outcome) == {none.pk: "not_filed_class", money.pk: "no_notice_step"}
    alone = make.application(county, "noticed").notices.get()
    for row in good:
        row.refresh_from_db()
        notice = row.notices.get()
        assert (row.state, notice.place) == ("noticed", "公告栏")
        decision = next(step for step in steps.steps_of(row.process) if step.kind == "decide")
        assert row.due_on == add_working_days(notice.until, decision.days)
        assert (notice.since, notice.until, notice.working_days) == (
            *(alone.since, alone.until, alone.working_days),
        )
    assert not Vote.objects.filter(process=money.process).exists()


def test_a_notice_needs_its_phone(county):
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer), refusal("no_phone"):
        services.put_up_many(applications=[row], phone=" ")
    assert not Notice.objects.exists()


def test_files_of_a_batch_have_numbers_records_and_standards(county):
    again = make.file(county)
    with scope.acting(county.decider):
        services.close_file(file=again, reason="脱困")
    rows = [make.application(county, "noticed", over=True) for _ in range(3)]
    early = make.application(county, "noticed")
    with scope.acting(county.decider):
        outcome = services.decide_many(applications=[*rows, early])
    assert said(outcome) == {early.pk: "notice_running"}
    files = sorted(outcome.opened, key=lambda file: file.application_id)
    last = int(again.number[-6:])
    assert [int(file.number[-6:]) for file in files] == [last + 1, last + 2, last + 3]
    for file in files:
        assert Entry.objects.filter(action="file.open", subject=file.pk).count() == 1
        assert FileStandard.objects.filter(file=file, until__isnull=True).exists()
        assert not file.reopened


def test_what_is_refused_at_the_decision_stays_at_its_notice(county):
    row = make.application(county, "noticed", over=True)
    stranger = orgs.post(county.node.parent, *make.DECIDER).actor()
    with scope.acting(stranger):
        assert said(services.decide_many(applications=[row])) == {row.pk: "not_your_step"}
    row.refresh_from_db()
    assert row.state == "noticed" and steps.step_of(row.process).code == "notice"


def test_a_household_that_has_a_file_gets_no_second_one(county):
    row = make.application(county, "noticed", over=True)
    good = make.application(county, "noticed", over=True)
    File.objects.create(
        org_id=row.org_id,
        number="old-1",
        household=row.household,
        application=row,
        clazz="deep",
        opened_on=row.applied_on,
    )
    with scope.acting(county.decider):
        outcome = services.decide_many(applications=[row, good])
    assert said(outcome) == {row.pk: "file_open"} and len(outcome.opened) == 1


def test_a_fund_that_is_short_stops_the_whole_chunk_and_nothing_is_told_as_done(county):
    money = applying.fund(county, 3000)
    rows = [applying.temporary(county, "checked", money=money) for _ in range(2)]
    with scope.acting(county.decider):
        outcome = services.decide_many(applications=rows)
    assert said(outcome) == dict.fromkeys((row.pk for row in rows), "overspent")
    assert outcome.passed == 0 and not Award.objects.exists()
    assert not Vote.objects.filter(verdict="pass", step="decide").exists()


@pytest.mark.parametrize("act", ["submit_many", "pass_on_many", "decide_many"])
def test_who_may_not_is_refused_the_whole(county, act):
    row = make.application(county, "submitted")
    with scope.acting(orgs.actor(county.node, make.SEE)), pytest.raises(Denied):
        getattr(services, act)(applications=[row])


def test_rows_of_another_county_are_not_there(county):
    row, other = make.application(county, "submitted"), make.county()
    with scope.acting(other.reviewer):
        outcome = services.pass_on_many(applications=[row])
    assert (outcome.passed, outcome.refused) == (0, [])


def test_no_act_asks_a_statement_for_each_application(county):
    few, more = [[whole(county) for _ in range(number)] for number in (2, 7)]
    since = make.add_working_days(make.timezone.localdate() - make.timedelta(days=1), -6)

    def each(actor: Actor, act: Callable[[Sequence[Application]], services.Outcome]) -> None:
        first, second = (statements(actor, lambda rows=rows: act(rows)) for rows in (few, more))
        assert second <= first

    each(county.officer, lambda rows: services.submit_many(applications=rows))
    each(county.reviewer, lambda rows: services.put_up_many(applications=rows, phone=PHONE, since=since))
    each(county.decider, lambda rows: services.decide_many(applications=rows))
    assert File.objects.count() == 9


def test_nor_do_those_for_money(county):
    money = applying.fund(county)
    few, more = [[applying.temporary(county, money=money) for _ in range(number)] for number in (2, 7)]

    def each(actor: Actor, act: Callable[[Sequence[Application]], services.Outcome]) -> None:
        first, second = (statements(actor, lambda rows=rows: act(rows)) for rows in (few, more))
        assert second <= first

    each(county.officer, lambda rows: services.submit_many(applications=rows))
    each(county.reviewer, lambda rows: services.pass_on_many(applications=rows))
    each(county.decider, lambda rows: services.decide_many(applications=rows))
    assert Award.objects.count() == 9


def test_ticked_applications_are_handed_in_and_checked_from_the_list(county, client):
    rows = [applying.temporary(county), make.application(county)]
    ticked = {"ids": [row.pk for row in rows]}
    url = f"{reverse('casework:applications')}?tab=all"
    client.force_login(county.officer_post.staff)
    answer = client.post(url, {"bulk": "submit"} | ticked, follow=True)
    said_so = [str(message) for message in answer.context["messages"]]
    assert "已提交 1 件。" in said_so and any("入户调查" in one for one in said_so)
    assert client.post(url, {"bulk": "pass"} | ticked).status_code == 404
    client.force_login(county.reviewer_post.staff)
    answer = client.post(url, {"bulk": "pass"} | ticked, follow=True)
    assert "已审核 1 件。" in [str(message) for message in answer.context["messages"]]
    rows[0].refresh_from_db()
    assert steps.step_of(rows[0].process).code == "decide"
