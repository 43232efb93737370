"""Long work of casework: determination, applications of a roster, filling a list."""

from collections.abc import Sequence
from datetime import date

from django.utils import timezone
from procrastinate.contrib.django import app

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.records.jobs import AGAIN, running, task
from nuanxin.registry.models import Household

from . import queries
from .models import AidList, Award, Omission, Survey
from .services.aid import fill
from .services.applications import start_many
from .services.assessments import assess, assessed_since, chunks
from .services.surveys import list_more
from .telling import remind


@task("casework.assess")
def assess_households(run: int, path: str, households: list[int], as_of: str) -> None:
    """Determine households chunk by chunk; what was determined before an interruption is passed over."""
    with running(run, path) as job:
        if job is None:
            return
        record, actor, progress = job
        done = 0
        for chunk in chunks(households):
            with scope.acting(actor):
                left = set(chunk) - assessed_since(chunk, record)
                assess(households=sorted(left), as_of=date.fromisoformat(as_of))
            done += len(chunk)
            progress(done, len(households))


@task("casework.start_applications")
def start_applications(run: int, path: str, roster: int) -> None:
    """Draft applications for the households of a roster; those that have one already are passed over."""
    with running(run, path) as job:
        if job is None:
            return
        _record, actor, progress = job
        with scope.acting(actor):
            households = list(
                Household.objects.live().filter(roster=roster).order_by("pk").values_list("pk", flat=True)
            )
        done = 0
        for chunk in chunks(households):
            with scope.acting(actor):
                start_many(households=list(chunk))
            done += len(chunk)
            progress(done, len(households))


@task("casework.fill_list")
def fill_list(run: int, path: str, aid_list: int, files: list[int]) -> None:
    """Compute the awards of a list; files already on it or left out of it are passed over."""
    with running(run, path) as job:
        if job is None:
            return
        _record, actor, progress = job
        done = 0
        for chunk in chunks(files):
            with scope.acting(actor):
                _fill_rest(AidList.objects.get(pk=aid_list), chunk)
            done += len(chunk)
            progress(done, len(files))


def _fill_rest(aid_list: AidList, files: Sequence[int]) -> None:
    known: set[int] = set()
    for model in (Award, Omission):
        known |= set(
            model.objects.filter(aid_list=aid_list, file__in=files).values_list("file_id", flat=True)
        )
    fill(aid_list=aid_list, files=[pk for pk in files if pk not in known])


@task("casework.survey")
def list_survey(run: int, path: str, survey: int) -> None:
    """List the households of a survey chunk by chunk; each is kept with how far it reached, or not at all."""
    with running(run, path) as job:
        if job is None:
            return
        record, actor, progress = job
        whole = False
        while not whole:
            with scope.acting(actor):
                row = Survey.objects.get(pk=survey)
                whole = list_more(row)
                left = queries.without_file(row).count()
            progress(max(record.total - left, 0), record.total)


@app.periodic(cron="7 * * * *")
@app.task(name="casework.remind", queueing_lock="casework.remind", retry=AGAIN)
def remind_all(timestamp: int) -> None:
    """Write what falls due soon, everywhere; an hour that was missed is made up for by the next."""
    with scope.acting(system()):
        remind(timezone.localdate())
