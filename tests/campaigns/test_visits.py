"""The visit: once, signed, in the right state; and the money that reaches the card."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from nuanxin.campaigns import flow, queries, services
from nuanxin.campaigns.models import Recipient
from nuanxin.kernel import events, scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.payments import services as payments
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.flow import DUE
from nuanxin.payments.models import Due
from nuanxin.payments.permissions import PAY
from nuanxin.records import queries as records
from nuanxin.records.models import Entry
from tests.casework import factories as casework
from tests.kernel import flows
from tests.orgs import factories as orgs

from . import factories as made

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.mark.parametrize("state, action", flows.cases(flow.RECIPIENT))
def test_every_action_in_every_state(state: str, action: str):
    home = made.county()
    with scope.acting(orgs.actor(home.node)) as actor:
        visited = {"visited_on": date(2022, 1, 18), "visitor_id": actor.staff_id, "visit_key": uuid4()}
        visited |= {"signed_name": "和建国", "finding": "agrees"}
        row = (made.with_files if state == "planned" else made.approved)(home).recipients.get()
        if state == "visited":
            row = flow.RECIPIENT.fire(row, "visit", **visited)
        flows.check(
            flow.RECIPIENT, state, action, lambda _state: row, **(visited if action == "visit" else {})
        )


def test_a_visit_is_recorded_with_all_it_says():
    home = made.county()
    drive = made.approved(home)
    photo = SimpleUploadedFile("户.png", casework.PNG)
    with home.acting("officer") as officer:
        row = made.visit(
            drive.recipients.get(), finding="differs", note="妻子已出院", signature=PNG, photos=[photo]
        )
        assert (row.state, row.visited_on, row.visitor_id) == (
            "visited",
            timezone.localdate(),
            officer.staff_id,
        )
        assert (row.gifts_delivered, row.signed_name, bytes(row.signature)) == (1, "和建国", PNG)
        assert [found.category for found in records.attachments_of(row)] == ["visit_photo"]
        entry = Entry.objects.get(action="recipient.visit")
        assert entry.subject == row.pk and "出院" not in entry.note


def test_the_same_key_again_changes_nothing():
    home = made.county()
    row = made.listed(home, made.approved(home))[0]
    key = uuid4()
    with home.acting("officer"):
        made.visit(row, key=key, note="第一次")
        again = made.visit(row, key=key, note="第二次", finding="differs")
        assert (again.visit_note, again.finding) == ("第一次", "agrees")
        assert Entry.objects.filter(action="recipient.visit").count() == 1
        with pytest.raises(Refused) as refusal:
            made.visit(row)
        assert refusal.value.code == "visited_already" and "和建国" in str(refusal.value)


def test_a_key_serves_one_recipient_only():
    home = made.county()
    first, second = made.listed(home, made.approved(home, "和建国", "木春花"))
    key = uuid4()
    with home.acting("officer"):
        made.visit(first, key=key)
        with pytest.raises(Refused) as refusal:
            made.visit(second, key=key)
        assert refusal.value.code == "key_used"
        assert Recipient.objects.get(pk=second.pk).state == "approved"


@pytest.mark.parametrize(
    "said, code, field",
    [
        ({"signed_name": ""}, "not_signed", "signed_name"),
        ({"finding": ""}, "finding", "finding"),
        ({"finding": "differs"}, "no_note", "note"),
        ({"gifts_delivered": 2}, "gifts", "gifts_delivered"),
        ({"visited_on": timezone.localdate() + timedelta(days=1)}, "future", "visited_on"),
        ({"photos": [SimpleUploadedFile("x.png", b"<html>")]}, "file_type", "upload"),
    ],
)
def test_a_visit_that_says_too_little_is_refused_whole(said: dict, code: str, field: str):
    home = made.county()
    row = made.listed(home, made.approved(home))[0]
    with home.acting("officer"):
        with pytest.raises(Refused) as refusal:
            made.visit(row, **said)
        assert (refusal.value.code, refusal.value.field) == (code, field)
        assert Recipient.objects.get(pk=row.pk).state == "approved"


def test_a_drawing_signs_for_a_person_and_a_group_needs_a_name():
    home = made.county()
    drive = made.with_files(home)
    with home.acting("planner"):
        services.add_group(drive=drive, org=home.unions[0], name="环卫队", target="frontline", gifts=2)
        services.submit_drive(drive=drive)
    with home.acting("decider"):
        services.approve_drive(drive=drive)
    with home.acting("officer"):
        group, family = drive.recipients.get(kind="group"), drive.recipients.get(kind="file")
        assert made.visit(family, signed_name="", signature=PNG).signed_name == "和建国"
        with pytest.raises(Refused) as refusal:
            made.visit(group, signed_name="", signature=PNG)
        assert refusal.value.code == "no_signer"
        assert made.visit(group, signed_name="队长").gifts_delivered == 2


def test_no_visit_before_the_decision_or_after_the_end():
    home = made.county()
    planned = made.listed(home, made.with_files(home))[0]
    ended = made.listed(home, made.in_state(home, "closed"))[0]
    with home.acting("planner"):
        for row, code in ((planned, "wrong_state"), (ended, "drive_not_running")):
            with pytest.raises(Refused) as refusal:
                made.visit(row)
            assert refusal.value.code == code


def test_another_union_and_another_post_cannot_record_it():
    home = made.county()
    row = made.listed(home, made.approved(home))[0]
    with scope.acting(orgs.post(home.unions[1], "*").actor()), pytest.raises(OutOfSight):
        made.visit(row)
    with home.acting("decider"), pytest.raises(Denied):
        made.visit(row)


def test_the_database_wants_a_signature_and_no_more_gifts_than_planned():
    home = made.county()
    row = made.listed(home, made.approved(home))[0]
    with home.acting("officer") as officer:
        visited = {"state": "visited", "visited_on": date(2022, 1, 18), "visitor": officer.staff_id}
        visited |= {"visit_key": uuid4(), "finding": "agrees"}
        for bad in ({"signed_name": ""}, {"signed_name": "和建国", "gifts_delivered": 2}):
            with pytest.raises(DatabaseError, match="recipient_signed"), transaction.atomic():
                Recipient.objects.filter(pk=row.pk).update(**visited, **bad)


def test_visits_come_in_the_order_one_goes():
    home = made.county()
    made.file(home.unions[1], "阿明")
    drive = made.approved(home, "木春花", "和建国")
    with home.acting("planner"):
        due = list(queries.visits_due())
        assert [row.name for row in due] == ["和建国", "木春花", "阿明"]
        assert queries.next_due(due[0]) == due[1] and queries.next_due(due[2]) == due[0]
        assert [(node.path, n) for node, n in queries.due_by_township(queries.visits_due())] == [
            (home.unions[0].parent.path, 2),
            (home.unions[1].parent.path, 1),
        ]
        assert [[row.name for row in rows] for _node, rows in queries.by_township(due)] == [
            ["和建国", "木春花"],
            ["阿明"],
        ]
    with home.acting("officer"):
        assert queries.visits_due().count() == 2
        made.visit(due[0])
        assert [row.name for row in queries.visits_due()] == ["木春花"]
        assert queries.last_seen(drive.recipients.get(name="木春花")) is None


def test_what_was_paid_and_given_and_who_was_consoled():
    """500 yuan and a pack of 300 to two families, forty packs to a group; one family is not at home."""
    home = made.county()
    drive = made.with_files(home, "和建国", "木春花")
    with home.acting("planner"):
        group = {"org": home.unions[0], "target": "frontline"}
        services.add_group(drive=drive, name="环卫队", gifts=40, headcount=38, **group)
        services.add_group(drive=drive, name="护路队", gifts=2, **group)
        services.submit_drive(drive=drive)
    with home.acting("decider"):
        services.approve_drive(drive=drive)
    with home.acting("officer"):
        first, second = drive.recipients.filter(kind="file").order_by("pinyin")
        made.visit(first)
        made.visit(second, finding="unverified", note="无人在家，礼包未送", gifts_delivered=0)
        for row in drive.recipients.filter(kind="group"):
            made.visit(row, signed_name="队长")
    today = timezone.localdate()
    with home.acting("planner"):
        period = (today, today + timedelta(days=1))
        assert [dict(row) for row in queries.by_target(queries.consoled(*period))] == [
            {
                "target": "hardship",
                "rows": 2,
                "people": 2,
                "given": Money.yuan(1000),
                "value": Money.yuan(300),
            }
        ]
        groups = queries.by_target(queries.groups_consoled(*period)).get()
        assert (groups["rows"], groups["people"], groups["value"]) == (2, 38, Money.yuan(12600))
        given = queries.gifts_given(*period)
        assert Money.total(row.delivered_value for row in given) == Money.yuan(12900)
        assert not queries.cash_paid(*period).exists()
        before = (today - timedelta(days=9), today)
        assert not queries.consoled(*before).exists()


def test_paid_on_follows_the_bank():
    home = made.county()
    drive = made.approved(home, "和建国", "木春花")
    today = timezone.localdate()
    with scope.acting(orgs.actor(home.node, PAY, "payments.batch.see")):
        batch = payments.make_batch(fund=home.fund).batch
        dues = {due.payee: due for due in Due.objects.all()}
        DUE.fire(dues["和建国"], "pay", settled_on=today)
        DUE.fire(dues["木春花"], "return", bank_reason="户名不符", settled_on=today)
        paid, returned = (dues["和建国"].pk,), (dues["木春花"].pk,)
        events.publish(DuesSettled(batch.pk, paid=paid, returned=returned))
    with home.acting("planner"):
        rows = {row.name: row for row in queries.recipients(drive)}
        assert (rows["和建国"].paid_on, rows["和建国"].due_state) == (today, "paid")
        assert (rows["木春花"].paid_on, rows["木春花"].due_state) == (None, "returned")
        month = queries.cash_paid(today - timedelta(days=30), today + timedelta(days=1))
        assert [row.name for row in month] == ["和建国"]
        assert queries.figures(drive).cash_paid == Money.yuan(500)
