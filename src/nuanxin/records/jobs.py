"""Long work: started by somebody, run by the worker as the same post, with progress on the page.

A job's task takes the run's key and re-reads everything else, so it may be delivered twice and may
be killed at any point. Progress is written in transactions of their own. A job whose worker was killed,
or which lost its database, is run again; a run the queue knows nothing of any more is shown as failed.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import BigIntegerField, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Post

from .models import JobRun

State = JobRun.State

#: Seconds without a heartbeat after which a worker counts as killed; settings beat every five.
STALLED_AFTER = 15
#: The database went away or broke the work off: no fault of the job, so it is run again.
INTERRUPTED = (OperationalError, InterfaceError)
AGAIN = RetryStrategy(max_attempts=5, linear_wait=5, retry_exceptions=INTERRUPTED)


class Cancelled(Exception):
    """The person who started the job asked to stop it."""


def start(task: str, *, title: str, total: int = 0, result_url: str = "", **arguments: Any) -> JobRun:
    """Queue a task of the current actor in the current transaction and return its run."""
    actor = scope.current()
    run = JobRun.objects.create(
        org_id=actor.org_path,
        staff_id=actor.staff_id,
        post_id=actor.post_id,
        task=task,
        title=title,
        total=total,
        result_url=result_url,
    )
    app.configure_task(task).defer(run=run.pk, path=actor.org_path, **arguments)
    return run


class Progress:
    """Tells the page how far the work is, at most twice a second, and notices a wish to stop."""

    def __init__(self, run: JobRun, actor: Actor) -> None:
        self.run, self.actor = run, actor
        self._told = 0.0
        #: The last figures given, told or not: where the work ended is always recorded.
        self.values: dict[str, int] = {}

    def __call__(self, done: int, total: int | None = None) -> None:
        """Record progress; raises Cancelled when asked to stop. Call between transactions."""
        self.values = {"done": done} | ({"total": total} if total is not None else {})
        if time.monotonic() - self._told < 0.5 and done != total:
            return
        self._told = time.monotonic()
        with scope.acting(self.actor):
            JobRun.objects.filter(pk=self.run.pk).update(**self.values)
            if JobRun.objects.filter(pk=self.run.pk, cancel_asked=True).exists():
                raise Cancelled


@contextmanager
def told_aside(progress: Progress) -> Iterator[Callable[[int, int], None]]:
    """Tell progress from within a transaction, by a connection of its own: else nobody would see it.

    What is yielded raises Cancelled when asked to stop, which takes the transaction back.
    """
    with ThreadPoolExecutor(max_workers=1) as aside:

        def tell(done: int, total: int) -> None:
            aside.submit(progress, done, total).result()

        try:
            yield tell
        finally:
            aside.submit(lambda: connection.close()).result()  # looked up there: each thread has its own


@contextmanager
def running(run_pk: int, path: str) -> Iterator[tuple[JobRun, Actor, Progress] | None]:
    """Act as the post that started the run; record its end, also when it fails.

    Yields None when there is nothing left to do: the run ended before, or its post is gone.
    """
    lookout = Actor(org_path=path, name="job")
    with scope.acting(lookout):
        run = JobRun.objects.filter(pk=run_pk).exclude(state__in=[State.DONE, State.CANCELLED]).first()
        post = (
            Post.objects.select_related("staff", "node", "role").filter(pk=run.post_id).first()
            if run
            else None
        )
        if run and post:
            JobRun.objects.filter(pk=run.pk).update(state=State.RUNNING, started=timezone.now(), error="")
    if run is None or post is None:
        yield None
        return
    ended: dict[str, Any] = {"state": State.DONE}
    progress = Progress(run, post.actor())
    try:
        yield run, post.actor(), progress
    except Cancelled:
        ended = {"state": State.CANCELLED}
    except Refused as refusal:
        ended = {"state": State.FAILED, "error": str(refusal)}
    except INTERRUPTED:
        ended = {"state": State.WAITING, "ended": None}
        raise
    except Exception:
        ended = {"state": State.FAILED, "error": _broken()}
        raise
    finally:
        with scope.acting(lookout), transaction.atomic():
            JobRun.objects.filter(pk=run_pk).update(**{"ended": timezone.now()} | progress.values | ended)


def _broken() -> str:
    return _("程序出错，已记录。请稍后重试，数据没有变动。")


@app.periodic(cron="* * * * * */10")  # the sixth field, seconds, comes last
@app.task(name="records.resume_stalled", queueing_lock="resume_stalled", pass_context=True)
async def resume_stalled(context: Any, timestamp: int) -> None:
    """Give the jobs of a killed worker to a living one: its heartbeat has stopped."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        await manager.retry_job(stalled)
    await sync_to_async(give_up_forgotten)()


def give_up_forgotten() -> None:
    """Show as failed what waits or runs although the queue has no job for it; its starter may try again."""
    queued = ProcrastinateJob.objects.filter(Q(status="todo") | Q(status="doing"), args__has_key="run")
    with scope.acting(system()):
        JobRun.objects.filter(state__in=[State.WAITING, State.RUNNING]).exclude(
            pk__in=queued.values_list(Cast(KT("args__run"), BigIntegerField()))
        ).update(state=State.FAILED, ended=timezone.now(), error=_broken())


def task(name: str) -> Callable[[Callable[..., None]], Any]:
    """Decorator: a procrastinate task called with run (key), path and its own arguments."""

    def register(function: Callable[..., None]) -> Any:
        return app.task(name=name, queueing_lock=None, retry=AGAIN)(function)

    return register
