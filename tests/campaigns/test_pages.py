"""Each page and operation: opened with the permission, refused without, not there for another county."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.campaigns import permissions, services
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.worklist import collect
from tests.orgs import factories as orgs
from tests.registry import factories as registry

from . import factories as made

pytestmark = pytest.mark.django_db
SEE, PLAN, DECIDE, VISIT = permissions.SEE, permissions.PLAN, permissions.DECIDE, permissions.VISIT
PLAN_DATA = {
    "name": "迎新春送温暖",
    "theme": "",
    "starts_on": "2021-12-20",
    "ends_on": "2022-02-15",
    "cash": "500",
    "gift": "棉被礼包",
    "gift_value": "300.00",
}


@pytest.fixture
def home() -> made.County:
    return made.county()


def as_post(client: Client, post) -> Client:
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


PAGES = {
    "drives": (SEE,),
    "new_drive": (PLAN,),
    "drive": (SEE,),
    "edit_drive": (PLAN,),
    "files": (PLAN,),
    "worker": (PLAN,),
    "group": (PLAN,),
    "print": (SEE,),
    "visits": (VISIT,),
    "visit": (VISIT,),
}


def address(name: str, drive: Drive) -> str:
    if name in ("drives", "new_drive", "visits"):
        return reverse(f"campaigns:{name}")
    if name == "visit":
        with scope.acting(system()):
            return reverse("campaigns:visit", args=[drive.recipients.first().pk])
    return reverse(f"campaigns:{name}", args=[drive.pk])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("state", ["draft", "approved"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_open_with_their_permission_alone(home, client: Client, name: str, state: str, language: str):
    client.cookies["django_language"] = language
    url = address(name, made.in_state(home, state))
    assert as_post(client, orgs.post(home.node, *PAGES[name])).get(url).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_closed_without_it(home, client: Client, name: str):
    others = {SEE, PLAN, DECIDE, VISIT} - set(PAGES[name])
    others -= {SEE} if name == "visit" else set()
    url = address(name, made.in_state(home, "approved"))
    assert as_post(client, orgs.post(home.node, *others)).get(url).status_code == 403


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("drives", "new_drive", "visits")])
def test_another_county_finds_nothing(home, client: Client, name: str):
    url = address(name, made.in_state(home, "approved"))
    other = orgs.post(made.county().node, "*")
    assert as_post(client, other).get(url).status_code == 404


@pytest.mark.parametrize(
    "action, permission",
    [("submit", PLAN), ("drop", PLAN), ("clear_over", PLAN), ("approve", DECIDE), ("close", PLAN)],
)
def test_acts_are_denied_without_their_permission_and_elsewhere(home, client, action: str, permission: str):
    drive = made.in_state(home, {"approve": "submitted", "close": "approved"}.get(action, "draft"))
    url = reverse("campaigns:act", args=[drive.pk, action])
    rest = {PLAN, DECIDE, SEE} - {permission}
    assert as_post(client, orgs.post(home.node, *rest)).post(url).status_code == 403
    elsewhere = orgs.post(made.county().node, "*")
    assert as_post(Client(), elsewhere).post(url).status_code == 404
    assert client.get(url).status_code == 405


def test_lists_show_what_is_in_sight(home, client: Client):
    drive = made.approved(home, "和建国")
    page = as_post(client, home.planner).get(reverse("campaigns:drives"))
    assert drive.name in page.content.decode()
    elsewhere = as_post(Client(), orgs.post(made.county().node, "*"))
    assert drive.name not in elsewhere.get(reverse("campaigns:drives")).content.decode()
    assert "和建国" not in elsewhere.get(reverse("campaigns:visits")).content.decode()


def test_a_drive_from_plan_to_visit_in_the_browser(home, client: Client):
    planner, decider = as_post(client, home.planner), as_post(Client(), home.decider)
    family = made.file(home.unions[0], "和建国")
    made_page = planner.post(reverse("campaigns:new_drive"), PLAN_DATA | {"fund": home.fund.pk})
    with home.acting("planner"):
        drive = Drive.objects.get()
    assert made_page.url == reverse("campaigns:files", args=[drive.pk])
    planner.post(made_page.url, {"bulk": "add", "ids": [family.pk]})
    worker = {"name": "李秀英", "id_number": registry.id_number(), "target": "new_forms"}
    worker |= {"org": home.unions[1].pk, "bank": "农业银行", "card": "6217001234567890128"}
    planner.post(reverse("campaigns:worker", args=[drive.pk]), worker)
    group = {"name": "环卫队", "org": home.unions[0].pk, "target": "frontline", "gifts": "40", "cash": ""}
    planner.post(reverse("campaigns:group", args=[drive.pk]), group)
    planner.post(reverse("campaigns:act", args=[drive.pk, "submit"]))
    shown = decider.get(reverse("campaigns:drive", args=[drive.pk])).content.decode()
    assert "壹仟元整" in shown and "12,600.00" in shown
    decider.post(reverse("campaigns:act", args=[drive.pk, "approve"]))
    with home.acting("planner"):
        assert Drive.objects.get().state == "approved"
        row = Recipient.objects.get(kind="file")
    officer = as_post(Client(), home.officer)
    url = reverse("campaigns:visit", args=[row.pk])
    form = officer.get(url).context["form"]
    said = {"key": form.initial["key"], "finding": "agrees", "gifts_delivered": "1", "note": ""}
    said |= {"visited_on": form.initial["visited_on"].isoformat(), "signed_name": "和建国"}
    first, again = officer.post(url, said), officer.post(url, said)
    assert (first.status_code, again.status_code) == (302, 302)
    with home.acting("planner"):
        assert Recipient.objects.filter(state="visited").count() == 1
        group_row = Recipient.objects.get(kind="group")
    assert first.url == reverse("campaigns:visit", args=[group_row.pk])
    assert "已走访" in officer.get(url).content.decode()


def test_a_refused_plan_keeps_what_was_typed(home, client: Client):
    typed = PLAN_DATA | {"fund": home.fund.pk, "cash": "3000.01"}
    page = as_post(client, home.planner).post(reverse("campaigns:new_drive"), typed)
    assert page.status_code == 422
    assert "cash" in page.context["form"].errors
    assert "迎新春送温暖" in page.content.decode() and "3000.01" in page.content.decode()


def test_a_refused_worker_is_told_at_the_field(home, client: Client):
    drive = made.drive(home)
    typed = {"name": "李秀英", "id_number": "533422199001010010", "target": "migrant"}
    typed |= {"org": home.unions[0].pk, "bank": "农业银行", "card": "6217001234567890128"}
    page = as_post(client, home.planner).post(reverse("campaigns:worker", args=[drive.pk]), typed)
    assert page.status_code == 422 and "id_number" in page.context["form"].errors


def test_all_that_the_filter_shows_are_added(home, client: Client):
    for name in ("和建国", "和建民", "木春花"):
        made.file(home.unions[0], name)
    made.file(home.unions[1], "和建华", card="", bank="")
    drive = made.drive(home)
    url = reverse("campaigns:files", args=[drive.pk])
    page = as_post(client, home.planner).post(f"{url}?q=和&tab=migrant", {"all": "1"}, follow=True)
    with home.acting("planner"):
        assert sorted(drive.recipients.values_list("name", "target")) == [
            ("和建国", "migrant"),
            ("和建民", "migrant"),
        ]
    assert "和建华" in page.content.decode()


@pytest.mark.parametrize(
    "query, names",
    [
        ("place={0}", {"和建国", "木春花"}),
        ("seen=no", {"木春花", "阿明"}),
        ("seen=yes", {"和建国"}),
        ("clazz=relative", set()),
        ("q=muchunhua", set()),
        ("q=mu", {"木春花"}),
    ],
)
def test_files_are_found_by_filter(home, client: Client, query: str, names: set[str]):
    running = made.approved(home, "和建国")
    with home.acting("officer"):
        made.visit(running.recipients.get())
    made.file(home.unions[0], "木春花")
    made.file(home.unions[1], "阿明")
    url = reverse("campaigns:files", args=[made.drive(home).pk])
    path = home.unions[0].parent.path
    page = as_post(client, home.planner).get(f"{url}?{query.format(path)}")
    body = page.content.decode()
    assert {name for name in ("和建国", "木春花", "阿明") if f">{name}</" in body} == names


def test_taking_off_in_bulk_and_the_tabs(home, client: Client):
    drive = made.with_files(home, "和建国", "木春花")
    with home.acting("planner"):
        services.add_group(drive=drive, org=home.unions[0], name="环卫队", target="frontline", gifts=4)
        chosen = drive.recipients.get(name="木春花").pk
    url = reverse("campaigns:drive", args=[drive.pk])
    planner = as_post(client, home.planner)
    assert '<td class=" main" data-label="姓名">' in planner.get(url).content.decode()
    assert '<td class=" main" data-label="集体名称">' in planner.get(f"{url}?tab=groups").content.decode()
    planner.post(url, {"bulk": "take_off", "ids": [chosen]})
    with home.acting("planner"):
        assert set(drive.recipients.values_list("name", flat=True)) == {"和建国", "环卫队"}
        services.submit_drive(drive=drive)
    assert planner.post(url, {"bulk": "take_off", "ids": [chosen]}).status_code == 404


def test_the_maker_is_not_offered_the_decision(home, client: Client):
    both = orgs.post(home.node, "*")
    drive = made.with_files(home)
    with scope.acting(both.actor()):
        services.submit_drive(drive=drive)
    url = reverse("campaigns:drive", args=[drive.pk])
    assert not {"approve", "return"} & as_post(client, both).get(url).context["can"]
    assert {"approve", "return"} <= as_post(Client(), home.decider).get(url).context["can"]


def test_a_reason_is_asked_for_a_return(home, client: Client):
    drive = made.submitted(home)
    url = reverse("campaigns:return_drive", args=[drive.pk])
    decider = as_post(client, home.decider)
    decider.post(url, {"reason": ""})
    with home.acting("planner"):
        assert Drive.objects.get().state == "submitted"
    decider.post(url, {"reason": "缺一户"})
    assert "缺一户" in decider.get(reverse("campaigns:drive", args=[drive.pk])).content.decode()


def test_a_visit_without_a_signature_comes_back_as_the_form_alone(home, client: Client):
    row = made.listed(home, made.approved(home))[0]
    said = {"key": uuid4(), "finding": "agrees", "gifts_delivered": "1", "note": "妻子已出院"}
    said |= {"visited_on": "2022-01-18"}
    url = reverse("campaigns:visit", args=[row.pk])
    page = as_post(client, home.officer).post(url, said, headers={"HX-Request": "true"})
    body = page.content.decode()
    assert (
        page.status_code == 422 and "<html" not in body and "妻子已出院" in body and str(said["key"]) in body
    )
    done = client.post(url, said | {"signed_name": "和建国"}, headers={"HX-Request": "true"})
    assert done.headers["HX-Redirect"] == reverse("campaigns:visits")


def test_the_paper_list_has_a_sheet_for_each_township(home, client: Client):
    made.file(home.unions[1], "阿明", address="升平镇南路 8 号")
    drive = made.approved(home, "和建国")
    page = as_post(client, home.planner).get(reverse("campaigns:print", args=[drive.pk]))
    assert [[row.name for row in rows] for _node, rows in page.context["sheets"]] == [["和建国"], ["阿明"]]
    assert "升平镇南路 8 号" in page.content.decode() and "13987654321" not in page.content.decode()


def test_work_is_offered_to_whom_it_concerns(home):
    made.in_state(home, "draft")
    made.in_state(home, "returned")
    made.in_state(home, "submitted")
    made.in_state(home, "approved")

    def heaps(who: str) -> dict[str, int]:
        with home.acting(who) as actor:
            heaps = {heap.key: heap.count for heap in collect(actor, "")["heaps"]}
            return {key: count for key, count in heaps.items() if key != "standing"}

    assert heaps("planner") | {"visits_due": 0} == {"drives_returned": 1, "drives_draft": 1, "visits_due": 0}
    assert heaps("decider") == {"drives_submitted": 1}
    assert heaps("officer").keys() == {"visits_due"}
    with home.acting("planner") as actor:
        texts = {str(figure.label): figure for figure in collect(actor, "")["figures"]}
    assert texts["走访进度"].share == 0
    assert "4" in texts["本年未走访的在档家庭"].text


# -- API


def test_the_api_lists_masked_and_records_once(home, client: Client):
    drive = made.approved(home, "和建国")
    officer = as_post(client, home.officer)
    listed = officer.get("/api/drives/").json()
    assert [item["name"] for item in listed["items"]] == [drive.name]
    assert listed["items"][0]["cash"] == "500.00"
    assert officer.get(f"/api/drives/{drive.pk}").json()["gift_value"] == "300.00"
    row = officer.get(f"/api/drives/{drive.pk}/recipients").json()["items"][0]
    assert "********" in row["id_mask"] and row["card_mask"].startswith("***")
    assert officer.get("/api/drives/visits/due").json()["count"] == 1
    said = {"key": str(uuid4()), "finding": "agrees", "signed_name": "和建国"}
    first = officer.post(f"/api/drives/visits/{row['id']}", said, content_type="application/json")
    again = officer.post(f"/api/drives/visits/{row['id']}", said, content_type="application/json")
    assert first.json() == again.json() and first.json()["state"] == "visited"
    other = officer.post(
        f"/api/drives/visits/{row['id']}", said | {"key": str(uuid4())}, content_type="application/json"
    )
    assert (other.status_code, other.json()["code"]) == (409, "visited_already")


def test_the_api_is_closed_without_permission_and_elsewhere(home, client: Client):
    drive = made.approved(home)
    row = made.listed(home, drive)[0]
    said = {"key": str(uuid4()), "finding": "agrees", "signed_name": "和建国"}
    nobody = as_post(client, orgs.post(home.node, "casework.file.see"))
    gets = [
        "/api/drives/",
        f"/api/drives/{drive.pk}",
        f"/api/drives/{drive.pk}/recipients",
        "/api/drives/visits/due",
    ]
    assert {nobody.get(url).status_code for url in gets} == {403}
    post = f"/api/drives/visits/{row.pk}"
    assert nobody.post(post, said, content_type="application/json").status_code == 403
    elsewhere = as_post(Client(), orgs.post(made.county().node, "*"))
    assert elsewhere.get("/api/drives/").json()["items"] == []
    assert {elsewhere.get(url).status_code for url in gets[1:3]} == {404}
    assert elsewhere.post(post, said, content_type="application/json").status_code == 404
