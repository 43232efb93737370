"""Documents of a household: uploaded and removed on its page, by those who keep it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.records import queries as records
from nuanxin.records.models import Attachment
from tests.casework.factories import upload
from tests.orgs import factories as orgs

from . import factories as registry

pytestmark = pytest.mark.django_db

SEE, EDIT = "registry.household.see", "registry.household.edit"


@pytest.fixture
def county():
    return orgs.node("county")


@pytest.fixture
def house(county):
    with scope.acting(orgs.actor(county)):
        return registry.household(county.path)


def sign_in(client, node, *permissions):
    post = orgs.post(node, *permissions)
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return post


def send(client, house, category="identity", body=None):
    url = reverse("registry:document_add", args=[house.pk])
    return client.post(url, {"category": category, "upload": body or upload("身份证.png")})


def test_a_document_is_uploaded_shown_and_taken_away_with_the_reason(client, county, house):
    actor = sign_in(client, county, SEE, EDIT).actor()
    assert send(client, house).status_code == 302
    with scope.acting(actor):
        kept = records.attachments_of(house).get()
    page = client.get(reverse("registry:household", args=[house.pk])).content.decode()
    assert "身份证.png" in page and reverse("records:preview", args=[kept.pk]) in page
    url = reverse("registry:document_remove", args=[house.pk, kept.pk])
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": "传错了户"}).status_code == 302
    with scope.acting(actor):
        assert not records.attachments_of(house).exists()
        assert Attachment.objects.get(pk=kept.pk).removed_because == "传错了户"


def test_what_is_no_document_comes_back_with_the_reason(client, county, house):
    actor = sign_in(client, county, SEE, EDIT).actor()
    answer = send(client, house, body=SimpleUploadedFile("a.png", b"<html>"))
    assert answer.status_code == 422 and "只接受" in answer.content.decode()
    with scope.acting(actor):
        assert not records.attachments_of(house).exists()


def test_medical_documents_show_only_to_those_who_see_health(client, county, house):
    sign_in(client, county, SEE, EDIT)
    send(client, house, category="diagnosis")
    page = reverse("registry:household", args=[house.pk])
    assert client.get(page).context["documents"] == []
    sign_in(client, county, SEE, "registry.health.see")
    assert len(client.get(page).context["documents"]) == 1


def test_readers_and_other_counties_cannot_change_a_households_documents(client, county, house):
    sign_in(client, county, SEE, EDIT)
    send(client, house)
    with scope.acting(orgs.actor(county)):
        kept = records.attachments_of(house).get()
    urls = [
        reverse("registry:document_add", args=[house.pk]),
        reverse("registry:document_remove", args=[house.pk, kept.pk]),
    ]
    sign_in(client, county, SEE)
    assert [client.get(url).status_code for url in urls] == [403, 403]
    sign_in(client, orgs.node("county"), "*")
    assert [client.post(url, {"reason": "x"}).status_code for url in urls] == [404, 404]
