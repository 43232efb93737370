"""Row history: every tracked table keeps a snapshot of each insert and update, with who and when."""

from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Cast, NullIf


class HistoryRow(pghistory.models.Event):
    """Base of the history tables; the database fills in the acting member of staff."""

    pgh_staff = models.BigIntegerField(
        null=True,
        db_default=Cast(
            NullIf(
                Func(Value("nuanxin.staff"), Value(True), function="current_setting", output_field=models.TextField()),
                Value(""),
            ),
            models.BigIntegerField(),
        ),
    )

    class Meta:
        abstract = True


def tracked(**options: Any) -> Any:
    """Class decorator: keep the history of the model in `<model>event`, statement-wise."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        context_field=None,
        append_only=True,
        base_model=HistoryRow,
        level=pgtrigger.Statement,
        **options,
    )
