"""The standing queues of households and persons: who stands in them, who no longer, and their counts."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.identity import invent_id
from nuanxin.orgs.models import Node
from nuanxin.policy import services as policy
from nuanxin.registry import permissions as may
from nuanxin.registry import services, work
from nuanxin.registry.models import Household, Member, Person
from nuanxin.registry.queries import queues
from nuanxin.registry.queries.schooling import Ages, ages
from nuanxin.registry.services.employers import create_employer
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db

THIS_YEAR = timezone.localdate().year


@pytest.fixture
def union() -> Iterator[Node]:
    node = orgs.node("grassroots")
    with scope.acting(orgs.actor(node)):
        yield node


def end(home: Household) -> None:
    """The household ends today, with nobody left in it."""
    Member.objects.filter(household=home).update(until=timezone.localdate() + timedelta(days=1))
    ended = {"ended_on": timezone.localdate(), "ended_because": "moved"}
    Household.objects.filter(pk=home.pk).update(**ended)


def test_a_household_nobody_changed_for_a_year(union: Node) -> None:
    old, new = factories.household(union.path), factories.household(union.path)
    Household.objects.filter(pk=old.pk).update(changed=timezone.now() - timedelta(days=366))
    Household.objects.filter(pk=new.pk).update(changed=timezone.now() - timedelta(days=364))
    assert list(queues.stale()) == [old] and queues.counts(ages()).stale == 1
    end(old)
    assert not queues.stale().exists() and queues.counts(ages()).stale == 0


def test_a_household_without_consent(union: Node) -> None:
    factories.household(union.path)
    without = factories.household(union.path, consent_on=None)
    assert list(queues.without_consent()) == [without] and queues.counts(ages()).without_consent == 1
    end(without)
    assert queues.counts(ages()).without_consent == 0


@pytest.mark.parametrize(("days", "stands"), [(-30, True), (0, True), (91, True), (92, False), (400, False)])
def test_an_id_card_that_expires_within_three_months(union: Node, days: int, stands: bool) -> None:
    person = factories.person(union.path)
    Person.objects.filter(pk=person.pk).update(id_expires_on=timezone.localdate() + timedelta(days=days))
    assert list(queues.id_expiring()) == ([person] if stands else [])
    assert queues.counts(ages()).id_expiring == int(stands)


def test_the_dead_and_the_merged_stand_in_no_queue(union: Node) -> None:
    persons = [factories.person(union.path) for _ in range(3)]
    Person.objects.update(id_expires_on=timezone.localdate())
    Person.objects.filter(pk=persons[0].pk).update(died_on=timezone.localdate())
    Person.objects.filter(pk=persons[1].pk).update(merged_into=persons[2])
    assert list(queues.id_expiring()) == [persons[2]] and queues.counts(ages()).id_expiring == 1


def child(union: Node, born: date, serial: int = 1) -> Person:
    home = factories.household(union.path)
    number = invent_id("533422", born, serial)
    services.admit(household=home, name="和小小", id_number=number, relation="2")
    return Person.objects.get(born_on=born)


@pytest.mark.parametrize(
    ("born", "stage"),
    [
        (date(THIS_YEAR - 6, 9, 1), "primary"),
        (date(THIS_YEAR - 6, 9, 2), None),
        (date(THIS_YEAR - 7, 9, 2), "primary"),
        (date(THIS_YEAR - 7, 9, 1), None),
        (date(THIS_YEAR - 15, 3, 3), "senior"),
        (date(THIS_YEAR - 18, 8, 31), "higher"),
        (date(THIS_YEAR - 12, 5, 5), None),
    ],
)
def test_children_who_begin_a_stage_of_schooling_this_year(
    union: Node, born: date, stage: str | None
) -> None:
    person = child(union, born)
    found = queues.reaching_school(ages())
    assert [(one, one.stage) for one in found] == ([(person, stage)] if stage else [])
    assert queues.counts(ages()).reaching_school == int(bool(stage))
    Person.objects.filter(pk=person.pk).update(school_entered=date(THIS_YEAR, 9, 1))
    assert queues.counts(ages()).reaching_school == 0 and not queues.reaching_school(ages()).exists()


def test_a_county_may_set_another_age_and_the_nearest_counts(union: Node) -> None:
    seven, six = child(union, date(THIS_YEAR - 7, 8, 1)), child(union, date(THIS_YEAR - 6, 8, 1), 2)
    assert list(queues.reaching_school(ages())) == [six]
    day = date(THIS_YEAR, 1, 1)
    with scope.acting(system()):
        policy.set_standards(
            standards=[
                policy.NewStandard(
                    code="school_age_primary", name="小学入学年龄", name_en="age at school", place=union.path,
                    valid_from=day, document="县教育局通知", document_en="notice", number=Decimal(7),
                )
            ]
        )  # fmt: skip
    assert list(queues.reaching_school(ages())) == [seven] and queues.counts(ages()).reaching_school == 1
    with scope.acting(orgs.actor(orgs.node("county"))):
        assert dict(ages().by_stage)["primary"] == 6


def test_without_a_set_age_nobody_stands_in_the_queue(union: Node) -> None:
    child(union, date(THIS_YEAR - 6, 8, 1))
    assert not queues.reaching_school(Ages()).exists() and queues.counts(Ages()).reaching_school == 0


def test_the_counts_are_one_statement(union: Node) -> None:
    now = ages()
    with CaptureQueriesContext(connection) as ran:
        queues.counts(now)
    assert len(ran) == 1


def test_the_home_page_has_a_line_for_each_queue_that_is_not_empty(union: Node) -> None:
    [empty] = work.particulars(scope.current())
    assert empty.count == 0
    factories.household(union.path, consent_on=None)
    create_employer(name="未建会公司")
    [heap] = work.particulars(scope.current())
    assert [item.url.partition("tab=")[2] for item in heap.items] == ["consent", "unorganised"]
    assert heap.count == 2
    assert list(work.particulars(orgs.actor(union, "orgs.node.see"))) == []


@pytest.mark.parametrize("tab", ["stale", "consent", "id", "school"])
def test_the_page_shows_its_own_county_alone(union: Node, client: Client, tab: str) -> None:
    home = factories.household(union.path, "和秀英", consent_on=None)
    born = date(THIS_YEAR - 6, 8, 1)
    Household.objects.update(changed=timezone.now() - timedelta(days=400))
    kid = child(union, born)
    Household.objects.update(changed=timezone.now() - timedelta(days=400))
    Person.objects.filter(pk__in=[home.head_id, kid.pk]).update(id_expires_on=timezone.localdate())
    url = f"{reverse('registry:queues')}?tab={tab}"
    name = "和小小" if tab == "school" else "和秀英"
    see = (may.SEE_HOUSEHOLD, may.SEE_CHILDREN, may.SEE_FINANCE)
    for node, shown in ((union, True), (orgs.node("county"), False)):
        client.force_login(orgs.post(node, *see).staff)
        page = client.get(url)
        assert page.status_code == 200 and (name in page.content.decode()) == shown
    client.force_login(orgs.post(union, "casework.file.see").staff)
    assert client.get(url).status_code == 403


def test_children_are_listed_for_those_who_may_see_them(union: Node, client: Client) -> None:
    child(union, date(THIS_YEAR - 6, 8, 1))
    client.force_login(orgs.post(union, may.SEE_HOUSEHOLD).staff)
    page = client.get(f"{reverse('registry:queues')}?tab=school").content.decode()
    assert "和小小" not in page and "子女升学" not in page
