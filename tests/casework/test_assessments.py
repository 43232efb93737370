"""Determinations: what is kept, many at once, and interrupted jobs."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.casework import determination, facts, services
from nuanxin.casework.models import Assessment
from nuanxin.casework.web.explained import sheet
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
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
    from django.utils.translation import override

    row = make.application(county, annual_income=Money.yuan(3_000))
    with override(language):
        shown = sheet(determination.explanation_of(row.assessment))
    assert word in shown.sentence and shown.decided
    met = [line.met for line in shown.decisions]
    assert met[-1] == "yes" and shown.document in shown.decisions[-1].source
    assert {line.met for line in shown.exclusions} <= {"yes", "no", "open"}
