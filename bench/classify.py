"""The class of every household: by one statement, by casework as its job does it, and one explained."""

from collections import Counter
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from bench import show, tree
from nuanxin.casework import determination, facts, relations, services
from nuanxin.casework.models import Assessment
from nuanxin.casework.services.assessments import chunks, keys
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.policy import queries as policy
from nuanxin.registry.models import Household

#: So many are kept; the speed does not depend on how many there are.
KEPT = 10_000
SINGLE = 300


def measure(households: int) -> None:
    show.heading(f"Classification: {households:,} households")
    day = timezone.localdate()
    spent = show.Spent()
    with scope.acting(system()):
        actor = system(tree.first("province").path)
    with scope.acting(actor):
        rows = Household.objects.all()
        with spent.on("statement"):
            found = _by_statement(rows, day)
        assessed = keys(rows)[:KEPT]
    show.rate("one statement, counted by class", households, spent.take("statement"), "households")
    _kept(assessed, actor, day, spent)
    _one_by_one(assessed[:SINGLE], actor, day, spent)
    show.line("by class", *(f"{count:,} {result}" for result, count in sorted(found.items())))


def _by_statement(rows: QuerySet[Household], day: date) -> Counter[str]:
    """How many households are of each class, by the set-based runner."""
    pack = policy.pack_in_force(determination.FILING, "", day)
    if pack is None:
        raise SystemExit("no filing pack is in force")
    given = relations.of_households(rows, day)
    statement = policy.determine_sql(pack, given.subjects, given.lists, day)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT result, count(*) FROM ({statement.sql}) said GROUP BY 1", statement.params)
        return Counter(dict(cursor.fetchall()))


def _kept(households: list[int], actor: Actor, day: date, spent: show.Spent) -> None:
    """Determine and keep, chunk by chunk, each in a transaction, as the job does."""
    with spent.on("all"):
        for chunk in chunks(households):
            with scope.acting(actor):
                services.assess(households=chunk, as_of=day)
    count = len(households)
    show.rate("determined and kept (casework.assess)", count, spent.take("all"), "households")
    with scope.acting(actor):
        size = _size(households)
    show.line("  size of a record", f"{size / 1024:.1f} kB stored")


def _size(households: list[int]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT avg(pg_column_size(a)) FROM {Assessment._meta.db_table} a WHERE household_id = ANY (%s)",
            [households],
        )
        return cursor.fetchone()[0]


def _one_by_one(households: list[int], actor: Actor, day: date, spent: show.Spent) -> None:
    seconds = []
    for pk in households:
        with scope.acting(actor):
            with spent.on("one"):
                determination.explain(determination.FILING, facts.of_households([pk], day), day)
            seconds.append(spent.take("one").wall)
    median, late = show.median_and_p95(seconds)
    show.line("one explained, with reading its facts", f"median {median}", f"p95 {late}")
