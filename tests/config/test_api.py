"""The API page: for those who are signed in, and without anything from outside."""

import re

import pytest

from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


def test_the_api_page_needs_a_sign_in_and_fetches_nothing_from_outside(client):
    assert client.get("/api/docs").status_code == 302
    post = orgs.post(orgs.node("county"), "orgs.node.see")
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/api/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_api_describes_itself_and_refuses_strangers(client):
    assert client.get("/api/casework/applications").status_code == 401
    post = orgs.post(orgs.node("county"), "orgs.node.see")
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    paths = client.get("/api/openapi.json").json()["paths"]
    assert any(path.startswith("/api/casework/") for path in paths)
