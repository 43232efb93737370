"""What was changed in a household, by whom and when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Staff
from nuanxin.registry.groups import shown
from nuanxin.registry.models import Household, Person

from .households import members_of


@dataclass(frozen=True)
class Change:
    """What somebody changed at a time: of whom, and (label, before, after) for each field."""

    at: datetime
    staff: str
    subject: str
    lines: list[tuple[Any, str, str]]


#: Columns of the history that say nothing to a reader.
_SILENT = re.compile(
    r"^(id|pgh_.*|org|roster|head|created|changed|pinyin|initials|.*_cipher|.*_hash|id_mask)$"
)


def changes(household: Household) -> list[Change]:
    """What was changed in the facts of a household and of those who live in it, newest first."""
    persons = [member.person for member in members_of(household)]
    found = _changes_of(household, [household]) + _changes_of(persons[0] if persons else None, persons)
    staff = Staff.objects.in_bulk({staff for _at, staff, _subject, _lines in found if staff})
    made = [
        Change(at, staff[by].local_name if by in staff else "", subject, lines)
        for at, by, subject, lines in found
    ]
    return sorted(made, key=lambda change: change.at, reverse=True)


def _changes_of(like: models.Model | None, rows: Sequence[Any]) -> list[tuple[datetime, Any, str, Any]]:
    """The differences between one kept state of each row and the next."""
    if like is None:
        return []
    history = apps.get_model("registry", f"{type(like).__name__}History")
    names = {row.pk: shown(row if isinstance(row, Person) else row.head, "name") for row in rows}
    kept = history.objects.filter(id__in=list(names)).order_by("id", "pgh_id")
    found = []
    for before, after in pairwise(kept):
        lines = _differences(before, after) if before.id == after.id else []
        if lines:
            found.append((after.pgh_created_at, after.pgh_staff, names[after.id], lines))
    return found


def _differences(before: Any, after: Any) -> list[tuple[Any, str, str]]:
    return [
        (name_of(type(after), field.name), shown(before, field.name), shown(after, field.name))
        for field in after._meta.concrete_fields
        if not _SILENT.match(field.name) and getattr(before, field.attname) != getattr(after, field.attname)
    ]


#: Fields whose column has no name in words.
_NAMES = {"works_for": _("工作单位")}


def name_of(model: type[models.Model], field: str) -> Any:
    """What a field is called."""
    found = model._meta.get_field(field)
    assert isinstance(found, models.Field)
    return _NAMES.get(field, found.verbose_name)
