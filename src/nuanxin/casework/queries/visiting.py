"""Whom an officer is to visit at home, and where an officer was."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from nuanxin.registry.models import Household

from ..models import Application, File, Visit

#: A file is looked after at least yearly (domain: review).
YEARLY = timedelta(days=365)
MOST = 50


@dataclass(frozen=True)
class Due:
    """A household to visit: for an application without a visit, or as a year has passed since the last."""

    household: Household
    application: Application | None
    file: File | None
    last: date | None


def visits_due(staff: int | None) -> list[Due]:
    """Households the officer is to visit: those of applications first, then the longest unvisited.

    A file without a case officer stays with who brought its application in.
    """
    seen = Exists(Visit.objects.filter(application=OuterRef("pk")))
    waiting = Application.objects.filter(
        ~seen, officer=staff, household__isnull=False, state__in=("draft", "returned", "submitted")
    )
    rows = [Due(row.household, row, None, None) for row in _with_home(waiting).order_by("applied_on")[:MOST]]
    last = Visit.objects.filter(household=OuterRef("household")).order_by().values("household")
    mine = Q(officer=staff) | Q(officer__isnull=True, application__officer=staff)
    files = File.objects.filter(mine, state="open").annotate(
        last=Subquery(last.annotate(day=Max("visited_on")).values("day"))
    )
    long_ago = files.filter(Q(last__isnull=True) | Q(last__lt=timezone.localdate() - YEARLY))
    unseen = _with_home(long_ago).order_by(F("last").asc(nulls_first=True), "pk")[:MOST]
    return rows + [Due(row.household, None, row, row.last) for row in unseen]


def visited_by(staff: int | None) -> QuerySet[Visit]:
    """The officer's visits, the latest first."""
    return _with_home(Visit.objects.filter(staff=staff)).order_by("-visited_on", "-id")


def open_application(household: Household) -> Application | None:
    """The application a visit to the household now belongs to."""
    rows = Application.objects.filter(household=household, state__in=("draft", "returned", "submitted"))
    return rows.first()


def _with_home(rows: QuerySet) -> QuerySet:
    return rows.select_related("household__head", "household__org")
