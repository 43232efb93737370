"""Drives from plan to decision: limits, money, four eyes."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nuanxin.campaigns import flow, limits, queries, services
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.casework.models import File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger import queries as ledger
from nuanxin.ledger import services as quotas
from nuanxin.payments.models import Due
from nuanxin.records.models import Entry
from tests.kernel import flows
from tests.ledger import factories as money
from tests.orgs import factories as orgs
from tests.registry import factories as registry

from . import factories as made

pytestmark = pytest.mark.django_db
CARD = {"bank": "农业银行", "card": "6217001234567890128"}


@pytest.mark.parametrize("state, action", flows.cases(flow.DRIVE))
def test_every_action_in_every_state(state: str, action: str):
    home = made.county()
    drive = made.in_state(home, state)
    data = {"returned_because": "名单有误"} if action == "return" else {}
    if action == "approve":
        data = {"decided_on": timezone.localdate()}
    with scope.acting(orgs.actor(home.node)):
        flows.check(flow.DRIVE, state, action, lambda _state: drive, **data)


def test_the_database_refuses_other_transitions():
    home = made.county()
    drive = made.with_files(home)
    with home.acting("planner"):
        flows.check_database(flow.DRIVE, drive)
        flows.check_database(flow.RECIPIENT, drive.recipients.get())


# -- the plan


def test_cash_one_fen_over_the_cap_is_refused():
    home = made.county()
    assert made.drive(home, cash=Money.yuan(3000)).cash == Money.yuan(3000)
    with pytest.raises(Refused) as refusal:
        made.drive(home, cash=Money.yuan("3000.01"))
    assert (refusal.value.code, refusal.value.field) == ("over_per_time", "cash")
    assert "3,000.00" in str(refusal.value)


def test_without_a_policy_nothing_is_assumed():
    path = made.county().node.path
    assert limits.in_force(path, date(2022, 1, 18)).per_year == Money.yuan(6000)
    with pytest.raises(Refused) as refusal:
        limits.in_force(path, date(2020, 12, 31))
    assert refusal.value.code == "no_policy"


@pytest.mark.parametrize(
    "plan, code",
    [
        ({"ends_on": date(2021, 12, 1)}, "period"),
        ({"gift": ""}, "no_gift"),
        ({"cash": Money(0), "gift": "", "gift_value": Money(0)}, "nothing_given"),
    ],
)
def test_a_plan_that_cannot_be_right_is_refused(plan: dict, code: str):
    with pytest.raises(Refused) as refusal:
        made.drive(made.county(), **plan)
    assert refusal.value.code == code


def test_a_fund_for_another_use_is_refused():
    home = made.county()
    with pytest.raises(Refused) as refusal:
        made.drive(home, fund=money.fund("living-aid"))
    assert refusal.value.code == "fund_use"


def test_who_may_not_plan_is_denied():
    home = made.county()
    with home.acting("decider"), pytest.raises(Denied):
        services.create_drive(
            name="x", starts_on=date(2022, 1, 1), ends_on=date(2022, 2, 1), fund=home.fund, cash=Money(1)
        )


def test_changing_the_plan_changes_everybody_on_the_list():
    home = made.county()
    drive = made.with_files(home)
    with home.acting("planner"):
        services.add_group(drive=drive, org=home.unions[1], name="环卫队", target="frontline", gifts=10)
        plan = {
            name: getattr(drive, name) for name in ("name", "theme", "starts_on", "ends_on", "fund", "gift")
        }
        services.change_drive(drive=drive, cash=Money.yuan(600), gift_value=Money.yuan(200), **plan)
        assert drive.recipients.get(kind="file").cash == Money.yuan(600)
        assert drive.recipients.get(kind="file").gift_value == Money.yuan(200)
        assert drive.recipients.get(kind="group").gift_value == Money.yuan(2000)


# -- who is on it


def test_files_are_added_once_and_those_without_a_card_are_named():
    home = made.county()
    made.file(home.unions[0], "和建国")
    made.file(home.unions[1], "木春花", card="", bank="")
    drive = made.drive(home)
    with home.acting("planner"):
        first = services.add_files(drive=drive, files=File.objects.all(), target="hardship")
        again = services.add_files(drive=drive, files=File.objects.all(), target="hardship")
    assert (first.added, first.without_card, first.without_card_count) == (1, ["木春花"], 1)
    assert again.added == 0


def test_gifts_alone_need_no_card():
    home = made.county()
    made.file(home.unions[1], "木春花", card="", bank="")
    drive = made.drive(home, cash=Money(0))
    with home.acting("planner"):
        added = services.add_files(drive=drive, files=File.objects.all(), target="hardship")
        row = drive.recipients.get()
    assert added.added == 1 and not added.without_card
    assert (row.cash, row.gifts, row.gift_value, row.org_id) == (
        Money(0),
        1,
        Money.yuan(300),
        home.unions[1].path,
    )


def test_files_of_another_county_are_not_added():
    home, other = made.county(), made.county()
    made.file(other.unions[0])
    drive = made.drive(home)
    with scope.acting(orgs.actor(home.node.parent.parent)), scope.acting(system()):
        added = services.add_files(drive=drive, files=File.objects.all(), target="hardship")
    assert added.added == 0


def test_adding_files_takes_one_statement_for_many(django_assert_max_num_queries):
    home = made.county()
    for number in range(12):
        made.file(home.unions[number % 2], f"和建{number}")
    drive = made.drive(home)
    with home.acting("planner"), django_assert_max_num_queries(14):
        assert services.add_files(drive=drive, files=File.objects.all(), target="hardship").added == 12


def test_a_worker_is_the_same_person_by_id_and_once_a_drive():
    home = made.county()
    drive, other = made.drive(home), made.drive(home)
    number = registry.id_number()
    worker = {"org": home.unions[0], "name": "李秀英", "id_number": number, "target": "migrant", **CARD}
    with home.acting("planner"):
        first = services.add_worker(drive=drive, **worker)
        second = services.add_worker(drive=other, **worker)
        assert first.person_id == second.person_id
        assert first.id_mask == number[:6] + "********" + number[-4:]
        with pytest.raises(Refused) as refusal:
            services.add_worker(drive=drive, **worker)
        assert (refusal.value.code, refusal.value.field) == ("once", "id_number")
        with pytest.raises(DatabaseError), transaction.atomic():
            Recipient.objects.filter(pk=second.pk).update(drive=drive)


@pytest.mark.parametrize(
    "change, code, field",
    [
        ({"id_number": "533422199001010019"}, "check", "id_number"),
        ({"card": ""}, "no_card", "card"),
        ({"card": "12ab"}, "card", "card"),
        ({"bank": ""}, "no_bank", "bank"),
    ],
)
def test_a_worker_who_cannot_be_right_is_refused(change: dict, code: str, field: str):
    home = made.county()
    drive = made.drive(home)
    worker = {"org": home.unions[0], "name": "李秀英", "id_number": registry.id_number(), "target": "migrant"}
    with home.acting("planner"), pytest.raises(Refused) as refusal:
        services.add_worker(drive=drive, **(worker | CARD | change))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with home.acting("planner"):
        assert not drive.recipients.exists()


def test_a_unit_of_another_county_is_refused():
    home, other = made.county(), made.county()
    drive = made.drive(home)
    with home.acting("planner"), pytest.raises(Refused) as refusal:
        services.add_group(drive=drive, org=other.unions[0], name="环卫队", target="frontline", gifts=1)
    assert refusal.value.code == "outside"


def test_a_group_has_a_headcount_or_none_and_no_list():
    home = made.county()
    drive = made.drive(home)
    with home.acting("planner"):
        services.add_group(
            drive=drive, org=home.unions[0], name="环卫队", target="frontline", gifts=40, headcount=38
        )
        unknown = services.add_group(
            drive=drive, org=home.unions[0], name="护路队", target="frontline", gifts=5
        )
        assert unknown.headcount is None and unknown.person_id is None
        assert unknown.gift_value == Money.yuan(1500)
        planned = queries.figures(drive).planned
    assert (planned.groups, planned.group_people, planned.groups_uncounted) == (2, 38, 1)
    assert (planned.families, planned.workers, planned.people) == (0, 0, 0)


def test_money_to_a_group_needs_an_account_and_no_group_comes_twice():
    home = made.county()
    drive = made.drive(home)
    group = {"org": home.unions[0], "name": "环卫队", "target": "frontline", "gifts": 0}
    with home.acting("planner"):
        for extra, code in [({}, "nothing_given"), ({"cash": Money.yuan(18000)}, "no_card")]:
            with pytest.raises(Refused) as refusal:
                services.add_group(drive=drive, **group, **extra)
            assert refusal.value.code == code
        services.add_group(drive=drive, **group, cash=Money.yuan(18000), **CARD)
        with pytest.raises(Refused) as refusal:
            services.add_group(drive=drive, **(group | {"gifts": 1}))
        assert refusal.value.code == "once"


def test_the_list_is_closed_once_submitted_also_in_the_database():
    home = made.county()
    drive = made.submitted(home)
    with home.acting("planner"):
        row = drive.recipients.get()
        with pytest.raises(Refused) as refusal:
            services.take_off(drive=drive, recipients=drive.recipients.all())
        assert refusal.value.code == "wrong_state"
        for change in (
            lambda: row.delete(),
            lambda: Recipient.objects.filter(pk=row.pk).update(cash=Money.yuan(900)),
            lambda: Recipient.objects.create(
                drive=drive,
                org_id=row.org_id,
                kind="group",
                target="model",
                name="甲",
                cash=Money(0),
                gifts=1,
            ),
        ):
            with pytest.raises(DatabaseError, match="being prepared"), transaction.atomic():
                change()


def test_taking_somebody_off_is_recorded():
    home = made.county()
    drive = made.with_files(home, "和建国", "木春花")
    with home.acting("planner"):
        assert services.take_off(drive=drive, recipients=drive.recipients.filter(name="木春花")) == 1
        assert [row.name for row in drive.recipients.all()] == ["和建国"]
        assert Entry.objects.get(action="drive.taken_off").note == "木春花"


# -- the decision


def test_approval_holds_the_money_and_owes_it_to_the_cards():
    home = made.county()
    drive = made.with_files(home, "和建国", "木春花")
    with home.acting("planner"):
        services.add_group(drive=drive, org=home.unions[1], name="环卫队", target="frontline", gifts=2)
        services.submit_drive(drive=drive)
    with home.acting("decider") as decider:
        drive = services.approve_drive(drive=drive)
        dues = Due.objects.filter(source_kind="campaigns.Recipient")
        assert sorted(due.payee for due in dues) == ["和建国", "木春花"]
        assert {due.approver_id for due in dues} == {decider.staff_id}
        assert {due.org_id for due in dues} == {home.unions[0].path}
        assert ledger.available(home.fund.pk, home.node.path).free == Money.yuan(99_000)
        assert set(drive.recipients.values_list("state", flat=True)) == {"approved"}
        assert drive.decided_on == timezone.localdate()


def test_gifts_alone_owe_nothing():
    home = made.county(yuan=0)
    made.approved(home, cash=Money(0))
    with home.acting("decider"):
        assert not Due.objects.exists()


def test_who_made_the_list_does_not_approve_it():
    home = made.county()
    drive = made.with_files(home)
    both = orgs.post(home.node, "*").actor()
    with scope.acting(both):
        services.submit_drive(drive=drive)
        with pytest.raises(Refused) as refusal:
            services.approve_drive(drive=drive)
        assert refusal.value.code == "maker_may_not_vote"
        assert Drive.objects.get(pk=drive.pk).state == "submitted"
        assert not Due.objects.exists()


def test_a_list_that_costs_more_than_there_is_is_refused_whole():
    home = made.county(yuan=999)
    drive = made.submitted(home, "和建国", "木春花")
    with home.acting("decider"):
        with pytest.raises(Refused) as refusal:
            services.approve_drive(drive=drive)
        assert refusal.value.code == "overspent" and "999.00" in str(refusal.value)
        assert Drive.objects.get(pk=drive.pk).state == "submitted"
        assert set(drive.recipients.values_list("state", flat=True)) == {"planned"}
        assert not Due.objects.exists()


def used(row: Recipient, yuan: str) -> None:
    """Let the person have had so much this year, elsewhere in the tree."""
    quotas.take_quota(
        measure=limits.MEASURE,
        year=timezone.localdate().year,
        takes=[(bytes(row.id_hash), Money.yuan(yuan))],
        cap=Money.yuan(6000),
    )


def test_up_to_the_yearly_cap_and_one_fen_over():
    home = made.county()
    drive = made.with_files(home, "和建国", "木春花")
    with home.acting("planner"):
        used(drive.recipients.get(name="和建国"), "5500")
        used(drive.recipients.get(name="木春花"), "5500.01")
        with pytest.raises(Refused) as refusal:
            services.submit_drive(drive=drive)
        assert refusal.value.code == "over_quota"
        assert "木春花" in str(refusal.value) and "5,500.01" in str(refusal.value)
        assert "和建国" not in str(refusal.value)
        assert [row.recipient.name for row in queries.over_year(drive, timezone.localdate())] == ["木春花"]
        assert services.take_off_over(drive=drive) == 1
        services.submit_drive(drive=drive)
    with home.acting("decider"):
        services.approve_drive(drive=drive)


def test_a_cap_reached_after_submission_stops_the_approval_whole():
    home = made.county()
    drive = made.submitted(home, "和建国", "木春花")
    with home.acting("decider"):
        used(drive.recipients.get(name="木春花"), "5500.01")
        with pytest.raises(Refused) as refusal:
            services.approve_drive(drive=drive)
        assert refusal.value.code == "over_quota" and "木春花" in str(refusal.value)
        assert Drive.objects.get(pk=drive.pk).state == "submitted"
        assert not Due.objects.exists()


def test_gifts_are_not_counted_against_the_cap():
    home = made.county()
    drive = made.with_files(home, cash=Money(0))
    with home.acting("planner"):
        used(drive.recipients.get(), "6000")
        assert services.submit_drive(drive=drive).state == "submitted"


def test_return_needs_a_reason_and_opens_the_list_again():
    home = made.county()
    drive = made.submitted(home)
    with home.acting("decider"):
        with pytest.raises(Refused) as refusal:
            services.return_drive(drive=drive, reason="  ")
        assert refusal.value.code == "no_reason"
        services.return_drive(drive=drive, reason="缺一户")
    with home.acting("planner"):
        drive = Drive.objects.get(pk=drive.pk)
        assert (drive.state, drive.returned_because) == ("returned", "缺一户")
        services.submit_drive(drive=drive)
    with home.acting("decider"):
        assert services.approve_drive(drive=drive).state == "approved"


def test_an_empty_list_is_not_submitted():
    home = made.county()
    drive = made.drive(home)
    with home.acting("planner"), pytest.raises(Refused) as refusal:
        services.submit_drive(drive=drive)
    assert refusal.value.code == "no_recipients"


# -- who sees it


def test_unions_below_see_decided_drives_and_their_own_recipients_only():
    home, other = made.county(), made.county()
    draft, running = made.with_files(home, "和建国"), made.approved(home, "木春花")
    below = orgs.post(home.unions[1], "*").actor()
    with scope.acting(below):
        assert list(Drive.objects.values_list("pk", flat=True)) == [running.pk]
        assert not running.recipients.exists()
        assert draft.pk not in set(queries.drives().values_list("pk", flat=True))
        with pytest.raises(OutOfSight):
            services.close_drive(drive=running)
        assert Drive.objects.filter(pk=running.pk).update(name="改名") == 0
    with other.acting("planner"):
        assert not Drive.objects.exists() and not Recipient.objects.exists()
    with home.acting("officer"):
        assert running.recipients.count() == 2
