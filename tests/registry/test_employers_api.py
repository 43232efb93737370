"""The API of employers, members and queues: permissions, scope, refusals."""

import pytest
from django.test import Client

from nuanxin.kernel import scope
from nuanxin.orgs.models import Node
from nuanxin.registry.models import Membership
from nuanxin.registry.permissions import EDIT_EMPLOYER, SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.services.employers import create_employer
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
ROOT = "/api/registry"


@pytest.fixture
def union(client: Client) -> Node:
    node = orgs.node("grassroots")
    client.force_login(orgs.post(node, SEE_EMPLOYER, EDIT_EMPLOYER, SEE_HOUSEHOLD).staff)
    return node


def test_an_employer_is_entered_listed_and_opened(union: Node, client: Client) -> None:
    data = {"name": "某厂", "credit_code": "91350100m000100y43", "union": union.code}
    made = client.post(f"{ROOT}/employers", data, content_type="application/json")
    assert made.status_code == 201 and made.json()["credit_code"] == "91350100M000100Y43"
    assert client.post(f"{ROOT}/employers", data, content_type="application/json").status_code == 409
    assert client.get(f"{ROOT}/employers?q=某").json()["count"] == 1
    assert client.get(f"{ROOT}/employers?unorganised=true").json()["count"] == 0
    assert client.get(f"{ROOT}/employers/{made.json()['id']}").json()["union"] == union.code


def test_another_county_finds_nothing_and_without_permission_all_is_closed(
    union: Node, client: Client
) -> None:
    with scope.acting(orgs.actor(union)):
        row = create_employer(name="某厂")
    client.force_login(orgs.post(orgs.node("county"), SEE_EMPLOYER, EDIT_EMPLOYER).staff)
    assert client.get(f"{ROOT}/employers").json()["count"] == 0
    assert client.get(f"{ROOT}/employers/{row.pk}").status_code == 404
    assert client.get(f"{ROOT}/unions/{union.code}/members").status_code == 404
    client.force_login(orgs.post(union, "casework.file.see").staff)
    for path in ("employers", f"employers/{row.pk}", f"unions/{union.code}/members", "queues"):
        assert client.get(f"{ROOT}/{path}").status_code == 403


def test_a_list_is_enrolled_with_a_receipt(union: Node, client: Client) -> None:
    people = [{"name": "和一", "id_number": factories.id_number()}, {"name": "和二", "id_number": "1"}]
    data = {"title": "第一期", "held_on": "2021-05-08", "form": "rider", "people": people}
    url = f"{ROOT}/unions/{union.code}/enrolments"
    receipt = client.post(url, data, content_type="application/json").json()
    assert (receipt["listed"], receipt["joined"], receipt["wrong"][0]["line"]) == (2, 1, 2)
    assert Membership.objects.count() == 0  # nobody acts here, so nothing is seen
    listed = client.get(f"{ROOT}/unions/{union.code}/members").json()
    assert listed["count"] == 1 and listed["items"][0]["id_number"] != people[0]["id_number"]


def test_the_queues_are_counted(union: Node, client: Client) -> None:
    with scope.acting(orgs.actor(union)):
        factories.household(union.path, consent_on=None)
    found = client.get(f"{ROOT}/queues").json()
    assert found["without_consent"] == 1 and found["reaching_school"] is None
