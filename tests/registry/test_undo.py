"""A roster taken back: what it brought goes, unless something was built on it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import services
from nuanxin.registry.importing.reading import commit_now
from nuanxin.registry.models import Circumstance, Expense, Household, Member, Person, Roster
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.usefixtures("committed")


def taken_in(actor, jobs, folder: Path, families) -> Roster:
    """Committed in a transaction of its own, as the job does: its time tells what it wrote."""
    with scope.acting(actor):
        roster = factories.roster(folder, *families)
    jobs()
    with scope.acting(actor):
        roster = Roster.objects.get(pk=roster.pk)
        assert roster.ready == len(families[0])
        commit_now(roster)
        return Roster.objects.get(pk=roster.pk)


def test_journey_of_undoing(jobs, tmp_path: Path):
    actor = orgs.actor(orgs.node("grassroots"))
    heads, members = factories.families(3)
    first = taken_in(actor, jobs, tmp_path, (heads, members))
    with scope.acting(actor):
        Member.objects.update(since=timezone.localdate() - timedelta(days=30))
        before = [
            list(model.objects.order_by("id").values()) for model in (Person, Household, Member, Expense)
        ]
    heads[0]["address"], heads[0]["spend_medical"] = "升平镇新街9号", 777.0
    more = factories.families(1, seed=8)
    second = taken_in(actor, jobs, tmp_path, (heads + more[0], members + more[1]))
    with scope.acting(actor):
        assert Household.objects.count() == 4
        with pytest.raises(Refused) as refusal:
            services.undo_roster(roster=first)
        assert refusal.value.code == "built_on" and heads[0]["name"] in str(refusal.value)
    with scope.acting(actor):
        undone = services.undo_roster(roster=second)
        assert (undone.state, len(undone.receipts)) == ("undone", 1)
    with scope.acting(actor):
        after = [
            list(model.objects.order_by("id").values()) for model in (Person, Household, Member, Expense)
        ]
        assert after == before
        assert not Circumstance.objects.counting().filter(value="升平镇新街9号").exists()
        with pytest.raises(Refused):
            services.undo_roster(roster=second)
