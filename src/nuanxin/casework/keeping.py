"""Determinations written as records: INSERT … SELECT from the policy's statement, for any number."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Model

from nuanxin.policy.queries import Pack, Statement


def insert(model: type[Model], values: Mapping[str, str], source: str, tail: str = "") -> str:
    """INSERT of SQL expressions by column; `source` is what follows them: FROM and conditions."""
    columns = ", ".join(f'"{name}"' for name in values)
    listed = ", ".join(values.values())
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {listed} {source} {tail}'


def run(statement: Statement, query: str, params: Mapping[str, Any]) -> list[int]:
    """Run a query that selects from `made`, the records of the statement; the keys it returns."""
    with connection.cursor() as cursor:
        sql = f"WITH made AS MATERIALIZED ({statement.sql}) {query}"
        cursor.execute(sql, dict(statement.params) | dict(params))
        return [pk for (pk,) in cursor.fetchall()]


def due(pack: Pack) -> str:
    """SQL of what the benefits come to together, in fen; null when one is unknown or none is open."""
    opened = [f"(made.caps_{item.code} IS NOT NULL)::int" for item in pack.benefits]
    known = [f"(made.benefit_{item.code} IS NOT NULL)::int" for item in pack.benefits]
    if not opened:
        return "NULL::bigint"
    total = " + ".join(f"coalesce(made.benefit_{item.code}, 0)" for item in pack.benefits)
    some = f"{' + '.join(opened)} > 0 AND {' + '.join(opened)} = {' + '.join(known)}"
    return f"CASE WHEN {some} THEN ({total})::bigint END"


def figure(pack: Pack, name: str) -> str:
    """SQL of a named expression, in yuan when it is money; null when the pack has none that is a number.

    Null as well from ten billion on, which the columns for it do not hold.
    """
    let = pack.lets.get(name)
    if let is None or not let.node.type.numeric:
        return "NULL::numeric"
    return f"CASE WHEN abs(made.value_{name}) < 10000000000 THEN made.value_{name} END"
