"""Renewing keys while the program runs: every sealed column passed through `reseal`, batch by batch.

Each app says in its permissions.py which columns it keeps sealed and for which purpose; the history
tables of its models follow. A batch is one transaction over some thousand rows in the order of their
key. A value is replaced only where it still is what was read, so somebody who saves at the same time
wins, and is under the new key anyway. A run that was stopped goes on where values of other keys are left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Composed, Identifier

from . import scope, sealing
from .actor import system

BATCH = 5000
_declared: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Sealed:
    """A table with sealed columns: `purposes` maps each column to what its values were sealed for."""

    table: str
    key: str
    purposes: dict[str, str]


@dataclass(frozen=True)
class Count:
    """How many values of a column are sealed by a cipher and key."""

    table: str
    column: str
    cipher: int
    key_id: int
    values: int


def keeps_sealed(label: str, **purposes: str) -> None:
    """Say which columns of a model ("app.Model") are sealed, each with its purpose."""
    _declared[label.lower()] = purposes


def sealed_tables() -> list[Sealed]:
    """All tables with sealed columns, each model's history after it."""
    found = []
    for label, purposes in sorted(_declared.items()):
        model = apps.get_model(label)
        history = next((m for m in apps.get_models() if getattr(m, "pgh_tracked_model", None) is model), None)
        for kept in (model, history):
            if kept is not None:
                key: Any = kept._meta.pk
                found.append(Sealed(kept._meta.db_table, key.column, purposes))
    return found


def counts() -> list[Count]:
    """How many values each key holds, column by column, in the current scope."""
    found = []
    with connection.cursor() as cursor:
        for sealed in sealed_tables():
            for column in sealed.purposes:
                cursor.execute(_sql(_COUNT, sealed, column=Identifier(column)))
                found += [Count(sealed.table, column, *row) for row in cursor.fetchall()]
    return found


_COUNT = """
    SELECT get_byte({column}, 0), get_byte({column}, 1), count(*) FROM {table}
    WHERE octet_length({column}) > 1 GROUP BY 1, 2 ORDER BY 1, 2
"""


def rotate(batch: int = BATCH) -> Iterator[tuple[Sealed, int]]:
    """Bring all values under the current key and cipher; yields a table and the rows just done.

    Each batch commits for itself. Values under keys this installation does not hold raise SealingError.
    """
    for sealed in sealed_tables():
        last, rows = 0, 1
        while rows:
            with scope.acting(system()):
                last, rows = _one_batch(sealed, last, batch)
            if rows:
                yield sealed, rows


def _one_batch(sealed: Sealed, last: int, batch: int) -> tuple[int, int]:
    """The key of the last row done, and how many were."""
    names, begin = list(sealed.purposes), sealing.header()
    stale = SQL(" OR ").join(
        SQL("substring({} for 2) <> {}").format(Identifier(name), begin) for name in names
    )
    columns = SQL(", ").join(map(Identifier, names))
    with connection.cursor() as cursor:
        cursor.execute(_sql(_READ, sealed, columns=columns, stale=stale), [last, batch])
        rows = cursor.fetchall()
        if rows:
            _write(cursor, sealed, rows)
    return (rows[-1][0], len(rows)) if rows else (last, 0)


_READ = "SELECT {key}, {columns} FROM {table} WHERE {key} > %s AND ({stale}) ORDER BY {key} LIMIT %s"


def _write(cursor: Any, sealed: Sealed, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put the new ciphers in place of those read, past the history and the lists that are closed."""
    keys, *old = (list(column) for column in zip(*rows, strict=True))
    purposes = sealed.purposes.values()
    new = [_resealed(values, purpose) for values, purpose in zip(old, purposes, strict=True)]
    sets: list[Any] = []
    arrays: list[Any] = [SQL("%s::bigint[]")]
    names: list[Any] = [SQL("key")]
    for place, column in enumerate(sealed.purposes):
        was, now = Identifier(f"was{place}"), Identifier(f"now{place}")
        sets.append(
            SQL("{column} = CASE WHEN t.{column} = v.{was} THEN v.{now} ELSE t.{column} END").format(
                column=Identifier(column), was=was, now=now
            )
        )
        arrays += [SQL("%s::bytea[]")] * 2
        names += [was, now]
    parts = {"sets": sets, "arrays": arrays, "names": names}
    joined = {name: SQL(", ").join(part) for name, part in parts.items()}
    cursor.execute(_OPEN, [sealed.table])
    cursor.execute(
        _sql(_UPDATE, sealed, **joined),
        [keys, *(column for pair in zip(old, new, strict=True) for column in pair)],
    )
    cursor.execute(_CLOSE)


#: For the one statement: append-only tables let ciphers through (nuanxin_refuse_change), and what stands
#: for acts of the field (row history, closed lists) does not take notice.
_OPEN = """
    SELECT set_config('nuanxin.rotating', 'on', true), set_config('pgtrigger.ignore', coalesce(
        (SELECT array_agg(tgname)::text FROM pg_trigger
          WHERE tgrelid = %s::regclass AND tgname LIKE 'pgtrigger%%'), ''), true)
"""
_CLOSE = "SELECT set_config('nuanxin.rotating', '', true), set_config('pgtrigger.ignore', '', true)"
_UPDATE = "UPDATE {table} t SET {sets} FROM unnest({arrays}) AS v ({names}) WHERE t.{key} = v.key"


def _resealed(values: Sequence[Any], purpose: str) -> list[bytes | None]:
    """The column under the current key; what is there already and what is empty stays."""
    begin = sealing.header()
    stale = [value for value in values if value is not None and bytes(value[:2]) != begin]
    made = iter(sealing.reseal_many(stale, purpose))
    return [value if value is None or bytes(value[:2]) == begin else next(made) for value in values]


def _sql(text: str, sealed: Sealed, **parts: Any) -> Composed:
    return SQL(text).format(table=Identifier(sealed.table), key=Identifier(sealed.key), **parts)
