"""Pages and operations over HTTP: who may open them, whose rows they show, and each act with its refusal."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from nuanxin.casework.permissions import APPLY
from nuanxin.kernel import scope
from nuanxin.kernel.worklist import collect
from nuanxin.orgs.models import Post
from nuanxin.reviews import services
from nuanxin.reviews.models import Difference, Review

from . import factories as make

pytestmark = pytest.mark.django_db
SEE, RUN, DECIDE = make.SEE, make.RUN, make.DECIDE

#: Each page and the permissions that open it.
PAGES = {
    "reviews": (SEE,),
    "new_review": (RUN,),
    "preview": (RUN,),
    "review": (SEE,),
    "propose": (RUN,),
    "decide": (DECIDE,),
    "difference": (SEE, APPLY),
}
OPERATIONS = {"/": (SEE,), "/{review}": (SEE,), "/{review}/differences": (SEE,)}


def browser(post: Post) -> Client:
    """A browser in which the holder of the post is signed in."""
    client = Client()
    client.force_login(post.staff)
    return client


@pytest.fixture
def row(county: make.County, jobs: Any) -> Difference:
    """A household of a computed review that is to become deep."""
    make.file(county, "relative", 800)
    return make.computed(county, jobs).differences.get()


def address(name: str, row: Difference) -> str:
    if name in ("reviews", "new_review", "preview"):
        return reverse(f"reviews:{name}")
    return reverse(f"reviews:{name}", args=[row.pk if name == "difference" else row.review_id])


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_for_their_permissions_alone(county, row, name):
    for permission in PAGES[name]:
        client = browser(make.orgs.post(county.node, permission))
        assert client.get(address(name, row)).status_code == 200
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(address(name, row)).status_code == 403


@pytest.mark.parametrize("name", ["review", "propose", "decide", "difference"])
def test_another_county_does_not_find_them(row, name):
    there = make.orgs.post(make.county().node, *PAGES[name])
    assert browser(there).get(address(name, row)).status_code == 404


@pytest.mark.parametrize("path", OPERATIONS)
def test_operations(county, row, path):
    url = "/api/reviews" + path.format(review=row.review_id)
    assert browser(make.orgs.post(county.node, *OPERATIONS[path])).get(url).status_code == 200
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    if path != "/":
        assert browser(make.orgs.post(make.county().node, SEE)).get(url).status_code == 404


def test_the_operation_says_what_the_page_says(county, row):
    found = browser(county.reviewer_post).get(f"/api/reviews/{row.review_id}/differences").json()["items"][0]
    assert (found["was"], found["now"], found["per_head_now"]) == ("relative", "deep", "800.00")
    assert found["aid_was"] == str(row.aid_was.to_yuan()) and not found["stale"]


def test_starting_one_from_the_form(county, jobs):
    make.file(county, "relative", 800)
    client = browser(county.reviewer_post)
    shown = client.get(reverse("reviews:preview"), {"path": county.node.path, "survey": "on"})
    assert "1" in shown.content.decode()
    data = {
        "title": "年度复核",
        "reason": "年度复核通知",
        "path": county.node.path,
        "as_of": "2022-03-01",
        "basis": "2021-12-31",
    }
    wrong = client.post(reverse("reviews:new_review"), data | {"basis": "2022-04-01"})
    assert wrong.status_code == 422 and "年度复核通知" in wrong.content.decode()
    assert client.post(reverse("reviews:new_review"), data).status_code == 302
    review = Review.objects.get()
    page = reverse("reviews:review", args=[review.pk])
    assert reverse("records:job", args=[review.job_id]) in client.get(page).content.decode()
    jobs()
    shown = client.get(page).content.decode()
    assert "?tab=class&amp;was=relative&amp;now=deep" in shown


def test_no_preview_of_what_is_out_of_sight(county):
    there = make.county()
    make.file(there)
    shown = browser(county.reviewer_post).get(reverse("reviews:preview"), {"path": there.node.path})
    assert "note" not in shown.content.decode()


def test_a_half_computed_list_is_not_shown(county, row):
    other = make.start(county, title="另一次复核")
    Difference.objects.filter(pk=row.pk).update(review=other)
    client = browser(county.reviewer_post)
    shown = client.get(reverse("reviews:review", args=[other.pk])).content.decode()
    assert row.household.head.name not in shown
    assert client.get(reverse("reviews:difference", args=[row.pk])).status_code == 404
    assert client.get(f"/api/reviews/{other.pk}/differences").json()["items"] == []


def test_filters_narrow_the_list_and_the_export(county, jobs):
    make.file(county, "relative", 800, name="和建国")
    make.file(county, "relative", 9_000, name="李秀英")
    make.file(make.elsewhere(county), "deep", None, name="杨光明")
    review = make.computed(county, jobs)
    client, page = browser(county.reviewer_post), reverse("reviews:review", args=[review.pk])

    def names(query: str) -> set[str]:
        shown = client.get(f"{page}?{query}").content.decode()
        return {name for name in ("和建国", "李秀英", "杨光明") if name in shown}

    assert names("tab=todo") == {"和建国", "李秀英", "杨光明"}
    assert names("tab=class") == {"和建国"} and names("tab=leaving") == {"李秀英"}
    assert (
        names("tab=unknown") == {"杨光明"}
        and "家庭年可支配收入" in client.get(f"{page}?tab=unknown").content.decode()
    )
    assert names("tab=todo&now=none") == {"李秀英"} and names("tab=todo&q=he") == {"和建国"}
    assert names("tab=todo&cause=unemployment") == set()
    township = county.union.parent.path
    assert names(f"tab=todo&unit={township}") == {"和建国", "李秀英"}
    book = client.get(f"{page}?tab=class&export=xlsx")
    rows = (
        CalamineWorkbook.from_filelike(BytesIO(b"".join(book.streaming_content)))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert len(rows) == 2 and "和建国" in rows[1]


def test_ticked_rows_get_an_opinion_and_a_decision(county, row):
    page = reverse("reviews:review", args=[row.review_id])
    reviewer = browser(county.reviewer_post)
    went = reviewer.post(page, {"bulk": "propose", "ids": [row.pk]})
    assert went.url == reverse("reviews:propose", args=[row.review_id])
    assert reviewer.post(went.url, {"opinion": "keep"}).status_code == 422
    assert reviewer.post(went.url, {"opinion": "follow"}).url == page
    row.refresh_from_db()
    assert row.state == "proposed"
    decider = browser(county.decider_post)
    assert "按新结论办理</td>" in decider.get(f"{page}?tab=proposed").content.decode()
    went = decider.post(f"{page}?tab=proposed", {"bulk": "decide", "ids": [row.pk]})
    assert decider.post(went.url, {"verdict": "return"}).status_code == 422
    assert decider.post(went.url, {"verdict": "settle"}).url == page
    row.refresh_from_db()
    assert row.state == "settled"


def test_all_of_a_list_as_filtered(county, jobs):
    stays = make.file(county, "relative", 9_000)
    make.file(county, "relative", 800)
    make.file(county, "relative", 700)
    review = make.computed(county, jobs)
    url = reverse("reviews:propose", args=[review.pk])
    browser(county.reviewer_post).post(f"{url}?all=1&tab=class", {"opinion": "follow"})
    states = dict(review.differences.values_list("household_id", "state"))
    assert states.pop(stays.household_id) == "open" and set(states.values()) == {"proposed"}
    url = reverse("reviews:decide", args=[review.pk])
    browser(county.decider_post).post(f"{url}?all=1&tab=proposed", {"verdict": "settle"})
    assert review.differences.filter(state="settled").count() == 2


def test_what_could_not_be_done_is_said(county, row):
    with scope.acting(county.reviewer):
        services.propose(rows=make.rows(row), opinion="follow")
    make.now_earns(row.household, 12_000)
    decider, page = browser(county.decider_post), reverse("reviews:difference", args=[row.pk])
    refused = decider.post(f"{page}settle/")
    assert refused.status_code == 422 and "有变动" in refused.content.decode()
    url = reverse("reviews:decide", args=[row.review_id])
    shown = decider.post(f"{url}?all=1&tab=proposed", {"verdict": "settle"}, follow=True)
    assert row.household.head.name in shown.content.decode() and "有变动" in shown.content.decode()
    again = browser(county.reviewer_post).post(f"{page}again/")
    assert again.status_code == 302


def test_a_difference_shows_both_sides_and_the_document(county, row):
    shown = browser(county.reviewer_post).get(reverse("reviews:difference", args=[row.pk])).content.decode()
    for text in ("620", "900", "标准调整通知", "6,200.00", "10,800.00", "深度困难"):
        assert text in shown


@pytest.mark.parametrize(
    "name, permission", [("propose", RUN), ("again", RUN), ("settle", DECIDE), ("return", DECIDE)]
)
def test_acts_ask_their_permission(county, row, name, permission):
    url = reverse("reviews:act_on_difference", args=[row.pk, name])
    others = {RUN, DECIDE, APPLY} - {permission}
    assert browser(make.orgs.post(county.node, *others)).post(url).status_code == 403
    there = make.orgs.post(make.county().node, RUN, DECIDE)
    assert browser(there).post(url).status_code == 404


def test_the_whole_way_on_the_page_of_one_household(county, row):
    page = reverse("reviews:difference", args=[row.pk])
    reviewer, decider = browser(county.reviewer_post), browser(county.decider_post)
    assert reviewer.post(f"{page}propose/", {"opinion": "visit"}).status_code == 422
    assert reviewer.post(f"{page}propose/", {"opinion": "visit", "reason": "收入变化大"}).status_code == 302
    assert decider.post(f"{page}settle/").status_code == 302
    visit = {"visited_on": "2022-03-01", "visitors": "李梅", "finding": "differs", "note": ""}
    officer = browser(county.cases.officer_post)
    assert officer.post(f"{page}visit/", visit).status_code == 422
    assert officer.post(f"{page}visit/", visit | {"note": "已失业"}).status_code == 302
    assert reviewer.post(f"{page}propose/", {"opinion": "follow"}).status_code == 302
    assert decider.post(f"{page}return/", {"reason": ""}).status_code == 422
    assert decider.post(f"{page}return/", {"reason": "请附走访记录"}).status_code == 302
    assert decider.post(f"{page}settle/").status_code == 422
    assert decider.post(f"{page}nothing/").status_code == 404


def test_acts_on_a_review(county, row):
    page = reverse("reviews:review", args=[row.review_id])
    client = browser(county.reviewer_post)
    assert "没有办结" in client.post(f"{page}close/", follow=True).content.decode()
    assert Review.objects.get().state == "open"
    assert client.post(f"{page}nothing/").status_code == 404
    assert browser(county.decider_post).post(f"{page}cancel/").status_code == 403
    assert client.post(f"{page}cancel/").status_code == 302
    assert Review.objects.get().state == "cancelled"
    assert client.get(page).status_code == 200


def test_what_waits_for_whom(county, row):
    def heaps(actor: Any) -> dict[str, int]:
        with scope.acting(actor):
            return {heap.key: heap.count for heap in collect(actor, "")["heaps"] if "review" in heap.key}

    assert heaps(county.reviewer) == {"review-open": 1} and heaps(county.decider) == {}
    with scope.acting(county.reviewer):
        services.propose(rows=make.rows(row), opinion="visit", reason="收入变化大")
    assert heaps(county.reviewer) == {} and heaps(county.decider) == {"review-proposed": 1}
    with scope.acting(county.decider):
        services.decide(rows=make.rows(row))
    assert heaps(county.decider) == {} and heaps(county.cases.officer) == {"review-visits": 1}
