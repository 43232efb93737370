"""The long jobs: a determination kept for every household, and a review of all; also called off half-way."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from bench import tree
from bench.policy.sheet import headings, row
from bench.rivals.clock import Clock, Run, Server
from nuanxin.casework import services as casework
from nuanxin.casework.models import Assessment
from nuanxin.config.demo.machinery import jobs_here
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.orgs.models import Node
from nuanxin.records import services as records
from nuanxin.records.models import JobRun
from nuanxin.registry.models import Household
from nuanxin.reviews import services as reviews
from nuanxin.reviews.models import Difference

#: From so many households on a job is long enough to be called off.
LONG = 50_000
_COLUMNS = ("households", "wall", "CPU", "per s of CPU", "server MB", "stopped in", "rows kept")


def officer(actor: Actor) -> Actor:
    """Somebody at the actor's office who may do all this."""
    with scope.acting(actor):
        return tree.post(Node.objects.get(path=actor.org_path), "reviewer").actor()


def measure(households: int, actor: Actor, day: date) -> None:
    headings("Jobs, with progress, as the worker does them", _COLUMNS)
    mine = officer(actor)

    def review() -> None:
        before = day - timedelta(days=1)
        reviews.start_review(
            title="年度复核", reason="年度", path=actor.org_path, as_of=day, basis=before, survey=True
        )

    jobs: tuple[tuple[str, Any, Callable[[], Any]], ...] = (
        ("a record for each", Assessment, lambda: casework.assess_later(households=Household.objects.all())),
        (
            "review of all",
            Difference,
            review,
        ),
    )
    for label, model, start in jobs:
        for half in (True, False) if households >= LONG else (False,):
            done = finish(start, mine, half=half)
            with scope.acting(mine):
                kept = model.objects.count()
            [took] = done.runs
            row(
                label + (", called off half-way" if half else ""),
                f"{done.job.done:,}",
                f"{took.wall:.1f} s",
                f"{took.cpu:.1f} s",
                f"{done.job.done / took.cpu:,.0f}",
                f"{done.server:,.0f}",
                f"{done.stopped:.1f} s" if half else "",
                f"{kept:,}",
            )


@dataclass(frozen=True)
class Done:
    """A job that has ended: what it took, the memory of its session, seconds from the wish to stop."""

    job: JobRun
    runs: list[Run]
    server: float
    stopped: float


def finish(start: Callable[[], Any], actor: Actor, half: bool = False) -> Done:
    """Start a job as the actor and do it here; with `half` somebody calls it off half-way."""
    connection.close()
    connection.ensure_connection()
    server = Server(connection.connection.info.backend_pid)
    clock = Clock(server.backend.pid)
    with jobs_here() as run_jobs:
        with scope.acting(actor):
            start()
            run = JobRun.objects.latest("pk")
        watcher = _Watcher(run.pk, actor)
        if half:
            watcher.start()
        clock.run("job", run_jobs)
        ended = time.monotonic()
        watcher.over.set()
        if half:
            watcher.join()
    with scope.acting(actor):
        run.refresh_from_db()
    if run.state != ("cancelled" if half else "done"):
        raise SystemExit(f"{run.title}: {run.state} {run.error}")
    return Done(run, clock.steps["job"], server.peak(), ended - watcher.asked)


class _Watcher(threading.Thread):
    """Looks at a job's progress, as its page does, and calls it off when half is done."""

    def __init__(self, run: int, actor: Actor) -> None:
        super().__init__(daemon=True)
        self.run_pk, self.actor = run, actor
        self.over = threading.Event()
        self.asked = 0.0

    def run(self) -> None:
        while not self.over.wait(0.2):
            with scope.acting(self.actor):
                job = JobRun.objects.get(pk=self.run_pk)
                if job.total and job.done * 2 >= job.total:
                    records.cancel_job(run=job)
                    self.asked = time.monotonic()
                    break
        connection.close()
