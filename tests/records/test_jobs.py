"""How a run of long work ends, also when its database goes away or the queue forgets it."""

from itertools import pairwise

import pytest
from croniter import croniter
from django.db import OperationalError, connection
from procrastinate.contrib.django import app

from nuanxin.kernel import scope
from nuanxin.orgs.models import Node
from nuanxin.records import jobs
from nuanxin.records.models import JobRun
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


def started() -> tuple[JobRun, Node]:
    """A run of somebody's, with its job in the queue."""
    county = orgs.node()
    with scope.acting(orgs.actor(county)):
        return jobs.start("registry.commit_roster", title="试", roster=0), county


def stored(run: JobRun, county: Node) -> JobRun:
    with scope.acting(orgs.actor(county)):
        return JobRun.objects.get(pk=run.pk)


@pytest.mark.parametrize(
    ("error", "state"), [(OperationalError("gone"), "waiting"), (ZeroDivisionError(), "failed")]
)
def test_what_an_error_makes_of_a_run(error: Exception, state: str) -> None:
    run, county = started()
    with pytest.raises(type(error)), jobs.running(run.pk, county.path):
        raise error
    found = stored(run, county)
    assert (found.state, found.ended is None, bool(found.error)) == (
        state,
        state == "waiting",
        state == "failed",
    )
    with jobs.running(run.pk, county.path) as job:
        assert job is not None
    assert stored(run, county).state == "done"


def test_where_the_work_ended_is_kept_however_soon_after_the_last_report() -> None:
    run, county = started()
    with jobs.running(run.pk, county.path) as job:
        assert job is not None
        for done in (1, 2, 3):
            job[2](done)
    found = stored(run, county)
    assert (found.state, found.done) == ("done", 3)


def test_only_a_lost_database_has_a_job_run_again() -> None:
    strategy = app.tasks["registry.commit_roster"].retry_strategy
    assert set(strategy.retry_exceptions) == set(jobs.INTERRUPTED)
    assert strategy.max_attempts == 5


def test_killed_workers_are_looked_for_at_all_times() -> None:
    """At any minute, and not every second."""
    [periodic] = [t for t in app.periodic_registry.periodic_tasks.values() if t.task is jobs.resume_stalled]
    moments = croniter(periodic.cron, 1_700_000_000)
    times = [moments.get_next(float) for _ in range(500)]
    assert max(later - earlier for earlier, later in pairwise(times)) <= jobs.STALLED_AFTER
    assert min(later - earlier for earlier, later in pairwise(times)) >= 5


def in_queue(run: JobRun, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s WHERE (args->>'run')::bigint = %s", [status, run.pk]
        )


def test_a_run_the_queue_has_forgotten_is_shown_as_failed() -> None:
    run, county = started()
    for status in ("todo", "doing"):
        in_queue(run, status)
        jobs.give_up_forgotten()
        assert stored(run, county).state == "waiting"
    in_queue(run, "failed")
    jobs.give_up_forgotten()
    found = stored(run, county)
    assert (found.state, bool(found.error), found.ended is None) == ("failed", True, False)
