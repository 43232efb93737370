"""The notices of many applications put up together, from the list."""

import pytest
from django.urls import reverse

from nuanxin.casework.models import Notice

from . import factories as make
from .test_pages import browser

pytestmark = pytest.mark.django_db
LIST, PAGE = "casework:applications", "casework:put_up"
SAID = {"phone": "0871-64000012", "place": "职工服务中心公告栏"}


def ticked(client, *rows):
    return client.post(reverse(LIST), {"bulk": "notice", "ids": [row.pk for row in rows]})


def test_ticked_applications_are_put_up_and_the_others_say_why(county):
    reviewer = browser(county.reviewer_post)
    ready = [make.application(county, "submitted") for _ in range(2)]
    draft = make.application(county)
    url = reverse(PAGE)
    assert ticked(reviewer, *ready, draft)["Location"] == url
    page = reviewer.get(url)
    assert page.status_code == 200 and "3" in page.content.decode()
    empty = reviewer.post(url, SAID | {"phone": ""})
    assert empty.status_code == 422 and SAID["place"] in empty.content.decode()
    done = reviewer.post(url, SAID, follow=True)
    assert done.redirect_chain[-1][0].endswith("?tab=noticed")
    told = done.content.decode()
    assert "已公示 2 件" in told and draft.who in told
    notices = Notice.objects.filter(application__in=[row.pk for row in (*ready, draft)])
    assert {notice.application_id for notice in notices} == {row.pk for row in ready}
    assert {notice.phone for notice in notices} == {SAID["phone"]}
    assert reviewer.get(url).status_code == 302, "nothing is ticked any more"


def test_only_who_checks_and_only_in_scope(county):
    row = make.application(county, "submitted")
    officer = browser(county.officer_post)
    assert ticked(officer, row).status_code == 404
    assert officer.get(reverse(PAGE)).status_code == 403
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), *make.REVIEWER))
    ticked(elsewhere, row)
    assert elsewhere.post(reverse(PAGE), SAID).status_code == 302
    assert not Notice.objects.exists()
