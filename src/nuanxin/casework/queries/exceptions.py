"""Reads of exceptions: what was set aside, and papers that follow money."""

from datetime import date

from django.db.models import Case, CharField, QuerySet, Value, When
from django.utils import timezone

from ..models import UNDER_WAY, Application, Overruling
from .lists import applications


def overrulings() -> QuerySet[Overruling]:
    """Exceptions in scope, newest first, with their applications; `standing` is open or agreed."""
    rows = Overruling.objects.select_related("org", "by", "agreed_by", "application__assessment")
    subjects = ("application__household__head", "application__person", "application__employer")
    standing = Case(
        When(agreed__isnull=True, then=Value("open")), default=Value("agreed"), output_field=CharField()
    )
    return rows.prefetch_related(*subjects).annotate(standing=standing).order_by("-id")


def overrulings_to_agree(staff: int | None) -> QuerySet[Overruling]:
    """Those waiting for a second person, other than who proposed them or brought the application in."""
    rows = overrulings().filter(agreed__isnull=True, application__state__in=UNDER_WAY)
    return rows.exclude(by=staff).exclude(application__officer=staff)


def acted_first() -> QuerySet[Application]:
    """Applications whose money comes before their papers, newest first."""
    return applications().filter(act_first=True)


def papers_awaited() -> QuerySet[Application]:
    """Those whose papers are still to come, the most urgent first."""
    rows = acted_first().filter(papers_due_on__isnull=False, papers_done_on__isnull=True)
    return rows.order_by("papers_due_on", "id")


def papers_late(day: date | None = None) -> QuerySet[Application]:
    """Those whose papers should have been there before the day (today)."""
    return papers_awaited().filter(papers_due_on__lt=day or timezone.localdate())
