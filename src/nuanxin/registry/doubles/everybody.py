"""Everybody in a scope compared with everybody: read, scored, explained.

Kept apart from `finding`, because DuckDB, Arrow and Splink are loaded here, which no page needs.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from . import model, table

#: Pairs handed on at a time.
BATCH = 5_000


def everybody(
    progress: Callable[[int], None], act: Callable[[], AbstractContextManager[Any]]
) -> Iterator[list[dict[str, Any]]]:
    """Read all persons of a scope and compare them: batches of scored pairs.

    `act()` opens a transaction in that scope; `progress(persons)` is told between two of them.
    """
    with TemporaryDirectory(prefix="nuanxin-doubles-") as spill, closing(table.open_memory(spill)) as db:
        after, done = 0, 0
        while True:
            with act():
                count, after = table.land(db, after)
            done += count
            progress(done)
            if count < table.SLICE:
                break
        persons = table.settle(db)
        yield from scored(db, persons)


def scored(db: duckdb.DuckDBPyConnection, persons: int) -> Iterator[list[dict[str, Any]]]:
    """The likely pairs of the landed persons, likeliest first, in batches, each with its explanation."""
    name = model.compare(db, "person", persons)
    prior = math.log2(min(0.5, 2 * model.SHARE / max(persons, 1)))
    weights = ", ".join(f"mw_{key}" for key in model.COMPARISONS)
    rare = ", ".join(f"mw_tf_adj_{key}" for key in model.FREQUENCIES)
    cursor = db.execute(
        f"SELECT id_l, id_r, match_weight, {weights}, {rare} FROM {name} ORDER BY match_weight DESC"
    )
    while rows := cursor.fetchmany(BATCH):
        yield [
            {"one": one, "other": other, "weight": round(weight, 2), "marks": _marks(prior, parts)}
            for one, other, weight, *parts in rows
        ]


def _marks(prior: float, parts: list[float]) -> list[dict[str, Any]]:
    """What each comparison came to, and how many bits it added or took away."""
    told = [{"what": "prior", "how": "prior", "bits": round(prior, 1)}]
    rare = dict(zip(model.FREQUENCIES, parts[len(model.COMPARISONS) :], strict=True))
    for name, bits in zip(model.COMPARISONS, parts[: len(model.COMPARISONS)], strict=False):
        told.append({"what": name, "how": _level(name, bits), "bits": round(bits + rare.get(name, 0.0), 1)})
    return told


def _level(name: str, bits: float) -> str:
    """Which level of a comparison has this weight; none has nought but the unknown."""
    for label, _condition, m, u in model.COMPARISONS[name][1]:
        if math.isclose(bits, math.log2(m / u), abs_tol=1e-6):
            return label
    return "unknown"
