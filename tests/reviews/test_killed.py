"""The worker is killed (SIGKILL) between two chunks: what was computed stays, nothing is doubled."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.reviews import jobs as work
from nuanxin.reviews.models import Difference, Tally
from tests.conftest import ROOT, database_url

from . import factories as make

#: The job in a process of its own, a household a chunk, telling when it is amid the third.
SLOW = """
import sys, time, django
django.setup()
from nuanxin.reviews import jobs
from nuanxin.reviews.computing import Computed
add, seen = Computed.add, []
def slow(self):
    add(self)
    seen.append(self)
    if len(seen) == 3:
        print("under way", flush=True)
        time.sleep(60)
Computed.add = slow
jobs.CHUNK = 1
jobs.compute(**eval(sys.argv[1]))
"""


def kill_in_the_middle(arguments: dict[str, Any]) -> None:
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings_test",
        "PYTHONPATH": str(ROOT / "src"),
    }
    environment.pop("NUANXIN_DB_ROLE", None)
    command = [sys.executable, "-c", SLOW, repr(arguments)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "under way\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    time.sleep(0.3)  # until PostgreSQL has noticed


@pytest.mark.usefixtures("committed", "jobs")
def test_killed_review_is_resumed_without_loss_or_double():
    with scope.acting(system()):
        county = make.county()
        for _ in range(5):
            make.file(county, "relative", 800)
        review = make.start(county)
    arguments = {"run": review.job_id, "path": review.job.org_id, "review": review.pk}
    kill_in_the_middle(arguments)
    with scope.acting(system()):
        review.refresh_from_db()
        assert (review.state, Difference.objects.count()) == ("computing", 2)
    for _time in range(2):
        work.compute(**arguments)
        with scope.acting(system()):
            review.refresh_from_db()
            assert (review.state, Difference.objects.count()) == ("open", 5)
            assert sum(Tally.objects.values_list("households", flat=True)) == 5
