"""The team view: who has how much, what is late, how long; and no names of families."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import Application
from nuanxin.casework.queries.team import team
from nuanxin.kernel import scope
from tests.orgs import factories as orgs

from . import applying
from . import factories as make

pytestmark = pytest.mark.django_db
TEAM = "casework.team.see"


def test_load_late_and_times(county: make.County) -> None:
    application = make.application(county, "submitted")
    with scope.acting(county.decider):
        rows = {row.pk: row for row in team(county.node.path, timezone.now() - timedelta(days=90))}
    officer, reviewer = rows[county.officer_post.pk], rows[county.reviewer_post.pk]
    assert (officer.brought, officer.returned, officer.late, officer.median) == (1, 0, 0, None)
    assert (reviewer.brought, reviewer.waiting, reviewer.load) == (0, 1, 1)
    assert county.cashier_post.pk not in rows
    Application.objects.filter(pk=application.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    with scope.acting(county.decider):
        late = team(county.node.path, timezone.now()).get(pk=county.officer_post.pk)
    assert late.late == 1


def test_the_page_names_staff_and_no_family(client: Client, county: make.County) -> None:
    application = make.application(county, "submitted")
    head = orgs.post(county.node, TEAM)
    client.force_login(head.staff)
    page = client.get(reverse("casework:team"))
    assert page.status_code == 200
    text = page.content.decode()
    assert county.officer_post.staff.name in text and application.who not in text
    assert client.get(reverse("casework:team"), {"export": "xlsx"}).status_code == 200
    for column in ("name", "-late", "median", "-slow"):
        assert client.get(reverse("casework:team"), {"sort": column}).status_code == 200


def test_another_countys_people_are_not_there(client: Client, county: make.County) -> None:
    client.force_login(orgs.post(orgs.node("county"), TEAM).staff)
    assert county.officer_post.staff.name not in client.get(reverse("casework:team")).content.decode()


def test_the_page_needs_its_permission(client: Client, county: make.County) -> None:
    client.force_login(county.officer_post.staff)
    assert client.get(reverse("casework:team")).status_code == 403


def test_steps_passed_count_for_who_passed_them_since_the_day(county: make.County) -> None:
    row = applying.temporary(county, "submitted")
    with scope.acting(county.reviewer):
        services.pass_on(application=row)
        now = timezone.now()
        rows = {one.pk: one for one in team(county.node.path, now - timedelta(days=90))}
        later = team(county.node.path, now + timedelta(days=1)).get(pk=county.reviewer_post.pk)
    checked, decides = rows[county.reviewer_post.pk], rows[county.decider_post.pk]
    assert (checked.waiting, checked.passed, decides.waiting, decides.passed) == (0, 1, 1, 0)
    assert checked.median is not None and 0 <= checked.median == checked.slow < 1
    assert (later.passed, later.median, later.slow) == (0, None, None)
