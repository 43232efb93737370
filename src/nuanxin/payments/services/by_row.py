"""Values that differ from row to row, for one UPDATE over all of them."""

import json
from collections.abc import Mapping
from typing import Any

from django.db.models.expressions import RawSQL


def by_row(values: Mapping[int, Any], kind: str) -> RawSQL:
    """An expression that gives each due its own value, so that one UPDATE serves them all."""
    return RawSQL(f"(%s::jsonb ->> payments_due.id::text)::{kind}", [json.dumps(values)])
