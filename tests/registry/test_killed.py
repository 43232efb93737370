"""The worker is killed (SIGKILL) in the middle of reading and of committing: nothing is lost or doubled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nuanxin.kernel import scope
from nuanxin.registry import queries, services
from nuanxin.registry.models import Household, Person, Roster, RosterRow
from tests.conftest import ROOT, database_url
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.usefixtures("committed")

#: The job in a process of its own, in small steps, telling on stdout when it is well under way.
SLOW = """
import sys, time, django
django.setup()
from procrastinate.contrib.django import app
from nuanxin.registry.importing import reading, staging
batches, stage, commit = reading.batches, staging.Stager.stage, reading.commit_ready
def told(*arguments):
    print("under way", flush=True)
    time.sleep(60)
reading.batches = lambda rows: batches(rows, 4)
staging.Stager.stage = lambda *a: (stage(*a), told() if a[1][0].row_no > 8 else None)
reading.commit_ready = lambda *a: (commit(*a), told())
name, arguments = sys.argv[1], eval(sys.argv[2])
app.tasks[name](**arguments)
"""


def kill_in_the_middle(name: str, arguments: dict[str, Any]) -> None:
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings_test",
        "PYTHONPATH": str(ROOT / "src"),
    }
    environment.pop("NUANXIN_DB_ROLE", None)
    command = [sys.executable, "-c", SLOW, name, repr(arguments)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "under way\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    time.sleep(0.3)  # until PostgreSQL has noticed


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The deferred jobs, to be run by hand."""
    from procrastinate.contrib.django import app

    waiting: list[tuple[str, dict[str, Any]]] = []

    class Collector:
        def __init__(self, name: str) -> None:
            self.name = name

        def defer(self, **arguments: Any) -> None:
            waiting.append((self.name, arguments))

    monkeypatch.setattr(app, "configure_task", lambda name, **options: Collector(name), raising=False)
    return waiting


def again(name: str, arguments: dict[str, Any]) -> None:
    from procrastinate.contrib.django import app

    app.tasks[name](**arguments)


def test_killed_import_is_resumed_without_loss_or_double(queue, tmp_path: Path):
    actor = orgs.actor(orgs.node("grassroots"))
    heads, members = factories.families(10)
    with scope.acting(actor):
        roster = factories.roster(tmp_path, heads, members)
    reading = queue.pop()
    kill_in_the_middle(*reading)
    with scope.acting(actor):
        assert 0 < RosterRow.objects.count() < 10 + len(members)
        assert Roster.objects.get().state == "uploaded"
    for _time in range(2):
        again(*reading)
        with scope.acting(actor):
            roster = Roster.objects.get()
            assert (roster.state, roster.ready) == ("checked", 10)
            assert queries.staged(roster).count() == RosterRow.objects.count() == 10 + len(members)
    with scope.acting(actor):
        services.commit_roster(roster=roster)
    committing = queue.pop()
    kill_in_the_middle(*committing)
    with scope.acting(actor):
        assert not Household.objects.exists() and not Person.objects.exists()
        assert RosterRow.objects.count() == 10 + len(members)
    for _time in range(2):
        again(*committing)
        with scope.acting(actor):
            roster = Roster.objects.get()
            assert (roster.state, len(roster.receipts)) == ("committed", 1)
            assert Household.objects.count() == 10
            assert Person.objects.count() == 10 + len(members)
            assert not RosterRow.objects.exists()
