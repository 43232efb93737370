"""Headings of a union's own: told once on a page, used every time, changed and forgotten."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.registry import services
from nuanxin.registry.importing.headings import own_words
from nuanxin.registry.models import ColumnMapping, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER, SEE_HOUSEHOLD
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS
from nuanxin.registry.roster.survey import guess
from tests.orgs import factories as orgs

from . import factories
from .test_texts import text

pytestmark = pytest.mark.django_db

#: Headings nobody else uses, on both sheets.
OWN = {
    "name": "当事人称谓",
    "id_number": "证件编码甲",
    "people": "屋里几张嘴",
    "head_id": "当家的证件",
    "relation": "啥亲戚",
}
NAMES = ("表甲", "表乙")


@pytest.fixture
def post(client: Any) -> Any:
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(post.staff)
    return post


def send(client: Any, files: Any) -> Any:
    return client.post(reverse("registry:roster_upload"), {"file": files, "year": "2026"})


def workbook(folder: Path, name: str = "自制.xlsx") -> Any:
    return factories.upload(folder / name, *factories.families(3), headers=OWN, names=NAMES)


def texts() -> list[SimpleUploadedFile]:
    heads, members = factories.families(3)
    return [
        SimpleUploadedFile(f"{name}.csv", text(spec, rows, headers=OWN).encode("gb18030"))
        for name, spec, rows in ((NAMES[0], HOUSEHOLDS, heads), (NAMES[1], MEMBERS, members))
    ]


def typed(page: Any) -> dict[str, str]:
    """The page's form as it stands, with the headings of ours answered."""
    answers = {heading: key for key, heading in OWN.items()}
    data = {}
    for at, form in enumerate(page.context["forms"]):
        data[f"kind{at}"] = form.kind
        for column, bound in form.rows():
            data[bound.html_name] = answers.get(column["heading"], bound.value() or "")
    return data


def only_roster(post: Any) -> Roster:
    with scope.acting(post.actor()):
        return Roster.objects.latest("pk")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_file_with_headings_of_its_own_waits_is_mapped_and_known_the_next_time(
    client, post, jobs, tmp_path: Path, kind: str
):
    sent = (lambda: workbook(tmp_path)) if kind == "xlsx" else texts
    send(client, sent())
    jobs()
    roster = only_roster(post)
    assert (roster.state, roster.problem["code"]) == ("unreadable", "missing_columns")
    assert default_storage.exists(roster.file)
    url = reverse("registry:roster_columns", args=[roster.pk])
    assert url in client.get(reverse("registry:roster", args=[roster.pk])).content.decode()
    page = client.get(url)
    assert [form.kind for form in page.context["forms"]] == ["households", "members"]
    assert "户主姓名" in page.context["forms"][0].missing()
    assert not re.search(r"\d{17}[\dX]", page.content.decode())
    done = client.post(url, typed(page))
    assert done.status_code == 302
    jobs()
    roster = only_roster(post)
    assert (roster.state, roster.ready, roster.faulty, roster.file) == ("checked", 3, 0, "")
    with scope.acting(post.actor()):
        own = own_words(roster.org_id)
        assert own["members"]["啥亲戚"] == "relation" and own["households"]["屋里几张嘴"] == "people"
        assert ColumnMapping.objects.count() == 7  # three headings of households, four of members
        services.discard_roster(roster=roster)
    send(client, sent())
    jobs()
    assert only_roster(post).state == "checked"
    with scope.acting(post.actor()):
        services.forget_mappings(mappings=list(ColumnMapping.objects.values_list("pk", flat=True)))
        services.discard_roster(roster=only_roster(post))
    send(client, sent())
    jobs()
    assert only_roster(post).state == "unreadable"


def test_what_is_missing_or_chosen_twice_is_said_and_nothing_chosen_is_lost(client, post, jobs, tmp_path):
    send(client, workbook(tmp_path))
    jobs()
    roster = only_roster(post)
    url = reverse("registry:roster_columns", args=[roster.pk])
    right = typed(client.get(url))
    name = next(field for field, key in right.items() if key == "name")
    missing = client.post(url, right | {name: ""})
    assert missing.status_code == 422 and "还有必填项没有对应的列" in missing.content.decode()
    twice = client.post(url, right | {name: "people"})
    assert twice.status_code == 422 and "有一项选了两列" in twice.content.decode()
    assert twice.context["forms"][0].data[name] == "people"
    sheets = client.post(url, right | {"kind1": ""})
    assert sheets.status_code == 422 and "各一张" in sheets.content.decode()
    with scope.acting(post.actor()):
        assert not ColumnMapping.objects.exists()
    swapped = client.get(url, {"kind0": "members", "kind1": "households"})
    assert [form.kind for form in swapped.context["forms"]] == ["members", "households"]


def test_mappings_are_listed_changed_and_forgotten_within_the_scope(client, post):
    with scope.acting(post.actor()) as actor:
        kept = ColumnMapping.objects.create(
            org_id=actor.org_path,
            sheet="members",
            heading="啥亲戚",
            column="relation",
            staff_id=actor.staff_id,
        )
    listing, one = reverse("registry:mappings"), reverse("registry:mapping", args=[kept.pk])
    assert "啥亲戚" in client.get(listing).content.decode()
    assert client.get(one).status_code == 200
    assert client.post(one, {"column": "remarks"}).status_code == 302
    with scope.acting(post.actor()):
        assert ColumnMapping.objects.get().column == "remarks"
    stranger = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(stranger.staff)
    assert "啥亲戚" not in client.get(listing).content.decode()
    assert client.get(one).status_code == 404
    with scope.acting(stranger.actor()):
        assert services.forget_mappings(mappings=[kept.pk]) == 0
    other = orgs.post(orgs.node("grassroots"), SEE_HOUSEHOLD)
    client.force_login(other.staff)
    assert client.get(listing).status_code == client.get(one).status_code == 403


def test_another_county_does_not_reach_the_page_of_a_waiting_file(client, post, jobs, tmp_path):
    send(client, workbook(tmp_path))
    jobs()
    url = reverse("registry:roster_columns", args=[only_roster(post).pk])
    stranger = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(stranger.staff)
    assert client.get(url).status_code == 404
    blind = orgs.post(orgs.node("grassroots"), SEE_HOUSEHOLD)
    client.force_login(blind.staff)
    assert client.get(url).status_code == 403


def test_headings_are_guessed_by_what_was_told_by_name_and_by_likeness():
    headings = ["户主的姓名", "公民身份证号", "出生日期", "经办人", "啥亲戚", "备 注"]
    found = guess(HOUSEHOLDS, headings, {"经办人": "", "啥亲戚": "branch"})
    assert found["户主的姓名"] == "name" and found["出生日期"] == "born_on" and found["备 注"] == "remarks"
    assert found["公民身份证号"] == "id_number" and found["啥亲戚"] == "branch"
    assert "经办人" not in found
