"""A roster taken back: what it brought goes, unless something was built on it."""

import os
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.rotation import rotate
from nuanxin.kernel.sealing import unseal
from nuanxin.records.models import JobRun
from nuanxin.records.services import cancel_job
from nuanxin.registry import services
from nuanxin.registry.importing.reading import commit_now
from nuanxin.registry.models import Circumstance, Expense, Household, Member, Person, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER, SEE_HOUSEHOLD
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
        services.undo_roster(roster=first)
    jobs()
    with scope.acting(actor):
        run = Roster.objects.get(pk=first.pk).job
        assert (run.state, Roster.objects.get(pk=first.pk).state) == ("failed", "committed")
        assert "已有后续记录" in run.error and heads[0]["name"] in run.error
        services.undo_roster(roster=second)
        with pytest.raises(Refused) as refusal:
            services.undo_roster(roster=second)
        assert refusal.value.code == "busy"
    jobs()
    with scope.acting(actor):
        undone = Roster.objects.get(pk=second.pk)
        assert (undone.state, len(undone.receipts), undone.job.state) == ("undone", 1, "done")
        assert undone.job.done == undone.job.total > 0
    with scope.acting(actor):
        after = [
            list(model.objects.order_by("id").values()) for model in (Person, Household, Member, Expense)
        ]
        assert after == before
        assert not Circumstance.objects.counting().filter(value="升平镇新街9号").exists()
        with pytest.raises(Refused):
            services.undo_roster(roster=second)


def test_key_rotation_is_no_later_change(jobs, tmp_path: Path, settings):
    """Ciphers under a new key are the same facts: what was brought goes, what was changed comes back."""
    actor = orgs.actor(orgs.node("grassroots"))
    heads, members = factories.families(2)
    taken_in(actor, jobs, tmp_path, (heads, members))
    heads[0]["address"] = "升平镇新街9号"
    more = factories.families(1, seed=8)
    second = taken_in(actor, jobs, tmp_path, (heads + more[0], members + more[1]))
    ring = settings.NUANXIN_KEYRING
    settings.NUANXIN_KEYRING = ring | {
        "current": "9",
        "keys": ring["keys"] | {"9": b64encode(os.urandom(32)).decode()},
    }
    assert sum(rows for _table, rows in rotate()) > 0
    with scope.acting(actor):
        services.undo_roster(roster=second)
    jobs()
    with scope.acting(actor):
        assert Roster.objects.get(pk=second.pk).state == "undone"
        assert Household.objects.count() == 2
        assert not Household.objects.filter(address="升平镇新街9号").exists()
        assert {unseal(person.id_cipher, "id_number") for person in Person.objects.all()} == {
            row["id_number"] for row in (*heads, *members)
        }


def test_undoing_asked_to_stop_changes_nothing(jobs, tmp_path: Path):
    actor = orgs.actor(orgs.node("grassroots"))
    roster = taken_in(actor, jobs, tmp_path, factories.families(2))
    with scope.acting(actor):
        services.undo_roster(roster=roster)
        run = Roster.objects.get(pk=roster.pk).job
        cancel_job(run=run)
    jobs()
    with scope.acting(actor):
        assert JobRun.objects.get(pk=run.pk).state == "cancelled"
        assert Roster.objects.get(pk=roster.pk).state == "committed"
        assert Household.objects.count() == 2
        services.undo_roster(roster=roster)
    jobs()
    with scope.acting(actor):
        assert not Household.objects.exists()


def test_committing_asked_to_stop_changes_nothing(jobs, tmp_path: Path):
    actor = orgs.actor(orgs.node("grassroots"))
    with scope.acting(actor):
        roster = factories.roster(tmp_path, *factories.families(2))
    jobs()
    with scope.acting(actor):
        services.commit_roster(roster=Roster.objects.get(pk=roster.pk))
        run = Roster.objects.get(pk=roster.pk).job
        cancel_job(run=run)
    jobs()
    with scope.acting(actor):
        assert JobRun.objects.get(pk=run.pk).state == "cancelled"
        assert (Roster.objects.get(pk=roster.pk).state, Household.objects.count()) == ("checked", 0)
        services.commit_roster(roster=Roster.objects.get(pk=roster.pk))
    jobs()
    with scope.acting(actor):
        assert Household.objects.count() == 2


def test_the_door_of_undoing(client, jobs, tmp_path: Path):
    union = orgs.node("grassroots")
    roster = taken_in(orgs.actor(union), jobs, tmp_path, factories.families(1))
    url = reverse("registry:roster_undo", args=[roster.pk])
    client.force_login(orgs.post(union, SEE_HOUSEHOLD).staff)
    assert client.post(url).status_code == 403
    client.force_login(orgs.post(orgs.node("county"), IMPORT_ROSTER).staff)
    assert client.post(url).status_code == 404
    client.force_login(orgs.post(union, IMPORT_ROSTER).staff)
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    page = client.get(reverse("registry:roster", args=[roster.pk]))
    assert page.status_code == 200 and "/jobs/" in page.content.decode()
    jobs()
    with scope.acting(orgs.actor(union)):
        assert not Household.objects.exists()
