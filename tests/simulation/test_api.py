"""The operations: start a run, follow it, read what it came to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from nuanxin.kernel import scope
from nuanxin.simulation import queries
from tests.orgs import factories as orgs

from .factories import RUN, Prefecture, prefecture, scenario

pytestmark = pytest.mark.django_db
ROOT = "/api/simulation"


@pytest.fixture
def place() -> Prefecture:
    return prefecture(families=20)


@pytest.fixture
def client(place: Prefecture) -> Client:
    client = Client()
    client.force_login(place.post.staff)
    return client


def post(client: Client, **given: Any) -> Any:
    return client.post(f"{ROOT}/runs", given, content_type="application/json")


def test_a_run_from_start_to_households(client: Client, place: Prefecture, jobs: Callable[[], int]):
    with scope.acting(place.officer):
        made = scenario(percent=10)
    assert [row["id"] for row in client.get(f"{ROOT}/scenarios").json()] == [made.pk]
    answer = post(client, first=made.pk)
    assert answer.status_code == 201
    started = answer.json()
    assert (started["state"], started["finished"]) == ("waiting", None)
    address = f"{ROOT}/runs/{started['id']}"
    for part in ("counties", "causes", "benefits", "households"):
        assert client.get(f"{address}/{part}").json()["code"] == "not_finished"
    jobs()
    ended = client.get(address).json()
    assert (ended["state"], ended["done"], ended["total"]) == ("done", 20, 20)
    counties = client.get(f"{address}/counties").json()
    assert {row["name"] for row in counties} == {county.path for county in place.counties}
    benefits = client.get(f"{address}/benefits").json()
    for variant, name in ((0, "fen_now"), (1, "fen_then")):
        assert sum(row["fen"][variant] for row in benefits) == sum(row[name] for row in counties)
    causes = client.get(f"{address}/causes").json()
    assert sum(row["households"] for row in causes) == 20
    with scope.acting(place.officer):
        want = list(queries.differences(queries.run_by_key(started["id"]), 1).order_by("pk"))
    got = client.get(f"{address}/households", {"limit": 3}).json()
    assert [row["household_id"] for row in got] == [row.household_id for row in want[:3]]
    rest = client.get(f"{address}/households", {"after": got[-1]["id"]}).json()
    assert len(got) + len(rest) == len(want)
    assert client.get(f"{address}/counties", {"variant": 2}).json()["code"] == "no_scenario"


def test_refused_denied_and_out_of_sight(client: Client, place: Prefecture):
    with scope.acting(place.officer):
        empty, made = scenario(), scenario(percent=10)
    refused = post(client, first=empty.pk)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_changed")
    elsewhere = post(client, first=made.pk, place=orgs.node("county").path)
    assert (elsewhere.status_code, elsewhere.json()["field"]) == (409, "place")
    run = post(client, first=made.pk).json()["id"]
    for at, codes, status in ((orgs.node("county"), (RUN,), 404), (place.node, ("orgs.node.see",), 403)):
        other = Client()
        other.force_login(orgs.post(at, *codes).staff)
        assert post(other, first=made.pk).status_code == status
        assert other.get(f"{ROOT}/runs/{run}").status_code == status
        assert other.get(f"{ROOT}/runs/{run}/households").status_code == status
