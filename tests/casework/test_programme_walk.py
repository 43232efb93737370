"""Every delivered programme walked over HTTP, from the choice of whom to a file, money or a service.

Each walk is made by the people its route names, none of whom does two things, and each begins with what is
missing, so that the refusal stands beside the success.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.approvals import queries as steps
from nuanxin.casework.models import Application, Award, File
from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.payments.models import Due
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme
from nuanxin.registry import services as registry
from nuanxin.registry.services.employers import create_employer
from nuanxin.reporting import sources
from tests.registry import factories as people

from . import factories as make
from .test_pages import act, browser, visit_of

pytestmark = pytest.mark.django_db
Chosen = dict[str, int]


@dataclass(frozen=True)
class Walk:
    """Whom a programme is for, what is answered, and what comes of it (yuan; None: a file or a service)."""

    whom: Callable[["World"], Chosen]
    yuan: str | None
    answers: dict[str, str] = field(default_factory=dict)
    asked: str = ""


@dataclass
class World:
    """A county with one person for each thing that is done, and one of the prefecture who decides."""

    county: make.County

    def __post_init__(self) -> None:
        self.officer = browser(self.county.officer_post)
        self.reviewer = browser(self.county.reviewer_post)
        self.decider = browser(self.county.decider_post)
        above = self.county.node.parent
        assert above is not None
        self.above = browser(make.orgs.post(above, *make.DECIDER))

    def speaker(self, step: Any) -> Client:
        """Who speaks at a step."""
        if step.kind == "check":
            return self.reviewer
        return self.decider if step.level == "county" else self.above


# -- for whom --------------------------------------------------------------------------------------------


def unfiled(world: World) -> Chosen:
    return {"household": make.household(world.county).pk}


def filed(world: World) -> Chosen:
    return {"household": make.file(world.county, annual_income=Money.yuan(6000)).household_id}


def burnt_out(world: World) -> Chosen:
    """A filed family with a loss of 40,000 yuan."""
    return {"household": make.file(world.county, loss=Money.yuan(40_000)).household_id}


def hit_by_bills(world: World) -> Chosen:
    """A filed family with 12,000 yuan of evidenced treatment this year."""
    home = make.file(world.county, annual_income=Money.yuan(6000)).household
    with scope.acting(world.county.officer):
        year = timezone.localdate().year
        registry.record_expense(
            household=home, kind="medical", amount=Money.yuan(12_000), evidenced=True, year=year
        )
    return {"household": home.pk}


def worker(world: World) -> Chosen:
    return {"person": make.household(world.county).head_id}


def child(world: World) -> Chosen:
    """The child of a filed family, thirteen years old."""
    home = make.file(world.county, annual_income=Money.yuan(6000)).household
    born = date(timezone.localdate().year - 13, 3, 9)
    with scope.acting(world.county.officer):
        pupil = people.person(str(home.org_id), "和小雨", id_number=invent_id("533422", born, 21), phone="")
        registry.add_member(household=home, person=pupil, relation="2", since=born)
    return {"household": home.pk, "person": pupil.pk}


def firm(world: World) -> Chosen:
    with scope.acting(make.orgs.actor(world.county.union)):
        return {"employer": create_employer(name="梅里化肥有限公司", union=world.county.union.path).pk}


def own_union(world: World) -> Chosen:
    return {}


SCHOOL = {"school": "州一中", "fee_free": "false", "contracted": "false", "other_parent_aided": "false"}
WALKS = {
    "filing": Walk(unfiled, None, {"needs": "户主患病，需长期服药"}),
    "living-aid": Walk(filed, "7440.00"),
    "medical-aid": Walk(hit_by_bills, "12000.00", {"patient": "和建国"}),
    "accident-aid": Walk(
        burnt_out, "6000.00", {"loss": "40000", "happened_on": "2026-01-03", "what_happened": "房屋失火"}
    ),
    "holiday-subsidy": Walk(filed, "1000.00", {"holiday": "spring_festival"}),
    "schooling-aid": Walk(child, "3000.00", SCHOOL | {"stage": "compulsory"}),
    "golden-autumn": Walk(
        child, "3000.00", SCHOOL | {"stage": "secondary", "hardship": "true", "aided_elsewhere": "false"}
    ),
    "major-illness-aid": Walk(
        worker, "9000.00", {"diagnosed": "true", "self_paid": "18000", "patient": "本人"}
    ),
    "temporary-aid": Walk(
        worker, "2500.00", {"need_cause": "illness", "needed": "2500", "what_happened": "急需住院押金"}
    ),
    "send-warmth": Walk(worker, "500.00", {"target_group": "hardship", "reason": "春节慰问"}, asked="500"),
    "closed-firm-aid": Walk(
        worker,
        "2480.00",
        {
            "firm_ended": "true", "firm": "县农机厂", "reemployed": "false", "months_without_pay": "4",
            "other_benefit": "0", "residence": "urban",
        },
    ),
    "front-line-aid": Walk(
        worker,
        "10000.00",
        {
            "harm": "injury", "posted": "true", "own_fault": "false", "granted_this_case": "0",
            "posting": "驻村工作队",
        },
    ),
    "mutual-medical": Walk(
        worker,
        "18000.00",
        {
            "covered": "true", "covered_days": "90", "accident_injury": "false",
            "admitted_on": "2026-02-01", "self_paid": "60000", "received_this_period": "0",
        },
    ),
    "major-disease-insurance": Walk(
        worker,
        "10000.00",
        {
            "covered": "true", "known_before": "false", "severity": "severe",
            "diagnosed_on": "2026-02-01", "shares": "1", "paid_before": "0",
        },
    ),
    "legal-aid": Walk(
        worker,
        None,
        {"matter": "wages", "wanted": "lawyer", "other_side": "某建筑公司", "course": "拖欠六个月工资"},
    ),
    "startup-loan": Walk(
        worker,
        "2400.00",
        {
            "own_business": "true", "business": "咖啡店", "overdue": "false", "principal": "100000",
            "annual_rate": "0.048", "months": "12", "interest_paid": "4800",
        },
    ),
    "fee-refund": Walk(
        firm,
        "4860.00",
        {
            "size": "micro", "union_formed": "true", "period": "2026年上半年",
            "fees_paid": "4860", "refunded": "0",
        },
    ),
    "rent-relief": Walk(
        firm,
        None,
        {"union_premises": "true", "tenant": "small_firm", "monthly_rent": "4000", "months_leased": "15"},
    ),
    "union-grant": Walk(
        own_union, "20000.00", {"use": "aid", "people": "60", "plan": "用于春节走访"}, asked="20000"
    ),
    "equipment-grant": Walk(
        own_union, "30000.00", {"home": "职工书屋", "people": "80", "equipment": "书架和图书"}, asked="30000"
    ),
}  # fmt: skip


def test_every_delivered_programme_is_walked(county):
    with scope.acting(county.officer):
        inside = policy.programmes_in_force(county.union.path, timezone.localdate())
    assert {programme.code for programme in inside} == set(WALKS)


# -- the walk --------------------------------------------------------------------------------------------


def begun(world: World, code: str) -> Application:
    """Chosen on the menu and begun for whom it is."""
    chosen = WALKS[code].whom(world)
    menu = world.officer.get(reverse("casework:new_application")).content.decode()
    where = reverse("casework:new_subject", args=[code])
    assert where in menu and world.officer.get(where).status_code == 200
    answer = world.officer.post(where, chosen)
    assert answer.status_code == 302, answer.context["form"].errors
    return Application.objects.order_by("-pk")[0]


def fund_for(world: World, programme: Programme) -> Fund:
    made = make.ledger.fund(programme.purpose, source=programme.funds[0])
    make.ledger.give(made, world.county.node, 1_000_000)
    return made


def filled_in(world: World, row: Application, programme: Programme) -> None:
    """The generated form, with an account where one is asked for."""
    walk = WALKS[programme.code]
    typed: dict[str, Any] = {f"q_{code}": value for code, value in walk.answers.items()}
    if programme.outcome == "award":
        typed |= {"fund": fund_for(world, programme).pk, "asked": walk.asked}
    if programme.payee in ("employer", "organisation"):
        typed |= {"payee_name": "单位账户", "bank": "农业银行", "card": "6228480000000000011"}
    answer = world.officer.post(reverse("casework:answer", args=[row.pk]), typed)
    assert answer.status_code == 302, answer.context["form"].errors


def handed_in(world: World, row: Application, programme: Programme) -> None:
    """With the papers and the visit it needs."""
    for paper in programme.documents:
        if paper.required:
            sent = act(world.officer, row, "attach", category=paper.code, upload=make.upload())
            assert sent.status_code == 302, paper.code
    if programme.visit and row.household_id:
        sent = world.officer.post(
            reverse("casework:visit", args=[row.household_id]), visit_of(world.county, row.home)
        )
        assert sent.status_code == 302, sent.context["form"].errors
    answer = act(world.officer, row, "submit")
    assert answer.status_code == 302, said(answer)


def said(answer: Any) -> list[str]:
    """What a refused page tells."""
    return [str(lack.text) for lack in answer.context.get("lacks", [])] or [answer.content.decode()]


def decided(world: World, row: Application, programme: Programme) -> None:
    """Through each step of the route. Who brought it in never has a word, and a notice stands its days."""
    word = "finish" if programme.outcome == "service" else "approve"
    outcome = {"outcome": "已办结，指派专人"} if word == "finish" else {}
    while row.state in ("submitted", "noticed"):
        step = steps.step_of(row.process)
        assert step is not None
        assert act(world.officer, row, word, **outcome).status_code in (403, 422)
        if step.kind != "check":
            answer = act(world.speaker(step), row, word, **outcome)
            assert answer.status_code == 302, said(answer)
        elif goes_public(row, step):
            make.publish(world.county, row, over=True)
        else:
            assert act(world.reviewer, row, "pass").status_code == 302
        row = Application.objects.get(pk=row.pk)


def goes_public(row: Application, step: Any) -> bool:
    following = [one.kind for one in steps.steps_of(row.process) if one.position == step.position + 1]
    return following == ["notice"]


def paid(world: World, award: Award) -> None:
    """The cashier sends it, the bank pays it, and the award says so."""
    due = Due.objects.get(source_kind="casework.Award", source=award.pk)
    assert due.amount == award.amount
    assert award.application is not None
    make.paid(world.county, award.application)
    award.refresh_from_db()
    assert award.state == "paid"


def told_upward(world: World, programme: Programme) -> None:
    """Each statistics cell the programme feeds counts what came of it, once, and its table balances."""
    today = timezone.localdate()
    period = sources.Period(date(today.year, 1, 1), date(today.year + 1, 1, 1))
    place = sources.Place(world.county.node.path)
    for cell in programme.statistics:
        if programme.outcome == "service":
            assert sources.sums(f"served:{cell}", place, period) == {"": 1}
            continue
        assert sources.sums(f"aided_times:{cell}", place, period) == {"": 1}
        amount = sources.sums(f"aided_money:{cell}", place, period)[""]
        assert amount == sources.ledger_figure(cell, place, period) > 0


@pytest.mark.parametrize("code", WALKS)
def test_from_the_application_to_what_comes_of_it(county, code):
    world, walk = World(county), WALKS[code]
    row = begun(world, code)
    with scope.acting(county.officer):
        programme = policy.programme_by_hash(row.programme_version)
    assert act(world.officer, row, "submit").status_code == 422, "an empty form was taken"
    filled_in(world, row, programme)
    handed_in(world, row, programme)
    row.refresh_from_db()
    decided(world, row, programme)
    row.refresh_from_db()
    assert row.state == "approved"
    if programme.outcome == "award":
        award = Award.objects.get(application=row)
        assert award.amount == Money.yuan(walk.yuan or "0")
        paid(world, award)
    elif programme.outcome == "file":
        assert File.objects.get(application=row).state == "open"
    else:
        assert row.outcome and not Award.objects.filter(application=row).exists()
    page = world.officer.get(reverse("casework:application", args=[row.pk]))
    assert page.status_code == 200
    with scope.acting(county.decider):
        told_upward(world, programme)


def test_what_the_registry_knows_otherwise_is_not_passed_over(county):
    """The loss of the form is 40,000, the family's record says 0: nobody has to find out later."""
    world = World(county)
    made = world.officer.post(reverse("casework:new_subject", args=["accident-aid"]), filed(world))
    assert made.status_code == 302
    row = Application.objects.order_by("-pk")[0]
    with scope.acting(county.officer):
        filled_in(world, row, policy.programme_by_hash(row.programme_version))
    page = world.officer.get(reverse("casework:application", args=[row.pk]))
    assert {lack.field for lack in page.context["lacks"] if lack.code == "differs"} == {"loss"}
