"""The life of a household: split, merged, moved, ended, opened again, with another head; and deaths.

Each act ends rows and begins others, so the file can be read as of any day; none is taken back but by a new
act. Higher floors hear of it in the same transaction and refuse what would leave their matters without a
household: see events.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.actor import WHOLE_TREE, Actor
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.records import services as records
from nuanxin.registry.events import HouseholdChanged, HouseholdEnded, HouseholdMoved, HouseholdsMerged
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Household, Member, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from .circumstances import change_facts
from .memberships import end_memberships_of_dead

SELF = "0"
#: What a new household takes over from the one it leaves; the rest is asked anew.
SHARED = ("residence", "hukou_division", "hukou_code")


@transaction.atomic
def split_household(
    *,
    household: Household,
    head: Person,
    relations: Mapping[int, str],
    since: date | None = None,
    address: str = "",
    note: str = "",
) -> Household:
    """Members leave into a household of their own: `relations` to its head by person, the head left out.

    Refused when the present head would go, or somebody who does not live there.
    """
    day = _day(since)
    (house,) = locked(household)
    going = {int(person): relation for person, relation in relations.items()} | {head.pk: SELF}
    if house.head_id in going:
        raise Refused(_("户主不能分出，请先变更户主。"), code="head_goes", field="head")
    _leave(_stays(house, going), day)
    shared = {name: getattr(house, name) for name in SHARED}
    made = Household.objects.create(
        org_id=house.org_id, head=head, address=address or house.address, people=len(going), **shared
    )
    _enter(made, going, day)
    _count(house, -len(going), day)
    records.note("household.split", subject=house, note=note, detail={"into": made.pk})
    records.note("household.split", subject=made, note=note, detail={"from": house.pk})
    events.publish(HouseholdChanged(house.pk, house.org_id))
    return made


@transaction.atomic
def merge_households(
    *, kept: Household, gone: Household, relations: Mapping[int, str], since: date | None = None, note: str
) -> Household:
    """All who live in `gone` move into `kept`, with their relations to its head by person; `gone` ends.

    Refused for one that has ended, and when somebody's relation is not told.
    """
    day = _day(since)
    if kept.pk == gone.pk:
        raise Refused(_("请选择另一户。"), code="itself", field="kept")
    _refuse_blank(note)
    into, out = locked(kept, gone)
    events.publish(HouseholdsMerged(into.pk, out.pk, out.org_id))
    stays = list(_live(out))
    told = {int(person): relation for person, relation in relations.items()}
    _refuse_untold(stays, told)
    _leave(stays, day)
    _end(out, day, Household.Ended.MERGED, into)
    people = {stay.person_id: told[stay.person_id] for stay in stays}
    if into.org_id != out.org_id:
        Person.objects.filter(among(people)).update(org_id=into.org_id)
    _enter(into, people, day)
    _count(into, len(people), day)
    records.note("household.merged", subject=into, note=note, detail={"from": out.pk})
    records.note("household.merged", subject=out, note=note, detail={"into": into.pk})
    events.publish(HouseholdChanged(into.pk, into.org_id))
    return into


@transaction.atomic
def move_household(*, household: Household, union: str, note: str) -> Household:
    """Put a household, with all that belongs to it, under another union within the actor's scope."""
    low, high = scope.current().scope
    if not (low <= union < high) or not keepers(union).filter(path=union).exists():
        raise Refused(_("请选择您范围内管理家庭的工会。"), code="no_keeper", field="union")
    _refuse_blank(note)
    (house,) = locked(household)
    if house.org_id == union:
        raise Refused(_("该户已在这个工会。"), code="there_already", field="union")
    former = str(house.org_id)
    records.note("household.moved", subject=house, note=note, detail={"to": union})
    carry(house, union)
    records.note("household.moved", subject=house, note=note, detail={"from": former})
    return house


def carry(household: Household, union: str) -> None:
    """Change a locked household's union; the database takes along all that belongs to it."""
    former = str(household.org_id)
    household.org_id = union
    household.save(update_fields=["org", "changed"])
    events.publish(HouseholdMoved(household.pk, former, union))


@transaction.atomic
def end_household(
    *, household: Household, because: str, since: date | None = None, note: str = ""
) -> Household:
    """Nobody lives there any more: all memberships end. Merging has a service of its own."""
    if because not in Household.Ended.values or because == Household.Ended.MERGED:
        raise Refused(_("请选择销户原因。"), code="no_reason", field="because")
    day = _day(since)
    (house,) = locked(household)
    events.publish(HouseholdEnded(house.pk, str(house.org_id), because))
    _leave(list(_live(house)), day)
    _end(house, day, because)
    records.note("household.ended", subject=house, note=note, detail={"because": because})
    return house


@transaction.atomic
def reopen_household(*, household: Household, note: str) -> Household:
    """A household that was ended by mistake lives again, with its head; others are taken in one by one.

    Refused when the head lives elsewhere by now, or has died.
    """
    scope.current().require(EDIT_HOUSEHOLD)
    _refuse_blank(note)
    row = get_or_out_of_sight(Household.objects.select_for_update(), pk=household.pk)
    if row.ended_on is None:
        raise Refused(_("该户没有销户。"), code="lives")
    lives = Member.objects.filter(person=row.head, until__isnull=True).exists()
    if lives or row.head.died_on or row.head.merged_into_id:
        raise Refused(_("户主已在另一户或已去世，不能恢复该户，请重新建户。"), code="head_gone")
    row.ended_on, row.ended_because, row.merged_into = None, "", None
    row.save()
    Person.objects.filter(pk=row.head_id).exclude(org=row.org_id).update(org_id=row.org_id)
    _enter(row, {row.head_id: SELF}, timezone.localdate())
    records.note("household.reopened", subject=row, note=note)
    events.publish(HouseholdChanged(row.pk, row.org_id))
    return row


@transaction.atomic
def change_head(
    *, household: Household, head: Person, relations: Mapping[int, str], since: date | None = None
) -> Household:
    """Another member becomes head; what all others are to the new head is told by person.

    The bank card is the former head's and is taken off.
    """
    day = _day(since)
    (house,) = locked(household)
    _become_head(house, head, relations, day)
    records.note("household.head_changed", subject=house, detail={"head": head.pk})
    events.publish(HouseholdChanged(house.pk, house.org_id))
    return house


@transaction.atomic
def remove_member(*, household: Household, person: Person, since: date | None = None, note: str) -> None:
    """Somebody lives there no more and in no other household of ours. Refused for the head."""
    day = _day(since)
    _refuse_blank(note)
    (house,) = locked(household)
    if house.head_id == person.pk:
        raise Refused(_("户主不能移出，请先变更户主或办理销户。"), code="head_goes", field="person")
    _leave(_stays(house, [person.pk]), day)
    _count(house, -1, day)
    records.note("household.member_left", subject=house, note=note, detail={"person": person.pk})
    events.publish(HouseholdChanged(house.pk, house.org_id))


@transaction.atomic
def record_death(
    *,
    person: Person,
    died_on: date,
    new_head: Person | None = None,
    relations: Mapping[int, str] | None = None,
    note: str = "",
) -> Person:
    """A person died: the stay in the household and the union membership end that day, the latter in
    whichever county it is.

    A head leaves the household to a new head among those who live there; without anybody it ends.
    """
    scope.current().require(EDIT_HOUSEHOLD)
    row = get_or_out_of_sight(Person.objects.live().select_for_update(), pk=person.pk)
    if row.died_on:
        raise Refused(_("已登记去世。"), code="died_before", field="died_on")
    if not row.born_on <= died_on <= timezone.localdate():
        raise Refused(_("去世日期应在出生之后、今天之前。"), code="no_such_day", field="died_on")
    stay = Member.objects.filter(person=row, until__isnull=True).select_related("household").first()
    row.died_on = died_on
    row.save(update_fields=["died_on"])
    if stay:
        _leave_behind(stay, died_on, new_head, relations or {}, note)
    with scope.acting(everywhere()):
        end_memberships_of_dead(person=row)
    records.note("person.died", subject=row, note=note, detail={"on": died_on.isoformat()})
    return row


def _leave_behind(
    stay: Member, day: date, new_head: Person | None, relations: Mapping[int, str], note: str
) -> None:
    (house,) = locked(stay.household)
    others = _live(house).exclude(pk=stay.pk)
    if house.head_id != stay.person_id:
        _leave([stay], day)
    elif not others.exists():
        end_household(household=house, because=Household.Ended.DIED, since=day, note=note)
        return
    elif new_head is None:
        raise Refused(_("去世的是户主，请选择新户主。"), code="no_head", field="new_head")
    else:
        _become_head(house, new_head, relations, day, gone=stay.person_id)
        _leave([stay], day)
    _count(house, -1, timezone.localdate())
    events.publish(HouseholdChanged(house.pk, house.org_id))


def _become_head(
    house: Household, head: Person, relations: Mapping[int, str], day: date, gone: int | None = None
) -> None:
    told = {int(person): relation for person, relation in relations.items()} | {head.pk: SELF}
    stays = [stay for stay in _live(house) if stay.person_id != gone]
    if head.pk not in {stay.person_id for stay in stays} or head.pk == house.head_id:
        raise Refused(_("新户主应是同住的另一位成员。"), code="not_there", field="new_head")
    _refuse_untold([stay for stay in stays if stay.person_id != head.pk], told)
    house.head = head
    house.card_cipher = house.card_hash = None
    house.card_mask = house.bank = house.branch = ""
    house.save()
    changing = [stay for stay in stays if told[stay.person_id] != stay.relation]
    _leave(changing, day)
    _enter(house, {stay.person_id: told[stay.person_id] for stay in changing}, day)


def everywhere() -> Actor:
    """The same person acting for the whole tree: for one act that concerns unions out of their sight."""
    return replace(scope.current(), org_path=WHOLE_TREE)


def _day(since: date | None) -> date:
    scope.current().require(EDIT_HOUSEHOLD)
    today = timezone.localdate()
    if since and since > today:
        raise Refused(_("日期不能晚于今天。"), code="future", field="since")
    return since or today


def _refuse_blank(note: str) -> None:
    if not note.strip():
        raise Refused(_("请写明原因。"), code="no_note", field="note")


def _refuse_untold(stays: Collection[Member], told: Mapping[int, str]) -> None:
    if missing := [stay.person.name for stay in stays if told.get(stay.person_id) in (None, "", SELF)]:
        names = "、".join(missing)
        raise Refused(_("请填写与新户主的关系：%(names)s。") % {"names": names}, code="no_relation")


def take_out(stay: Member) -> None:
    """End the stay of somebody, not the head, who is taken over by another union today."""
    (house,) = locked(stay.household)
    today = timezone.localdate()
    _leave([stay], today)
    _count(house, -1, today)
    events.publish(HouseholdChanged(house.pk, house.org_id))


def locked(*households: Household) -> list[Household]:
    """The live households, locked in the order of their keys, given in the order asked for."""
    keys = [household.pk for household in households]
    rows = {row.pk: row for row in Household.objects.select_for_update().filter(among(keys)).order_by("pk")}
    for key in keys:
        row = rows.get(key) or get_or_out_of_sight(Household.objects.all(), pk=key)
        if row.ended_on:
            raise Refused(_("该户已销户。"), code="household_ended")
    return [rows[key] for key in keys]


def _live(house: Household) -> QuerySet[Member]:
    return Member.objects.filter(household=house, until__isnull=True).select_related("person")


def _stays(house: Household, people: Collection[int]) -> list[Member]:
    """The stays of these persons; Refused when somebody does not live there."""
    stays = [stay for stay in _live(house) if stay.person_id in people]
    if len(stays) != len(set(people)):
        raise Refused(_("所选人员不都在这一户中，请刷新后重选。"), code="not_there", field="head")
    return stays


def _leave(stays: Collection[Member], day: date) -> None:
    """End stays on a day. One that began that day or later was never: it ends the day after it began."""
    for stay in stays:
        stay.until = max(day, date.fromordinal(stay.since.toordinal() + 1))
    Member.objects.bulk_update(stays, ["until"])


def _enter(house: Household, people: Mapping[int, str], day: date) -> None:
    Member.objects.bulk_create(
        Member(org_id=house.org_id, household=house, person_id=person, relation=relation, since=day)
        for person, relation in people.items()
    )


def _count(house: Household, more: int, day: date) -> None:
    """The number of people follows those who come and go, where it is known."""
    if house.people is not None and house.people + more >= 1:
        change_facts(subject=house, facts={"people": house.people + more}, since=day)


def _end(house: Household, day: date, because: str, into: Household | None = None) -> None:
    house.ended_on, house.ended_because, house.merged_into = day, because, into
    house.save()
