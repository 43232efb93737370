"""The standing queues of files and applications, and the officers of files."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.casework import services, work
from nuanxin.casework.models import File, Visit
from nuanxin.casework.queries import queues
from nuanxin.casework.services.officers import assign_officer, officers
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.records.models import Entry
from nuanxin.registry import services as registry_services
from nuanxin.registry.models import Household
from tests.orgs import factories as orgs

from . import factories as make
from .conftest import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(county: make.County) -> File:
    return make.file(county)


def test_a_file_that_was_never_helped(county: make.County, file: File) -> None:
    with scope.acting(county.reviewer):
        assert list(queues.never_helped()) == [file] and queues.counts().never_helped == 1
    Visit.objects.create(
        org_id=file.org_id, household=file.household, visited_on=file.opened_on + timedelta(days=3),
        visitors="李雪梅、和卓玛", finding="agrees", note="", staff=county.officer_post.staff,
    )  # fmt: skip
    with scope.acting(county.reviewer):
        assert not queues.never_helped().exists() and queues.counts().never_helped == 0


def test_a_file_without_an_officer_gets_one(county: make.County, file: File) -> None:
    with scope.acting(county.reviewer):
        assert list(queues.without_officer()) == [file] and queues.counts().without_officer == 1
        done = assign_officer(files=File.objects.all(), officer=county.officer_post.staff)
        assert (done.done, done.left) == (1, 0)
        assert not queues.without_officer().exists() and queues.counts().without_officer == 0
        assert Entry.objects.filter(action="file.officer_assigned").exists()
    file.refresh_from_db()
    assert file.officer == county.officer_post.staff


def test_an_officer_of_another_place_is_refused(county: make.County, file: File) -> None:
    stranger = orgs.post(orgs.node("county"), make.SEE).staff
    below = orgs.post(orgs.node("grassroots", county.union.parent), make.SEE).staff
    with scope.acting(county.reviewer):
        with refusal("no_officer"):
            assign_officer(files=File.objects.all(), officer=stranger)
        done = assign_officer(files=File.objects.all(), officer=below)
        assert (done.done, done.left) == (0, 1)
        assert stranger not in officers() and below in officers()
    with scope.acting(orgs.actor(county.node, make.SEE)), pytest.raises(Denied):
        assign_officer(files=File.objects.all(), officer=below)


def test_a_closed_file_stands_in_no_queue(county: make.County, file: File) -> None:
    with scope.acting(county.decider):
        services.close_file(file=file, reason="收入稳定")
        counts = queues.counts()
        assert (counts.never_helped, counts.without_officer) == (0, 0)
        assert not queues.never_helped().exists() and not queues.without_officer().exists()


@pytest.mark.parametrize("stays", [True, False])
def test_an_officer_stays_with_a_household_that_moves_only_under_their_post(
    county: make.County, file: File, stays: bool
) -> None:
    officer = (county.reviewer_post if stays else county.officer_post).staff
    File.objects.filter(pk=file.pk).update(officer=officer)
    other = orgs.node("grassroots", county.union.parent)
    Household.objects.filter(pk=file.household_id).update(org=other)
    file.refresh_from_db()
    assert file.org_id == other.path
    assert file.officer_id == (officer.pk if stays else None)


def test_an_application_that_lacks_facts(county: make.County) -> None:
    with scope.acting(county.officer):
        home = registry_factory(county, homes=None)
        application = services.start_application(household=home)
        assert application.assessment is not None and application.assessment.result == "unknown"
        assert list(queues.undecidable()) == [application] and queues.counts().undecidable == 1
        registry_services.edit_household(
            household=home, version=registry_services.version_of(Household.objects.get(pk=home.pk)), homes=1
        )


def registry_factory(county: make.County, **facts: Any) -> Household:
    return make.household(county, **facts)


def test_the_counts_are_one_statement_and_a_line_each_on_the_home_page(
    county: make.County, file: File
) -> None:
    with scope.acting(county.reviewer) as actor:
        with CaptureQueriesContext(connection) as ran:
            queues.counts()
        assert len(ran) == 1
        [heap] = work.standing(county.reviewer)
        tabs = [item.url.partition("tab=")[2] for item in heap.items]
        assert tabs == ["never_helped", "no_officer", "no_leader"]
        assert actor is None or heap.count == 3


@pytest.mark.parametrize("tab", ["never_helped", "no_officer", "no_leader", "unknown"])
def test_the_page_shows_its_own_county_alone(
    county: make.County, file: File, client: Client, tab: str
) -> None:
    url = f"{reverse('casework:file_queues')}?tab={tab}"
    for node, shown in ((county.node, tab != "unknown"), (orgs.node("county"), False)):
        client.force_login(orgs.post(node, make.SEE).staff)
        page = client.get(url)
        assert page.status_code == 200 and (file.number in page.content.decode()) == shown
    client.force_login(orgs.post(county.node, "registry.household.see").staff)
    assert client.get(url).status_code == 403


def test_ticked_files_are_given_to_the_officer_chosen(
    county: make.County, file: File, client: Client
) -> None:
    client.force_login(county.reviewer_post.staff)
    queue = f"{reverse('casework:file_queues')}?tab=no_officer"
    chosen = client.post(queue, {"bulk": "assign", "ids": [file.pk]})
    assert chosen["Location"] == (url := reverse("casework:assign_officer"))
    assert client.get(url).status_code == 200
    assert client.post(url, {"officer": ""}).status_code == 422
    assert client.post(url, {"officer": county.officer_post.staff_id}).status_code == 302
    file.refresh_from_db()
    assert file.officer == county.officer_post.staff
    client.force_login(county.decider_post.staff)
    assert client.get(url).status_code == 403
