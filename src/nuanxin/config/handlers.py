"""Wires the kernel's hooks to the audit trail: exports and sign-ins are recorded."""

import re

from django.http import HttpRequest

from nuanxin.kernel.web.exports import Exported, on_export
from nuanxin.records import services as records

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
        },
    )
