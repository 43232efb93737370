"""The class of every household: by one statement, by casework as its job does it, and one explained."""

from collections import Counter
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from bench import show, tree
from nuanxin.casework import determination, facts, services
from nuanxin.casework.models import Assessment
from nuanxin.casework.services.assessments import chunks, keys
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.policy import queries as policy
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

#: So many are explained and kept; the speed does not depend on how many there are.
EXPLAINED = 10_000
SINGLE = 300
#: What casework knows beside the registry's facts.
_FACTS = """
    SELECT f.*, nullif(h.focus_group, '') AS focus_group,
           (extract(year FROM age(%s, p.started_work_on)) * 12
            + extract(month FROM age(%s, p.started_work_on)))::int AS employment_months
    FROM ({facts}) f JOIN registry_household h ON h.id = f.subject JOIN registry_person p ON p.id = h.head_id
"""


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
        assessed = keys(rows)[:EXPLAINED]
    show.rate("one statement, counted by class", households, spent.take("statement"), "households")
    _kept(assessed, actor, day, spent)
    _one_by_one(assessed[:SINGLE], actor, day, spent)
    show.line("by class", *(f"{count:,} {result}" for result, count in sorted(found.items())))


def _by_statement(rows: QuerySet[Household], day: date) -> Counter[str]:
    """How many households are of each class, by the set-based runner."""
    pack = policy.pack_in_force(determination.FILING, "", day)
    if pack is None:
        raise SystemExit("no filing pack is in force")
    basic = registry.facts_relation(rows)
    columns = basic.columns | {"focus_group", "employment_months"}
    given = policy.Relation(_FACTS.format(facts=basic.sql), [day, day, *basic.params], columns)
    spent = policy.Relation(*registry.expenses_relation(rows))
    statement = policy.determine_sql(pack, given, {"expenses": spent}, day)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT result, count(*) FROM ({statement.sql}) said GROUP BY 1", statement.params)
        return Counter(dict(cursor.fetchall()))


def _kept(households: list[int], actor: Actor, day: date, spent: show.Spent) -> None:
    """Determine, explain and store, chunk by chunk, each in a transaction, as the job does."""
    spent.watch(determination, "explain")
    spent.watch(facts, "of_households")
    with spent.on("all"):
        for chunk in chunks(households):
            with scope.acting(actor):
                services.assess(households=chunk, as_of=day)
    count = len(households)
    show.rate("explained and kept (casework.assess)", count, spent.take("all"), "households")
    show.rate("  of which: facts", count, spent.take("of_households"), "households")
    show.rate("  of which: explanations", count, spent.take("explain"), "households")
    with scope.acting(actor):
        size = _size(households)
    show.line("  size of an explanation", f"{size / 1024:.1f} kB stored")


def _size(households: list[int]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT avg(pg_column_size(explanation)) FROM {Assessment._meta.db_table}"
            " WHERE household_id = ANY (%s)",
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
