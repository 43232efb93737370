"""Employers, the members of unions, and what came of enrolments."""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from nuanxin.kernel.sets import begins, found_in
from nuanxin.orgs.models import Node
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Employer, Enrolment, Household, Member, Membership, Person

from .finding import Kind, asked, find_people, pinyin_keys


def employers() -> QuerySet[Employer]:
    """Employers in scope by name, with organisation and union."""
    return Employer.objects.select_related("org", "union").order_by("pinyin", "id")


def unorganised() -> QuerySet[Employer]:
    """Open employers without a union: to be organised."""
    return employers().filter(union__isnull=True, closed_on__isnull=True)


def find_employers(text: str, rows: QuerySet[Employer]) -> QuerySet[Employer]:
    """Those of the rows whose name has the text, or whose pinyin, initials or credit code begin with it."""
    what = asked(text)
    if what.kind is Kind.EMPTY:
        return rows
    letters = what.text.lower().replace(" ", "")
    spoken = Q()
    for key in {what.text.lower(), *pinyin_keys(letters)}:
        spoken |= begins("pinyin", key)
    return rows.filter(
        Q(name__contains=what.text)
        | spoken
        | begins("initials", letters)
        | begins("credit_code", what.text.upper())
    )


def workers_of(employer: Employer) -> QuerySet[Person]:
    """Persons in scope who work for the employer."""
    rows = Person.objects.live().filter(works_for=employer, died_on__isnull=True)
    return rows.select_related("org").order_by("pinyin", "id")


def homes_of(employer: Employer) -> QuerySet[Household]:
    """Live households in which somebody works for the employer."""
    lives = Member.objects.filter(
        household=OuterRef("pk"), until__isnull=True, person__works_for=employer,
        person__merged_into__isnull=True,
    )  # fmt: skip
    return Household.objects.live().filter(Exists(lives)).select_related("head", "org").order_by("-id")


def memberships() -> QuerySet[Membership]:
    """Memberships in scope, newest first, with person, union and employer."""
    return Membership.objects.select_related("person", "org", "employer").order_by("-id")


def unions_of(person: Person) -> QuerySet[Membership]:
    """The unions a person is and was in, the latest first."""
    return memberships().filter(person=person).order_by("-joined_on", "-id")


def unions_of_home(home: Household) -> QuerySet[Membership]:
    """The unions those who live in a household now are and were in, person by person, the latest first."""
    rows = memberships().filter(person__memberships__household=home, person__memberships__until__isnull=True)
    return rows.order_by("person", "-joined_on", "-id")


def employer_choices(text: str, most: int) -> list[Employer]:
    """Open employers in scope that answer to the text, the first of them by name; none without a text."""
    open_rows = employers().filter(closed_on__isnull=True)
    return list(find_employers(text, open_rows)[:most]) if text.strip() else []


def roster_of(union: Node) -> QuerySet[Membership]:
    """The memberships of one union, also those that ended."""
    return memberships().filter(org=union)


def find_memberships(text: str, rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """Those of the rows whose member answers to the text, as people are found everywhere."""
    return (
        rows.filter(found_in(find_people(text).order_by().values("pk"), "person")) if text.strip() else rows
    )


def by_form(rows: QuerySet[Membership]) -> dict[str, int]:
    """How many live members (人) there are of each form of employment."""
    live = rows.filter(left_on__isnull=True).order_by()
    return dict(live.values_list("form").annotate(n=Count("pk")))


@dataclass(frozen=True)
class UnionFigures:
    """A union and its members (人): now, and who joined and left in a period."""

    union: Node
    members: int
    joined: int
    left: int


@dataclass(frozen=True)
class EnrolmentFigures:
    """What enrolments of a period came to: events, persons who joined, unions, and new ones of them."""

    events: int
    joined: int
    unions: int
    founded: int


_UNIONS = """
    SELECT org_path, count(*) FILTER (WHERE left_on IS NULL),
        count(*) FILTER (WHERE joined_on >= %(since)s AND joined_on < %(until)s),
        count(*) FILTER (WHERE left_on >= %(since)s AND left_on < %(until)s)
    FROM registry_membership GROUP BY org_path
"""


def unions(since: date, until: date) -> list[UnionFigures]:
    """The unions in scope that have or had members, the largest first, with the half-open period's moves."""
    with connection.cursor() as cursor:
        cursor.execute(_UNIONS, {"since": since, "until": until})
        counts = {path: figures for path, *figures in cursor.fetchall()}
    nodes = Node.objects.filter(path__in=list(counts))
    found = [UnionFigures(node, *counts[node.path]) for node in nodes]
    return sorted(found, key=lambda one: (-one.members, one.union.path))


def enrolments(since: date, until: date) -> QuerySet[Enrolment]:
    """Lists by which workers joined in the half-open period, the latest first."""
    rows = Enrolment.objects.filter(held_on__gte=since, held_on__lt=until)
    return rows.select_related("org", "staff").order_by("-held_on", "-id")


def enrolment_figures(since: date, until: date) -> EnrolmentFigures:
    """The period's enrolments in figures; an event held for several unions is one."""
    rows = list(
        enrolments(since, until).order_by().values_list("title", "held_on", "org", "founded", "joined")
    )
    return EnrolmentFigures(
        events=len({(title, day) for title, day, *_rest in rows}),
        joined=sum(joined for *_rest, joined in rows),
        unions=len({union for _title, _day, union, *_rest in rows}),
        founded=len({union for _title, _day, union, founded, _joined in rows if founded}),
    )


def taking_members(path: str) -> QuerySet[Node]:
    """The active unions at or below a node that may take members."""
    return keepers(path)
