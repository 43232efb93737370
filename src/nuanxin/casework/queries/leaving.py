"""Reads of exits, tapers, recoveries and watches."""

from datetime import date

from django.db.models import Count, DateField, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from ..determination import TAPER
from ..models import Award, Exit, File, Recovery, Taper, Watch


def exits() -> QuerySet[Exit]:
    """Exits in scope, newest first."""
    rows = Exit.objects.select_related("org", "officer").prefetch_related("file__household__head")
    return rows.order_by("-id")


def exits_to_decide(staff: int | None) -> QuerySet[Exit]:
    """Submitted exits the person did not propose, the longest waiting first."""
    return exits().filter(state="submitted").exclude(officer=staff).order_by("id")


def exits_of(staff: int | None, state: str) -> QuerySet[Exit]:
    """The person's own exits in a state."""
    return exits().filter(officer=staff, state=state).order_by("id")


def tapers() -> QuerySet[Taper]:
    """Tapers in scope, newest first."""
    rows = Taper.objects.select_related("org", "exit").prefetch_related("file__household__head")
    return rows.order_by("-id")


class _MonthsBegun(Func):
    """Which month of a taper a day lies in, counted from one: months begun since its first day."""

    template = (
        "(SELECT extract(year FROM a) * 12 + extract(month FROM a) + 1"
        " FROM (SELECT age(%(expressions)s) AS a) since)::integer"
    )
    output_field = IntegerField()


def tapers_running(day: date) -> QuerySet[Taper]:
    """Tapers that were not stopped and whose months are not over on a day; `begun` is the month it is in."""
    begun = _MonthsBegun(Cast(Value(day), DateField()), F("since"))
    rows = tapers().filter(stopped_on__isnull=True, since__lte=day).annotate(begun=begun)
    return rows.filter(begun__lte=F("months"))


def tapers_due(day: date) -> QuerySet[Taper]:
    """Running tapers with fewer awards than months begun, the first to begin first."""
    had = Award.objects.filter(file=OuterRef("file"), programme=TAPER, aid_list__as_of__gte=OuterRef("since"))
    counted = had.exclude(state="removed").order_by().values("file").annotate(n=Count("pk")).values("n")
    rows = tapers_running(day).annotate(given=Coalesce(Subquery(counted), 0))
    return rows.filter(given__lt=F("begun")).order_by("since", "id")


def recoveries_open() -> QuerySet[Recovery]:
    """Money still to come back."""
    rows = Recovery.objects.filter(closed_on__isnull=True).select_related("org", "exit")
    return rows.prefetch_related("exit__file__household__head").order_by("id")


def watches() -> QuerySet[Watch]:
    """Watches in scope, newest first."""
    rows = Watch.objects.select_related("org", "officer").prefetch_related("household__head", "file")
    return rows.order_by("-id")


def watches_due(day: date | None = None) -> QuerySet[Watch]:
    """Live watches whose visit is due, the longest overdue first."""
    due = Q(until__isnull=True, next_on__lte=day or timezone.localdate())
    return watches().filter(due).order_by("next_on", "id")


def exit_under_way(file: File) -> Exit | None:
    """The exit of the file that is not decided yet."""
    rows = Exit.objects.filter(file=file, state__in=("draft", "submitted", "returned"))
    return rows.select_related("assessment").prefetch_related("guarantees").first()
