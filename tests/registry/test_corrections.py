"""The past corrected with a reason, bills uploaded with the spending, divisions chosen, the native place."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records.models import Attachment, Entry
from nuanxin.registry import permissions as may
from nuanxin.registry import queries, services
from nuanxin.registry.models import Circumstance, Expense, Household
from tests.casework.factories import upload
from tests.orgs import factories as orgs

from . import factories
from .test_file_pages import browser
from .test_pages import OPEN

pytestmark = pytest.mark.django_db
SEE, EDIT = may.SEE_HOUSEHOLD, may.EDIT_HOUSEHOLD
TODAY = timezone.localdate()


def ago(days: int) -> Any:
    return TODAY - timedelta(days=days)


@pytest.fixture
def union() -> Any:
    return orgs.node("grassroots")


@pytest.fixture
def house(union: Any) -> Household:
    """Filed for fifty days, with another income for the last five."""
    with scope.acting(orgs.actor(union)):
        made = factories.household(union.path, since=ago(50))
        services.change_facts(subject=made, facts={"annual_income": Money.yuan(7777)}, since=ago(5))
        return made


def officer(union: Any) -> Client:
    return browser(orgs.post(union, EDIT, SEE, *OPEN))


def address(house: Household, name: str = "annual_income", person: int | None = None) -> str:
    return reverse("registry:fact_correct", args=[house.pk, name, *([person] if person else [])])


def said(**more: Any) -> dict[str, Any]:
    values = {"value": "8000", "since": ago(30), "until": ago(20), "source": "department", "reason": "漏报"}
    return values | more


def held(house: Household, fact: str = "annual_income") -> list[tuple[Any, Any]]:
    """The periods that count, first day and value."""
    rows = Circumstance.objects.counting().filter(household=house, fact=fact).order_by("since")
    return [(row.since, row.value) for row in rows]


def test_a_past_period_is_corrected_with_its_reason_and_paper(house: Household, union: Any) -> None:
    page = officer(union)
    assert page.post(address(house), said(paper=upload("证明.png"))).status_code == 302
    with scope.acting(orgs.actor(union)):
        assert held(house) == [
            (ago(50), 960000), (ago(30), 800000), (ago(20), 960000), (ago(5), 777700),
        ]  # fmt: skip
        now = Circumstance.objects.counting().get(since=ago(30))
        assert (now.source, now.note, now.evidence.name) == ("department", "漏报", "证明.png")
        assert Circumstance.objects.filter(replaced__isnull=False).count() == 1
        house.refresh_from_db()
        assert house.annual_income == Money.yuan(7777)
        assert Entry.objects.get(action="fact.corrected").note == "漏报"
    shown = page.get(reverse("registry:fact", args=[house.pk, "annual_income"])).content.decode()
    assert "8,000.00" in shown and "漏报" in shown and address(house) in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "  "},
        {"since": ""},
        {"until": ago(31)},
        {"since": TODAY + timedelta(days=1), "until": ""},
        {"value": "很多"},
        {"value": "9600"},
        {"source": "hearsay"},
    ],
)
def test_a_correction_is_refused_and_keeps_nothing(house: Household, union: Any, wrong: Any) -> None:
    answer = officer(union).post(address(house), said(paper=upload()) | wrong)
    assert answer.status_code == 422
    with scope.acting(orgs.actor(union)):
        assert held(house) == [(ago(50), 960000), (ago(5), 777700)]
        assert not Attachment.objects.exists() and not Entry.objects.filter(action="fact.corrected").exists()


def test_without_an_end_it_holds_up_to_the_next_change(house: Household, union: Any) -> None:
    assert officer(union).post(address(house), said(until="")).status_code == 302
    with scope.acting(orgs.actor(union)):
        assert held(house) == [(ago(50), 960000), (ago(30), 800000), (ago(5), 777700)]


def test_a_member_s_past_is_corrected_and_the_reader_of_no_health_does_not(
    house: Household, union: Any
) -> None:
    url = address(house, "health", house.head_id)
    assert officer(union).get(url).status_code == 200
    assert officer(union).post(url, said(value="diabetes")).status_code == 302
    with scope.acting(orgs.actor(union)):
        assert held(house, "health")[1] == (ago(30), "diabetes")
    closed = browser(orgs.post(union, EDIT, SEE, may.SEE_FINANCE))
    assert closed.get(url).status_code == 404
    assert closed.post(url, said(value="good")).status_code == 404
    fact = reverse("registry:fact", args=[house.pk, "health", house.head_id])
    assert url not in closed.get(fact).content.decode()


def test_who_may_correct(house: Household, union: Any) -> None:
    assert browser(orgs.post(union, SEE, *OPEN)).get(address(house)).status_code == 403
    assert browser(orgs.post(orgs.node("county"), EDIT, *OPEN)).get(address(house)).status_code == 404
    for name in ("remarks", "card_cipher", "consent_on", "nothing"):
        assert officer(union).get(address(house, name)).status_code == 404
    said = {"household": house, "subject": house, "fact": "homes", "value": 2, "since": ago(3), "reason": "x"}
    with scope.acting(orgs.actor(union, SEE)), pytest.raises(Denied):
        services.correct_fact(**said)
    with scope.acting(orgs.actor(orgs.node("county"))), pytest.raises(OutOfSight):
        services.correct_fact(**said)
    with scope.acting(orgs.actor(union)), pytest.raises(TypeError):
        services.correct_fact(**said | {"fact": "remarks", "value": "x"})


def test_the_past_of_an_ended_household_is_corrected_too(house: Household, union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        services.end_household(household=house, because="moved")
    assert officer(union).post(address(house), said()).status_code == 302


# -- bills


def spend(union: Any, house: Household, **more: Any) -> Any:
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        version = services.version_of(house)
    url = reverse("registry:household_expenses", args=[house.pk, 2024])
    posted = {"medical": "5000", "schooling": "0", "disability": "0", "version": version} | more
    return officer(union).post(url, posted)


def test_a_bill_is_kept_with_the_spending_and_counts_as_evidence(house: Household, union: Any) -> None:
    assert spend(union, house, medical_bill=upload("发票.png")).status_code == 302
    with scope.acting(orgs.actor(union)):
        spent = Expense.objects.get()
        assert spent.evidenced and (spent.evidence.name, spent.evidence.category) == ("发票.png", "bill")
    form = officer(union).get(reverse("registry:household_expenses", args=[house.pk, 2024]))
    assert "发票.png" in form.content.decode()
    page = officer(union).get(reverse("registry:household", args=[house.pk])).content.decode()
    assert reverse("records:attachment", args=[spent.evidence_id]) in page
    poor = browser(orgs.post(union, SEE)).get(reverse("registry:household", args=[house.pk])).content.decode()
    assert reverse("records:attachment", args=[spent.evidence_id]) not in poor


def test_a_bill_stays_until_another_takes_its_place(house: Household, union: Any) -> None:
    spend(union, house, medical_bill=upload("发票.png"))
    assert spend(union, house, medical="5100", medical_evidenced="on").status_code == 302
    with scope.acting(orgs.actor(union)):
        assert Expense.objects.get().evidence.name == "发票.png"
    assert spend(union, house, medical_bill=upload("新发票.png")).status_code == 302
    with scope.acting(orgs.actor(union)):
        assert Expense.objects.get().evidence.name == "新发票.png"


def test_a_bill_without_an_amount_and_a_stale_form_keep_no_paper(house: Household, union: Any) -> None:
    assert spend(union, house, medical="0", medical_bill=upload()).status_code == 422
    assert spend(union, house, medical_bill=upload(), version="2001-01-01").status_code == 422
    with scope.acting(orgs.actor(union)):
        assert not Attachment.objects.exists() and not Expense.objects.exists()


# -- divisions and the native place


@pytest.mark.parametrize("typed", ["德钦", "deqin", "533422", "云南省迪庆"])
def test_divisions_are_offered_while_one_types(union: Any, typed: str) -> None:
    url = reverse("registry:divisions")
    asked = {"field": "hukou_code", "hukou_code": typed}
    offered = officer(union).get(url, asked).content.decode()
    assert "德钦县" in offered and "533422" in offered and offered.count("<option") <= 12


def test_what_is_offered_and_to_whom(union: Any) -> None:
    url = reverse("registry:divisions")
    page = officer(union)
    for typed in ("", "德", "<script>", "北京市宣武区"):
        assert page.get(url, {"field": "q", "q": typed}).content == b""
    assert browser(orgs.post(union, SEE)).get(url).status_code == 403


def test_the_division_stands_in_the_form_by_name_and_is_kept_by_code(house: Household, union: Any) -> None:
    page, url = officer(union), reverse("registry:household_edit", args=[house.pk])
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        version, full = services.version_of(house), queries.division_of("533422").full_name
    posted = {"residence": "urban", "people": "1", "annual_income": "7777", "hukou_code": full}
    assert page.post(url, posted | {"version": version, "hukou_code": "无此县"}).status_code == 422
    assert page.post(url, posted | {"version": version}).status_code == 302
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        assert house.hukou_code == "533422"
    assert f'value="{full}"' in page.get(url).content.decode()


def test_the_native_place_is_told_where_the_number_may_be_seen(house: Household, union: Any) -> None:
    with scope.acting(orgs.actor(union)):
        child = factories.person(
            union.path, "和小军", id_number=factories.invent_id("533422", ago(3000), 777)
        )
        services.add_member(household=house, person=child, relation="2")
        full = queries.division_of("533422").full_name
    edit = reverse("registry:person_edit", args=[house.pk, house.head_id])
    assert full in officer(union).get(edit).content.decode()
    as_of = reverse("registry:household_as_of", args=[house.pk])
    assert officer(union).get(as_of).content.decode().count(full) == 2
    closed = browser(orgs.post(union, SEE, EDIT))
    assert closed.get(as_of).content.decode().count(full) == 1
    theirs = reverse("registry:person_edit", args=[house.pk, child.pk])
    assert full not in closed.get(theirs).content.decode()


def test_refusals_of_the_service_name_their_field(house: Household, union: Any) -> None:
    act = {"household": house, "subject": house, "fact": "homes", "since": ago(3)}
    with scope.acting(orgs.actor(union)):
        for wrong, field in (({"value": 2, "reason": " "}, "reason"), ({"value": 1, "reason": "x"}, "value")):
            with pytest.raises(Refused) as refusal:
                services.correct_fact(**act, **wrong)
            assert refusal.value.field == field
