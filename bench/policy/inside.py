"""The contestants inside PostgreSQL: the program's statement, and the best one written by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bench.rivals.clock import Clock, Server
from bench.rivals.contest import BENEFITS
from nuanxin.casework import relations
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.reading import load
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

REPEATS = 3
PACK = Path(__file__).parents[1] / "packs" / "four-benefits.yaml"
HAND = Path(__file__).with_name("hand.sql")
_SUMS = ", ".join(f"sum({name})" for name in BENEFITS)
COUNTED = f"SELECT result, count(*), {_SUMS} FROM ({{sql}}) said GROUP BY result ORDER BY result"


@dataclass(frozen=True)
class Query:
    """A statement with its parameters; run by the program's own role, under row-level security."""

    sql: str
    params: Mapping[str, Any]

    @property
    def counted(self) -> str:
        return COUNTED.format(sql=self.sql)


def whole(pack: policy.Pack, rows: QuerySet[Household], day: date) -> Query:
    """The program's statement with every column: class, reasons, what is missing, figures, benefits, caps."""
    given = relations.of_households(rows, day)
    lists = {name: given.lists[name] for name in pack.facts if name in given.lists}
    places = policy.Relation(*registry.places_relation(rows))
    statement = policy.determine_sql(pack, given.subjects, lists, day, places)
    return Query(statement.sql, statement.params)


def answer(said: Query) -> Query:
    """The same with the columns every contestant gives: class and benefits."""
    benefits = ", ".join(f"benefit_{name} AS {name}" for name in BENEFITS)
    return Query(f"SELECT subject, result, {benefits} FROM ({said.sql}) said", said.params)


def ours(day: date) -> Query:
    """The pack of the figures over every household in scope; asks the database, so call it as an actor."""
    return whole(load(PACK.read_bytes(), PACK.name), Household.objects.all(), day)


def by_hand(day: date) -> Query:
    return Query(HAND.read_text(), {"day": day})


@dataclass(frozen=True)
class Took:
    """The runs of one query, what it last gave, and the most memory of its own its session held (MB)."""

    runs: list[Any]
    given: Any
    server: float


def runs_of(
    what: Callable[[], Any],
    actor: Actor,
    before: Callable[[], Any] | None = None,
    settings: Mapping[str, str] | None = None,
    repeats: int = REPEATS,
) -> Took:
    """Time it so many times in a fresh session, each time as one transaction with its commit."""
    connection.close()
    connection.ensure_connection()
    server = Server(connection.connection.info.backend_pid)
    clock = Clock(server.backend.pid)

    def once() -> Any:
        with scope.acting(actor):
            for name, value in (settings or {}).items():
                execute(f"SET LOCAL {name} = '{value}'")
            return what()

    for _ in range(repeats):
        if before:
            before()
        given = clock.run("all", once)
    return Took(clock.steps["all"], given, server.peak())


def execute(sql: str, params: Mapping[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def fetch(sql: str, params: Mapping[str, Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def counted(query: Query, actor: Actor, **settings: str) -> Took:
    """Evaluated, counted by class, and the benefits summed."""
    return runs_of(lambda: fetch(query.counted, query.params), actor, settings=settings)


def stored(query: Query, table: str, actor: Actor, **settings: str) -> Took:
    """The answer in a new table, committed."""
    return runs_of(
        lambda: execute(f"CREATE TABLE {table} AS {query.sql}", query.params),
        actor,
        before=lambda: execute(f"DROP TABLE IF EXISTS {table}"),
        settings=settings,
    )
