"""A person who was entered twice lives in one household and belongs to one union."""

from datetime import timedelta

from django.utils import timezone

from nuanxin.registry.models import Household, Member, Membership, Person

from .merge_steps import Steps


def home_of(person: Person) -> Household | None:
    """The live household of a person: where they live, or else the one they head."""
    stay = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    return stay.household if stay else Household.objects.filter(head=person, ended_on__isnull=True).first()


def close_double_stay(home: Household, kept: Person, gone: Person, steps: Steps) -> None:
    """Both live in the household: the stay of the row that goes ends, the other is head in its place."""
    stays = Member.objects.select_for_update().filter(household=home, until__isnull=True)
    theirs = {stay.person_id: stay for stay in stays.filter(person__in=(kept, gone))}
    if gone.pk not in theirs or kept.pk not in theirs:
        return
    ending, staying = theirs[gone.pk], theirs[kept.pk]
    # a stay lasts at least a day
    steps.set(ending, until=max(timezone.localdate(), ending.since + timedelta(days=1)))
    if home.head_id == gone.pk:
        steps.set(staying, relation=ending.relation)
    if ending.since < staying.since:
        steps.set(staying, since=ending.since)


def close_double_union(kept: Person, gone: Person, steps: Steps) -> None:
    """Both are members of a union: of the same one, a mistake; of two, they went from one to the other."""
    live = Membership.objects.select_for_update().filter(person__in=(kept, gone), left_on__isnull=True)
    theirs = {membership.person_id: membership for membership in live}
    if len(theirs) < 2:
        return
    own, other = theirs[kept.pk], theirs[gone.pk]
    if own.org_id == other.org_id or own.joined_on == other.joined_on:
        steps.set(
            other,
            left_on=max(timezone.localdate(), other.joined_on),
            left_because=Membership.Left.MISTAKE.value,
        )
        if other.org_id == own.org_id and other.joined_on < own.joined_on:
            steps.set(own, joined_on=other.joined_on)
        return
    earlier, later = sorted((own, other), key=lambda membership: membership.joined_on)
    steps.set(earlier, left_on=later.joined_on, left_because=Membership.Left.TRANSFER.value)
