"""Wires hooks of the rooms to other rooms: exports to the audit trail, ages and purposes to the policy."""

import re
from collections.abc import Mapping
from datetime import date

from django.http import HttpRequest

from nuanxin.kernel.web.exports import Exported, on_export
from nuanxin.ledger.purposes import Words, names_purposes
from nuanxin.policy import library
from nuanxin.policy import queries as policy
from nuanxin.records import services as records
from nuanxin.registry.queries.schooling import STAGES, Ages, tells_ages

#: Phones, ID numbers and cards somebody searched a list by: the trail keeps that they did, not the number.
_LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")


@on_export
def record_export(request: HttpRequest, exported: Exported) -> None:
    records.note(
        "list.exported",
        note=exported.title,
        detail={
            "list": exported.name,
            "columns": list(exported.columns),
            "query": _LONG_NUMBER.sub("…", exported.query),
            "rows": exported.rows,
            "format": exported.format,
        },
    )


_MONTH = "school_begin_month"
_CODES = {f"school_age_{stage}": stage for stage in STAGES}


@tells_ages
def school_ages(place: str, day: date) -> Ages:
    """The ages of starting school from the standards; a stage nobody has set is left out."""
    rows = policy.standards_in_force(day, place).filter(code__in=[_MONTH, *_CODES])
    found = {
        row.code: int(row.number) for row in sorted(rows, key=lambda row: len(row.org_id or "")) if row.number
    }
    if _MONTH not in found:
        return Ages()
    return Ages(found[_MONTH], tuple((stage, found[code]) for code, stage in _CODES.items() if code in found))


@names_purposes
def purposes_of_programmes() -> Mapping[str, Words]:
    """What the programmes delivered use money for, named as they are."""
    return library.purposes()
