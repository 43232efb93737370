"""Rosters and their staged rows."""

from django.db.models import Q, QuerySet

from nuanxin.registry.models import Roster, RosterRow


def rosters() -> QuerySet[Roster]:
    """Rosters in scope, newest first."""
    return Roster.objects.select_related("org", "staff", "job", "place").order_by("-id")


def staged(roster: Roster, *, faulty_only: bool = False) -> QuerySet[RosterRow]:
    """The staged rows, households before members, in the order of the workbook."""
    rows = roster.rows.filter(upload=roster.upload)
    if faulty_only:
        rows = rows.filter(Q(faulty=True) | ~Q(problems=[]) | ~Q(conflicts=[]))
    return rows.order_by("-faulty", "sheet", "row_no") if faulty_only else rows.order_by("sheet", "row_no")
