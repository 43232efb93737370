"""How a union calls the columns of its own tables: told once, used every time, changed or forgotten."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry.models import ColumnMapping, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import SHEETS, SheetSpec
from nuanxin.registry.roster.header import known_words, spellings

from .rosters import locked, read_again

Chosen = Mapping[str, Mapping[str, str]]


@transaction.atomic
def map_columns(*, roster: Roster, chosen: Chosen) -> Roster:
    """Keep what the headings of a roster mean, for its union, and read the waiting file by it.

    `chosen`: for each sheet of ours ("households", "members") heading → column key, "" for none of ours.
    Refused when a column is chosen twice or one that is needed is missing.
    """
    scope.current().require(IMPORT_ROSTER)
    roster = locked(roster, ("uploaded", "checked", "unreadable"))
    if not roster.file:
        raise Refused(_("原文件已不在，请重新上传。"), code="no_file")
    for sheet, columns in chosen.items():
        _check(SHEETS[sheet], columns)
    for sheet, columns in chosen.items():
        _keep(roster, SHEETS[sheet], columns)
    records.note("roster.columns_mapped", subject=roster, detail={s: len(c) for s, c in chosen.items()})
    return read_again(roster=roster)


def _check(spec: SheetSpec, columns: Mapping[str, str]) -> None:
    keys = [key for key in columns.values() if key]
    if unknown := set(keys) - set(spec.keys):
        raise TypeError(f"no columns of {spec.key}: {sorted(unknown)}")
    if twice := [key for key in dict.fromkeys(keys) if keys.count(key) > 1]:
        raise Refused(_("有一项选了两列，请只留一列。"), code="chosen_twice", field=f"{spec.key}:{twice[0]}")
    missing = [column.key for column in spec.columns if column.required and column.key not in keys]
    if missing:
        raise Refused(_("还有必填项没有对应的列。"), code="not_all_chosen", field=f"{spec.key}:")


def _keep(roster: Roster, spec: SheetSpec, columns: Mapping[str, str]) -> None:
    """Only what our own names would not say is kept, so the list stays short."""
    words = known_words(spec)
    said = {
        heading: key
        for heading, key in columns.items()
        if key != next((words[form] for form in spellings(heading) if form in words), "")
    }
    ColumnMapping.objects.filter(org=roster.org_id, sheet=spec.key, heading__in=columns).delete()
    staff = scope.current().staff_id
    ColumnMapping.objects.bulk_create(
        ColumnMapping(org_id=roster.org_id, sheet=spec.key, heading=heading, column=key, staff_id=staff)
        for heading, key in said.items()
    )


@transaction.atomic
def change_mapping(*, mapping: ColumnMapping, column: str) -> None:
    """Let a heading mean another column, or none of ours ("")."""
    scope.current().require(IMPORT_ROSTER)
    if column and column not in SHEETS[mapping.sheet].keys:
        raise Refused(_("没有这一项。"), code="no_column", field="column")
    mapping.column, mapping.staff_id = column, scope.current().staff_id or mapping.staff_id
    mapping.save(update_fields=["column", "staff", "changed"])
    records.note(
        "mapping.changed", detail={"sheet": mapping.sheet, "heading": mapping.heading, "column": column}
    )


@transaction.atomic
def forget_mappings(*, mappings: list[int]) -> int:
    """Forget what headings mean; returns how many were forgotten."""
    scope.current().require(IMPORT_ROSTER)
    count, _by_model = ColumnMapping.objects.filter(pk__in=mappings).delete()
    records.note("mapping.forgotten", detail={"count": count})
    return count
