"""Determinations: what is kept, many at once, and interrupted jobs."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from psycopg.types.range import DateRange

from nuanxin.casework import determination, facts, queries, services
from nuanxin.casework.models import Assessment
from nuanxin.casework.web.explained import sheet
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.policy import queries as policy
from nuanxin.policy.models import Pack
from nuanxin.registry import services as registry
from nuanxin.registry.models import Person

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


def test_the_published_example_comes_out(county):
    """A family of four with 46,200 a year and 21,150 of proven spending: 521.88 a head and month."""
    home = make.household(county, people=4, annual_income=Money.yuan(46_200))
    with scope.acting(make.orgs.actor(county.union, "*")):
        lines = {"medical": (Money.yuan(18_650), True), "schooling": (Money.yuan(2_500), True)}
        registry.record_expenses(household=home, year=2021, lines=lines)
        services.assess(households=[home.pk])
    kept = Assessment.objects.get(household=home)
    assert (kept.result, str(kept.monthly_per_head)) == ("deep", "521.88")
    assert kept.facts["annual_income"] == "46200.00" and len(kept.facts["expenses"]) == 2
    assert kept.outcome["values"]["monthly_per_head"] == "521.875" and kept.outcome["decision"] == 1
    line = kept.standards["dibao"]
    assert (line["value"], line["from"], line["document"]["zh"]) == ("620.00", "2020-01-01", "测试文件")
    explanation = determination.explanation_of(kept)
    assert explanation.sha256 == kept.pack_hash and "521.88" in explanation.sentence.zh


def test_what_is_unknown_never_passes(county):
    row = make.application(county, annual_income=None)
    assert row.assessment.result == "unknown" and row.assessment.monthly_per_head is None
    assert sheet(determination.explanation_of(row.assessment)).missing


def test_it_is_determined_as_of_a_day(county):
    home = make.household(county)
    with scope.acting(county.officer):
        services.assess(households=[home.pk], as_of=date(2022, 1, 4), known_on=timezone.localdate())
        assert Assessment.objects.get(household=home).as_of == date(2022, 1, 4)
        with refusal("no_policy"):
            services.assess(households=[home.pk], as_of=date(1999, 1, 1), known_on=timezone.localdate())


def test_only_officers_and_reviewers_determine(county):
    home = make.household(county)
    with scope.acting(make.orgs.actor(county.node, make.SEE)), pytest.raises(Denied):
        services.assess(households=[home.pk])


def test_what_is_out_of_sight_is_not_determined(county):
    home = make.household(county)
    with scope.acting(make.county().officer):
        assert services.assess(households=[home.pk]) == []
    assert not Assessment.objects.filter(household=home).exists()


def test_one_and_many_take_the_same_queries(county):
    counts = []
    for number in (1, 20):
        homes = [make.household(county).pk for _ in range(number)]
        with scope.acting(county.officer), CaptureQueriesContext(connection) as seen:
            services.assess(households=homes)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_job_passes_over_what_it_did_before_it_was_interrupted(county, jobs):
    homes = [make.household(county).pk for _ in range(3)]
    with scope.acting(county.officer):
        run = services.assess_later(households=homes)
        services.assess(households=homes[:1])
    assert jobs() == 1
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 3)
    assert [Assessment.objects.filter(household=home).count() for home in homes] == [1, 1, 1]


def test_limits_in_days_come_from_the_policy(county):
    today = timezone.localdate()
    assert determination.days(determination.NOTICE_DAYS, county.union.path, today) == 5
    assert determination.days(determination.NOTICE_DAYS, county.union.path, date(1999, 1, 1)) is None
    assert determination.days("nobody_set_this", county.union.path, today) is None


def test_months_of_employment_are_whole(county):
    def months(since: date | None, until: date) -> int | None:
        Person.objects.filter(pk=home.head_id).update(started_work_on=since)
        return facts.of_households([home.pk], until)[home.pk].facts["employment_months"]

    home = make.household(county)
    assert months(date(2021, 1, 31), date(2021, 2, 28)) == 0
    assert months(date(1988, 1, 15), date(2022, 1, 15)) == 408
    assert months(date(2022, 1, 2), date(2022, 1, 1)) is None is months(None, date(2022, 1, 1))


@pytest.mark.parametrize("language, word", [("zh-hans", "月人均收入"), ("en", "a head and month")])
def test_the_sheet_speaks_both_languages(county, language, word):
    row = make.application(county, annual_income=Money.yuan(3_000))
    with override(language):
        shown = sheet(determination.explanation_of(row.assessment))
    assert word in shown.sentence and shown.decided
    met = [line.met for line in shown.decisions]
    assert met[-1] == "yes" and shown.document in shown.decisions[-1].source
    assert {line.met for line in shown.exclusions} <= {"yes", "no", "open"}


@pytest.fixture
def days_on(monkeypatch) -> Callable[[int], date]:
    """Moves the clock of the program by days; the database keeps its own. The day it is then."""
    real = timezone.now()

    def move(days: int) -> date:
        monkeypatch.setattr(timezone, "now", lambda: real + timedelta(days=days))
        return timezone.localdate()

    return move


def changed(row: Any, **values: Any) -> None:
    """A state of the row kept on the day it is for the program: the table keeps history, the row does not."""
    history = apps.get_model("registry", f"{type(row).__name__}History")
    state = history.objects.filter(pgh_obj_id=row.pk).latest("pgh_id")
    state.pk, state.pgh_label = None, "update"
    for name, value in values.items():
        setattr(state, name, value)
    state.save(force_insert=True)


def test_a_day_in_the_past_is_determined_by_the_facts_known_then(county, days_on):
    today = timezone.localdate()
    home = make.household(county, people=2, annual_income=Money.yuan(12_000))
    with scope.acting(make.orgs.actor(county.union, "*")):
        registry.record_expenses(
            household=home, year=today.year, lines={"medical": (Money.yuan(2_400), True)}
        )
        registry.admit(household=home, name="李梅", id_number=make.registry.id_number(), relation="1")
    wife = home.members.get(relation="1")
    next_day = days_on(1)
    changed(home, annual_income=Money.yuan(60_000))
    changed(home.expenses.get(), amount=Money.yuan(4_800))
    changed(wife, until=next_day)
    changed(wife.person, monthly_income=Money.yuan(3_000))
    days_on(3)
    before = facts.of_households([home.pk], today, today)[home.pk].facts
    after = facts.of_households([home.pk], next_day, next_day)[home.pk].facts
    assert (before["annual_income"], after["annual_income"]) == (Money.yuan(12_000), Money.yuan(60_000))
    assert [row["amount"] for row in before["expenses"] + after["expenses"]] == [
        Money.yuan(2_400),
        Money.yuan(4_800),
    ]
    assert [row["relation"] for row in before["members"]] == ["0", "1"] and after["members"] is None
    with scope.acting(county.officer):
        services.assess(households=[home.pk], as_of=today)
        services.assess(households=[home.pk], as_of=next_day)
        services.assess(households=[home.pk], as_of=today, known_on=next_day)
        assert services.assess(households=[home.pk], as_of=today - timedelta(days=1)) == []
    kept = Assessment.objects.filter(household=home).order_by("pk")
    assert [(row.result, row.as_of, row.known_on) for row in kept] == [
        ("deep", today, today),
        ("none", next_day, next_day),
        ("none", today, next_day),
    ]


def test_the_sheet_of_a_day_is_shown_and_not_kept(county, days_on):
    today = timezone.localdate()
    home = make.household(county)
    changed_on = days_on(1)
    changed(home, annual_income=Money.yuan(600))
    days_on(2)
    with scope.acting(county.officer):
        assert queries.determined_as_of(home, today).result == "relative"
        assert queries.determined_as_of(home, changed_on).result == "deep"
        with refusal("not_known"):
            queries.determined_as_of(home, today - timedelta(days=1))
    assert not Assessment.objects.filter(household=home).exists()


def test_the_packs_of_two_places_rule_their_own(county):
    """A union with a rule of its own: each household by the pack of its place, in one call."""
    other = make.orgs.node("grassroots", make.orgs.node("township", county.node))
    text = (settings.PACKS / "filing-three-class.yaml").read_text()
    own = text.replace("pack: filing.three-class", "pack: filing.own").replace(
        "place: all", f"place: {other.code}"
    )
    own = own.replace(
        "relative_multiple: {type: number, value: 2,", "relative_multiple: {type: number, value: 1.2,"
    )
    stored = Pack.objects.create(
        code="filing.own", version=1, programme="filing", org=other, valid=DateRange(date(2021, 1, 1)),
        text=own, sha256=hashlib.sha256(own.encode()).hexdigest(),
    )  # fmt: skip
    here, there = make.household(county), make.registry.household(other.path)
    with scope.acting(make.orgs.actor(county.node, "*")):
        services.assess(households=[here.pk, there.pk])
    found = {row.household_id: row for row in Assessment.objects.all()}
    assert (found[here.pk].pack, found[here.pk].result) == ("filing.three-class", "relative")
    assert (found[there.pk].pack, found[there.pk].result) == ("filing.own", "none")
    assert found[there.pk].pack_hash == stored.sha256
    assert all(determination.differences(row) == [] for row in found.values())


@examples(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    homes=st.lists(
        st.fixed_dictionaries(
            {
                "people": st.sampled_from([None, 1, 3]),
                "annual_income": st.sampled_from([None, 0, 9_600, 14_880, 45_000.05]),
                "residence": st.sampled_from(["urban", "rural"]),
                "dibao_certificate": st.sampled_from([None, False, False, True]),
                "homes": st.sampled_from([None, 1, 1, 2]),
                "vehicle": st.sampled_from([None, False, True]),
                "loss": st.sampled_from([None, 0, 40_000]),
                "focus_group": st.sampled_from(["", "migrant", "expenditure", "nonsense"]),
                "expenses_known": st.booleans(),
            }
        ),
        min_size=4,
        max_size=6,
    )
)
def test_the_statement_and_the_explanation_agree_on_any_household(county, homes):
    rows = []
    for number, values in enumerate(homes):
        sums = {name: values[name] for name in ("annual_income", "loss")}
        fields = values | {
            name: None if yuan is None else Money.yuan(Decimal(str(yuan))) for name, yuan in sums.items()
        }
        home = make.household(county, **fields)
        rows.append(home.pk)
        if number % 2:
            registry.record_expense(
                household=home, kind="medical", amount=Money(123_45 * number), evidenced=True, year=2024
            )
    day = timezone.localdate()
    with scope.acting(make.orgs.actor(county.union, "*")):
        made = services.assess(households=rows)
    told = determination.explain(determination.FILING, facts.of_households(rows, day), day)
    for row in Assessment.objects.filter(pk__in=made):
        explanation = told[row.household_id]
        assert row.outcome == policy.outcome(explanation) and row.result == explanation.result
        assert determination.explanation_of(row) == explanation


@pytest.mark.parametrize(
    "language, source", [("zh-hans", "第十二条（一）"), ("en", ", Article 12 (1)")], ids=["zh", "en"]
)
def test_articles_are_cited_in_the_readers_language(county, language, source):
    row = make.aid_list(county, files=[make.file(county).pk]).awards.get()
    with override(language):
        shown = sheet(determination.explanation_of(row))
    assert any(used.source.endswith(source) for used in shown.standards)
    assert [cap.bit for award in shown.awards for cap in award.caps] == [False]
