"""Standing queues of casework: files nobody helped or looks after, decisions that lack facts."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from ..models import UNDER_WAY, Application, Award, File, Pairing, Visit
from .lists import applications, files


def never_helped() -> QuerySet[File]:
    """Open files without an award, and without a visit beside that of the application, the oldest first."""
    awards = Award.objects.filter(file=OuterRef("pk")).exclude(state="removed")
    visits = Visit.objects.filter(
        household=OuterRef("household"), application__isnull=True, visited_on__gte=OuterRef("opened_on")
    )
    rows = files().filter(~Exists(awards), ~Exists(visits), state="open")
    return rows.filter(household__ended_on__isnull=True).order_by("opened_on", "id")


def without_officer() -> QuerySet[File]:
    """Open files nobody looks after."""
    return files().filter(state="open", officer__isnull=True, household__ended_on__isnull=True)


def without_leader() -> QuerySet[File]:
    """Open files no leader and no unit is paired with, the oldest first."""
    paired = Pairing.objects.filter(file=OuterRef("pk"), until__isnull=True)
    rows = files().filter(~Exists(paired), state="open", household__ended_on__isnull=True)
    return rows.order_by("opened_on", "id")


def undecidable() -> QuerySet[Application]:
    """Applications under way whose determination lacks facts, with it; the longest waiting first."""
    rows = applications().filter(state__in=UNDER_WAY, assessment__result="unknown")
    return (
        rows.filter(household__ended_on__isnull=True).select_related("assessment").order_by("changed", "id")
    )


# A household does not end while its file is open or its application under way, so the counts pass over that.
_COUNTS = """
    SELECT
        (SELECT count(*) FROM casework_file f WHERE state = 'open'
            AND NOT EXISTS (SELECT FROM casework_award a WHERE a.file_id = f.id AND a.state <> 'removed')
            AND NOT EXISTS (SELECT FROM casework_visit v
                WHERE v.household_id = f.household_id AND v.application_id IS NULL
                    AND v.visited_on >= f.opened_on)),
        (SELECT count(*) FROM casework_file WHERE state = 'open' AND officer_id IS NULL),
        (SELECT count(*) FROM casework_file f WHERE state = 'open'
            AND NOT EXISTS (SELECT FROM casework_pairing p WHERE p.file_id = f.id AND p.until IS NULL)),
        (SELECT count(*) FROM casework_application p JOIN casework_assessment a ON a.id = p.assessment_id
            WHERE p.state = ANY (%s) AND a.result = 'unknown')
"""


@dataclass(frozen=True)
class Counts:
    """How long the queues are: files (户), files, files, applications (件)."""

    never_helped: int
    without_officer: int
    without_leader: int
    undecidable: int


def counts() -> Counts:
    """The lengths of all queues in scope, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [list(UNDER_WAY)])
        return Counts(*cursor.fetchone())
