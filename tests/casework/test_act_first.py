"""Money before papers: 2,500 decided and on the card the next day, the cap, the clock, the exclusions."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import queries, services
from nuanxin.casework.models import Application, Award
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.workdays import add_working_days
from nuanxin.orgs.models import Post
from nuanxin.payments import queries as payments_queries
from nuanxin.payments import services as payments
from nuanxin.payments.models import Due
from tests.payments import factories as bank

from . import applying
from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def browser(post: Post) -> Client:
    client = Client()
    client.force_login(post.staff)
    return client


def second_decider(at: make.County) -> Any:
    """Another person of the county who decides."""
    return make.orgs.actor(at.node, *make.DECIDER)


def urgent(at: make.County, *, money: Any = None, yuan: str = "2500", **fields: Any) -> Application:
    """Aid asked for at once for the head of a household, handed to the two approvers."""
    home = fields.pop("home", None) or make.household(at)
    second_decider(at)
    with scope.acting(at.officer):
        return services.act_first(
            programme="temporary-aid",
            person=home.head,
            amount=Money.yuan(yuan),
            answers=applying.NEED | {"need_cause": "wage_loss", "needed": yuan} | fields,
            fund=money or applying.fund(at),
            note="电话核实，本人到场",
        )


def decided(at: make.County, row: Application) -> Award:
    """Both approvers agree."""
    with scope.acting(at.decider):
        services.approve(application=row)
    with scope.acting(second_decider(at)):
        services.approve(application=row)
    return Award.objects.get(application=row)


def on_the_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """The clock stands at nine in the morning of the day."""
    now = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_2500_are_decided_one_day_and_on_the_card_the_next(county, monkeypatch):
    thursday = date(2024, 5, 16)
    on_the_day(monkeypatch, thursday)
    money = applying.fund(county)
    row = urgent(county, money=money)
    assert (row.state, row.act_first, row.amount) == ("submitted", True, Money.yuan(2500))
    award = decided(county, row)
    row.refresh_from_db()
    assert (row.state, row.decided_on) == ("approved", thursday)
    assert row.papers_due_on == add_working_days(thursday, 15) == date(2024, 6, 6)
    due = Due.objects.get(source_kind="casework.Award", source=award.pk)
    assert (due.amount, due.urgent) == (Money.yuan(2500), True)
    on_the_day(monkeypatch, thursday + timedelta(days=1))
    with scope.acting(county.cashier):
        batch = payments.make_batch(fund=money).batch
        payments.send(batch=batch, kind="csv")
        payments.book_result(batch=batch, upload=SimpleUploadedFile("result.xlsx", bank.sample_result(batch)))
    award.refresh_from_db()
    assert (award.state, award.paid_on, award.amount) == (
        "paid",
        date(2024, 5, 17),
        Money.yuan(2500),
    )


def test_above_the_cap_by_one_fen_is_refused_with_both_figures(county):
    with pytest.raises(Refused) as refused:
        urgent(county, yuan="3000.01")
    assert refused.value.code == "over_cap"
    assert "3,000.00" in str(refused.value) and "3,000.01" in str(refused.value)
    assert not Application.objects.exists()
    assert urgent(county, yuan="3000").amount == Money.yuan(3000)


@pytest.mark.parametrize("cause", ["fighting", "drinking", "gambling", "drugs"])
def test_ones_own_fault_is_not_paid_first(county, cause):
    with refusal("excluded"):
        urgent(county, need_cause=cause)
    assert not Application.objects.exists()


def test_only_a_programme_with_the_rule_is_paid_first(county):
    home = make.file(county).household
    with scope.acting(county.officer), refusal("no_act_first"):
        services.act_first(
            programme="accident-aid",
            household=home,
            amount=Money.yuan(1),
            answers={},
            fund=applying.fund(county),
        )


def test_one_approver_is_not_enough_and_the_officer_is_none(county):
    row = urgent(county)
    with scope.acting(county.decider):
        assert services.approve(application=row).state == "submitted"
        with refusal("voted_already"):
            services.approve(application=row)
    assert not Award.objects.filter(application=row).exists()
    both = make.orgs.post(county.node, *make.OFFICER, *make.DECIDER)
    own = make.household(county)
    with scope.acting(both.actor()):
        mine = services.act_first(
            programme="temporary-aid", person=own.head, amount=Money.yuan(100),
            answers=applying.NEED | {"needed": "100"}, fund=applying.fund(county),
        )  # fmt: skip
        with refusal("maker_may_not_vote"):
            services.approve(application=mine)


def test_without_a_second_approver_it_is_not_taken_in(county):
    home = make.household(county)
    with scope.acting(county.officer), refusal("no_approver"):
        services.act_first(
            programme="temporary-aid", person=home.head, amount=Money.yuan(100),
            answers=applying.NEED | {"needed": "100"}, fund=applying.fund(county),
        )  # fmt: skip


def test_the_clock_stops_when_every_paper_is_there(county):
    row = urgent(county)
    with scope.acting(county.officer), refusal("no_papers_awaited"):
        services.complete_papers(application=row)
    decided(county, row)
    with scope.acting(county.officer):
        applying.papers(row, "application", "identity")
        with pytest.raises(Refused, match="困难原因证明") as refused:
            services.complete_papers(application=row)
        assert refused.value.code == "no_document"
        applying.papers(row, "cause_proof")
        done = services.complete_papers(application=row)
        assert done.papers_done_on == timezone.localdate()
        with refusal("no_papers_awaited"):
            services.complete_papers(application=row)
    with scope.acting(make.county().officer), pytest.raises(OutOfSight):
        services.complete_papers(application=row)


def test_what_is_late_is_seen_by_the_officer_the_centre_and_the_superior(county):
    row = urgent(county)
    decided(county, row)
    last = timezone.localdate() - timedelta(days=1)
    Application.objects.filter(pk=row.pk).update(papers_due_on=timezone.localdate())
    with scope.acting(county.officer):
        assert not queries.papers_late().exists()
    Application.objects.filter(pk=row.pk).update(papers_due_on=last)
    prefecture = make.orgs.post(county.node.parent, make.SEE)
    for post in (county.officer_post, county.decider_post, prefecture):
        with scope.acting(post.actor()):
            assert [one.pk for one in queries.papers_late()] == [row.pk]
        page = browser(post).get(reverse("casework:acted_first"), {"tab": "late"}).content.decode()
        assert row.person.name in page
        assert "先行救助" in browser(post).get(reverse("home")).content.decode()
    with scope.acting(make.county().decider):
        assert not queries.papers_late().exists()
    # a warning, no bar: the next need is as pressing
    assert urgent(county).state == "submitted"


def test_the_cashier_sees_what_is_urgent_first(county):
    plain = make.ledger.fund("living-aid", "temporary-aid")
    make.ledger.give(plain, county.node, 10_000)
    bank.owed(county.node, plain, county.decider_post.staff, 500)
    money = applying.fund(county)
    decided(county, urgent(county, money=money))
    with scope.acting(county.cashier):
        rows = payments_queries.waiting_by_fund(county.node.path)
    assert [(one.fund, one.urgent) for one in rows] == [(money, 1), (plain, 0)]
    assert "加急 1 笔" in browser(county.cashier_post).get(reverse("home")).content.decode()


def test_from_the_phone_to_two_approvers_and_the_papers(county):
    """The short page, the two decisions, the papers: by pages alone."""
    home, money = make.household(county), applying.fund(county)
    other = make.orgs.post(county.node, *make.DECIDER)
    officer = browser(county.officer_post)
    found = officer.post(
        reverse("casework:act_first_for", args=["temporary-aid"]), {"q": home.head.name}
    ).content.decode()
    url = reverse("casework:act_first", args=["temporary-aid", home.head_id])
    assert url in found
    page = officer.get(url).content.decode()
    assert "3,000.00" in page and "15 个工作日" in page and 'name="card"' not in page
    typed = {
        "q_need_cause": "wage_loss", "q_needed": "2500", "q_what_happened": "欠薪三个月，断炊",
        "asked": "2500", "fund": money.pk, "note": "到户核实",
    }  # fmt: skip
    refused = officer.post(url, typed | {"asked": "3000.01"})
    assert refused.status_code == 422 and "3,000.01" in refused.content.decode()
    assert not Application.objects.exists()
    assert officer.post(url, typed | {"note": ""}).status_code == 422
    assert officer.post(url, typed).status_code == 302
    row = Application.objects.get()
    for post in (county.decider_post, other):
        approve = reverse("casework:act", args=[row.pk, "approve"])
        assert browser(post).post(approve).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.amount) == ("approved", Money.yuan(2500))
    shown = officer.get(reverse("casework:application", args=[row.pk])).content.decode()
    assert "待补材料" in shown and "困难原因证明" in shown
    for kind in applying.PAPERS:
        paper = reverse("casework:act", args=[row.pk, "late_paper"])
        assert officer.post(paper, {"category": kind, "upload": make.upload()}).status_code == 302
    assert officer.post(reverse("casework:act", args=[row.pk, "papers_done"])).status_code == 302
    row.refresh_from_db()
    assert row.papers_done_on == timezone.localdate()


def test_the_short_page_is_for_who_applies_and_in_scope(county):
    home = make.household(county)
    url = reverse("casework:act_first", args=["temporary-aid", home.head_id])
    choose = reverse("casework:act_first_for", args=["temporary-aid"])
    for address in (url, choose):
        assert browser(county.officer_post).get(address).status_code == 200
        assert browser(county.decider_post).get(address).status_code == 403
    assert browser(make.county().officer_post).get(url).status_code == 404
    listed = reverse("casework:acted_first")
    assert browser(make.orgs.post(county.node, "payments.batch.see")).get(listed).status_code == 403
