"""A determination as of a past day uses what held on that day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nuanxin.casework import determination, facts
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.registry import services as registry

from . import factories as make

pytestmark = pytest.mark.django_db


def test_a_determination_of_a_past_day_uses_what_held_then():
    county = make.county()
    today = timezone.localdate()
    house = make.household(county, since=today - timedelta(days=60), annual_income=Money.yuan(6000))
    changed = today - timedelta(days=20)
    with scope.acting(county.officer):
        registry.change_facts(subject=house, facts={"annual_income": Money.yuan(12000)}, since=changed)
        results = []
        for day in (today, changed, changed - timedelta(days=1)):
            subjects = facts.of_households([house.pk], day)
            told = determination.explain(determination.FILING, subjects, day)[house.pk]
            results.append((subjects[house.pk].facts["annual_income"], told.result))
    assert results == [
        (Money.yuan(12000), "relative"),
        (Money.yuan(12000), "relative"),
        (Money.yuan(6000), "deep"),
    ]
