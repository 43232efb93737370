"""Standing queues: households and persons whose particulars want somebody's hand.

The counts of all queues are one statement over partial indexes that lead with the scope.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from nuanxin.registry.models import Household, Member, Person

from .households import households
from .schooling import Ages

#: A household nobody has changed for so long is looked at again (files are reviewed at least yearly).
UNTOUCHED = timedelta(days=365)
#: An ID card is renewed within the three months before it expires (Identity Card Law, article 11).
EXPIRES_WITHIN = timedelta(days=92)


def stale() -> QuerySet[Household]:
    """Live households that were not changed for a year, the longest untouched first."""
    return households().filter(changed__lt=timezone.now() - UNTOUCHED).order_by("changed", "id")


def without_consent() -> QuerySet[Household]:
    """Live households without a signed consent to the means check."""
    return households().filter(consent_on__isnull=True)


def id_expiring() -> QuerySet[Person]:
    """Living persons whose ID card has expired or soon does, the earliest first."""
    rows = Person.objects.live().filter(died_on__isnull=True, id_expires_on__lt=_expiry())
    return _with_homes(rows).order_by("id_expires_on", "id")


def reaching_school(ages: Ages) -> QuerySet[Person]:
    """Children of live households who begin a stage of schooling this year and have no such entry yet,
    each with `stage`."""
    year = timezone.localdate().year
    lives = Member.objects.filter(person=OuterRef("pk"), until__isnull=True, household__ended_on__isnull=True)
    rows = Person.objects.live().filter(
        ages.begins(year), _not_entered(year), Exists(lives), died_on__isnull=True
    )
    return _with_homes(rows).annotate(stage=ages.stage(year)).order_by("-born_on", "id")


def _with_homes(rows: QuerySet[Person]) -> QuerySet[Person]:
    """The persons with `lives`: see `finding.home_of`."""
    live = Member.objects.filter(until__isnull=True, household__ended_on__isnull=True)
    homes = Prefetch("memberships", live.select_related("household"), to_attr="lives")
    return rows.select_related("org").prefetch_related(homes)


def _expiry() -> date:
    return timezone.localdate() + EXPIRES_WITHIN


def _not_entered(year: int) -> Q:
    return Q(school_entered__isnull=True) | Q(school_entered__lt=date(year, 1, 1))


_COUNTS = """
    SELECT
        (SELECT count(*) FROM registry_household WHERE ended_on IS NULL AND changed < %(stale)s),
        (SELECT count(*) FROM registry_household WHERE ended_on IS NULL AND consent_on IS NULL),
        (SELECT count(*) FROM registry_person WHERE id_expires_on < %(expiry)s AND id_expires_on IS NOT NULL
            AND merged_into_id IS NULL AND died_on IS NULL),
        (SELECT count(*) FROM registry_person p WHERE ({born}) AND merged_into_id IS NULL AND died_on IS NULL
            AND (school_entered IS NULL OR school_entered < %(year)s)
            AND EXISTS (SELECT FROM registry_member m JOIN registry_household h ON h.id = m.household_id
                WHERE m.person_id = p.id AND m.until IS NULL AND h.ended_on IS NULL)),
        (SELECT count(*) FROM registry_employer WHERE union_path IS NULL AND closed_on IS NULL)
"""


@dataclass(frozen=True)
class Counts:
    """How long the queues are: households (户), persons (人), employers (家)."""

    stale: int
    without_consent: int
    id_expiring: int
    reaching_school: int
    unorganised: int


def counts(ages: Ages) -> Counts:
    """The lengths of all queues in scope, in one statement."""
    today = timezone.localdate()
    params = {
        "stale": timezone.now() - UNTOUCHED,
        "expiry": _expiry(),
        "year": date(today.year, 1, 1),
    }
    born = ["FALSE"]
    for place, (_stage, age) in enumerate(ages.by_stage):
        params[f"first{place}"], params[f"last{place}"] = ages.born(age, today.year)
        born.append(f"born_on > %(first{place})s AND born_on <= %(last{place})s")
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(born=" OR ".join(born)), params)
        return Counts(*cursor.fetchone())
