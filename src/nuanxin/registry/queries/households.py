"""Households, those who live in them and what they spend."""

from datetime import date

from django.db.models import Q, QuerySet

from nuanxin.registry.models import Expense, Household, Member, Person


def households(*, ended: bool = False) -> QuerySet[Household]:
    """Live households in scope, newest first, with head and organisation; the ended ones too if asked.

    Both are fetched for the rows of a page alone. Joined, they are planned for the whole scope, which the
    planner takes for a row or two where it is a county among thousands.
    """
    rows = Household.objects.all() if ended else Household.objects.live()
    return rows.prefetch_related("head", "org").order_by("-id")


def members_of(household: Household, day: date | None = None) -> QuerySet[Member]:
    """Who lives in the household, the head first; on a day in the past when one is given."""
    members = Member.objects.filter(household=household).select_related("person").order_by("relation", "id")
    if day is None:
        return members.filter(until__isnull=True)
    return members.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


def expenses_of(household: Household) -> QuerySet[Expense]:
    """The household's rigid spending, the latest year first."""
    return Expense.objects.filter(household=household).order_by("-year", "kind")


def household_of(person: Person) -> Household | None:
    """The household a person lives in."""
    live = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    return live.household if live else None
