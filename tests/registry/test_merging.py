"""Two rows that are one person: merged, taken back, and what the database refuses."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records.models import Entry
from nuanxin.registry import services
from nuanxin.registry.flow import LIKENESS
from nuanxin.registry.models import Circumstance, Consent, Household, Likeness, Member, Membership, Person
from nuanxin.registry.permissions import MERGE
from nuanxin.registry.services.merging import MOVED, STAYS, common_node
from tests.kernel import flows
from tests.orgs import factories as orgs
from tests.registry import factories as registry

pytestmark = pytest.mark.django_db
REASON = "身份证复印件一致"
TODAY = timezone.localdate()


@pytest.fixture
def union() -> Any:
    """A grassroots union, acted for by its county."""
    made = orgs.node("grassroots")
    county = made.parent.parent
    with scope.acting(orgs.actor(county)):
        yield made


def pair(union: Any, **gone: Any) -> tuple[Person, Person]:
    return registry.person(union.path, "和建国", phone=""), registry.person(union.path, "和建囯", **gone)


def merge(kept: Person, gone: Person, **more: Any) -> Any:
    return services.merge_persons(kept=kept, gone=gone, reason=REASON, **more)


def state(*rows: Any) -> list[dict[str, Any]]:
    """The rows as they are stored, but for the time of the last change."""
    return [
        {k: v for k, v in type(row).objects.filter(pk=row.pk).values().get().items() if k != "changed"}
        for row in rows
    ]


def refused(code: str, kept: Person, gone: Person) -> None:
    with pytest.raises(Refused) as refusal:
        merge(kept, gone)
    assert refusal.value.code == code


def member(union: Any, person: Person, joined: date) -> Membership:
    return Membership.objects.create(org=union, person=person, form="employed", joined_on=joined)


def test_every_reference_to_a_person_is_moved_or_stays_for_a_reason():
    ours = {
        (model, field.name)
        for model in apps.get_app_config("registry").get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Person and not model.__name__.endswith("History")
    }
    assert ours == set(MOVED) | set(STAYS)
    above = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label != "registry"
        for field in model._meta.concrete_fields
        if field.related_model is Person
    }
    copies = {
        "campaigns.Recipient.person",
        "casework.Application.person",
        "casework.ApplicationHistory.person",
        "messaging.Message.person",
        "messaging.Choice.person",
    }
    assert above == copies, "hold a copy of what was decided, or hear PersonsMerged"


def test_a_row_without_a_household_gives_what_it_has(union):
    kept, gone = pair(union, health="diabetes", employer="第三建筑公司")
    work = member(union, gone, date(2020, 1, 1))
    done = merge(kept, gone)
    kept.refresh_from_db(), gone.refresh_from_db(), work.refresh_from_db()
    assert (gone.merged_into_id, work.person_id, done.org_id) == (kept.pk, kept.pk, union.path)
    assert (kept.health, kept.employer, kept.phone_mask) == ("diabetes", "第三建筑公司", "139****4321")
    assert (kept.name, bytes(kept.phone_hash)) == ("和建国", bytes(gone.phone_hash))
    assert "139****4321" not in str(done.moved) and gone.phone_hash.hex() not in str(done.moved)
    trail = Entry.objects.filter(action="person.merged").values_list("subject", "note")
    assert set(trail) == {(kept.pk, REASON), (gone.pk, REASON)}


def test_what_the_kept_row_says_stands(union):
    kept, gone = pair(union, health="diabetes")
    services.edit_person(person=kept, health="good", phone="13700001111")
    merge(kept, gone)
    kept.refresh_from_db()
    assert (kept.health, kept.phone_mask) == ("good", "137****1111")


def test_a_household_goes_over_with_its_head(union):
    other = orgs.node("grassroots", parent=union.parent)
    kept, gone = pair(union)
    kept = registry.person(other.path)
    house = registry.household(union.path, head=gone)
    before = state(kept, gone, house, house.members.get())
    done = merge(kept, gone)
    house.refresh_from_db(), kept.refresh_from_db()
    assert (house.head_id, house.members.get().person_id, kept.org_id) == (kept.pk, kept.pk, union.path)
    services.undo_merge(merge=done, reason="两个人")
    assert state(kept, gone, house, house.members.get()) == before


def test_twice_in_one_household_once_as_head(union):
    kept, gone = pair(union)
    house = registry.household(union.path, head=gone)
    stay = services.add_member(household=house, person=kept, relation="8")
    rows = (kept, gone, house, *house.members.all())
    before = state(*rows)
    done = merge(kept, gone)
    house.refresh_from_db(), stay.refresh_from_db()
    assert (house.head_id, stay.relation) == (kept.pk, "0")
    assert [m.person_id for m in house.members.filter(until__isnull=True)] == [kept.pk]
    services.undo_merge(merge=done)
    assert state(*rows) == before


def test_two_households_are_merged_first(union):
    kept, gone = pair(union)
    for head in (kept, gone):
        registry.household(union.path, head=head)
    refused("two_households", kept, gone)
    assert not Person.objects.filter(merged_into__isnull=False).exists()


def test_member_of_one_union_twice_is_a_mistake(union):
    kept, gone = pair(union)
    own, other = member(union, kept, date(2020, 5, 1)), member(union, gone, date(2019, 1, 1))
    before = state(own, other)
    done = merge(kept, gone)
    own.refresh_from_db(), other.refresh_from_db()
    assert (own.left_on, own.joined_on) == (None, date(2019, 1, 1))
    assert (other.person_id, other.left_because, other.left_on) == (gone.pk, "mistake", TODAY)
    services.undo_merge(merge=done)
    assert state(own, other) == before


def test_member_of_two_unions_went_from_the_earlier_to_the_later(union):
    kept, gone = pair(union)
    later_union = orgs.node("grassroots", parent=union.parent)
    own, other = member(union, kept, date(2018, 1, 1)), member(later_union, gone, date(2021, 3, 1))
    before = state(own, other)
    done = merge(kept, gone)
    own.refresh_from_db(), other.refresh_from_db()
    assert (own.left_on, own.left_because) == (date(2021, 3, 1), "transfer")
    assert (other.person_id, other.left_on) == (kept.pk, None)
    services.undo_merge(merge=done)
    assert state(own, other) == before


def test_consents_and_circumstances_of_which_there_are_two_stay(union):
    kept, gone = pair(union)
    house = registry.household(union.path, head=kept)
    common = {"org": union, "household": house, "given_on": date(2024, 1, 1)}
    Consent.objects.create(person=kept, kind="check", **common)
    stays = Consent.objects.create(person=gone, kind="check", **common)
    goes = Consent.objects.create(person=gone, kind="sensitive", guardian=gone, **common)
    fact = {"org": union, "household": house, "fact": "health", "source": "visited"}
    Circumstance.objects.create(person=kept, since=date(2024, 1, 1), value="good", **fact)
    old = Circumstance.objects.create(person=gone, since=date(2023, 1, 1), value="tumour", **fact)
    new = Circumstance.objects.create(
        person=gone, since=date(2023, 1, 1), value="10", **(fact | {"fact": "education"})
    )
    rows = (stays, goes, old, new)
    before = state(*rows)
    done = merge(kept, gone)
    for row in rows:
        row.refresh_from_db()
    assert [row.person_id for row in rows] == [gone.pk, kept.pk, gone.pk, kept.pk]
    assert goes.guardian_id == kept.pk
    services.undo_merge(merge=done)
    assert state(*rows) == before


def test_undo_is_refused_when_something_was_built_on_it(union):
    kept, gone = pair(union, health="diabetes")
    work = member(union, gone, date(2020, 1, 1))
    done = merge(kept, gone)
    Membership.objects.filter(pk=work.pk).update(left_on=TODAY, left_because="retired")
    services.edit_person(person=kept, health="good")
    before = state(kept, gone, work)
    with pytest.raises(Refused) as refusal:
        services.undo_merge(merge=done)
    assert refusal.value.code == "changed_since"
    assert "健康状况" in str(refusal.value) and "会籍" in str(refusal.value)
    assert state(kept, gone, work) == before


def test_undo_is_refused_when_a_moved_period_was_corrected_since(union):
    kept, gone = pair(union)
    house = registry.household(union.path, head=gone)
    fact = {"org": union, "household": house, "fact": "health", "source": "visited", "person": gone}
    Circumstance.objects.create(since=date(2023, 1, 1), until=date(2024, 1, 1), value="tumour", **fact)
    Circumstance.objects.create(since=date(2024, 1, 1), value="", **fact)
    done = merge(kept, gone)
    services.change_facts(
        subject=kept, facts={"health": "diabetes"}, since=date(2023, 3, 1), until=date(2023, 4, 1)
    )
    before = state(kept, gone, *Circumstance.objects.order_by("pk"))
    with pytest.raises(Refused) as refusal:
        services.undo_merge(merge=done)
    assert refusal.value.code == "changed_since" and "情况记录（健康状况）" in str(refusal.value)
    assert state(kept, gone, *Circumstance.objects.order_by("pk")) == before


def test_undo_happens_once_and_restores_the_numbers(union):
    kept, gone = pair(union, contact="0873-3721234")
    before = state(kept, gone)
    done = merge(kept, gone)
    services.undo_merge(merge=done)
    assert state(kept, gone) == before
    with pytest.raises(Refused) as refusal:
        services.undo_merge(merge=done)
    assert refusal.value.code == "undone_before"
    assert merge(gone, kept).kept_id == gone.pk


def test_chains_second_merges_and_rows_of_ones_own_are_refused(union):
    kept, gone = pair(union)
    third = registry.person(union.path, "和建华")
    merge(kept, gone)
    refused("merged_before", kept, gone)
    refused("merged_before", gone, third)
    refused("merged_before", third, gone)
    refused("chain", third, kept)
    refused("same_row", third, third)
    with pytest.raises(Refused) as refusal:
        services.merge_persons(kept=kept, gone=third, reason=" ")
    assert refusal.value.code == "no_reason"
    assert merge(kept, third).kept_id == kept.pk


def test_the_database_refuses_chains_cycles_and_a_second_merge(union):
    one, two = pair(union)
    three = registry.person(union.path, "和建华")
    into = lambda row, target: Person.objects.filter(pk=row.pk).update(merged_into=target)  # noqa: E731
    into(two, one)
    for row, target in ((one, two), (one, three), (three, two), (two, three), (three, three)):
        with pytest.raises(IntegrityError), transaction.atomic():
            into(row, target)
    assert Person.objects.filter(merged_into__isnull=False).count() == 1


def test_the_database_lets_nothing_live_point_at_a_merged_row(union):
    kept, gone = pair(union)
    house = registry.household(union.path, head=kept)
    merge(kept, gone)
    attempts = (
        lambda: Member.objects.create(org=union, household=house, person=gone, relation="8", since=TODAY),
        lambda: Household.objects.filter(pk=house.pk).update(head=gone),
        lambda: Household.objects.create(org=union, head=gone, residence="urban"),
        lambda: member(union, gone, TODAY),
        lambda: Member.objects.filter(household=house).update(person=gone),
    )
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    yesterday = TODAY - timedelta(days=1)
    Member.objects.create(org=union, household=house, person=gone, relation="8", since=yesterday, until=TODAY)


def test_the_number_of_a_merged_row_answers_with_the_person_kept(union):
    kept, number = registry.person(union.path, "和建国"), registry.id_number()
    gone = registry.person(union.path, "和建囯", id_number=number)
    merge(kept, gone)
    assert services.ensure_person(org_path=union.path, name="和建国", id_number=number) == kept
    assert services.ensure_person(org_path=union.path, name="和建囯", id_number=number) == kept
    with pytest.raises(Refused):
        services.ensure_person(org_path=union.path, name="木兰", id_number=number)


def test_who_is_needed_out_of_sight_is_merged_by_those_above(union):
    kept, gone = pair(union)
    elsewhere = orgs.node("grassroots", parent=orgs.node("township", parent=orgs.node("county")))
    with scope.acting(orgs.actor(elsewhere)):
        member(elsewhere, gone, date(2020, 1, 1))
    refused("needed_elsewhere", kept, gone)


def test_scope_and_permission(union):
    kept, gone = pair(union)
    with scope.acting(orgs.actor(orgs.node("county"), MERGE)), pytest.raises(OutOfSight):
        merge(kept, gone)
    with scope.acting(orgs.actor(union, "registry.household.edit")), pytest.raises(Denied):
        merge(kept, gone)


def test_an_open_request_to_transfer_is_answered_first(union):
    kept, gone = pair(union)
    apps.get_model("registry", "Transfer").objects.create(
        org=union, other=union.parent, kind="ask", person=gone, target=union, name="和建国", reason="转入"
    )
    refused("transfer_open", kept, gone)


def likeness(union: Any, wanted: str = "open") -> Likeness:
    left, right = sorted(pair(union), key=lambda person: person.pk)
    made = Likeness.objects.create(org=union, left=left, right=right, rule="phone_name", weight=12.0)
    for action in {"merged": ["merge"], "distinct": ["part"]}.get(wanted, []):
        made = LIKENESS.fire(made, action)
    return made


def test_a_merge_settles_the_likeness_and_an_undo_opens_it(union):
    found = likeness(union)
    done = merge(found.right, found.left, likeness=found)
    found.refresh_from_db()
    assert found.state == "merged"
    services.undo_merge(merge=done)
    found.refresh_from_db()
    assert found.state == "open"


@pytest.mark.parametrize("where, action", flows.cases(LIKENESS))
def test_likeness_flow(union, where, action):
    flows.check(LIKENESS, where, action, lambda wanted: likeness(union, wanted))


def test_likeness_flow_in_the_database(union):
    flows.check_database(LIKENESS, likeness(union, "merged"))


def test_the_node_above_two_paths():
    assert common_node("1/2/30/", "1/2/31/") == "1/2/"
    assert common_node("1/2/3/", "1/2/3/") == "1/2/3/"
    assert common_node("1/2/", "1/2/3/4/") == "1/2/"
