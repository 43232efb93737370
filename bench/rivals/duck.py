"""The rule in DuckDB: how fast a column store computes it once it holds the data."""

from datetime import date
from pathlib import Path

import duckdb

from bench.rivals import wire
from bench.rivals.clock import Clock
from bench.rivals.contest import a_year_before, contest

RULE = Path(__file__).with_name("duck.sql").read_text()
COUNTED = """
    SELECT result, count(*), sum(living), sum(medical), sum(accident), sum(temporary)
    FROM ({rule}) said GROUP BY result
"""


def load(families: wire.Columns, spent: wire.Columns) -> "duckdb.DuckDBPyConnection":
    """DuckDB's own tables, in memory."""
    store = duckdb.connect()
    for name, rows in (("households", families), ("expenses", spent)):
        store.register("arrays", rows)
        store.execute(f"CREATE TABLE {name} AS SELECT * FROM arrays")
        store.unregister("arrays")
    return store


def apply(clock: Clock, facts: tuple[wire.Columns, wire.Columns], day: date) -> wire.Columns:
    """Count what the rule says of each household, then fetch it."""
    year_ago = {"year_ago": a_year_before(day)}
    store = clock.run("load", load, *facts)
    counted = COUNTED.format(rule=RULE)
    clock.run("count", lambda: store.execute(counted, year_ago).fetchall())
    found = clock.run("evaluate", lambda: store.execute(RULE, year_ago).fetchnumpy())
    store.close()
    return dict(found)


if __name__ == "__main__":
    contest(wire.read, apply, wire.write)
