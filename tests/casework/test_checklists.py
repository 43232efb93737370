"""Home visits by a checklist: what was found beside what was declared, and taken over into the file."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import declared, queries, services, visit_paper
from nuanxin.casework.models import Application, Found, Visit
from nuanxin.casework.services import Answer, Checked
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Post
from nuanxin.records.models import Entry
from nuanxin.records.words import say
from nuanxin.registry import services as registry
from nuanxin.registry.models import Circumstance, Household

from . import factories as make
from .conftest import refusal
from .test_pages import browser, visit_of

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
OPEN = ("registry.finance.see", "registry.health.see")
EDIT = "registry.household.edit"


@pytest.fixture
def officer(county: make.County) -> Post:
    """An officer who sees money and health and keeps the facts."""
    return make.orgs.post(county.union, *make.OFFICER, *OPEN, EDIT)


@pytest.fixture
def row(county: make.County) -> Application:
    return make.application(county, floor_area=Decimal("62.00"), other_income=Money(0))


def gone_through(officer: Post, home: Household, **changes: Answer) -> Checked:
    """Everything as declared but for `changes`."""
    with scope.acting(officer.actor()):
        checked = services.as_declared(home)
    return Checked(checked.version, {**checked.answers, **changes})


def visit(officer: Post, row: Application, finding: str = "differs", **changes: Answer) -> Visit:
    checked = gone_through(officer, row.home, **changes)
    told = {"visited_on": timezone.localdate(), "visitors": "李梅、杨光", "note": "见清单"}
    with scope.acting(officer.actor()):
        return services.record_visit(
            household=row.home, application=row, finding=finding, checked=checked, **told
        )


AREA = Answer("differs", "58.5", "看了房产证")
INCOME = Answer("", "3,600", "打零工")


def test_a_visit_keeps_what_was_declared_beside_what_was_found(officer, row):
    made = visit(officer, row, floor_area=AREA, other_income=INCOME, tenure=Answer("", "rented"))
    found = {one.item: one for one in made.found.all()}
    assert made.checklist == "home-visit@1"
    area, income, tenure = found["floor_area"], found["other_income"], found["tenure"]
    assert (area.declared, area.found, area.agrees, area.note) == ("62", "58.5", False, "看了房产证")
    assert (income.declared, income.found, income.agrees) == (0, 360000, False)
    assert (tenure.fact, tenure.declared, tenure.found, tenure.agrees) == ("", None, "rented", None)
    assert found["people"].agrees and found["people"].found == found["people"].declared == "1"
    assert (found["business"].found, found["business"].agrees) == (False, True)
    with scope.acting(officer.actor()):
        assert [one.item for one in queries.differences(row)] == ["floor_area", "other_income"]


def test_a_figure_typed_that_was_declared_agrees_and_one_the_file_lacks_differs(officer, row):
    made = visit(officer, row, floor_area=Answer("differs", "62.0"), health=Answer("differs", "diabetes"))
    found = {one.item: one for one in made.found.all()}
    assert found["floor_area"].agrees is True
    assert (found["health"].declared, found["health"].agrees) == (None, False)


def test_the_latest_visit_counts_for_an_item(officer, row):
    visit(officer, row, floor_area=AREA, other_income=INCOME)
    visit(officer, row, "agrees")
    with scope.acting(officer.actor()):
        assert queries.differences(row) == []


@pytest.mark.parametrize(
    "item, answer, why",
    [
        ("annual_income", Answer("differs", "很多"), "金额"),
        ("annual_income", Answer("differs", "-5"), "0 或正"),
        ("floor_area", Answer("differs", "58.555"), "超出范围"),
        ("floor_area", Answer("differs", "999999"), ""),
        ("floor_area", Answer("differs", "0"), "不能小于"),
        ("people", Answer("differs", "0"), "不能小于"),
        ("people", Answer("differs", "2.5"), "整数"),
        ("people", Answer(), "未核实"),
        ("people", Answer("perhaps", "3"), "未核实"),
        ("housing", Answer("differs", "palace"), "选项"),
        ("vehicle", Answer("differs", "two"), "是"),
        ("employer", Answer("differs", "厂" * 121), ""),
        ("health", Answer("agrees"), "申报中没有"),
        ("tenure", Answer("agrees"), "申报中没有"),
        ("homes", Answer("differs", " "), "看到的情况"),
        ("homes", Answer("unverified", "", "话" * 201), "200"),
        ("colour", Answer("", "蓝"), "没有这一项"),
    ],
)
def test_what_cannot_be_taken_names_its_item_and_nothing_is_kept(officer, row, item, answer, why):
    with pytest.raises(services.Unclear) as refused:
        visit(officer, row, **{item: answer})
    assert list(refused.value.errors) == [item] and why in str(refused.value.errors[item])
    assert not Visit.objects.exists() and not Found.objects.exists()


def test_items_that_differ_are_no_visit_that_agrees(officer, row):
    with refusal("items_differ"):
        visit(officer, row, "agrees", floor_area=AREA)
    assert not Visit.objects.exists()


def test_where_the_programme_asks_for_a_visit_the_checklist_is_gone_through(county, officer, row):
    told = {"visited_on": timezone.localdate(), "visitors": "李梅", "finding": "agrees", "note": ""}
    with scope.acting(officer.actor()):
        with pytest.raises(services.Unclear) as refused:
            services.record_visit(household=row.home, application=row, **told)
        assert {"people", "homes", "annual_income", "vehicle"} <= set(refused.value.errors)
        made = services.record_visit(household=row.home, **told)
    assert made.checklist == "" and not made.found.exists()


def test_items_closed_to_the_visitor_are_neither_asked_nor_taken(county, row):
    with scope.acting(county.officer):
        asked = services.checklist_for()
        assert {"annual_income", "medical", "health"}.isdisjoint(item.code for item in asked.items)
        assert "annual_income" not in services.as_declared(row.home).answers
    with pytest.raises(services.Unclear):
        visit(county.officer_post, row, annual_income=Answer("differs", "1"))


def test_spending_is_that_of_the_latest_year(officer, row):
    with scope.acting(officer.actor()):
        for year, yuan in ((2024, 100), (2025, 3000)):
            registry.record_expense(
                household=row.home, kind="medical", amount=Money.yuan(yuan), evidenced=True, year=year
            )
        found = declared.of_households([row.home], ["expense.medical", "expense.schooling"])
    assert found == {row.household_id: {"expense.medical": 300000, "expense.schooling": 0}}


def test_many_households_take_two_queries(county, officer, django_assert_num_queries):
    homes = [make.household(county) for _ in range(4)]
    with scope.acting(officer.actor()):
        held = list(Household.objects.filter(pk__in=[one.pk for one in homes]).select_related("head"))
        with django_assert_num_queries(1):
            assert len(declared.of_households(held, services.checklist_for().facts)) == 4


# taken over


def test_what_differs_is_taken_over_once_with_the_visit_as_source(officer, row):
    made = visit(officer, row, floor_area=AREA, other_income=INCOME, medical=Answer("differs", "800"))
    with scope.acting(officer.actor()):
        assert [one.item for one in services.take_over(visit=made)] == ["floor_area", "other_income"]
        home = Household.objects.get(pk=row.household_id)
        assert (home.floor_area, home.other_income) == (Decimal("58.5"), Money.yuan(3600))
        with refusal("nothing_to_take_over"):
            services.take_over(visit=made)
    period = Circumstance.objects.counting().get(household=home, fact="other_income", until=None)
    assert (period.value, period.source, period.since) == (360000, "visited", made.visited_on)
    assert "入户核实" in period.note and "打零工" in period.note
    entry = Entry.objects.get(action="visit.taken_over")
    assert entry.detail == {"visit": made.pk, "items": ["floor_area", "other_income"]}
    taken = made.found.get(item="floor_area")
    assert taken.taken_by_id == officer.actor().staff_id and taken.taken_on == timezone.localdate()
    assert made.found.get(item="medical").taken_on is None


def test_what_was_taken_over_can_be_corrected_again_and_the_history_stays(officer, row):
    made = visit(officer, row, other_income=INCOME)
    with scope.acting(officer.actor()):
        services.take_over(visit=made)
        registry.correct_fact(
            household=row.home, subject=row.home, fact="other_income", value=Money(0),
            since=made.visited_on, reason="核对工资条，只做了一个月",
        )  # fmt: skip
    home = Household.objects.get(pk=row.household_id)
    assert home.other_income == Money(0)
    kept = Circumstance.objects.filter(household=home, fact="other_income", source="visited")
    assert [one.value for one in kept] == [360000] and kept.get().replaced is not None


def test_what_the_file_says_by_now_is_taken_over_without_a_second_correction(officer, row):
    made = visit(officer, row, floor_area=AREA)
    with scope.acting(officer.actor()):
        registry.edit_household(household=row.home, version="", floor_area=Decimal("58.5"))
        services.take_over(visit=made)
    assert not Entry.objects.filter(action="fact.corrected").exists()
    assert made.found.get(item="floor_area").taken_on is not None


def test_a_persons_fact_goes_to_the_head(officer, row):
    made = visit(officer, row, health=Answer("differs", "diabetes"))
    with scope.acting(officer.actor()):
        services.take_over(visit=made)
    row.home.head.refresh_from_db()
    assert row.home.head.health == "diabetes"


def test_taking_over_needs_the_permission_to_keep_facts_and_sight_of_them(county, officer, row):
    made = visit(officer, row, other_income=INCOME, floor_area=AREA)
    with scope.acting(county.officer), pytest.raises(Denied):
        services.take_over(visit=made)
    blind = make.orgs.post(county.union, *make.OFFICER, EDIT)
    with scope.acting(blind.actor()):
        assert [one.item for one in services.take_over(visit=made)] == ["floor_area"]
    assert Household.objects.get(pk=row.household_id).other_income == Money(0)


def test_the_database_keeps_what_was_found(officer, row):
    made = visit(officer, row, floor_area=AREA)
    one = made.found.filter(item="floor_area")
    staff = officer.actor().staff_id
    for change in ({"found": "60"}, {"note": "改"}, {"agrees": True}, {"taken_on": timezone.localdate()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            one.update(**change)
    one.update(taken_on=timezone.localdate(), taken_by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        one.update(taken_on=None, taken_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        one.delete()


# over HTTP


def send(client: Client, home: Household, county: make.County, headers=JSON, **changes):
    data = visit_of(county, home) | {"checklist": "home-visit@1"} | changes
    return client.post(reverse("casework:visit", args=[home.pk]), data, headers=headers)


DIFFERS = {
    "finding": "differs", "s_floor_area": "differs", "f_floor_area": "58.5", "n_floor_area": "看了房产证",
    "s_annual_income": "agrees", "s_work_status": "unverified",
}  # fmt: skip


def test_the_phone_sends_once(county, officer, row):
    key = str(uuid4())
    client = browser(officer)
    first = send(client, row.home, county, key=key, **DIFFERS)
    again = send(client, row.home, county, key=key, **(DIFFERS | {"f_floor_area": "1"}))
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert Found.objects.get(item="floor_area").found == "58.5"


def test_a_figure_of_nonsense_comes_back_with_what_was_typed_and_names_its_item(county, officer, row):
    client = browser(officer)
    wrong = DIFFERS | {"f_floor_area": "六十平"}
    answer = send(client, row.home, county, **wrong)
    assert answer.status_code == 422 and list(answer.json()["errors"]) == ["f_floor_area"]
    assert "建筑面积" in answer.json()["errors"]["f_floor_area"][0]
    page = send(client, row.home, county, headers={"accept": "text/html"}, **wrong)
    assert page.status_code == 422 and "六十平" in page.content.decode()
    assert "看了房产证" in page.content.decode() and not Visit.objects.exists()


def test_the_form_shows_what_was_declared_and_the_list_carries_it_for_want_of_a_network(county, officer, row):
    url = reverse("casework:visit", args=[row.household_id])
    form = browser(officer).get(url).content.decode()
    assert 'data-declared="floor_area">62 平方米<' in form and 'name="s_annual_income"' in form
    closed = browser(county.officer_post).get(url).content.decode()
    assert "s_annual_income" not in closed and "s_people" in closed
    own = make.orgs.post(county.union, *make.OFFICER, *OPEN)
    Application.objects.filter(pk=row.pk).update(officer=own.actor().staff_id)
    told = browser(own).get(reverse("casework:visits")).context["declared"]
    assert told[url]["floor_area"] == "62 平方米" and told[url]["health"] is None


def test_the_page_of_a_visit_and_of_its_application_show_what_differs(county, officer, row):
    made = visit(officer, row, floor_area=AREA, other_income=INCOME)
    url = reverse("casework:visited", args=[made.pk])
    page = browser(officer).get(url)
    text = page.content.decode()
    assert "58.5 平方米" in text and "有出入" in text and "3,600.00" in text
    blind = make.orgs.post(county.node, make.SEE)
    hidden = browser(blind).get(url).content.decode()
    assert "58.5 平方米" in hidden and "3,600.00" not in hidden and "打零工" not in hidden
    shown = browser(blind).get(reverse("casework:application", args=[row.pk])).content.decode()
    assert "入户核查有 2 项与申报不一致" in shown and "3,600.00" not in shown
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), "*"))
    assert elsewhere.get(url).status_code == 404


def test_taking_over_from_the_page(county, officer, row):
    made = visit(officer, row, floor_area=AREA)
    page, url = reverse("casework:visited", args=[made.pk]), reverse("casework:take_over", args=[made.pk])
    client = browser(officer)
    assert "记入家庭信息" in client.get(page).content.decode()
    assert browser(county.officer_post).post(url).status_code == 403
    assert browser(make.orgs.post(make.orgs.node("county"), "*")).post(url).status_code == 404
    assert client.get(url).status_code == 405
    assert client.post(url)["Location"] == page
    assert client.get(page).context["to_take"] == []
    assert client.post(url).status_code == 302  # a second one finds nothing to do, and says so
    assert Household.objects.get(pk=row.household_id).floor_area == Decimal("58.5")


def test_the_visit_on_paper_filled_and_empty(county, officer, row):
    made = visit(officer, row, floor_area=AREA, other_income=INCOME)
    for name, pk, action in (
        ("visited_pdf", made.pk, "visit.printed"),
        ("visit_form_pdf", row.household_id, "visit.form_printed"),
    ):
        url = reverse(f"casework:{name}", args=[pk])
        answer = browser(officer).get(url)
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
        assert str(say(action)) != action
        assert Entry.objects.filter(action=action).count() == 1
        assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
        assert browser(make.orgs.post(make.orgs.node("county"), "*")).get(url).status_code == 404


def test_what_the_papers_say_goes_by_the_readers_groups(county, officer, row):
    made = visit(officer, row, floor_area=AREA, other_income=INCOME)
    with scope.acting(officer.actor()):
        told = dict(visit_paper.filled(made)["parts"])
        assert ["建筑面积", "62 平方米", "58.5 平方米", "有出入", "看了房产证"] in told["家庭与住房"]
        assert ["其他年收入", "0.00 元", "3,600.00 元", "有出入", "打零工"] in told["收入（按来源）"]
        blank = dict(visit_paper.empty(row.home)["parts"])
        assert blank["家庭与住房"][4][:2] == ["建筑面积", "62 平方米"] and "58.5" not in str(blank)
    with scope.acting(county.officer):
        told = dict(visit_paper.filled(made)["parts"])
        assert ["其他年收入", "•••", "•••", "有出入", "•••"] in told["收入（按来源）"]
        assert "年收入" not in str(visit_paper.empty(row.home))
