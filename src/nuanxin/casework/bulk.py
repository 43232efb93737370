"""Many rows with JSON columns in one INSERT.

The rows travel as one JSON document and are taken apart in PostgreSQL: as array parameters each quote
of an explanation would be escaped one by one, which costs more than the determination itself.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model

from nuanxin.kernel.money import Money


def insert(
    model: type[Model], rows: Sequence[dict[str, Any]], *, ignore_conflicts: bool = False
) -> list[int]:
    """Insert rows given by column name; the keys of those inserted, in no order.

    All rows name the same columns, and every column that may not be empty.
    """
    if not rows:
        return []
    columns = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    names = list(rows[0])
    typed = ", ".join(f'"{name}" {_plain(columns[name])}' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({listed})'
            f" SELECT {listed} FROM jsonb_to_recordset(%s::jsonb) AS rows ({typed}){conflict} RETURNING id",
            [json.dumps(rows, default=_exact, ensure_ascii=False)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _plain(kind: str | None) -> str:
    """The column's type without its length, which the table checks itself."""
    return (kind or "text").partition("(")[0]


def _exact(value: Any) -> Any:
    """How amounts, decimals and days are written: exactly."""
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written")
