"""Every page: open to its permission, closed without, and blind to another county's rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.orgs.models import Node
from nuanxin.records.models import Entry
from nuanxin.registry import permissions as may
from nuanxin.registry import queries, services
from nuanxin.registry.models import Household, Roster
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db

IMPORT, SEE, EDIT, REVEAL = may.IMPORT_ROSTER, may.SEE_HOUSEHOLD, may.EDIT_HOUSEHOLD, may.REVEAL

#: The field groups: what a page shows of them is tested on its own, in test_groups and test_leaks.
OPEN = (may.SEE_FINANCE, may.SEE_HEALTH, may.SEE_CHILDREN)
#: (name, what its address needs, permission)
PAGES = [
    ("rosters", "", IMPORT),
    ("roster_upload", "", IMPORT),
    ("roster_template", "language", IMPORT),
    ("roster", "roster", IMPORT),
    ("roster_returned", "roster", IMPORT),
    ("roster_row", "row", IMPORT),
    ("households", "", SEE),
    ("household", "household", SEE),
    ("household_edit", "household", EDIT),
    ("household_card", "household", EDIT),
    ("household_expenses", "household", EDIT),
    ("member_add", "household", EDIT),
    ("person_edit", "person", EDIT),
    ("reveal", "reveal", REVEAL),
]
POSTS = ["roster_again", "roster_reread", "roster_commit", "roster_discard", "roster_undo", "roster_row_drop"]


@pytest.fixture
def union() -> Node:
    return orgs.node("grassroots")


@pytest.fixture
def things(union: Node, jobs: Callable[[], int], tmp_path: Path) -> dict[str, Any]:
    """A roster with a faulty row, and a household, at a union."""
    with scope.acting(orgs.actor(union)):
        heads, members = factories.families(3)
        heads[1]["mobile"] = "123"
        roster = factories.roster(tmp_path, heads, members)
        jobs()
        row = queries.staged(roster.__class__.objects.get(pk=roster.pk), faulty_only=True)[0]
        house = factories.household(union.path)
    return {"roster": roster, "row": row, "house": house, "head": house.head}


def as_shown(form: Any) -> dict[str, Any]:
    """What the browser sends back when nobody touches the form."""
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, [], False)}


def address(name: str, needs: str, things: dict[str, Any]) -> str:
    house = things["house"].pk
    arguments = {
        "": [],
        "language": ["zh"],
        "roster": [things["roster"].pk],
        "row": [things["roster"].pk, things["row"].pk],
        "household": [house],
        "person": [house, things["head"].pk],
        "reveal": ["id", things["head"].pk],
    }[needs]
    return reverse(f"registry:{name}", args=arguments)


@pytest.mark.parametrize("name, needs, permission", PAGES)
def test_page_opens_with_its_permission_only(client, union, things, name, needs, permission):
    client.force_login(orgs.post(union, permission, *OPEN).staff)
    assert client.get(address(name, needs, things)).status_code == 200
    others = sorted({IMPORT, SEE, EDIT, REVEAL} - {permission})
    client.force_login(orgs.post(union, *others).staff)
    assert client.get(address(name, needs, things)).status_code == 403


@pytest.mark.parametrize(
    "name, needs, permission", [page for page in PAGES if page[1] not in ("", "language")]
)
def test_another_county_finds_nothing_and_that_is_recorded(client, things, name, needs, permission):
    elsewhere = orgs.node("grassroots")
    post = orgs.post(elsewhere, "*")
    client.force_login(post.staff)
    assert client.get(address(name, needs, things)).status_code == 404
    with scope.acting(post.actor()):
        assert Entry.objects.filter(action="access.not_found", staff=post.staff).exists()


@pytest.mark.parametrize("name", POSTS)
def test_acts_are_posts_with_permission_in_scope(client, union, things, name):
    url = address(name, "row" if "row" in name else "roster", things)
    client.force_login(orgs.post(union, IMPORT).staff)
    assert client.get(url).status_code == 405
    client.force_login(orgs.post(union, SEE).staff)
    assert client.post(url).status_code == 403
    client.force_login(orgs.post(orgs.node("grassroots"), "*").staff)
    assert client.post(url).status_code in (302, 404)
    with scope.acting(orgs.actor(union)):
        roster = Roster.objects.get(pk=things["roster"].pk)
        assert (roster.state, queries.staged(roster).count()) == (
            "checked",
            roster.households_read + roster.members_read,
        )


def test_lists_hold_ones_own_rows_only(client, union, things):
    client.force_login(orgs.post(union, "*").staff)
    assert things["head"].name in client.get(reverse("registry:households")).content.decode()
    client.force_login(orgs.post(orgs.node("county"), "*").staff)
    page = client.get(reverse("registry:households"))
    assert page.status_code == 200
    assert things["head"].id_mask not in page.content.decode()
    assert things["roster"].name not in client.get(reverse("registry:rosters")).content.decode()


def test_lists_never_show_a_full_number(client, union, things):
    client.force_login(orgs.post(union, "*").staff)
    with scope.acting(orgs.actor(union)):
        number = services.reveal(subject=things["head"], what="id", purpose="verify")
    for name, needs in (("households", ""), ("household", "household"), ("person_edit", "person")):
        page = client.get(address(name, needs, things)).content.decode()
        assert number not in page
        assert number[-4:] in page or name == "person_edit"


def test_search_by_name_pinyin_initials_and_number(client, union, things):
    client.force_login(orgs.post(union, "*").staff)
    with scope.acting(orgs.actor(union)):
        number = services.reveal(subject=things["head"], what="id", purpose="verify")
    for text in ("和建", "he jian", "hjg", number, number.lower(), "13987654321"):
        page = client.get(reverse("registry:households"), {"q": text}, follow=True).content.decode()
        assert things["head"].id_mask in page, text
    page = client.get(reverse("registry:households"), {"q": "没有此人"}).content.decode()
    assert things["head"].id_mask not in page


def test_export_is_masked_and_recorded(client, union, things, tmp_path):
    from openpyxl import load_workbook

    post = orgs.post(union, SEE)
    client.force_login(post.staff)
    assert client.get(reverse("registry:households"), {"export": "xlsx"}).content[:2] != b"PK"
    post = orgs.post(union, SEE, may.EXPORT)
    client.force_login(post.staff)
    answer = client.get(reverse("registry:households"), {"export": "xlsx"})
    (tmp_path / "out.xlsx").write_bytes(b"".join(answer.streaming_content))
    cells = [
        str(c) for row in load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True) for c in row
    ]
    assert things["head"].id_mask in cells
    with scope.acting(post.actor()):
        assert Entry.objects.filter(action="list.exported", staff=post.staff).exists()


def test_edit_keeps_what_was_typed_and_notices_a_quicker_hand(client, union, things):
    client.force_login(orgs.post(union, SEE, EDIT, *OPEN).staff)
    url = address("household_edit", "household", things)
    form = client.get(url).context["form"]
    typed = as_shown(form) | {"people": "4", "address": "南坪街1号"}
    assert client.post(url, typed | {"people": "四口"}).status_code == 422
    assert client.post(url, typed).status_code == 302
    with scope.acting(orgs.actor(union)):
        house = Household.objects.get(pk=things["house"].pk)
        assert (house.people, house.address, house.dibao_certificate) == (4, "南坪街1号", False)
        change = queries.changes(house)[0]
        assert ("家庭人口", "1", "4") in [(str(a), b, c) for a, b, c in change.lines]
    late = client.post(url, typed | {"address": "另一处"})
    assert late.status_code == 422
    assert "另一处" in late.content.decode()
    with scope.acting(orgs.actor(union)):
        assert Household.objects.get(pk=things["house"].pk).address == "南坪街1号"


def test_unknown_stays_unknown_through_the_form(client, union):
    with scope.acting(orgs.actor(union)):
        house = factories.household(union.path, homes=None, vehicle=None)
    client.force_login(orgs.post(union, SEE, EDIT, *OPEN).staff)
    url = reverse("registry:household_edit", args=[house.pk])
    form = client.get(url).context["form"]
    typed = as_shown(form)
    assert client.post(url, typed | {"remarks": "x"}).status_code == 302
    with scope.acting(orgs.actor(union)):
        house.refresh_from_db()
        assert (house.homes, house.vehicle, house.business, house.remarks) == (None, None, False, "x")


def test_person_card_expenses_and_member_forms(client, union, things):
    client.force_login(orgs.post(union, SEE, EDIT, *OPEN).staff)
    url = address("person_edit", "person", things)
    form = client.get(url).context["form"]
    typed = as_shown(form) | {"health": "diabetes"}
    assert client.post(url, typed | {"phone": "1"}).status_code == 422
    assert client.post(url, typed).status_code == 302
    url = address("household_card", "household", things)
    version = client.get(url).context["form"]["version"].value()
    card = {"card": "6217001234567890129", "bank": "工商银行", "reason": "换卡", "version": version}
    assert client.post(url, card).status_code == 422
    assert client.post(url, card | {"sure": "on"}).status_code == 302
    url = address("household_expenses", "household", things)
    version = client.get(url).context["form"]["version"].value()
    lines = {"medical": "8600.50", "medical_evidenced": "on", "schooling": "0", "disability": "0"}
    assert client.post(url, lines | {"version": version, "medical": "-1"}).status_code == 422
    assert client.post(url, lines | {"version": version}).status_code == 302
    url = address("member_add", "household", things)
    new = {"name": "李梅", "id_number": factories.id_number(), "relation": "1"}
    assert client.post(url, new | {"id_number": "11010519491231002X"[:-1] + "1"}).status_code == 422
    assert client.post(url, new).status_code == 302
    with scope.acting(orgs.actor(union)):
        house = Household.objects.get(pk=things["house"].pk)
        assert house.head.health == "diabetes" and house.head.phone_mask == "139****4321"
        assert house.card_mask.endswith("0129") and house.bank == "工商银行"
        assert [str(e.amount.to_yuan()) for e in queries.expenses_of(house)] == ["8600.50"]
        assert [m.person.name for m in queries.members_of(house)] == ["和建国", "李梅"]


def test_reveal_by_post_with_a_purpose_recorded_and_limited(client, union, things, monkeypatch):
    monkeypatch.setattr("nuanxin.registry.services.revealing.AN_HOUR", 2)
    post = orgs.post(union, REVEAL)
    client.force_login(post.staff)
    url = address("reveal", "reveal", things)
    assert client.post(url, {}).status_code == 422
    for _time in range(2):
        answer = client.post(url, {"purpose": "verify"})
        assert answer.status_code == 200 and answer.context["number"][-4:] == things["head"].id_mask[-4:]
        assert "no-store" in answer["Cache-Control"]
    assert client.post(url, {"purpose": "verify"}).status_code == 422
    with scope.acting(post.actor()):
        seen = Entry.objects.filter(action="identity.revealed", staff=post.staff)
        assert seen.count() == 2
        assert seen[0].detail == {"what": "id", "purpose": "verify"}


def test_api_masked_paged_and_scoped(client, union, things):
    client.force_login(orgs.post(union, SEE, IMPORT).staff)
    page = client.get("/api/registry/households?limit=1").json()
    assert page["count"] == 1 and page["items"][0]["id_number"] == things["head"].id_mask
    one = client.get(f"/api/registry/households/{things['house'].pk}").json()
    assert [m["name"] for m in one["members"]] == ["和建国"]
    roster = client.get(f"/api/registry/rosters/{things['roster'].pk}").json()
    assert (roster["state"], roster["households"], roster["faulty"], roster["busy"]) == (
        "checked",
        3,
        1,
        False,
    )
    client.force_login(orgs.post(orgs.node("grassroots"), "*").staff)
    assert client.get("/api/registry/households").json()["count"] == 0
    assert client.get(f"/api/registry/households/{things['house'].pk}").status_code == 404
    assert client.get(f"/api/registry/rosters/{things['roster'].pk}").status_code == 404
    client.force_login(orgs.post(union, EDIT).staff)
    assert client.get("/api/registry/households").status_code == 403
