"""Facts that are stated for a determination, beside what the registry knows: in an exit, of a taper."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from nuanxin.policy import queries as policy

from . import determination, relations
from .models import Award, File, Taper
from .relations import Given

#: How a stated fact stands in its column: money in whole fen.
_TYPES = {bool: "boolean", int: "bigint", str: "text"}


def with_facts(
    given: Given,
    *,
    flags: Mapping[str, bool | None],
    amounts: Mapping[str, int | None],
    lists: Mapping[str, Sequence[Mapping[str, Any]] | None],
) -> Given:
    """The one subject of `given` with flags and amounts (whole fen) stated for it, and with lists of rows.

    What is None is not known.
    """
    names = {**amounts, **flags, **{name: rows is not None for name, rows in lists.items()}}
    columns = ", ".join(f"%s::{'bigint' if name in amounts else 'boolean'} AS {name}" for name in names)
    sql = f"SELECT k.*, {columns} FROM ({given.subjects.sql}) k"
    subjects = policy.Relation(
        sql, [*names.values(), *given.subjects.params], given.subjects.columns | set(names)
    )
    more = {name: _rows(given, rows) for name, rows in lists.items() if rows}
    return Given(subjects, {**given.lists, **more})


def _rows(given: Given, rows: Sequence[Mapping[str, Any]]) -> policy.Relation:
    """Stated rows of a list as a relation: subject and the columns of the first row."""
    shape = ", ".join(f"{name} {_TYPES[type(value)]}" for name, value in rows[0].items())
    sql = (
        f"SELECT k.subject, r.* FROM ({given.subjects.sql}) k"
        f" CROSS JOIN jsonb_to_recordset(%s::jsonb) r ({shape})"
    )
    params = [*given.subjects.params, json.dumps(list(rows))]
    return policy.Relation(sql, params, frozenset(["subject", *rows[0]]))


_TAPERS = """
    SELECT k.*, t.since AS exited_on, t.months::bigint AS taper_months, t.former AS former_monthly,
           coalesce(had.fen, 0)::bigint AS granted_since_exit
    FROM ({files}) k
    JOIN {taper} t ON t.file_id = k.file AND t.stopped_on IS NULL
    LEFT JOIN (
        SELECT a.file_id, sum(a.amount)::bigint AS fen FROM {award} a
        WHERE a.programme = %s AND a.state IN ('approved', 'paid', 'returned') GROUP BY 1
    ) had ON had.file_id = k.file
"""


def of_tapers(files: QuerySet[File], day: date) -> Given:
    """The households of closed files in their taper: when it began, its months, what was given since."""
    given = relations.of_files(files, determination.TAPER, day)
    sql = _TAPERS.format(files=given.subjects.sql, taper=Taper._meta.db_table, award=Award._meta.db_table)
    stated = {"exited_on", "taper_months", "former_monthly", "granted_since_exit"}
    params = [*given.subjects.params, determination.TAPER]
    return Given(policy.Relation(sql, params, given.subjects.columns | stated), given.lists)
