"""Who looked at what and why: the part of the audit trail a data-protection officer reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Case, CharField, Count, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncHour

from nuanxin.orgs.models import Staff
from nuanxin.records import queries as records
from nuanxin.records.models import LOOKS, Entry
from nuanxin.registry.models import Household, Person

REVEALED = "identity.revealed"
#: So many full numbers within one hour are worth a question, as is so many times what the others do.
AN_HOUR, TIMES = 20, 4


@dataclass(frozen=True)
class Volume:
    """What one member of staff looked at: all looks, and the most full numbers within one hour."""

    name: str
    looks: int
    peak: int
    unusual: bool


def looks() -> QuerySet[Entry]:
    """Looks in scope, newest first, each with the name of the person it was about (`about`)."""
    person = Person.objects.filter(pk=OuterRef("subject")).values("name")[:1]
    head = Household.objects.filter(pk=OuterRef("subject")).values("head__name")[:1]
    about = Case(
        When(kind=Person._meta.label, then=Subquery(person)),
        When(kind=Household._meta.label, then=Subquery(head)),
        default=Value(""),
        output_field=CharField(),
    )
    return records.entries().filter(action__in=LOOKS).annotate(about=about)


def volumes(rows: QuerySet[Entry], most: int = 10) -> list[Volume]:
    """Who looked how often, most first; unusual is a crowded hour, or far more than the others."""
    rows = rows.order_by()
    totals = dict(rows.values_list("staff").annotate(n=Count("pk")))
    hours = rows.filter(action=REVEALED).annotate(hour=TruncHour("at")).values_list("staff", "hour")
    peaks: dict[Any, int] = {}
    for staff, _hour, number in hours.annotate(n=Count("pk")):
        peaks[staff] = max(peaks.get(staff, 0), number)
    names = _names(totals)
    usual = median(totals.values()) if totals else 0
    found = [
        Volume(
            names.get(staff, "—"),
            number,
            peaks.get(staff, 0),
            peaks.get(staff, 0) >= AN_HOUR or (number >= AN_HOUR and number > TIMES * usual),
        )
        for staff, number in totals.items()
    ]
    return sorted(found, key=lambda volume: (not volume.unusual, -volume.looks))[:most]


def _names(staff: Iterable[Any]) -> dict[Any, str]:
    return {row.pk: row.local_name for row in Staff.objects.filter(pk__in=[pk for pk in staff if pk])}


def what(name: str) -> dict[str, Any]:
    """The filter for one kind of look: a number by what was revealed, anything else by its action."""
    return {"action": name} if name in LOOKS else {"action": REVEALED, "detail__what": name}


def by_staff(rows: QuerySet[Entry], text: str) -> QuerySet[Entry]:
    """Looks of those whose name or user name begins so."""
    begins = {"staff__name__startswith": text}, {"staff__username__startswith": text}
    return rows.filter(**begins[0]) | rows.filter(**begins[1])
