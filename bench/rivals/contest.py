"""What every contestant is asked to do: read from PostgreSQL, apply the rule, write back, so many times.

The task comes as JSON on the command line, what each step took goes out as JSON. What may be unknown
comes as -1, and an amount that is not opened or unknown is given back as -1.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg

from bench.rivals.clock import Clock, Server, peak_memory

Session = psycopg.Connection[Any]
Task = dict[str, Any]
RESULTS = ("none", "deep", "relative", "accident", "excluded", "unknown")
BENEFITS = ("living", "medical", "accident", "temporary")

FAMILIES = """
    SELECT h.id, n.id::bigint AS node, (h.residence = 'urban')::int AS urban,
           coalesce(h.people, -1)::int AS people, coalesce(h.annual_income, -1) AS income,
           coalesce(h.dibao_certificate::int, -1) AS certificate, coalesce(h.homes, -1)::int AS homes,
           coalesce(h.vehicle::int, -1) AS vehicle, coalesce(h.business::int, -1) AS business,
           coalesce(h.costly_schooling::int, -1) AS costly, coalesce(h.disaster_victim::int, -1) AS disaster,
           coalesce(h.loss, -1) AS loss, h.expenses_known::int AS expenses_known,
           (h.focus_group = 'migrant')::int AS migrant,
           CASE WHEN h.focus_group = 'migrant' THEN coalesce((
               SELECT p.started_work_on - '1970-01-01'::date FROM registry_person p
               WHERE p.id = h.head_id AND p.started_work_on <= %(day)s::date), -1)
           ELSE -1 END AS started
    FROM registry_household h JOIN orgs_node n ON n.path = h.org_path
"""
LINES = """
    SELECT household_id, amount, CASE kind WHEN 'medical' THEN 1 ELSE 0 END AS medical,
           evidenced::int AS evidenced, year::int AS year FROM registry_expense
"""
#: The living-allowance lines of each organisation: those of the nearest place above it.
STANDARDS = """
    SELECT DISTINCT ON (n.id, r.residence) n.id, r.residence = 'urban' AS urban, p.amount
    FROM orgs_node n
    CROSS JOIN (VALUES ('urban'), ('rural')) AS r (residence)
    JOIN policy_parameter p ON starts_with(n.path, coalesce(p.org_path, ''))
        AND p.residence IN ('any', r.residence) AND p.code = 'dibao' AND p.valid @> %(day)s::date
    ORDER BY n.id, r.residence, p.org_path DESC, p.residence DESC
"""
_AMOUNTS = ", ".join(f"{name} bigint" for name in BENEFITS)
#: The answer of every contestant.
ANSWER = f"(subject bigint, result text, {_AMOUNTS})"


@contextmanager
def session(task: Task) -> Iterator[Session]:
    """A transaction as the program's own role within the scope of the task."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(
            "SELECT set_config('nuanxin.scope_from', %s, true), set_config('nuanxin.scope_to', %s, true)",
            task["scope"],
        )
        yield connection


def contest(
    read: Callable[[Session, str], Any],
    apply: Callable[[Clock, Any, date], Any],
    write: Callable[[Session, str, Any], None],
) -> None:
    """Do the task of the command line, each time in a session of its own."""
    task, clock = json.loads(sys.argv[1]), Clock()
    for _ in range(task["repeats"]):
        with session(task) as connection:
            clock.server = Server(connection.info.backend_pid)
            facts = clock.run("read", read, connection, task["day"])
            found = apply(clock, facts, date.fromisoformat(task["day"]))
            del facts
            connection.execute(f"DROP TABLE IF EXISTS {task['table']}")
            clock.run("write", _store, connection, task["table"], write, found)
    print(json.dumps({"steps": clock.steps, "peak": peak_memory()}))


def _store(connection: Session, table: str, write: Callable[[Session, str, Any], None], found: Any) -> None:
    connection.execute(f"CREATE TABLE {table} {ANSWER}")
    write(connection, table, found)
    connection.commit()


def a_year_before(day: date) -> int:
    """The day, counted from 1970, by which one must have begun to have worked for twelve whole months."""
    leap = (day.month, day.day) == (2, 29)
    before = day.replace(year=day.year - 1, day=28) if leap else day.replace(year=day.year - 1)
    return (before - date(1970, 1, 1)).days
