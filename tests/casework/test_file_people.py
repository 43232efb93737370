"""The file page: the unions of the household's people, and the officer who looks after it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework.models import File
from nuanxin.casework.permissions import APPLY
from nuanxin.kernel import scope
from nuanxin.orgs.models import Post
from nuanxin.registry.permissions import EDIT_EMPLOYER, SEE_EMPLOYER
from nuanxin.registry.services.memberships import join_union, leave_union

from . import factories as make
from .test_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(county):
    return make.file(county)


def test_the_file_shows_who_is_in_which_union_and_was(county, file):
    today = timezone.localdate()
    with scope.acting(make.orgs.actor(county.node, EDIT_EMPLOYER)):
        head = file.household.head
        row = join_union(person=head, union=file.org_id, form="rider", joined_on=today)
        leave_union(membership=row, left_on=today, because="resigned")
        join_union(person=head, union=file.org_id, form="driver", joined_on=today)
    address = reverse("casework:file", args=[file.pk])
    page = browser(make.orgs.post(county.node, make.SEE, SEE_EMPLOYER)).get(address).content.decode()
    assert "网约车司机" in page and "网约配送员" in page and "退会" in page
    assert "工会会籍" not in browser(make.orgs.post(county.node, make.SEE)).get(address).content.decode()


def test_the_officer_is_changed_from_the_file(county, file):
    address = reverse("casework:file_officer", args=[file.pk])
    client = browser(make.orgs.post(county.node, make.SEE, APPLY))
    officer = Post.objects.filter(node=county.node, role__permissions__contains=[make.SEE]).first().staff
    assert address in client.get(reverse("casework:file", args=[file.pk])).content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"officer": ""}).status_code == 422
    assert client.post(address, {"officer": officer.pk}).status_code == 302
    with scope.acting(make.orgs.actor(county.node, make.SEE)):
        assert File.objects.get(pk=file.pk).officer == officer


def test_the_officer_of_a_file_is_not_changed_by_others(county, file):
    address = reverse("casework:file_officer", args=[file.pk])
    assert browser(make.orgs.post(county.node, make.SEE)).get(address).status_code == 403
    other = make.orgs.node("county")
    assert browser(make.orgs.post(other, make.SEE, APPLY)).get(address).status_code == 404
