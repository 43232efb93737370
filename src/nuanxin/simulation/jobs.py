"""Long work of simulations."""

from django.db import transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.records.jobs import INTERRUPTED, Progress, running, task

from . import planning, services
from .measuring import Measure
from .models import Run
from .rules import Rules


@task("simulation.run")
def run_simulation(run: int, path: str, simulation: int) -> None:
    """Determine the households of a run piece by piece; what was written before an interruption stays.

    A run that is stopped, refused or broken leaves nothing behind it that could be taken for a result.
    """
    with running(run, path) as job:
        if job is None:
            return
        _record, actor, progress = job
        try:
            _calculate(simulation, actor, progress)
        except INTERRUPTED:
            raise
        except BaseException:
            with scope.acting(actor):
                _abandon(simulation)
            raise


def _calculate(simulation: int, actor: Actor, progress: Progress) -> None:
    with scope.acting(actor):
        run = _plan(simulation)
        rules = Rules(run)
    counts = [piece["count"] for piece in run.plan]
    for number in range(run.pieces_done, len(counts)):
        progress(sum(counts[:number]), sum(counts))
        with scope.acting(actor):
            _piece(run, number, rules)
    with scope.acting(actor):
        services.finish(run)
    progress(sum(counts), sum(counts))


def _plan(simulation: int) -> Run:
    """The run with its work laid out, once: an interrupted run goes on with the plan it has."""
    run = Run.objects.select_related("first", "second").get(pk=simulation)
    if not run.plan:
        regions = planning.regions(run.place_id, run.day)
        run.plan = [piece.plain() for piece in planning.pieces(regions)]
        run.words = planning.words(Rules(run), regions)
        run.save(update_fields=["plan", "words"])
    return run


@transaction.atomic
def _piece(run: Run, number: int, rules: Rules) -> None:
    """Write one piece, unless it has been written: a job may be delivered twice."""
    held = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if held.pieces_done == number:
        Measure(run, number, rules).write()
        Run.objects.filter(pk=run.pk).update(pieces_done=number + 1)


def _abandon(simulation: int) -> None:
    run = Run.objects.filter(pk=simulation, finished__isnull=True).first()
    if run is not None:
        services.clear(run)
        Run.objects.filter(pk=run.pk).update(pieces_done=0)
