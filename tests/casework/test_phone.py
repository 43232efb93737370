"""Home visits from a phone: whom to visit, sent once, photos and place only with consent."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from nuanxin.casework.models import Application, Visit
from nuanxin.casework.services.visits import MOST_PHOTOS
from nuanxin.records.models import Attachment, Entry
from nuanxin.registry.models import Consent, Household

from . import factories as make
from .test_pages import browser

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}


def photo(name="门口.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


@pytest.fixture
def home(county: make.County) -> Household:
    return make.household(county)


@pytest.fixture
def officer(county: make.County) -> Client:
    return browser(county.officer_post)


def send(client, home, **changes):
    values = {
        "key": str(uuid4()),
        "visited_on": timezone.localdate().isoformat(),
        "visitors": "李梅、杨光",
        "finding": "differs",
        "note": "妻子已出院",
    }
    headers = changes.pop("headers", JSON)
    return client.post(reverse("casework:visit", args=[home.pk]), values | changes, headers=headers)


def test_a_visit_is_sent_with_photos_and_place_and_belongs_to_the_open_application(county, officer):
    application = make.application(county)
    answer = send(
        officer,
        application.household,
        agreed="on",
        photos=[photo(), photo("屋内.jpg")],
        latitude="27.1712345",
        longitude="103.5498765",
        doubt="12.4",
        **make.checklist_typed(county, application.household),
    )
    assert answer.status_code == 200 and answer.json()["url"] == reverse("casework:visits")
    visit = Visit.objects.get(pk=answer.json()["visit"])
    assert visit.application == application and visit.agreed
    assert (str(visit.latitude), str(visit.longitude), visit.doubt) == ("27.171200", "103.549900", 12)
    kept = Attachment.objects.filter(kind="casework.Visit", subject=visit.pk)
    assert [row.name for row in kept.order_by("pk")] == ["门口.jpg", "屋内.jpg"]
    assert Entry.objects.filter(action="visit.recorded", subject=application.pk).count() == 1


def test_a_second_delivery_is_answered_with_the_first_visit(officer, home):
    key = str(uuid4())
    first = send(officer, home, key=key, agreed="on", photos=[photo()])
    again = send(officer, home, key=key, agreed="on", photos=[photo()], note="改过的话")
    assert first.json() == again.json() and again.status_code == 200
    assert Visit.objects.get().note == "妻子已出院"
    assert Attachment.objects.filter(kind="casework.Visit").count() == 1
    assert Entry.objects.filter(action="visit.recorded").count() == 1


def test_the_same_key_of_another_officer_is_another_visit(county, officer, home):
    key = str(uuid4())
    other = browser(make.orgs.post(county.union, *make.OFFICER))
    assert send(officer, home, key=key).json() != send(other, home, key=key).json()
    assert Visit.objects.count() == 2


def test_two_deliveries_at_once_keep_one_visit(county, officer, home, monkeypatch):
    """Both look before either has written: the database refuses the second, which answers with the first."""
    from nuanxin.casework.services import visits

    key = str(uuid4())
    first = send(officer, home, key=key).json()
    monkeypatch.setattr(visits, "_sent_before", lambda key: None)
    assert send(officer, home, key=key).json() == first
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"note": ""}, "note"),
        ({"visitors": ""}, "visitors"),
        ({"finding": "perhaps"}, "finding"),
        ({"visited_on": "2999-01-01"}, "visited_on"),
        ({"key": "1"}, "key"),
        ({"photos": True}, "agreed"),
        ({"latitude": "27.1", "longitude": "103.5"}, "agreed"),
        ({"agreed": "on", "latitude": "97.1", "longitude": "103.5"}, "latitude"),
        ({"agreed": "on", "doubt": "-1"}, "doubt"),
        ({"agreed": "on", "photos": MOST_PHOTOS + 1}, "photos"),
        ({"agreed": "on", "photos": SimpleUploadedFile("a.jpg", b"<html>")}, "__all__"),
    ],
)
def test_what_is_wrong_comes_back_by_field_and_nothing_is_kept(officer, home, changes, field):
    if isinstance(changes.get("photos"), int):
        changes = changes | {"photos": [photo() for _ in range(changes["photos"])]}
    answer = send(officer, home, **changes)
    assert answer.status_code == 422 and list(answer.json()["errors"]) == [field]
    assert not Visit.objects.exists() and not Attachment.objects.filter(kind="casework.Visit").exists()


def test_when_one_photo_is_refused_none_is_kept(officer, home):
    answer = send(officer, home, agreed="on", photos=[photo(), SimpleUploadedFile("b.jpg", b"MZ")])
    assert answer.status_code == 422
    assert not Visit.objects.exists() and not Attachment.objects.filter(kind="casework.Visit").exists()


def test_without_a_script_it_is_a_plain_form(officer, home):
    page = officer.get(reverse("casework:visit", args=[home.pk]))
    assert page.status_code == 200 and not page.context["form"].initial["agreed"]
    wrong = send(officer, home, headers={"accept": "text/html"}, note="")
    assert wrong.status_code == 422 and "李梅、杨光" in wrong.content.decode()
    right = send(officer, home, headers={"accept": "text/html"})
    assert right.status_code == 302 and Visit.objects.count() == 1


def test_a_consent_on_file_is_taken_over(county, officer, home):
    Consent.objects.create(
        org_id=home.org_id, household=home, person=home.head, kind="location", given_on=timezone.localdate()
    )
    assert officer.get(reverse("casework:visit", args=[home.pk])).context["form"].initial["agreed"]


def test_the_pages_are_for_those_who_bring_applications_in_and_for_their_own_families(county, officer, home):
    url = reverse("casework:visit", args=[home.pk])
    seer = browser(make.orgs.post(county.node, make.SEE))
    assert seer.get(url).status_code == seer.get(reverse("casework:visits")).status_code == 403
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), "*"))
    assert elsewhere.get(url).status_code == send(elsewhere, home).status_code == 404
    assert send(seer, home).status_code == 403
    assert not Visit.objects.exists()


def test_an_ended_household_is_visited_no_more(officer, home):
    today = timezone.localdate()
    home.members.update(since=today - timedelta(days=9), until=today)
    Household.objects.filter(pk=home.pk).update(ended_on=today, ended_because="moved")
    assert send(officer, home).status_code == 404


def test_my_visits_are_new_applications_first_then_files_unseen_for_a_year(county, officer):
    file = make.file(county)
    fresh = make.application(county)
    url = reverse("casework:visits")
    assert [row.household for row in officer.get(url).context["due"]] == [fresh.household]
    long_ago = timezone.localdate() - timedelta(days=400)
    Visit.objects.filter(household=file.household).update(visited_on=long_ago)
    Visit.objects.create(
        org_id=fresh.org_id,
        household=fresh.household,
        application=fresh,
        visited_on=timezone.localdate(),
        visitors="李梅",
        finding="agrees",
        note="",
        staff_id=county.officer.staff_id,
    )
    page = officer.get(url)
    assert [(row.household, row.last) for row in page.context["due"]] == [(file.household, long_ago)]
    assert [row.household for row in page.context["done"]] == [fresh.household, file.household]


def test_the_list_takes_few_queries_however_many_families(county, officer, django_assert_max_num_queries):
    for _ in range(4):
        make.application(county)
    with django_assert_max_num_queries(14):
        assert len(officer.get(reverse("casework:visits")).context["due"]) == 4


def test_the_database_refuses_a_place_without_consent_and_half_a_place(county, officer, home):
    visit = Visit.objects.get(pk=send(officer, home).json()["visit"])
    for values in (
        {"latitude": 27, "longitude": 103},
        {"agreed": True, "latitude": 27},
        {"agreed": True, "doubt": 3},
        {"agreed": True, "latitude": 91, "longitude": 103},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**values)


def test_photos_of_a_visit_are_seen_by_those_who_see_files(county, officer, home):
    send(officer, home, agreed="on", photos=[photo()])
    url = reverse("records:attachment", args=[Attachment.objects.get(kind="casework.Visit").pk])
    assert browser(make.orgs.post(county.node, make.SEE)).get(url).status_code == 200
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    assert browser(make.orgs.post(make.orgs.node("county"), "*")).get(url).status_code == 404
    assert Application.objects.count() == 0
