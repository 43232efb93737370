"""Pages of the file over time, of acts over households and of transfers: with, without, and from afar."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.registry import permissions as may
from nuanxin.registry import queries, services
from nuanxin.registry.models import Circumstance, Consent, Household, Transfer
from tests.orgs import factories as orgs

from . import factories
from .test_pages import OPEN

pytestmark = pytest.mark.django_db
SEE, EDIT, MOVE = may.SEE_HOUSEHOLD, may.EDIT_HOUSEHOLD, may.TRANSFER_HOUSEHOLD

PAGES = [
    ("household_as_of", SEE),
    ("household_split", EDIT),
    ("household_merge", EDIT),
    ("household_move", EDIT),
    ("household_offer", EDIT),
    ("household_end", EDIT),
    ("household_reopen", EDIT),
    ("household_head", EDIT),
    ("consent_add", EDIT),
]


def browser(post: Any) -> Client:
    """A browser in which the holder of the post is signed in."""
    client = Client()
    client.force_login(post.staff)
    return client


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture
def house(union) -> Household:
    with scope.acting(orgs.actor(union)):
        house = factories.household(union.path, people=2, since=timezone.localdate() - timedelta(days=50))
        wife = factories.person(union.path, "王芳")
        services.add_member(household=house, person=wife, relation="1")
        services.change_facts(
            subject=house,
            facts={"annual_income": Money.yuan(7777)},
            since=timezone.localdate() - timedelta(days=5),
        )
        return house


@pytest.mark.parametrize("name, permission", PAGES)
def test_a_page_of_a_household(name, permission, house, union):
    url = reverse(f"registry:{name}", args=[house.pk])
    assert browser(orgs.post(union, permission, *OPEN)).get(url).status_code == 200
    assert browser(orgs.post(union, may.IMPORT_ROSTER)).get(url).status_code == 403
    assert browser(orgs.post(orgs.node("county"), permission)).get(url).status_code == 404


@pytest.mark.parametrize("name", ["member_leave", "member_death"])
def test_a_page_of_a_member(name, house, union):
    url = reverse(f"registry:{name}", args=[house.pk, house.head_id])
    assert browser(orgs.post(union, EDIT)).get(url).status_code == 200
    assert browser(orgs.post(union, SEE)).get(url).status_code == 403
    assert browser(orgs.post(orgs.node("county"), EDIT)).get(url).status_code == 404
    nobody = reverse(f"registry:{name}", args=[house.pk, 0])
    assert browser(orgs.post(union, EDIT)).get(nobody).status_code == 404


def test_a_day_and_a_fact_are_shown_as_they_were(house, union):
    seer = browser(orgs.post(union, SEE, *OPEN))
    url = reverse("registry:household_as_of", args=[house.pk])
    assert "7,777.00" in seer.get(url).content.decode()
    before = (timezone.localdate() - timedelta(days=6)).isoformat()
    page = seer.get(url, {"on": before}).content.decode()
    assert "9,600.00" in page and "7,777.00" not in page
    fact = reverse("registry:fact", args=[house.pk, "annual_income"])
    page = seer.get(fact).content.decode()
    assert "9,600.00" in page and "7,777.00" in page
    assert seer.get(reverse("registry:fact", args=[house.pk, "card_cipher"])).status_code == 404
    person = reverse("registry:fact", args=[house.pk, "health", house.head_id])
    assert seer.get(person).status_code == 200
    closed = browser(orgs.post(union, SEE)).get(fact).content.decode()
    assert "7,777.00" not in closed and "9,600.00" not in closed


def test_an_edit_says_since_when(house, union):
    since = timezone.localdate() - timedelta(days=3)
    url = reverse("registry:household_edit", args=[house.pk])
    officer = browser(orgs.post(union, EDIT, SEE, *OPEN))
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        version = services.version_of(house)
    posted = {"residence": "urban", "people": "2", "homes": "2", "since": since, "source": "visited"}
    assert officer.post(url, posted | {"version": version, "annual_income": "7777"}).status_code == 302
    with scope.acting(orgs.actor(union)):
        now = Circumstance.objects.on(timezone.localdate()).get(household=house, fact="homes")
        assert (now.value, now.since, now.source) == (2, since, "visited")


def test_acts_over_http(house, union):
    officer = browser(orgs.post(union, EDIT, SEE, *OPEN))
    with scope.acting(orgs.actor(union)):
        wife = queries.members_of(house).get(relation="1").person
    today = timezone.localdate().isoformat()
    consent = {"person": house.head_id, "kind": "check", "given_on": today}
    assert officer.post(reverse("registry:consent_add", args=[house.pk]), consent).status_code == 302
    again = officer.post(reverse("registry:consent_add", args=[house.pk]), consent)
    assert again.status_code == 422 and "已有这项授权" in again.content.decode()
    with scope.acting(orgs.actor(union)):
        given = Consent.objects.get()
    url = reverse("registry:consent_withdraw", args=[house.pk, given.pk])
    assert officer.get(url).status_code == 200
    assert officer.post(url, {"note": "本人要求"}).status_code == 302
    death = reverse("registry:member_death", args=[house.pk, house.head_id])
    assert officer.post(death, {"died_on": today}).status_code == 422
    assert officer.post(death, {"died_on": today, "new_head": wife.pk}).status_code == 302
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        assert house.head == wife
    end = reverse("registry:household_end", args=[house.pk])
    assert officer.post(end, {"because": "moved", "since": today}).status_code == 302
    assert officer.get(reverse("registry:household", args=[house.pk])).status_code == 200
    assert officer.get(reverse("registry:household_edit", args=[house.pk])).status_code == 404


def test_a_household_is_entered_by_hand(union):
    officer = browser(orgs.post(union, EDIT, SEE, *OPEN))
    url = reverse("registry:household_new")
    assert officer.get(url).status_code == 200
    assert browser(orgs.post(union, SEE)).get(url).status_code == 403
    posted = {
        "name": "木桂花", "id_number": factories.id_number(), "union": union.path, "residence": "rural",
        "people": "3", "annual_income": "8000", "health": "diabetes", "consent_on": "2025-01-02",
    }  # fmt: skip
    assert officer.post(url, posted | {"id_number": "123"}).status_code == 422
    assert officer.post(url, posted).status_code == 302
    with scope.acting(orgs.actor(union)):
        made = Household.objects.get()
        assert (made.head.health, made.people, made.consent_on.year) == ("diabetes", 3, 2025)
        assert Consent.objects.get().kind == "check" and not Circumstance.objects.exists()


def test_a_request_is_asked_and_answered_over_http(house, union):
    number = factories.id_number()
    far = orgs.node("grassroots")
    with scope.acting(orgs.actor(union)):
        person = factories.person(union.path, "和小军", id_number=number)
    asker = browser(orgs.post(far, EDIT))
    url = reverse("registry:transfer_ask")
    posted = {"id_number": number, "name": "和小军", "union": far.path, "reason": "已迁入"}
    assert asker.get(url).status_code == 200
    assert asker.post(url, posted | {"id_number": factories.id_number()}).status_code == 422
    assert asker.post(url, posted).status_code == 302
    with scope.acting(orgs.actor(far)):
        row = Transfer.objects.get()
    page = reverse("registry:transfer", args=[row.pk])
    county = union.parent.parent
    holder = browser(orgs.post(county, MOVE))
    assert "和小军" in holder.get(reverse("registry:transfers")).content.decode()
    assert person.id_mask in holder.get(page).content.decode()
    assert person.id_mask not in asker.get(page).content.decode()
    assert browser(orgs.post(orgs.node("county"), MOVE)).get(page).status_code == 404
    assert browser(orgs.post(county, SEE)).get(page).status_code == 403
    assert holder.post(page, {"act": "refuse"}).status_code == 422
    assert "和小军" in holder.get(reverse("home")).content.decode()
    assert holder.post(page, {"act": "accept"}).status_code == 302
    with scope.acting(orgs.actor(far)):
        person.refresh_from_db()
        assert person.org_id == far.path
