"""What the search box and the lists ask of the database: as the program, and by a role nothing binds."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import show
from bench.registry.looked_for import LookedFor
from nuanxin.casework import queries as casework
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.web.paging import capped_count
from nuanxin.registry import queries as registry

TIMES = 20
_SCOPED = ("registry_person", "registry_household", "registry_member", "registry_employer", "casework_file")
_SETTINGS = "SELECT set_config('nuanxin.scope_from', %s, false), set_config('nuanxin.scope_to', %s, false)"


def measure(level: str, actor: Actor, wanted: LookedFor) -> None:
    """One line for each question: with row-level security, and the same statements without it."""
    show.heading(f"Statements at the {level}, each {TIMES} times")
    show.line("", "median", "p95", "without: median", "p95", "statements")
    with _bound(actor) as bound, _unbound(actor) as unbound:
        for label, ask in _questions(wanted).items():
            with scope.acting(actor), CaptureQueriesContext(connection) as asked:
                ask()
            statements = [query["sql"] for query in asked.captured_queries]
            figures = [*_timed(bound, statements), *_timed(unbound, statements)]
            show.line(label, *figures, str(len(statements)))


def _questions(wanted: LookedFor) -> dict[str, Callable[[], Any]]:
    def find(text: str) -> Callable[[], Any]:
        return lambda: registry.find(text)

    def listed(rows: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: (list(rows()[:50]), capped_count(rows()))

    return {
        **{f"find: {label}": find(text) for label, text in wanted.texts.items() if label != "file number"},
        "find: file number": lambda: casework.files_numbered(wanted.texts["file number"]),
        "households": listed(lambda: registry.households()),
        "households, by name": listed(lambda: registry.households().order_by("head__pinyin", "pk")),
        "households, whose member is called so": listed(
            lambda: registry.find_households(wanted.texts["name"])
        ),
        "files": listed(lambda: casework.files().filter(state="open")),
    }


def _timed(session: "psycopg.Connection[Any]", statements: list[str]) -> tuple[str, str]:
    seconds = []
    for _time in range(TIMES + 1):
        begun = time.perf_counter()
        for statement in statements:
            session.execute(statement).fetchall()
        seconds.append(time.perf_counter() - begun)
    return show.median_and_p95(seconds[1:])  # the first reads what was not in memory


@contextmanager
def _bound(actor: Actor) -> Iterator["psycopg.Connection[Any]"]:
    """A session of the program's role, bound by row-level security."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        session.execute(_SETTINGS, actor.scope)
        yield session


@contextmanager
def _unbound(actor: Actor) -> Iterator["psycopg.Connection[Any]"]:
    """A session nothing binds: views of the same names hold the scope as a plain condition, so that the
    same statements give the same rows."""
    low, high = actor.scope
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], user="postgres", autocommit=True) as session:
        session.execute(_SETTINGS, actor.scope)
        for table in _SCOPED:
            session.execute(
                f"CREATE TEMPORARY VIEW {table} AS SELECT * FROM public.{table}"
                f" WHERE org_path >= '{low}' AND org_path < '{high}'"
            )
        yield session
