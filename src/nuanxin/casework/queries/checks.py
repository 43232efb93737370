"""What home visits found beside what was declared."""

from django.db.models import QuerySet

from ..models import Application, Found, Visit


def found_of(visit: Visit) -> QuerySet[Found]:
    """The items of a visit, in order."""
    return Found.objects.filter(visit=visit).select_related("taken_by")


def differences(application: Application) -> list[Found]:
    """On what the visits for an application found something else than was declared.

    Of an item looked at more than once the latest visit counts.
    """
    rows = Found.objects.filter(visit__application=application, found__isnull=False).exclude(fact="")
    latest = rows.order_by("item", "-visit__visited_on", "-visit_id").distinct("item")
    found = latest.select_related("visit", "taken_by")
    return sorted((row for row in found if row.agrees is False), key=lambda row: row.position)
