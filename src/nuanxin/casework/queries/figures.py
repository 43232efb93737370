"""What returns and figures count: querysets, so that every total opens down to its rows.

Periods are half-open, [since, until). Never add household-times to households.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from nuanxin.kernel.money import Money

from ..models import Application, Award, File


def files_open_at(day: date) -> QuerySet[File]:
    """Files that were open at the start of the day (户)."""
    return File.objects.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=day), opened_on__lt=day)


def opened(since: date, until: date) -> QuerySet[File]:
    """Files opened in the period, returned households among them (户)."""
    return File.objects.filter(opened_on__gte=since, opened_on__lt=until)


def reopened(since: date, until: date) -> QuerySet[File]:
    """Files opened in the period for households that had left before (返困, 户)."""
    return opened(since, until).filter(reopened=True)


def closed(since: date, until: date) -> QuerySet[File]:
    """Files closed in the period (户)."""
    return File.objects.filter(closed_on__gte=since, closed_on__lt=until)


def awards_paid(since: date, until: date, programmes: Collection[str] | None = None) -> QuerySet[Award]:
    """Awards that reached the card in the period, of these programmes or of all (户次)."""
    rows = Award.objects.filter(state="paid", paid_on__gte=since, paid_on__lt=until)
    return rows if programmes is None else rows.filter(programme__in=programmes)


def granted(since: date, until: date, programmes: Collection[str]) -> QuerySet[Application]:
    """Applications for these programmes that were approved in the period (人次 or 户次)."""
    rows = Application.objects.filter(state="approved", programme__in=programmes)
    return rows.filter(decided_on__gte=since, decided_on__lt=until)


@dataclass(frozen=True)
class Aided:
    """How often and with how much households were aided: household-times (户次) and the sum."""

    times: int
    amount: Money


def aided(rows: QuerySet[Award]) -> Aided:
    """The household-times and the sum of these awards."""
    found = rows.aggregate(times=Count("pk"), amount=Sum("amount"))
    return Aided(found["times"], found["amount"] or Money(0))
