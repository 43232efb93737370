"""Many rows in one statement: keys as one array, and values that differ from row to row.

Ten thousand keys written out as `IN (…)` are slow to parse, and being plain integers against a bigint
column they are compared one by one whenever the planner reaches the table by another index. A bigint
array is hashed, so it is quick under every plan, also on a table without statistics.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, Value
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


def by_key(model: type[Model], values: Mapping[int, Any], kind: str) -> RawSQL:
    """Each row's own value of an SQL type: `.update(line=by_key(Due, {7: 1, 9: 2}, "integer"))`."""
    table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    return RawSQL(f"(%s::jsonb ->> {table}.{key}::text)::{kind}", [json.dumps(values)])
