"""Every move of every flow becomes a line of the audit trail."""

from nuanxin.kernel.events import subscribe
from nuanxin.kernel.flow import Moved, MovedMany

from . import services


@subscribe(Moved)
def record_move(event: Moved) -> None:
    from django.apps import apps

    row = apps.get_model(event.kind)(pk=event.pk)
    services.note(
        f"{event.flow}.{event.action}",
        subject=row,
        org_path=event.org_path,
        note=event.note,
        detail={"from": event.source, "to": event.target, **event.detail},
    )


@subscribe(MovedMany)
def record_moves(event: MovedMany) -> None:
    services.note_many(
        f"{event.flow}.{event.action}",
        kind=event.kind,
        pks=event.pks,
        org_path=event.org_path,
        note=event.note,
    )
