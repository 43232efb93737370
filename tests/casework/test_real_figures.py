"""Figures published by unions, reached through the services: decided by the packs, paid through the books.

What was typed in (families, claims with their papers) is written straight into the tables; what is computed,
handed in, checked, decided and paid is the program's own work.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import cycle, islice
from typing import Any

import pytest
from django.utils import timezone

from nuanxin.casework import answers, programmes, services
from nuanxin.casework.models import Application, Award, Exit, File
from nuanxin.casework.services import Evidence
from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.records.models import Attachment
from nuanxin.registry import services as registry
from tests.registry import factories as people

from . import factories as make
from .test_act_first import on_the_day
from .test_leaving import ABOVE, GOOD

pytestmark = pytest.mark.django_db


def funded(at: make.County, *uses: str, yuan: int = 2_000_000) -> Fund:
    money = make.ledger.fund(*uses)
    make.ledger.give(money, at.node, yuan)
    return money


def typed_in(at: make.County, code: str, money: Fund, said: Sequence[dict[str, Any]], **of: Any) -> None:
    """Drafts with their answers and papers, one for each, for the subjects in `of` (lists of keys)."""
    with scope.acting(at.officer):
        programme = programmes.in_force(code, at.union.path, timezone.localdate())
        rows = [
            Application(
                org_id=at.union.path,
                programme=code,
                programme_version=programme.sha256,
                answers=answers.read(programme, each),
                fund=money,
                officer_id=at.officer.staff_id,
                applied_on=timezone.localdate(),
                **{name: keys[place] for name, keys in of.items()},
            )
            for place, each in enumerate(said)
        ]
        made = Application.objects.bulk_create(rows)
        Attachment.objects.bulk_create(
            Attachment(
                org_id=row.org_id,
                kind=Application._meta.label,
                subject=row.pk,
                category=paper.code,
                name="材料.png",
                sha256="0" * 64,
                size=1,
                content_type="image/png",
            )
            for row in made
            for paper in programme.documents
            if paper.required
        )
        services.compute(applications=[row.pk for row in made])


def decided(at: make.County, code: str) -> None:
    """Handed in, checked and decided in batches, by three people; nothing is refused."""
    for who, act in (
        (at.officer, services.submit_many),
        (at.reviewer, services.pass_on_many),
        (at.decider, services.decide_many),
    ):
        with scope.acting(who):
            rows = list(Application.objects.filter(programme=code).order_by("pk"))
            outcome = act(applications=rows)
            assert not outcome.refused, outcome.refused[0][1]


def on_the_cards(at: make.County, money: Fund, code: str) -> tuple[int, Money]:
    """After the bank's answer: how many awards of the programme were paid, and what in all."""
    make.paid(at, Application(fund=money))
    with scope.acting(at.cashier):
        paid = Award.objects.filter(programme=code, state="paid")
        amounts = [award.amount for award in paid]
    return len(amounts), sum(amounts, Money(0))


def shares(total: Money, of: int) -> list[Money]:
    """So many different amounts that come to the total."""
    steps = [Money(100 * (place - of // 2)) for place in range(of)]
    even = (total.fen - sum(step.fen for step in steps)) // of
    amounts = [Money(even + step.fen) for step in steps]
    return [*amounts[:-1], total - sum(amounts[:-1], Money(0))]


def test_217_members_claim_235286_yuan_of_the_mutual_medical_scheme(county):
    """A county pays 23.5286万 to 217 members: to each the share of what they paid in hospital."""
    money, total = funded(county, "mutual-medical"), Money.yuan(235_286)
    heads = [make.household(county) for _ in range(217)]
    said = [
        {
            "covered": "true", "covered_days": "90", "accident_injury": "false", "admitted_on": "2026-02-01",
            "self_paid": str(Money(round(due.fen / 0.3))).replace(",", ""), "received_this_period": "0",
        }
        for due in shares(total, 217)
    ]  # fmt: skip
    typed_in(county, "mutual-medical", money, said, household=heads, person=[home.head for home in heads])
    decided(county, "mutual-medical")
    assert on_the_cards(county, money, "mutual-medical") == (217, total)


def test_459_claims_of_the_major_disease_insurance_are_1041100_yuan(county):
    """104.11万 for 459 members: sixteen severe, one of them paid in part before; the others early or mild."""
    money = funded(county, "major-disease-insurance")
    heads = [make.household(county) for _ in range(459)]
    kinds = ["severe"] * 16 + ["early"] * 443
    said = [
        {
            "covered": "true", "known_before": "false", "severity": kind, "diagnosed_on": "2026-02-01",
            "shares": "1", "paid_before": "4900" if place == 0 else "0",
        }
        for place, kind in enumerate(kinds)
    ]  # fmt: skip
    typed_in(
        county, "major-disease-insurance", money, said, household=heads, person=[home.head for home in heads]
    )
    decided(county, "major-disease-insurance")
    assert on_the_cards(county, money, "major-disease-insurance") == (459, Money.yuan(1_041_100))


def test_schooling_aid_of_102000_yuan(county):
    """10.2万 for the children of filed families: 3,000 each at compulsory schooling."""
    money = funded(county, "schooling-aid")
    files = make.files_at_once(county, 34)
    born = date(timezone.localdate().year - 12, 3, 9)
    pupils = []
    with scope.acting(county.officer):
        for place, file in enumerate(files):
            number = invent_id("533422", born, 100 + place)
            pupils.append(people.person(county.union.path, "和小雨", id_number=number, phone=""))
            registry.add_member(household=file.household, person=pupils[-1], relation="2", since=born)
    said = [
        {
            "stage": "compulsory", "school": "县实验小学", "other_parent_aided": "false",
            "fee_free": "false", "contracted": "false",
        }
    ] * 34  # fmt: skip
    homes = [file.household for file in files]
    typed_in(county, "schooling-aid", money, said, household=homes, person=pupils, rests_on=files)
    decided(county, "schooling-aid")
    assert on_the_cards(county, money, "schooling-aid") == (34, Money.yuan(102_000))


def test_a_holiday_subsidy_goes_to_every_open_file_at_once(county, jobs):
    money = funded(county, "holiday-subsidy")
    files = make.files_at_once(county, 182)
    given = {"programme": "holiday-subsidy", "title": "春节生活补贴", "fund": money}
    row = make.aid_list(county, "approved", **given)
    jobs()
    with scope.acting(county.decider):
        had = set(row.awards.values_list("file_id", flat=True))
        assert had == {file.pk for file in files}
        assert {award.amount for award in row.awards.all()} == {Money.yuan(1_000)}


def test_182_files_shrink_to_5_over_five_years_with_the_reasons_kept(county, monkeypatch):
    on_the_day(monkeypatch, date(2021, 2, 26))
    files = make.files_at_once(county, 182)
    left = {2021: 140, 2022: 96, 2023: 51, 2024: 20, 2025: 5}
    reasons = {
        "lifted": "子女就业，收入稳定", "relieved": "病情好转，支出减少", "moved": "随子女迁往外省",
        "death": "户主病故，无其他家庭成员", "other": "退休，由社会保障部门接续",
    }  # fmt: skip
    kinds, standing = cycle(["lifted", "lifted", "relieved", "lifted", "moved", "other"]), list(files)
    for year, remain in left.items():
        on_the_day(monkeypatch, date(year, 11, 20))
        leaving, standing = standing[remain:], standing[:remain]
        for file, kind in zip(leaving, islice(kinds, len(leaving)), strict=True):
            gone(county, file, kind, reasons[kind])
        with scope.acting(county.reviewer):
            assert File.objects.filter(state="open").count() == remain
    with scope.acting(county.reviewer):
        exits = Exit.objects.filter(state="approved")
        assert Counter(exits.values_list("decided_on__year", flat=True)) == {
            2021: 42, 2022: 44, 2023: 45, 2024: 31, 2025: 15
        }  # fmt: skip
        assert all(row.reason == reasons[row.kind] for row in exits)
        assert set(File.objects.exclude(closed_on=None).values_list("state", flat=True)) == {"closed"}


def gone(at: make.County, file: File, kind: str, reason: str) -> None:
    """One leaves, proposed by the officer and decided by another, on evidence where difficulty has ended."""
    shown = Evidence(True, ABOVE, GOOD) if kind in ("lifted", "relieved") else None
    with scope.acting(at.officer):
        row = services.propose_exit(file=file, kind=kind, reason=reason, evidence=shown)
        row = services.submit_exit(exit=row)
    with scope.acting(at.decider):
        services.approve_exit(exit=row)
