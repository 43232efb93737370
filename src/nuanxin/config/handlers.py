"""Wires the kernel's hooks to the audit trail: exports and sign-ins are recorded."""

from django.http import HttpRequest

from nuanxin.kernel.web.exports import Exported, on_export
from nuanxin.records import services as records


@on_export
def record_export(request: HttpRequest, exported: Exported) -> None:
    records.note(
        "list.exported",
        note=exported.title,
        detail={
            "list": exported.name,
            "columns": list(exported.columns),
            "query": exported.query,
            "rows": exported.rows,
        },
    )
