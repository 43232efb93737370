"""Employers: once in the tree by credit code, organised or not, closed, and who works for them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.identity import CREDIT_ALPHABET, check_credit_code
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.records.models import Entry
from nuanxin.registry.models import Employer, Membership
from nuanxin.registry.permissions import EDIT_EMPLOYER, SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.queries import employers as queries
from nuanxin.registry.services import employers as services
from nuanxin.registry.services import memberships
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


def credit_code(number: int) -> str:
    """An invented code with a valid check character."""
    body = f"91539900MA{number:07d}"
    total = sum(CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + CREDIT_ALPHABET[-total % 31]


def refused(code: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def union() -> Node:
    return orgs.node("grassroots")


@pytest.fixture
def inside(union: Node) -> Iterator[Node]:
    """Acting as the county above the union."""
    county = union.parent.parent  # type: ignore[union-attr]
    with scope.acting(orgs.actor(county)):
        yield union


def employer(name: str = "梅里化肥有限公司", **fields: Any) -> Employer:
    return services.create_employer(name=name, **fields)


def test_an_employer_is_entered_with_its_code_in_one_form(inside: Node) -> None:
    code = credit_code(1)
    made = employer(credit_code=f" {code.lower()} ", union=inside.path, headcount=120)
    assert made.credit_code == code == check_credit_code(code)
    assert (made.pinyin[:5], made.initials[:2], made.union_id) == ("meili", "ml", inside.path)
    assert Entry.objects.filter(action="employer.created", subject=made.pk).exists()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("91350100M000100Y44", "credit_code_check"),
        ("91350100I000100Y43", "credit_code"),
        ("9135", "credit_code"),
    ],
)
def test_a_wrong_credit_code_is_refused(inside: Node, code: str, why: str) -> None:
    with refused(why):
        employer(credit_code=code)
    assert not Employer.objects.exists()


def test_a_code_taken_here_names_the_employer(inside: Node) -> None:
    employer(credit_code=credit_code(2))
    with refused("known_here") as told:
        employer("另一家公司", credit_code=credit_code(2))
    assert "梅里化肥有限公司" in str(told.value)


def test_a_code_taken_elsewhere_names_the_county_alone_and_is_recorded(inside: Node) -> None:
    other = orgs.node("county", name="澜川县总工会")
    with scope.acting(orgs.actor(other)):
        employer("别处公司", credit_code=credit_code(3))
    with scope.acting(orgs.actor(inside)):
        with refused("filed_elsewhere") as told:
            employer("本地公司", credit_code=credit_code(3))
        assert "澜川县总工会" in str(told.value) and "别处公司" not in str(told.value)


def test_the_look_across_is_recorded(inside: Node) -> None:
    made = employer(credit_code=credit_code(4))
    asked = Entry.objects.filter(action="registry.employer_looked_up").latest("id")
    assert asked.detail == {"asked": made.credit_code, "found": False}


def test_the_database_refuses_a_code_of_the_wrong_shape(inside: Node) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Employer.objects.create(org=inside, name="某厂", pinyin="", initials="", credit_code="91-IOSVZ")


def test_an_employer_outside_the_scope_does_not_exist(inside: Node) -> None:
    with scope.acting(orgs.actor(orgs.node("county"))):
        other = employer()
    with scope.acting(orgs.actor(inside)), refused("out_of_sight"):
        services.change_employer(employer=other, name="改名")


def test_facts_and_union_are_changed(inside: Node) -> None:
    made = employer()
    assert list(queries.unorganised()) == [made]
    services.change_employer(employer=made, name="梅里化肥 有限公司", contact="李梅")
    services.set_union(employer=made, union=inside.path)
    made.refresh_from_db()
    assert (made.name, made.contact, made.union_id) == ("梅里化肥 有限公司", "李梅", inside.path)
    assert not queries.unorganised().exists()


def test_a_union_out_of_scope_is_refused(inside: Node) -> None:
    with refused("no_union"):
        services.set_union(employer=employer(), union=orgs.node("grassroots").path)


def test_closing_waits_for_the_members(inside: Node) -> None:
    made = employer(union=inside.path)
    person = factories.person(inside.path)
    member = memberships.join_union(
        person=person, union=inside.path, form="employed", joined_on=date(2021, 1, 5), employer=made
    )
    with refused("has_members"):
        services.close_employer(employer=made, closed_on=date(2021, 6, 1))
    memberships.leave_union(membership=member, left_on=date(2021, 5, 1), because=Membership.Left.RESIGNED)
    services.close_employer(employer=made, closed_on=date(2021, 6, 1))
    with refused("closed"):
        services.set_union(employer=made, union=None)


def test_texts_are_linked_to_the_one_employer_of_the_name(inside: Node) -> None:
    here = employer()
    employer("同名公司")
    employer("同名公司")
    linked = factories.person(inside.path, employer="梅里化肥有限公司")
    two = factories.person(inside.path, employer="同名公司")
    none = factories.person(inside.path, employer="没有登记的厂")
    assert services.link_workers() == 1
    for person in (linked, two, none):
        person.refresh_from_db()
    assert (linked.works_for, two.works_for, none.works_for) == (here, None, None)
    assert services.link_workers() == 0


def test_who_works_here_and_their_households(inside: Node) -> None:
    made = employer()
    home = factories.household(inside.path)
    services.set_employer(person=home.head, employer=made)
    assert list(queries.workers_of(made)) == [home.head]
    assert list(queries.homes_of(made)) == [home]
    services.end_work(persons=queries.workers_of(made))
    assert not queries.workers_of(made).exists() and not queries.homes_of(made).exists()


@pytest.mark.parametrize("text", ["化肥", "meili", "ml", "91539900MA"])
def test_an_employer_is_found(inside: Node, text: str) -> None:
    made = employer(credit_code=credit_code(5))
    employer("远山运输公司", credit_code=credit_code(6))
    found = list(queries.find_employers(text, queries.employers()))
    assert made in found and (len(found) == 1 or text.startswith("9153"))


PAGES = ["employer", "employer_edit", "employer_union", "employer_close", "worker_add"]


@pytest.mark.parametrize("name", ["employers", "employer_new", *PAGES])
def test_a_page_opens_to_its_permission_and_to_its_county_alone(
    union: Node, client: Client, name: str
) -> None:
    post = orgs.post(union, SEE_EMPLOYER, EDIT_EMPLOYER, SEE_HOUSEHOLD)
    with scope.acting(post.actor()):
        row = employer()
    args = [row.pk] if name in PAGES else []
    url = reverse(f"registry:{name}", args=args)
    client.force_login(post.staff)
    assert client.get(url).status_code == 200
    blind = orgs.post(union, "casework.file.see")
    client.force_login(blind.staff)
    assert client.get(url).status_code == 403
    if args:
        away = orgs.post(orgs.node("county"), SEE_EMPLOYER, EDIT_EMPLOYER)
        client.force_login(away.staff)
        assert client.get(url).status_code == 404


def test_an_employer_is_entered_and_refused_on_the_page(union: Node, client: Client) -> None:
    post = orgs.post(union, SEE_EMPLOYER, EDIT_EMPLOYER)
    client.force_login(post.staff)
    url = reverse("registry:employer_new")
    wrong = client.post(url, {"name": "某厂", "credit_code": "91350100M000100Y44"})
    assert wrong.status_code == 422 and "校验位不符" in wrong.content.decode()
    right = client.post(url, {"name": "某厂", "credit_code": "91350100M000100Y43", "union": union.path})
    assert right.status_code == 302
    with scope.acting(post.actor()):
        assert Employer.objects.get().union_id == union.path


def test_ticked_workers_are_taken_off_on_the_page(union: Node, client: Client) -> None:
    post = orgs.post(union, SEE_EMPLOYER, EDIT_EMPLOYER)
    with scope.acting(post.actor()):
        row = employer()
        person = services.set_employer(person=factories.person(union.path), employer=row)
    client.force_login(post.staff)
    url = reverse("registry:employer", args=[row.pk])
    assert client.post(url, {"bulk": "leave", "ids": [person.pk]}).status_code in (200, 302)
    assert client.post(f"{url}?tab=members", {"bulk": "leave", "ids": [person.pk]}).status_code == 404
    with scope.acting(post.actor()):
        assert not queries.workers_of(row).exists()
