"""Matters submitted, checked and decided in batches: a second, and how many statements it takes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import show, tree
from nuanxin.approvals import queries, services
from nuanxin.approvals.models import Process
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system

ROUTE = "aid-county"
#: Every so many-th matter is decided alone before, and comes back from the batch as an exception.
ALONE = 100


def measure(matters: int) -> None:
    show.heading(f"Approvals: {matters:,} matters of a county, checked by one and decided by another")
    with scope.acting(system()):
        if not tree.Node.objects.exists():
            tree.plant()
        county = tree.first("county")
        maker, checker, decider, other = (
            tree.post(county, role).actor() for role in ("reviewer", "reviewer", "decider", "decider")
        )
    timed = _Timed(matters)
    rows = [services.Matter(_subject(number, county.path), county.path) for number in range(1, matters + 1)]
    begun, refused = timed.act("submit", maker, lambda: services.begin_many(matters=rows, route=ROUTE))
    processes = list(begun.values())
    _told("submit", len(processes), matters, len(refused), 0)
    _speak(timed, "check", checker, processes, 0)
    with scope.acting(other):
        services.speak_many(processes=processes[::ALONE], verdict="pass")
    _speak(timed, "decide, with exceptions by row", decider, processes, len(processes[::ALONE]))
    _work_list(maker, checker, county.path, matters)


def _subject(number: int, path: str) -> Any:
    """Stands in for a record of an app."""
    return SimpleNamespace(pk=number, org_id=path, _meta=SimpleNamespace(label="bench.Matter"))


class _Timed:
    """Does each act on a connection of its own, in one transaction, and prints its speed and statements."""

    def __init__(self, matters: int) -> None:
        self.matters = matters
        self.spent = show.Spent()

    def act(self, label: str, actor: Actor, what: Callable[[], Any]) -> Any:
        connection.close()
        with self.spent.on(label), CaptureQueriesContext(connection) as statements, scope.acting(actor):
            done = what()
        show.rate(label, self.matters, self.spent.take(label), "matters")
        each = len(statements) / self.matters
        show.line("  statements", f"{len(statements)}", f"{each:.4f} a matter")
        return done


def _speak(timed: _Timed, label: str, actor: Actor, processes: list[Process], exceptions: int) -> None:
    def act() -> Any:
        return services.speak_many(processes=processes, verdict="pass")

    progress, refused = timed.act(label, actor, act)
    _told(label, len(progress), len(processes) - exceptions, len(refused), exceptions)


def _told(label: str, done: int, expected: int, refused: int, exceptions: int) -> None:
    if (done, refused) != (expected, exceptions):
        raise SystemExit(f"{label}: {done:,} done and {refused:,} refused")


def _work_list(maker: Actor, checker: Actor, path: str, matters: int) -> None:
    """The first page of what waits for somebody, among as many open steps."""
    rows = [services.Matter(_subject(matters + n, path), path) for n in range(1, matters + 1)]
    with scope.acting(maker):
        services.begin_many(matters=rows, route=ROUTE)
    seconds = []
    for _turn in range(20):
        with scope.acting(checker):
            begun = show.Time.now()
            list(queries.waiting_for(checker)[:50])
            seconds.append((show.Time.now() - begun).wall)
    median, late = show.median_and_p95(seconds)
    show.line(f"first 50 of {matters:,} that wait, median, p95", median, late)
