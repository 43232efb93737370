"""Conditions and values for many rows: keys as one array, values that differ from row to row, beginnings.

Ten thousand keys written out as `IN (…)` are slow to parse, and being plain integers against a bigint
column they are compared one by one whenever the planner reaches the table by another index. A bigint
array is hashed, so it is quick under every plan, also on a table without statistics.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, Q, QuerySet, Value
from django.db.models.expressions import RawSQL


def among(keys: Iterable[int], field: str = "pk") -> Func:
    """A condition for `.filter(among(keys))`: the field is one of the keys."""
    array = Value(list(keys), output_field=ArrayField(BigIntegerField()))
    return Func(
        F(field),
        array,
        template="%(expressions)s::bigint[])",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def found_in(rows: QuerySet[Any], field: str = "pk") -> Func:
    """A condition for `.filter(found_in(rows.values("household")))`: the field is one of the rows' keys.

    They are looked up once, before all else. Under row-level security the planner knows nothing of how many
    rows are in sight, expects one, and for `IN (SELECT …)` it may look them all up again for each row.
    """
    return Func(
        F(field),
        ArraySubquery(rows),
        template="%(expressions)s::bigint[]))",
        arg_joiner=" IN (SELECT unnest(",
        output_field=BooleanField(),
    )


def by_key(model: type[Model], values: Mapping[int, Any], kind: str) -> RawSQL:
    """Each row's own value of an SQL type: `.update(line=by_key(Due, {7: 1, 9: 2}, "integer"))`."""
    table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    return RawSQL(f"(%s::jsonb ->> {table}.{key}::text)::{kind}", [json.dumps(values)])


#: No text has a character after this one.
_LAST = "\U0010ffff"


def begins(field: str, text: str) -> Q:
    """A condition for `.filter(begins("name", "和建"))`: the field begins with the text, as a range.

    Under row-level security LIKE reaches no index: PostgreSQL does not trust it with rows that may be out
    of sight. Comparisons it does trust, and a column sorts by code point whatever its letters.
    """
    return Q(**{f"{field}__gte": text, f"{field}__lt": text + _LAST})
