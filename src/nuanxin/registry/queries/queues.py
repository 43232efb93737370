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

#: A household nobody has changed for so long is looked at again (files are reviewed at least yearly).
UNTOUCHED = timedelta(days=365)
#: An ID card is renewed within the three months before it expires (Identity Card Law, article 11).
EXPIRES_WITHIN = timedelta(days=92)


@dataclass(frozen=True)
class Stage:
    """A stage of schooling begun at an age, in full years on the first day of school."""

    key: str
    age: int


#: Six is the age of the Compulsory Education Law, article 11; the others follow from nine years and three.
STAGES = (Stage("primary", 6), Stage("senior", 15), Stage("higher", 18))
#: (month, day) of the first day of school.
SCHOOL_BEGINS = (9, 1)


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


def reaching_school(stages: tuple[Stage, ...] = STAGES) -> QuerySet[Person]:
    """Children of live households who begin a stage of schooling this year and have no such entry yet."""
    today = timezone.localdate()
    born = Q()
    for stage in stages:
        first, last = _born(stage, today.year)
        born |= Q(born_on__gt=first, born_on__lte=last)
    lives = Member.objects.filter(person=OuterRef("pk"), until__isnull=True, household__ended_on__isnull=True)
    rows = Person.objects.live().filter(born, _not_entered(today.year), Exists(lives), died_on__isnull=True)
    return _with_homes(rows).order_by("-born_on", "id")


def _with_homes(rows: QuerySet[Person]) -> QuerySet[Person]:
    """The persons with `lives`: see `finding.home_of`."""
    live = Member.objects.filter(until__isnull=True, household__ended_on__isnull=True)
    homes = Prefetch("memberships", live.select_related("household"), to_attr="lives")
    return rows.select_related("org").prefetch_related(homes)


def stage_of(person: Person, year: int) -> Stage | None:
    """The stage a child begins in a year."""
    for stage in STAGES:
        first, last = _born(stage, year)
        if first < person.born_on <= last:
            return stage
    return None


def _expiry() -> date:
    return timezone.localdate() + EXPIRES_WITHIN


def _born(stage: Stage, year: int) -> tuple[date, date]:
    """Who is that old on the year's first day of school was born after the one day, up to the other."""
    month, day = SCHOOL_BEGINS
    return date(year - stage.age - 1, month, day), date(year - stage.age, month, day)


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


def counts() -> Counts:
    """The lengths of all queues in scope, in one statement."""
    today = timezone.localdate()
    params = {
        "stale": timezone.now() - UNTOUCHED,
        "expiry": _expiry(),
        "year": date(today.year, 1, 1),
    }
    born = []
    for stage in STAGES:
        first, last = _born(stage, today.year)
        params |= {f"{stage.key}_first": first, f"{stage.key}_last": last}
        born.append(f"born_on > %({stage.key}_first)s AND born_on <= %({stage.key}_last)s")
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(born=" OR ".join(born)), params)
        return Counts(*cursor.fetchone())
