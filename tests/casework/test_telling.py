"""What people are told: once for each event, by the services that cause it, singly and in batches."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.casework import jobs as casework_jobs
from nuanxin.casework import services, telling
from nuanxin.casework.models import Application, Taper, Watch
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.flow import Moved
from nuanxin.kernel.money import Money
from nuanxin.messaging import services as messaging
from nuanxin.messaging.models import Message
from nuanxin.messaging.wordings import book

from . import applying
from . import factories as make


def told(subject: int, kind: str = "casework.Application") -> list[tuple[str, str]]:
    rows = Message.objects.filter(kind=kind, subject=subject).order_by("id")
    return list(rows.values_list("wording", "channel"))


def text_of(wording: str, channel: str = "text") -> str:
    return Message.objects.filter(wording=wording, channel=channel).latest("id").text


def test_the_way_of_an_application(county):
    row = make.application(county, "approved")
    assert told(row.pk) == [
        ("application.received", "text"),
        ("application.notice", "text"),
        ("application.approved", "text"),
        ("application.approved", "letter"),
    ]
    said = text_of("application.received")
    assert said.startswith(f"【{county.node.name}】{row.who}您好") and county.node.supervision_phone in said
    person = Message.objects.filter(subject=row.pk).values_list("person", flat=True).distinct()
    assert list(person) == [row.household.head_id]


def test_a_refusal_tells_the_reason_by_letter_alone_and_the_right_to_object(county):
    row = make.application(county, "refused", loss=Money.yuan(1))
    letter = text_of("application.refused", "letter")
    assert "家庭情况已有好转。" in letter and "复核" in letter
    assert "家庭情况已有好转。" not in text_of("application.refused")
    assert ("application.refused", "letter") in told(row.pk)


def test_each_return_is_told_and_the_receipt_once(county):
    row = make.application(county, "returned")
    with scope.acting(county.officer):
        row = services.submit(application=row)
    with scope.acting(county.reviewer):
        services.return_application(application=row, reason="还缺一张发票。")
    assert told(row.pk) == [
        ("application.received", "text"),
        ("application.papers", "text"),
        ("application.papers", "text"),
    ]
    assert "还缺一张发票。" in text_of("application.papers")


def test_an_event_that_comes_again_is_told_once(county):
    row = make.application(county, "submitted")
    event = Moved(
        "casework.Application", row.pk, str(row.org_id), "application", "submit", "draft", "submitted"
    )
    for _again in range(3):
        telling.tell_move(event)
    assert told(row.pk) == [("application.received", "text")]


def test_batches_tell_by_a_fixed_number_of_statements(county):
    counts = []
    for number in (2, 9):
        rows = [applying.temporary(county, "checked") for _one in range(number)]
        keys = [row.pk for row in rows]
        Message.objects.all().delete()
        with CaptureQueriesContext(connection) as caught:
            telling._tell_moved("casework.Application", "submit", keys)
        counts.append(len(caught))
        assert Message.objects.count() == number
    assert counts[0] == counts[1]


def test_an_approved_batch_is_told_with_the_amount(county):
    rows = [applying.temporary(county, "checked", needed="2500") for _one in range(2)]
    with scope.acting(county.decider):
        services.approve_many(applications=Application.objects.filter(pk__in=[row.pk for row in rows]))
    texts = Message.objects.filter(wording="application.approved", channel="text")
    assert texts.count() == 2 and all("元。" in row.text for row in texts)


def test_money_on_the_card_is_told(county):
    make.file(county)
    paid = make.aid_list(county, "approved")
    make.paid(county, paid)
    award = paid.awards.get()
    assert told(award.pk, "casework.Award") == [("money.paid", "text")]
    assert f"{award.amount.to_yuan():,.2f}元" in text_of("money.paid")
    assert award.file.household.card_mask[-4:] not in text_of("money.paid")


def test_money_that_came_back_is_not_told(county):
    make.file(county)
    row = make.aid_list(county, "approved")
    make.paid(county, row, failing={1})
    assert not Message.objects.filter(wording="money.paid").exists()


def exit_with_taper(county: make.County) -> Taper:
    file = make.file(county)
    with scope.acting(county.officer):
        row = services.propose_exit(
            file=file, kind="relieved", reason="收入好转", taper_months=3, former=Money.yuan(620)
        )
    today = timezone.localdate()
    row.state, row.decided_on = "approved", today
    with scope.acting(system()):
        return Taper.objects.create(
            org_id=file.org_id, exit=row, file=file, since=today, months=3, former=Money.yuan(620)
        )


def test_a_taper_ends_in_words_too_and_once(county):
    taper = exit_with_taper(county)
    today = taper.since
    telling.remind(today)
    assert not Message.objects.filter(wording="taper.ends").exists()
    for later in (70, 71):
        telling.remind(today + timedelta(days=later))
    assert Message.objects.filter(wording="taper.ends").count() == 1


def test_a_visit_is_announced_once_a_day_it_is_planned_for(county):
    with scope.acting(county.officer):
        watch = services.begin_watch(
            household=make.household(county), kind="borderline", because="支出大", every_days=2
        )
    casework_jobs.remind_all(0)
    casework_jobs.remind_all(0)
    assert told(watch.pk, "casework.Watch") == [("visit.due", "text")]
    Watch.objects.filter(pk=watch.pk).update(next_on=timezone.localdate() + timedelta(days=1))
    casework_jobs.remind_all(0)
    assert len(told(watch.pk, "casework.Watch")) == 2
    far = timezone.localdate() + book().ahead + timedelta(days=1)
    Watch.objects.filter(pk=watch.pk).update(next_on=far)
    casework_jobs.remind_all(0)
    assert len(told(watch.pk, "casework.Watch")) == 2


def test_who_chose_english_is_told_in_english(county):
    home = make.household(county)
    officer = make.orgs.post(county.union, "messaging.message.manage").actor()
    with scope.acting(officer):
        messaging.choose(person=home.head, texts=True, language="en")
    with scope.acting(county.officer):
        row = services.start_application(household=home)
        make.complete(row)
        services.submit(application=row)
    assert "has been received" in text_of("application.received")
    assert told(row.pk) == [("application.received", "text")]


def test_an_application_shows_what_was_told_to_who_may_see_messages(county, client):
    row = make.application(county, "submitted")
    for permissions, found in ((("messaging.message.see",), True), ((), False)):
        client.force_login(make.orgs.post(county.node, make.SEE, *permissions).staff)
        page = client.get(f"/casework/applications/{row.pk}/").content.decode()
        assert ("申请已收到" in page) is found
    message = Message.objects.get(subject=row.pk)
    client.force_login(make.orgs.post(county.node, make.SEE, "messaging.message.see").staff)
    assert f"/casework/applications/{row.pk}/" in client.get(f"/messages/{message.pk}/").content.decode()


def test_a_taper_that_begins_is_told_with_its_exit(county):
    row = exit_with_taper(county).exit
    type(row).objects.filter(pk=row.pk).update(taper_months=3, former=Money.yuan(620))
    telling.tell_move(
        Moved("casework.Exit", row.pk, str(row.org_id), "exit", "approve", "submitted", "approved")
    )
    assert told(row.pk, "casework.Exit") == [("taper.begins", "text"), ("taper.begins", "letter")]
