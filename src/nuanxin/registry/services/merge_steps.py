"""What a merge changed, step by step, and the way back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from nuanxin.registry.models import Circumstance, Consent, Household, Member, Membership, Person

#: The tables a merge changes, and what their rows are called when one stands in the way of an undo.
TABLES: dict[str, tuple[type[models.Model], Any]] = {
    model._meta.db_table: (model, label)
    for model, label in (
        (Person, _("人员信息")),
        (Household, _("户主")),
        (Member, _("家庭成员")),
        (Membership, _("会籍")),
        (Circumstance, _("情况记录")),
        (Consent, _("授权")),
    )
}
#: Stands for "what the row that went says": no number is written down a second time.
AS_GONE = {"as": "gone"}
#: [table, column, key, value before, value after]; with both alike the value is only watched.
Step = list[Any]


@dataclass
class Steps:
    """The changes of one merge, made and written down."""

    taken: list[Step] = field(default_factory=list)

    def as_json(self) -> list[Step]:
        return self.taken

    def repoint(
        self, model: type[models.Model], name: str, rows: "models.QuerySet[Any]", gone: Person, kept: Person,
        watched: Sequence[str],
    ) -> None:  # fmt: skip
        """Let the rows refer to `kept`; `watched` columns have to be as they are when it is taken back."""
        table, found = model._meta.db_table, list(rows.select_for_update().values("pk", *watched))
        model._default_manager.filter(pk__in=[row["pk"] for row in found]).update(**{name: kept})
        for row in found:
            self.taken.append([table, f"{name}_id", row["pk"], gone.pk, kept.pk])
            for column in watched:
                value = _plain(row[column])
                self.taken.append([table, column, row["pk"], value, value])

    def set(self, row: models.Model, **values: Any) -> None:
        """Change columns of one row, by attribute name, in one statement."""
        for column, value in values.items():
            self.taken.append(
                [row._meta.db_table, column, row.pk, _plain(getattr(row, column)), _plain(value)]
            )
            setattr(row, column, value)
        type(row)._default_manager.filter(pk=row.pk).update(**values)

    def fill(self, kept: Person, gone: Person, columns: Sequence[str]) -> None:
        """Take over columns that are empty in the kept row."""
        for column in columns:
            before = getattr(kept, column)
            setattr(kept, column, getattr(gone, column))
            self.taken.append([Person._meta.db_table, column, kept.pk, before, AS_GONE])
        Person.objects.filter(pk=kept.pk).update(**{column: getattr(kept, column) for column in columns})


def take_back(taken: list[Step], kept: Person, gone: Person) -> list[str]:
    """Put every value back; when one is not what the merge made it nothing is written and these are named."""
    rows = _rows(taken)
    changed: dict[str, None] = {}
    back: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for table, column, key, before, after in taken:
        if not _stands(rows.get((table, key)), column, after, gone):
            changed[_called(table, column, rows.get((table, key)))] = None
        elif before != after:
            back[table, key].setdefault(column, before)
    if changed:
        return list(changed)
    for (table, key), values in reversed(back.items()):  # first away from the kept one, then open again
        TABLES[table][0]._default_manager.filter(pk=key).update(**values)
    return []


def _rows(taken: list[Step]) -> dict[tuple[str, int], models.Model]:
    """The rows the steps speak of, locked."""
    keys: dict[str, set[int]] = defaultdict(set)
    for table, _column, key, *_values in taken:
        keys[table].add(key)
    return {
        (table, row.pk): row
        for table, wanted in sorted(keys.items())
        for row in TABLES[table][0]._default_manager.select_for_update().filter(pk__in=wanted).order_by("pk")
    }


def _stands(row: models.Model | None, column: str, after: Any, gone: Person) -> bool:
    """Whether the column still holds what the merge put there; a sealed value is told by its hash or mask."""
    if row is None:
        return False
    if after == AS_GONE:
        return column.endswith("_cipher") or _plain(getattr(row, column)) == _plain(getattr(gone, column))
    return _plain(getattr(row, column)) == after


def _called(table: str, column: str, row: models.Model | None) -> str:
    """What stands in the way, in words; of a period the fact it is of."""
    model, label = TABLES[table]
    if isinstance(row, Circumstance):
        fact = (Person if row.person_id else Household)._meta.get_field(row.fact)
        return f"{label}（{fact.verbose_name}）"  # type: ignore[union-attr]
    named = next((f for f in model._meta.concrete_fields if f.attname == column), None)
    own_words = model is Person and named is not None and named.verbose_name != column.replace("_", " ")
    return str(named.verbose_name if own_words and named else label)


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value
