"""Texts go out once, to whom they may go, and what fails is tried again, given up, or told by letter."""

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.refusal import Refused
from nuanxin.messaging import jobs as messaging_jobs
from nuanxin.messaging import queries, services
from nuanxin.messaging.models import Choice, Message, Recorded
from nuanxin.messaging.providers import Answer, Outgoing, Recording
from nuanxin.messaging.services import sending
from nuanxin.messaging.wordings import book
from nuanxin.registry.models import Person

from . import factories as make
from .factories import Told

FINE = Answer(True, "r1")


@pytest.fixture
def at(db: None) -> make.Place:
    with scope.acting(system()):
        return make.place()


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make this provider the one in use."""

    def use(provider: Any) -> Any:
        monkeypatch.setattr(sending, "provider", lambda: provider)
        return provider

    return use


def stored(at: make.Place, row: Message) -> Message:
    with scope.acting(at.sender):
        return Message.objects.get(pk=row.pk)


def letters(at: make.Place, row: Message) -> int:
    with scope.acting(at.sender):
        return Message.objects.filter(event=row.event, channel="letter").count()


def test_a_text_goes_to_the_number_of_its_person(at, through):
    row = make.message(at)
    told = through(Told(FINE))
    assert services.send_due(at.sender).sent == 1
    assert [(text.key, text.number, text.text) for text in told.texts] == [(row.pk, make.PHONE, row.text)]
    found = stored(at, row)
    assert (found.state, found.provider, found.reference, found.attempts) == ("sent", "told", "r1", 1)
    assert found.sent is not None and found.taken_until is None
    assert services.send_due(at.sender).sent == 0


def test_the_default_provider_records_and_masks(at):
    row = make.message(at)
    services.send_due(at.sender)
    with scope.acting(at.sender):
        recorded = Recorded.objects.get(message=row)
    assert (recorded.number, recorded.text) == ("138****2351", row.text)
    assert stored(at, row).reference == f"recorded-{row.pk}"


def test_the_recording_provider_takes_a_key_it_knows_for_the_same_message(at):
    row = make.message(at)
    text = Outgoing(row.pk, str(row.org_id), make.PHONE, row.text)
    assert [Recording().send([text])[row.pk].taken for _again in range(2)] == [True, True]
    with scope.acting(at.sender):
        assert Recorded.objects.filter(message=row).count() == 1


def test_a_number_is_nowhere_but_with_the_provider(at, through, caplog):
    row = make.message(at)
    told = through(Told(error=RuntimeError(f"no route to {make.PHONE}")))
    with caplog.at_level(logging.DEBUG):
        services.send_due(at.sender)
    assert told.texts[0].number == make.PHONE
    assert make.PHONE not in caplog.text and make.PHONE not in repr(told.texts)
    with scope.acting(at.sender), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(m)::text FROM messaging_message m WHERE id = %s", [row.pk])
        assert make.PHONE not in cursor.fetchone()[0]


def test_silence_is_tried_again_and_given_up(at, through):
    row = make.message(at)
    through(Told())
    for attempt, minutes in enumerate(book().again, start=1):
        before = timezone.now()
        assert services.send_due(at.sender).later == 1
        found = stored(at, row)
        assert (found.state, found.attempts, found.because) == ("waiting", attempt, "provider")
        assert found.due >= before + timedelta(minutes=minutes)
        assert services.send_due(at.sender).later == 0, "not before its time"
        with scope.acting(at.sender):
            Message.objects.filter(pk=row.pk).update(due=timezone.now())
    assert services.send_due(at.sender).given_up == 1
    assert (stored(at, row).state, letters(at, row)) == ("given_up", 1)


def test_a_text_turned_down_is_not_tried_again(at, through):
    row = make.message(at)
    through(Told(Answer(False)))
    assert services.send_due(at.sender).given_up == 1
    assert (stored(at, row).state, stored(at, row).because) == ("given_up", "rejected")


@pytest.mark.parametrize(
    ("case", "because", "told_by_letter"),
    [
        ("no_phone", "no_phone", 1),
        ("opted_out", "opted_out", 1),
        ("died", "deceased", 0),
        ("moved", "not_here", 0),
    ],
)
def test_who_may_not_be_texted_is_not(at, through, case, because, told_by_letter):
    with scope.acting(system()):
        head = make.home(at, phone="" if case == "no_phone" else make.PHONE).head
    row = make.message(at, person=head)
    if case == "opted_out":
        with scope.acting(at.officer):
            services.choose(person=head, texts=False, language="zh")
    with scope.acting(system()):
        if case == "died":
            Person.objects.filter(pk=head.pk).update(died_on=timezone.localdate())
        if case == "moved":
            Person.objects.filter(pk=head.pk).update(org=make.place().union.path)
    told = through(Told(FINE))
    assert services.send_due(at.sender).held == 1
    found = stored(at, row)
    assert (found.state, found.because, told.texts) == ("held", because, [])
    assert letters(at, row) == told_by_letter


def test_a_reminder_needs_a_yes(at, through):
    with scope.acting(system()):
        home = make.home(at)
    unasked = make.message(at, person=home.head, wording="visit.due")
    told = through(Told(FINE))
    services.send_due(at.sender)
    assert (stored(at, unasked).because, told.texts, letters(at, unasked)) == ("no_consent", [], 0)
    with scope.acting(at.officer):
        services.choose(person=home.head, texts=True, language="en")
        services.again(message=unasked)
    with scope.acting(at.sender):
        Message.objects.filter(pk=unasked.pk).update(due=timezone.now())
    services.send_due(at.sender)
    assert stored(at, unasked).state == "sent"


def test_another_county_is_not_sent_for(at, through):
    with scope.acting(system()):
        other = make.place()
    row = make.message(other)
    told = through(Told(FINE))
    assert (services.send_due(at.sender).sent, told.texts) == (0, [])
    assert stored(other, row).state == "waiting"


def test_sending_needs_its_permission(at):
    with pytest.raises(Denied):
        services.send_due(at.officer)


def test_what_is_being_sent_is_not_cancelled(at, through):
    row = make.message(at)
    with scope.acting(at.sender):
        Message.objects.filter(pk=row.pk).update(taken_until=timezone.now() + timedelta(minutes=1))
    with scope.acting(at.officer), pytest.raises(Refused) as refusal:
        services.cancel(message=row)
    assert refusal.value.code == "leaving"
    assert services.send_due(at.sender).sent == 0, "another sender has it"
    with scope.acting(at.sender):
        Message.objects.filter(pk=row.pk).update(taken_until=timezone.now() - timedelta(seconds=1))
    told = through(Told(FINE))
    assert services.send_due(at.sender).sent == 1 and len(told.texts) == 1, "its sender died"


def test_the_number_of_statements_does_not_grow(at, through):
    through(Told(FINE))
    counts = []
    for number in (2, 12):
        for _one in range(number):
            make.message(at)
        with CaptureQueriesContext(connection) as caught:
            assert services.send_due(at.sender).sent == number
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_the_jobs_send_county_by_county(at, jobs):
    with scope.acting(system()):
        other = make.place()
    rows = [(at, make.message(at)), (other, make.message(other))]
    with scope.acting(system()):
        assert queries.counties_with_due() == sorted([at.node.path, other.node.path])
    messaging_jobs.send_due(0)
    assert jobs() == 2
    assert [stored(place, row).state for place, row in rows] == ["sent", "sent"]


@pytest.mark.usefixtures("committed")
def test_two_senders_at_once_send_nothing_twice(monkeypatch):
    with scope.acting(system()):
        at = make.place()
        head = make.home(at).head
    for _one in range(60):
        make.message(at, person=head)
    told, gate = Told(FINE), threading.Barrier(4)
    monkeypatch.setattr(sending, "provider", lambda: told)

    def run() -> None:
        try:
            gate.wait()
            while services.send_due(at.sender, most=7).sent:
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _sender in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [text.key for text in told.texts]
    assert len(keys) == len(set(keys)) == 60
    with scope.acting(at.sender):
        assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
        assert not Choice.objects.exists()
