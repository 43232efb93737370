"""A person's employer and unions: searched for within scope, chosen, left; what the pages show of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.orgs.models import Node
from nuanxin.registry import services
from nuanxin.registry.models import Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER, EDIT_HOUSEHOLD, SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.queries import queues
from nuanxin.registry.services.employers import close_employer, create_employer
from nuanxin.registry.services.memberships import join_union
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def union() -> Iterator[Node]:
    node = orgs.node("grassroots")
    with scope.acting(orgs.actor(node)):
        yield node


def browser(node: Node, *permissions: str) -> Client:
    client = Client()
    client.force_login(orgs.post(node, *permissions).staff)
    return client


def url(person: Person, name: str = "work") -> str:
    return reverse(f"registry:{name}", args=[person.pk])


def test_the_search_finds_open_employers_in_scope_alone(union: Node) -> None:
    person = factories.person(union.path)
    mill, closed = create_employer(name="澜川糖厂"), create_employer(name="澜川老糖厂")
    close_employer(employer=closed, closed_on=timezone.localdate())
    other = orgs.node("grassroots")
    with scope.acting(orgs.actor(other)):
        create_employer(name="澜川糖厂二分厂")
    client = browser(union, SEE_EMPLOYER, EDIT_EMPLOYER)
    assert client.get(url(person)).context["found"] == []
    for text in ("糖厂", "lanchuan", "lctc"):
        assert client.get(url(person), {"q": text}).context["found"] == [mill]
    assert "没有找到" in client.get(url(person), {"q": "不存在"}).content.decode()


def test_an_employer_is_chosen_and_left(union: Node) -> None:
    person, mill = factories.person(union.path), create_employer(name="澜川糖厂")
    client = browser(union, SEE_EMPLOYER, EDIT_EMPLOYER)
    client.post(url(person, "employ"), {"employer": mill.pk})
    assert Person.objects.get(pk=person.pk).works_for == mill
    client.post(url(person, "employ"), {"employer": ""})
    assert Person.objects.get(pk=person.pk).works_for is None
    close_employer(employer=mill, closed_on=timezone.localdate())
    said = client.post(url(person, "employ"), {"employer": mill.pk}, follow=True).content.decode()
    assert "已注销" in said and Person.objects.get(pk=person.pk).works_for is None
    for wrong in ("999999", "x", "9" * 30):
        assert client.post(url(person, "employ"), {"employer": wrong}).status_code == 404


@pytest.mark.parametrize(("form", "through"), [("rider", False), ("employed", True)])
def test_a_person_joins_with_or_without_an_employer(union: Node, form: str, through: bool) -> None:
    person, mill = factories.person(union.path), create_employer(name="澜川糖厂", union=union.path)
    Person.objects.filter(pk=person.pk).update(works_for=mill)
    client = browser(union, SEE_EMPLOYER, EDIT_EMPLOYER)
    asked = {"union": union.path, "form": form, "joined_on": "2021-05-08"}
    assert client.get(url(person, "person_join")).status_code == 200
    assert client.post(url(person, "person_join"), asked).status_code == 302
    made = Membership.objects.get(person=person)
    assert (made.form, made.employer) == (form, mill if through else None)
    assert client.post(url(person, "person_join"), asked).status_code == 422  # one union a person


def test_the_pages_are_closed_to_others(union: Node) -> None:
    person = factories.person(union.path)
    reader = browser(union, SEE_EMPLOYER)
    assert reader.get(url(person)).status_code == 200
    assert not reader.get(url(person)).context["may_edit"]
    for name in ("employ", "person_join"):
        assert reader.post(url(person, name)).status_code == 403
    assert browser(union, SEE_HOUSEHOLD).get(url(person)).status_code == 403
    strange = browser(orgs.node("grassroots"), SEE_EMPLOYER, EDIT_EMPLOYER)
    assert strange.get(url(person)).status_code == 404
    assert strange.post(url(person, "employ"), {"employer": ""}).status_code == 404


def test_the_household_page_shows_the_unions_of_its_people(union: Node) -> None:
    home = factories.household(union.path, "和秀英")
    join_union(person=home.head, union=union.path, form="courier", joined_on=timezone.localdate())
    page = browser(union, SEE_HOUSEHOLD, SEE_EMPLOYER).get(reverse("registry:household", args=[home.pk]))
    assert [row.person for row in page.context["unions"]] == [home.head]
    assert "快递员" in page.content.decode() and url(home.head) in page.content.decode()
    blind = browser(union, SEE_HOUSEHOLD).get(reverse("registry:household", args=[home.pk]))
    assert "工会会籍" not in blind.content.decode()


def test_a_renewed_id_card_leaves_the_queue(union: Node) -> None:
    home = factories.household(union.path)
    soon = timezone.localdate() + timedelta(days=10)
    services.edit_person(person=home.head, id_expires_on=soon)
    assert list(queues.id_expiring()) == [home.head]
    client = browser(union, SEE_HOUSEHOLD, EDIT_HOUSEHOLD)
    address = reverse("registry:person_edit", args=[home.pk, home.head_id])
    assert 'name="id_expires_on"' in client.get(address).content.decode()
    data = {"version": services.version_of(home), "id_expires_on": soon.replace(year=soon.year + 10)}
    assert client.post(address, data).status_code == 302
    assert not queues.id_expiring().exists()
