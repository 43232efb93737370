"""Row history: every tracked table keeps a snapshot of each insert and update, with who and when."""

import pghistory
import pghistory.models
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
                Func(
                    Value("nuanxin.staff"),
                    Value(True),
                    function="current_setting",
                    output_field=models.TextField(),
                ),
                Value(""),
            ),
            models.BigIntegerField(),
        ),
    )

    class Meta:
        abstract = True


def tracked(model: type[models.Model]) -> type[models.Model]:
    """Class decorator: keep the history of the model in `<Model>History`, statement-wise.

    The app's guard migration makes the table append-only (kernel.rls.append_only, which lets a
    moved node's path through, as pghistory's own protection would not).
    """
    return _track(model, pghistory.InsertEvent(), pghistory.UpdateEvent())


def tracked_to_the_end(model: type[models.Model]) -> type[models.Model]:
    """The same for a model whose rows may be deleted: the last state is kept again, labelled "delete"."""
    return _track(model, pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())


def _track(model: type[models.Model], *events: pghistory.Tracker) -> type[models.Model]:
    tracker = pghistory.track(
        *events,
        context_field=None,  # type: ignore[arg-type]  # documented: no context table
        append_only=False,
        base_model=HistoryRow,
        level=pgtrigger.Statement,
        model_name=f"{model.__name__}History",
    )
    return tracker(model)
