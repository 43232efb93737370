"""Fetching one record by its key, where "not there" and "not yours" look alike."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from .refusal import OutOfSight

Row = TypeVar("Row", bound=Model)


def get_or_out_of_sight(rows: QuerySet[Row], **lookup: Any) -> Row:
    """The row, or OutOfSight (a recorded 404): it does not exist or lies outside the actor's scope."""
    row = rows.filter(**lookup).first()
    if row is None:
        raise OutOfSight(rows.model._meta.label, next(iter(lookup.values()), None))
    return row
