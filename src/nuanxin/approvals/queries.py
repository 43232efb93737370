"""Reads of processes and votes."""

from django.db.models import QuerySet

from .models import Process, Vote


def votes_of(process: Process | None) -> QuerySet[Vote]:
    """Who said what, in order."""
    if process is None:
        return Vote.objects.none()
    return Vote.objects.filter(process=process).select_related("voter").order_by("id")


def has_part(process: Process | None, staff_id: int | None) -> bool:
    """True when the person made the matter or has spoken in its current round."""
    if process is None:
        return False
    return (
        process.maker_id == staff_id or process.votes.filter(round=process.round, voter_id=staff_id).exists()
    )
