"""Pages over HTTP: who may open them, whose rows they show, and each act with its refusal."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework.models import AidList, Application, File, Omission
from nuanxin.orgs.models import Post
from nuanxin.records.models import Entry
from tests.ledger import factories as ledger

from . import factories as make

pytestmark = pytest.mark.django_db


def browser(post: Post) -> Client:
    """A browser in which the holder of the post is signed in."""
    client = Client()
    client.force_login(post.staff)
    return client


@pytest.fixture
def rows(county: make.County) -> dict[str, Any]:
    """One row of each kind that a page shows."""
    noticed = make.application(county, "noticed", over=True)
    file = make.file(county)
    used_up = make.aid_list(county, "approved", files=[file.pk])
    left_out = make.aid_list(county, files=[file.pk], title="第二批")
    return {
        "application": noticed.pk,
        "file": file.pk,
        "print_file": file.pk,
        "assessment": noticed.assessment_id,
        "as_of": noticed.household_id,
        "notice": noticed.notices.get().pk,
        "notice_pdf": noticed.notices.get().pk,
        "aid_list": used_up.pk,
        "award": used_up.awards.get().pk,
        "omission": Omission.objects.get(aid_list=left_out).pk,
    }


ONE_ROW = [
    "application", "file", "print_file", "assessment", "as_of", "notice", "notice_pdf",
    "aid_list", "award", "omission",
]  # fmt: skip
LISTS = ["applications", "files", "aid_lists"]


@pytest.mark.parametrize("name", ONE_ROW)
def test_a_row_opens_with_permission_in_scope_only(county, rows, name):
    url = reverse(f"casework:{name}", args=[rows[name]])
    seer = make.orgs.post(county.node, make.SEE)
    assert browser(seer).get(url).status_code == 200
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    elsewhere = make.orgs.post(make.orgs.node("county"), "*")
    assert browser(elsewhere).get(url).status_code == 404
    assert Entry.objects.filter(action="access.not_found", detail__path=url).exists()
    assert Client().get(url).status_code in (302, 403)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_what_is_in_scope(county, rows, name):
    url = reverse(f"casework:{name}")
    page = browser(make.orgs.post(county.node, make.SEE)).get(url, {"tab": "all"})
    assert page.status_code == 200 and page.context["total"].number > 0
    empty = browser(make.orgs.post(make.orgs.node("county"), make.SEE)).get(url, {"tab": "all"})
    assert empty.status_code == 200 and empty.context["total"].number == 0
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_exported_as_shown_and_recorded(county, rows, name):
    answer = browser(county.reviewer_post).get(reverse(f"casework:{name}"), {"tab": "all", "export": "xlsx"})
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"PK")
    assert Entry.objects.filter(action="list.exported").exists()


@pytest.mark.parametrize(
    "name, permission",
    [("candidates", "casework.application.submit"), ("new_aid_list", "casework.aid.propose")],
)
def test_pages_that_begin_something_need_its_permission(county, name, permission):
    url = reverse(f"casework:{name}")
    assert browser(make.orgs.post(county.node, make.SEE, permission)).get(url).status_code == 200
    assert browser(make.orgs.post(county.node, make.SEE)).get(url).status_code == 403


@pytest.mark.parametrize(
    "tab", ["explanation", "members", "finance", "visits", "documents", "notice", "nonsense"]
)
def test_every_tab_of_an_application(county, rows, tab):
    page = browser(county.reviewer_post).get(
        reverse("casework:application", args=[rows["application"]]), {"tab": tab}
    )
    assert page.status_code == 200


@pytest.mark.parametrize("tab", ["explanation", "members", "finance", "awards", "visits", "documents"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_tab_of_a_file(county, rows, tab, language):
    client = browser(county.reviewer_post)
    client.cookies["django_language"] = language
    assert client.get(reverse("casework:file", args=[rows["file"]]), {"tab": tab}).status_code == 200


def test_numbers_are_masked_on_every_page(county, rows):
    file = File.objects.select_related("household__head").get(pk=rows["file"])
    page = browser(county.reviewer_post).get(reverse("casework:file", args=[file.pk]), {"tab": "members"})
    text = page.content.decode()
    assert file.household.head.id_mask in text and "13987654321" not in text
    assert "6217001234567890128" not in text


def test_the_notice_shows_nothing_private(county, rows):
    page = browser(county.reviewer_post).get(reverse("casework:notice", args=[rows["notice"]]))
    text = page.content.decode()
    head = Application.objects.get(pk=rows["application"]).household.head
    assert head.name in text and "0887-8412351" in text
    for private in (head.id_mask, head.phone_mask, "0128", "13987654321"):
        assert private not in text


def test_the_notice_as_pdf(county, rows):
    answer = browser(county.reviewer_post).get(reverse("casework:notice_pdf", args=[rows["notice"]]))
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")


def act(client: Client, row: Application, name: str, **data: Any) -> Any:
    return client.post(reverse("casework:act", args=[row.pk, name]), data)


def visit_of(county, home):
    """What the form of a visit sends that found everything as declared."""
    told = {"key": str(uuid4()), "visited_on": timezone.localdate().isoformat(), "visitors": "李梅、杨光"}
    return told | {"finding": "agrees", "note": "房屋一间"} | make.checklist_typed(county, home)


def test_the_way_of_an_application_over_http(county):
    officer, reviewer, decider = map(
        browser, (county.officer_post, county.reviewer_post, county.decider_post)
    )
    home = make.household(county)
    answer = officer.post(reverse("casework:candidates"), {"bulk": "start", "ids": [home.pk]})
    assert answer.status_code == 302
    row = Application.objects.get(household=home)
    refused = act(officer, row, "submit")
    assert refused.status_code == 422 and "入户调查" in refused.content.decode()
    assert officer.post(reverse("casework:visit", args=[home.pk]), visit_of(county, home)).status_code == 302
    for kind in make.PAPERS:
        lacking = act(officer, row, "submit")
        assert lacking.status_code == 422 and "还没有上传" in lacking.content.decode()
        assert act(officer, row, "attach", category=kind, upload=make.upload()).status_code == 302
    assert act(officer, row, "submit").status_code == 302
    assert act(reviewer, row, "return", reason="").status_code == 422
    assert act(reviewer, row, "return", reason="缺少诊断证明").status_code == 302
    assert "缺少诊断证明" in officer.get(reverse("casework:application", args=[row.pk])).content.decode()
    assert act(officer, row, "submit").status_code == 302
    assert act(reviewer, row, "notice", phone="0887-8412351", place="厂门口").status_code == 302
    early = act(decider, row, "approve")
    assert early.status_code == 422 and "公示期未满" in early.content.decode()
    row.refresh_from_db()
    assert row.state == "noticed"


def test_a_refused_form_keeps_what_was_typed(county):
    row = make.application(county, "noticed")
    objection = {"by": "", "received_on": "2026-01-05", "text": "写了很久的说明"}
    page = act(browser(county.reviewer_post), row, "objection", **objection)
    text = page.content.decode()
    assert page.status_code == 422 and "写了很久的说明" in text


def test_an_act_needs_its_own_permission_and_a_known_name(county):
    row = make.application(county, "noticed", over=True)
    officer = browser(county.officer_post)
    assert act(officer, row, "approve").status_code == 403
    assert act(officer, row, "nonsense").status_code == 404
    assert officer.get(reverse("casework:act", args=[row.pk, "submit"])).status_code == 405
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), "*"))
    assert act(elsewhere, row, "approve").status_code == 404
    row.refresh_from_db()
    assert row.state == "noticed"


def test_objections_are_settled_on_the_page(county):
    row = make.application(county, "noticed", over=True)
    reviewer = browser(county.reviewer_post)
    today = timezone.localdate().isoformat()
    assert (
        act(reviewer, row, "objection", source="phone", text="有两套房", received_on=today).status_code == 302
    )
    objection = row.notices.get().objections.get()
    where = reverse("casework:settle", args=[objection.pk])
    said = {"settle-finding": "not_upheld", "settle-outcome": "已核实"}
    decider = browser(county.decider_post)
    for person, told in ((reviewer, said), (decider, said | {"settle-outcome": ""})):
        person.post(where, told)
        objection.refresh_from_db()
        assert objection.settled_on is None
    tab = reverse("casework:application", args=[row.pk]) + "?tab=notice"
    assert where not in reviewer.get(tab).content.decode() and where in decider.get(tab).content.decode()
    assert browser(county.officer_post).post(where, said).status_code == 403
    decider.post(where, said)
    objection.refresh_from_db()
    assert (objection.outcome, objection.settled_by_id) == ("已核实", county.decider.staff_id)


def test_batch_approval_reports_each_exception(county):
    good, early = make.application(county, "noticed", over=True), make.application(county, "noticed")
    decider = browser(county.decider_post)
    url = reverse("casework:applications") + "?tab=noticed"
    page = decider.post(url, {"bulk": "approve", "ids": [good.pk, early.pk]}, follow=True)
    said = [str(message) for message in page.context["messages"]]
    assert any("公示期未满" in text for text in said) and any("1" in text for text in said)
    assert (
        File.objects.filter(application=good).exists() and not File.objects.filter(application=early).exists()
    )


def test_a_whole_roster_applies_at_once(county, jobs, tmp_path):
    from nuanxin.kernel import scope
    from nuanxin.registry import services as registry
    from tests.registry import factories as families

    clerk = make.orgs.post(county.union, *make.OFFICER, "registry.roster.import")
    with scope.acting(clerk.actor()):
        roster = families.roster(tmp_path, *families.families(3), place=county.union.path)
    jobs()
    with scope.acting(clerk.actor()):
        roster.refresh_from_db()
        registry.commit_roster(roster=roster)
    jobs()
    client = browser(clerk)
    assert client.post(reverse("casework:start_roster"), {"roster": ""}).status_code == 302
    client.post(reverse("casework:start_roster"), {"roster": roster.pk})
    assert jobs() == 1
    assert Application.objects.filter(household__roster=roster, assessment__isnull=False).count() == 3


def test_the_way_of_a_list_over_http(county):
    reviewer, decider = browser(county.reviewer_post), browser(county.decider_post)
    file, other = make.file(county), make.file(county)
    money = ledger.fund("living-aid")
    ledger.give(money, county.node, 100_000)
    answer = reviewer.post(reverse("casework:files"), {"bulk": "list", "ids": [file.pk]})
    assert answer.status_code == 302 and answer["Location"] == reverse("casework:new_aid_list")
    today = timezone.localdate()
    form = {
        "programme": "living-aid",
        "title": "春节生活救助",
        "year": today.year,
        "as_of": today.isoformat(),
    }
    wrong = reviewer.post(answer["Location"], form)
    assert wrong.status_code == 422 and "春节生活救助" in wrong.content.decode()
    reviewer.post(answer["Location"], form | {"fund": money.pk})
    row = AidList.objects.get()
    assert [award.file_id for award in row.awards.all()] == [file.pk] != [other.pk]
    page = reverse("casework:aid_list", args=[row.pk])
    for tab in ("listed", "removed", "omitted"):
        assert reviewer.get(page, {"tab": tab}).status_code == 200
    assert decider.post(reverse("casework:act_on_list", args=[row.pk, "submit"])).status_code == 403
    assert reviewer.post(reverse("casework:act_on_list", args=[row.pk, "submit"])).status_code == 302
    assert decider.post(reverse("casework:act_on_list", args=[row.pk, "nonsense"])).status_code == 404
    decider.post(reverse("casework:act_on_list", args=[row.pk, "return"]), {"reason": "请核对"})
    row.refresh_from_db()
    assert (row.state, row.returned_because) == ("returned", "请核对")
    reviewer.post(reverse("casework:act_on_list", args=[row.pk, "submit"]))
    decider.post(reverse("casework:act_on_list", args=[row.pk, "approve"]))
    row.refresh_from_db()
    assert row.state == "approved"
    assert reviewer.post(page, {"bulk": "remove", "ids": [row.awards.get().pk]}).status_code == 404


def test_rows_are_ticked_off_a_draft_list(county):
    make.file(county)
    row = make.aid_list(county)
    reviewer = browser(county.reviewer_post)
    reviewer.post(
        reverse("casework:aid_list", args=[row.pk]), {"bulk": "remove", "ids": [row.awards.get().pk]}
    )
    assert row.awards.get().state == "removed"


def test_lists_filter_and_search(county, rows):
    client = browser(county.reviewer_post)
    file = File.objects.select_related("household__head", "org__parent").get(pk=rows["file"])
    url = reverse("casework:files")
    for query, number in (
        ({"q": file.household.head.name}, 1),
        ({"q": file.household.head.pinyin[:4]}, 1),
        ({"q": file.number}, 1),
        ({"q": "查无此人"}, 0),
        ({"clazz": "deep"}, 0),
        ({"clazz": "relative", "unit": file.org.parent.path}, 1),
        ({"cause": "major_illness"}, 1),
        ({"cause": "schooling"}, 0),
    ):
        page = client.get(url, query | {"tab": "open"})
        assert page.context["total"].number == number, query


def test_a_household_is_shown_as_of_a_day(county, rows):
    client = browser(county.officer_post)
    url = reverse("casework:as_of", args=[rows["as_of"]])
    today = timezone.localdate()
    assert client.get(url, {"on": today.isoformat()}).context["sheet"].decided
    early = client.get(url, {"on": "2001-01-01"})
    assert early.context["refused"].code == "not_known" and "sheet" not in early.context
    assert client.get(url, {"on": (today + timedelta(days=1)).isoformat()}).context["form"].errors


def test_what_is_missing_links_to_where_it_is_entered(county):
    row = make.application(county, annual_income=None, expenses_known=False)
    url = reverse("casework:assessment", args=[row.assessment_id])
    editor = make.orgs.post(county.union, make.SEE, "registry.household.edit")
    links = [item.url for item in browser(editor).get(url).context["sheet"].missing]
    edit = reverse("registry:household_edit", args=[row.household_id])
    assert links == [edit, reverse("registry:household_expenses", args=[row.household_id])]
    seer = make.orgs.post(county.union, make.SEE)
    assert {item.url for item in browser(seer).get(url).context["sheet"].missing} == {""}


def test_the_api_pages_and_keeps_to_the_scope(county, rows):
    client = browser(make.orgs.post(county.node, make.SEE))
    files = client.get("/api/casework/files", {"limit": 1}).json()
    assert [row["id"] for row in files] == [rows["file"]]
    assert client.get("/api/casework/files", {"after": rows["file"]}).json() == []
    assert (
        client.get("/api/casework/applications", {"state": "noticed"}).json()[0]["id"] == rows["application"]
    )
    explained = client.get(f"/api/casework/assessments/{rows['assessment']}").json()
    assert explained["explanation"]["sha256"] == explained["pack_hash"]
    awards = client.get(f"/api/casework/aid-lists/{rows['aid_list']}/awards").json()
    assert awards[0]["fen"] == 620000
    assert client.get(f"/api/casework/awards/{rows['award']}/explanation").json()["result"] == "grant"
    assert {row["id"] for row in client.get("/api/casework/aid-lists").json()} >= {rows["aid_list"]}


@pytest.mark.parametrize(
    "path, name",
    [
        ("applications/{}", "application"),
        ("files/{}", "file"),
        ("assessments/{}", "assessment"),
        ("aid-lists/{}/awards", "aid_list"),
        ("awards/{}/explanation", "award"),
    ],
)
def test_the_api_refuses_without_permission_and_out_of_scope(county, rows, path, name):
    url = "/api/casework/" + path.format(rows[name])
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    assert browser(make.orgs.post(make.orgs.node("county"), "*")).get(url).status_code == 404
    assert Entry.objects.filter(action="access.not_found", detail__path=url).exists()


def test_the_work_list_gives_each_what_is_theirs(county):
    from nuanxin.casework.work import applications_to_do, figures, lists_to_do
    from nuanxin.kernel import scope

    draft, back = make.application(county), make.application(county, "returned")
    waiting = make.application(county, "submitted")
    over = make.application(county, "noticed", over=True)
    make.application(county, "noticed")
    make.file(county)
    row = make.aid_list(county, "submitted")

    def work(actor: Any, offer: Any) -> dict[str, list[str]]:
        with scope.acting(actor):
            return {heap.key: [item.url for item in heap.items] for heap in offer(actor)}

    def at(name: str, pk: int) -> str:
        return reverse(f"casework:{name}", args=[pk])

    found = work(county.officer, applications_to_do)
    assert found["application-draft"] == [at("application", draft.pk)]
    assert found["application-returned"] == [at("application", back.pk)]
    assert work(county.reviewer, applications_to_do)["application-review"] == [at("application", waiting.pk)]
    assert work(county.decider, applications_to_do)["application-decide"] == [at("application", over.pk)]
    assert work(county.decider, lists_to_do)["aid-submitted"] == [at("aid_list", row.pk)]
    assert work(county.reviewer, lists_to_do)["aid-mine"] == []
    with scope.acting(county.reviewer):
        assert [figure.text for figure in figures(county.reviewer)] == ["1 户", "0.00 元"]
