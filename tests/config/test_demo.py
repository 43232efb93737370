"""The demo: made once, then looked at through every account's eyes."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.approvals import queries as steps
from nuanxin.approvals.models import Deputy
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.casework.models import (
    FILED,
    AidList,
    Application,
    Award,
    Exit,
    File,
    Need,
    Objection,
    Overruling,
    Pairing,
    Recovery,
    Taper,
    Task,
    Watch,
)
from nuanxin.casework.queries import care
from nuanxin.casework.queries import queues as file_queues
from nuanxin.config.demo import ACCOUNTS, PASSWORD, demo_accounts_text
from nuanxin.config.demo.drives import MID_AUTUMN, last_mid_autumn
from nuanxin.config.demo.machinery import Agenda, jobs_here, on_day
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.identity import check_credit_code
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Account
from nuanxin.messaging.models import Message
from nuanxin.orgs import queries as orgs
from nuanxin.payments.models import Batch, Due
from nuanxin.records import jobs
from nuanxin.registry import queries
from nuanxin.registry.models import Circumstance, Employer, Household, Membership, Person, Roster, Transfer
from nuanxin.registry.queries import queues, schooling
from nuanxin.reporting.models import Return
from tests.conftest import copy_template, demo_database

#: One worker makes the demo and looks at it; two would wait for one another.
pytestmark = pytest.mark.xdist_group("demo")

LISTED = [account.username for account in ACCOUNTS if account.listed]
COUNTIES = {"reviewer": 120, "reviewer2": 60, "reviewer3": 30}
#: Who has work waiting, and which heaps it must at least lie in.
WORK = {
    "officer": {"visits_due"},
    "officer2": {"visits_due"},
    "reviewer": {"drives_draft", "returns", "standards_returned", "task-mine", "task-answered"},
    "leader": {"families"},
    "department": {"task-mine"},
    "prefecture": {"checks"},
    "province": {"checks"},
    "province2": {"packs_submitted", "standards_submitted"},
}


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The demo in this worker's database; what the command said."""
    name, said = demo_database()
    with django_db_blocker.unblock():
        copy_template(name)
        try:
            yield said
        finally:
            copy_template()


def signed_in(username: str) -> Client:
    staff = orgs.staff_by_username(username)
    assert staff is not None
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def counted(rows: Any, field: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in rows.values_list(field, flat=True):
        found[value] = found.get(value, 0) + 1
    return found


@pytest.mark.slow
class TestDemo:
    def test_it_says_who_may_sign_in_and_is_made_once(self, demo: str):
        assert demo_accounts_text() in demo
        with pytest.raises(CommandError, match="already"):
            call_command("demo", stdout=StringIO())

    def test_families_come_in_by_rosters_and_are_assessed(self, demo: str):
        with scope.acting(system()):
            assert Household.objects.count() == 600
            assert 1600 < Person.objects.count() < 2000
            results = counted(Household.objects.all(), "assessments__result")
            rosters = counted(Roster.objects.all(), "state")
        whole = sum(results.values())
        shares = {result: number * 100 // whole for result, number in results.items()}
        assert 38 <= shares["deep"] <= 55 and 24 <= shares["relative"] <= 40 and 3 <= shares["accident"] <= 8
        assert results["unknown"] > 3 and results["excluded"] > 3 and results["none"] > 30
        assert rosters == {"committed": 3, "checked": 1}

    def test_a_roster_waits_for_four_corrections(self, demo: str):
        with scope.acting(system()):
            roster = Roster.objects.get(state="checked")
        assert (roster.households_read, roster.faulty, roster.ready) == (12, 4, 8)
        assert roster.staff.username == "officer"

    @pytest.mark.parametrize("who", COUNTIES)
    def test_each_county_has_its_files(self, demo: str, who: str):
        node = orgs.posts_of(orgs.staff_by_username(who).pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(node.path, node.pk)):
            files = File.objects.all()
            assert files.filter(state="open").count() == COUNTIES[who]
            assert all(file.number.startswith(f"{node.division}-") for file in files)
            assert set(files.values_list("clazz", flat=True)) <= set(FILED)
            assert files.filter(reopened=True).count() == (1 if who == "reviewer" else 0)

    def test_applications_stand_in_every_state(self, demo: str):
        node = orgs.posts_of(orgs.staff_by_username("reviewer").pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(node.path, node.pk)):
            files = Application.objects.filter(programme="filing")
            found = counted(files, "state")
            up = files.filter(state="noticed", notices__withdrawn=False)
            over = up.filter(notices__until__lte=timezone.localdate()).count()
        assert found.pop("approved") == 126
        assert found == {"draft": 9, "submitted": 6, "returned": 2, "noticed": 9, "refused": 2}
        assert over == 5

    @pytest.mark.parametrize("who", ["reviewer", "reviewer2"])
    def test_difficulty_ends_in_several_ways(self, demo: str, who: str):
        node = orgs.posts_of(orgs.staff_by_username(who).pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(node.path, node.pk)):
            exits = Exit.objects.filter(state="approved")
            assert {"lifted", "fraud"} <= set(exits.values_list("kind", flat=True))
            assert Exit.objects.filter(state="submitted").count() == 1
            running = Taper.objects.filter(stopped_on__isnull=True)
            paid = Award.objects.filter(programme="taper", file__in=running.values("file"))
            assert counted(paid, "state") == {"paid": 2, "proposed": 1}
            assert {award.amount for award in paid} == {Money.yuan(288)}  # 60 % of 480
            assert {"unstable", "borderline", "struck"} <= set(counted(Watch.objects.all(), "kind"))
            assert Recovery.objects.filter(repaid__gt=Money(0), closed_on__isnull=True).count() == 1
            assert Objection.objects.filter(settled_on__isnull=True).count() == 1
            assert Objection.objects.exclude(settled_on=None).exclude(outcome="").count() == 1

    @pytest.mark.parametrize("who", ["reviewer", "reviewer2"])
    def test_every_kind_of_assistance_is_on_its_way(self, demo: str, who: str):
        node = orgs.posts_of(orgs.staff_by_username(who).pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(node.path, node.pk)):
            rows = Application.objects.exclude(programme="filing")
            states = {
                programme: set(rows.filter(programme=programme).values_list("state", flat=True))
                for programme in set(rows.values_list("programme", flat=True))
            }
            agreed = Overruling.objects.filter(agreed_by__isnull=False).exclude(agreed_by=F("by"))
            assert agreed.count() == 1 and Overruling.objects.filter(agreed_by=None).count() == 1
            assert set(agreed.values_list("application__awards__state", flat=True)) == {"paid"}
            (grave,) = rows.filter(programme="major-illness-aid")
            step = steps.step_of(grave.process)
        assert states["temporary-aid"] >= {"draft", "submitted", "approved"}
        assert states["medical-aid"] == {"submitted", "approved"}
        assert states["golden-autumn"] >= {"draft", "submitted", "approved"}
        assert states["legal-aid"] == states["fee-refund"] == {"submitted", "approved"}
        assert grave.amount == Money.yuan(60_000) and step is not None and step.level == "national"

    def test_aid_before_papers_is_complete_due_and_overdue(self, demo: str):
        node = orgs.posts_of(orgs.staff_by_username("reviewer").pk)[0].node  # type: ignore[union-attr]
        today = timezone.localdate()
        with scope.acting(system(node.path, node.pk)):
            first = Application.objects.filter(act_first=True)
            assert counted(first, "state") == {"approved": 3, "submitted": 1}
            awaited = first.filter(papers_due_on__isnull=False)
            assert awaited.filter(papers_done_on__isnull=False).count() == 1
            open_ = awaited.filter(papers_done_on__isnull=True)
            assert sorted(due < today for due in open_.values_list("papers_due_on", flat=True)) == [
                False,
                True,
            ]
            assert not Due.objects.filter(urgent=True).exclude(state="paid").exists()

    @pytest.mark.parametrize("who", ["leader", "head", "head2"])
    def test_leaders_visit_their_families(self, demo: str, who: str):
        today = timezone.localdate()
        staff = orgs.staff_by_username(who)
        assert staff is not None
        with scope.acting(orgs.posts_of(staff.pk)[0].actor()) as actor:
            led = [pair for pair in care.families(actor) if pair.leader_id == staff.pk]
        assert len(led) > 2
        due = {(pair.visited is not None, pair.next_on > today) for pair in led}  # type: ignore[attr-defined]
        assert {(True, True), (False, False)} <= due  # some were visited, others are late

    def test_units_help_several_families_and_needs_are_of_every_kind(self, demo: str):
        with scope.acting(system()):
            units = counted(Pairing.objects.filter(until=None, unit__isnull=False), "unit__kind")
            assert units["grassroots"] > 2 and units["county"] > 2
            assert set(Need.objects.values_list("kind", flat=True)) == set(Need.Kind.values)
            assert Need.objects.filter(met_on__isnull=False).exists()
            bureaux = Task.objects.filter(unit__kind="partner")
            assert set(counted(bureaux, "state")) == {"open", "answered", "done"}
            late = bureaux.filter(state="open", due_on__lt=timezone.localdate())
            assert late.exists() and bureaux.filter(state="open").exclude(pk__in=late).exists()
            assert bureaux.exclude(returned_because="").exists()

    def test_messages_left_failed_and_wait_to_be_printed(self, demo: str):
        with scope.acting(system()):
            texts = counted(Message.objects.filter(channel="text"), "state")
            letters = counted(Message.objects.filter(channel="letter"), "state")
            assert not Message.objects.filter(sent__gt=timezone.now()).exists()
        assert texts["sent"] > 500 and texts["held"] and texts["given_up"]
        assert letters["sent"] > 100 and letters["waiting"]

    def test_counties_ask_one_another_and_somebody_stands_in(self, demo: str):
        with scope.acting(system()):
            assert counted(Transfer.objects.all(), "state") == {"asked": 2, "refused": 1, "accepted": 1}
            deputy = Deputy.objects.get()
        assert deputy.staff.username == "prefecture2" and deputy.holder.staff.username == "decider2"

    def test_money_is_on_its_way(self, demo: str):
        with scope.acting(system()):
            assert counted(AidList.objects.all(), "state") == {"approved": 8, "submitted": 4}
            batches = counted(Batch.objects.all(), "state")
            dues = counted(Due.objects.all(), "state")
        assert batches.pop("sent") == 1 and set(batches) == {"settled"} and batches["settled"] > 12
        assert dues["returned"] == 2 and dues["paid"] > 250 and dues["batched"] and dues["waiting"]

    def test_drives_are_over_running_and_prepared(self, demo: str):
        with scope.acting(system()):
            assert counted(Drive.objects.all(), "state") == {"closed": 3, "approved": 2, "draft": 1}
            draft = counted(Recipient.objects.filter(drive__state="draft"), "kind")
        assert draft == {"file": 60, "worker": 2, "group": 1}

    def test_returns_stand_at_home_above_and_accepted(self, demo: str):
        with scope.acting(system()):
            assert counted(Return.objects.all(), "state") == {"draft": 2, "submitted": 2, "accepted": 2}
            assert all(report.cells.filter(value__gt=0).exists() for report in Return.objects.all())

    @pytest.mark.parametrize("who", ["reviewer", "reviewer2"])
    def test_every_page_of_the_registry_has_something_to_show(self, demo: str, who: str):
        node = orgs.posts_of(orgs.staff_by_username(who).pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(node.path, node.pk)):
            lengths = queues.counts(schooling.ages())
            files = file_queues.counts()
            forms = counted(Membership.objects.filter(left_on__isnull=True), "form")
            left = counted(Membership.objects.exclude(left_because=""), "left_because")
            codes = Employer.objects.exclude(credit_code=None).values_list("credit_code", flat=True)
            assert codes and all(check_credit_code(code) == code for code in codes)
            assert Circumstance.objects.filter(source="visited").exists()
            assert queries.open_likenesses().exists()
        assert min(lengths.stale, lengths.id_expiring, lengths.reaching_school, lengths.unorganised) > 0
        assert files.without_officer > 0
        assert forms["employed"] > 50 and len(forms) > 1
        assert left == {"transfer": 3, "retired": 1, "resigned": 1}

    def test_everybody_is_invented(self, demo: str):
        with scope.acting(system()):
            people = Person.objects.all()
            assert not people.exclude(id_mask__regex=r"^53990[123]").exists()
            assert not people.exclude(phone_mask="").exclude(phone_mask__startswith="199").exists()

    def test_the_audit_trail_holds(self, demo: str):
        out = StringIO()
        call_command("verify_audit", stdout=out)
        assert "whole" in out.getvalue()

    def test_the_books_balance(self, demo: str):
        """Each balance is the sum of its transfers, and all accounts of a fund together come to nothing."""
        with scope.acting(system()), connection.cursor() as cursor:
            accounts = list(Account.objects.all())
            cursor.execute(
                "SELECT a.id, coalesce(sum(t.amount) FILTER (WHERE t.credit_id = a.id), 0)"
                " - coalesce(sum(t.amount) FILTER (WHERE t.debit_id = a.id), 0) FROM ledger_account a"
                " LEFT JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)"
                " AND t.kind IN ('appropriate', 'post', 'reverse') GROUP BY a.id"
            )
            moved = {pk: int(total) for pk, total in cursor.fetchall()}
        assert accounts and any(account.balance.fen for account in accounts)
        assert moved == {account.pk: account.balance.fen for account in accounts}
        for fund in {account.fund_id for account in accounts}:
            assert sum(account.balance.fen for account in accounts if account.fund_id == fund) == 0

    @pytest.mark.parametrize("username", LISTED)
    def test_every_account_signs_in_and_every_page_of_the_menu_opens(self, demo: str, username: str):
        client = Client()
        answer = client.post(reverse("account_login"), {"login": username, "password": PASSWORD})
        assert answer.status_code == 302
        home = client.get("/")
        assert home.status_code == 200
        assert WORK.get(username, set()) <= {heap.key for heap in home.context["heaps"]}
        for item in home.context["shell"]["nav"]:
            page = client.get(item["url"])
            assert page.status_code == 200, item["url"]
            if b'class="chart"' in page.content:
                assert b"kernel/chart" in page.content, f"{item['url']} draws without its style sheet"
        for work in home.context["items"]:
            assert client.get(work.url).status_code == 200, work.url

    def test_one_county_does_not_see_the_other(self, demo: str):
        other = orgs.posts_of(orgs.staff_by_username("reviewer2").pk)[0].node  # type: ignore[union-attr]
        with scope.acting(system(other.path, other.pk)):
            file = File.objects.filter(state="open").first()
        address = reverse("casework:file", args=[file.pk])  # type: ignore[union-attr]
        assert signed_in("reviewer").get(address).status_code == 404
        assert signed_in("reviewer2").get(address).status_code == 200


def test_the_clock_goes_back_and_returns():
    today, day = timezone.localdate(), date(2024, 2, 29)
    with on_day(day):
        assert timezone.localdate() == day
    assert timezone.localdate() == today
    with on_day(today + timedelta(days=40)):
        assert timezone.localdate() == today


def test_the_agenda_plays_days_in_order_and_acts_may_plan_more():
    agenda, seen = Agenda(timezone.localdate()), []

    def act(name: str) -> None:
        seen.append((name, timezone.localdate()))
        if name == "first":
            agenda.on(date(2024, 5, 7), act, "between")

    agenda.on(date(2024, 5, 8), act, "last")
    agenda.on(date(2024, 5, 6), act, "first")
    agenda.play(lambda: seen.append(("evening", timezone.localdate())))
    assert seen == [
        ("first", date(2024, 5, 6)),
        ("evening", date(2024, 5, 6)),
        ("between", date(2024, 5, 7)),
        ("evening", date(2024, 5, 7)),
        ("last", date(2024, 5, 8)),
    ]


def test_long_work_is_collected_and_the_queue_is_handed_back(monkeypatch: pytest.MonkeyPatch):
    done = []
    monkeypatch.setitem(jobs.app.tasks, "demo.test", lambda **given: done.append(given))
    with jobs_here() as run:
        jobs.app.configure_task("demo.test").defer(run=1, path="1/")
        assert not done
        run()
    assert done == [{"run": 1, "path": "1/"}]
    assert "configure_task" not in vars(jobs.app)


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 1, 3), date(2027, 10, 1), date(2041, 3, 1)])
def test_the_last_mid_autumn_lies_some_weeks_back(today: date):
    day = last_mid_autumn(today)
    assert 28 <= (today - day).days < 430
    assert day in MID_AUTUMN.values() or today.year > max(MID_AUTUMN)
