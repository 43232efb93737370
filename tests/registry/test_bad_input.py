"""Workbooks as an enemy or a tired colleague sends them: through the upload page, nothing half-done."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.registry import queries
from nuanxin.registry.models import Household, Roster, RosterRow
from nuanxin.registry.permissions import IMPORT_ROSTER
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.fixture
def post(client: Any) -> Any:
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(post.staff)
    return post


def send(client: Any, file: Any) -> Any:
    return client.post(reverse("registry:roster_upload"), {"file": file, "year": "2026"})


def old_workbook(name: str) -> bytes:
    return OLE2 + name.encode("utf-16-le") + b"\0" * 512


@pytest.mark.parametrize(
    "body, words",
    [
        (old_workbook("Workbook"), "旧的 .xls 格式"),
        (old_workbook("EncryptedPackage"), "打开密码"),
        (b"name,id\n", "不是 .xlsx"),
        (b"", "空"),
    ],
    ids=["xls", "encrypted", "text", "empty"],
)
def test_what_is_no_workbook_is_refused_at_the_form(client, post, body: bytes, words: str):
    answer = send(client, SimpleUploadedFile("花名册.xlsx", body))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with scope.acting(post.actor()):
        assert not Roster.objects.exists()


def test_two_hundred_megabytes_are_refused_by_size(post):
    from nuanxin.kernel.refusal import Refused
    from nuanxin.registry import services

    with TemporaryUploadedFile("big.xlsx", "x", 200 * 2**20, None) as file, scope.acting(post.actor()):
        file.file.truncate(200 * 2**20)
        with pytest.raises(Refused) as refusal:
            services.upload_roster(file=file, year=2026)
        assert refusal.value.code == "too_large"
        assert not Roster.objects.exists()


def bomb(path: Path) -> Path:
    """A small workbook whose sheet inflates to far more than any roster."""
    factories.upload(path, *factories.families(1))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * 60 * 2**20)
    return path


def without_columns(path: Path) -> Path:
    factories.upload(path, *factories.families(1), leave_out=("people", "residence"))
    return path


def empty(path: Path) -> Path:
    factories.upload(path, [], [])
    return path


def cut_short(path: Path) -> Path:
    factories.upload(path, *factories.families(1))
    path.write_bytes(path.read_bytes()[:2000])
    return path


@pytest.mark.parametrize("make, words", [(bomb, "展开后过大"), (cut_short, "已损坏")])
def test_what_the_directory_gives_away_is_refused_at_the_form(
    client, post, tmp_path: Path, make: Callable[[Path], Path], words: str
):
    before = set(default_storage.listdir("incoming")[1]) if default_storage.exists("incoming") else set()
    answer = send(client, SimpleUploadedFile("花名册.xlsx", make(tmp_path / "bad.xlsx").read_bytes()))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with scope.acting(post.actor()):
        assert not Roster.objects.exists()
    assert set(default_storage.listdir("incoming")[1]) == before


def swollen(path: Path) -> Path:
    """One sound cell in the last row and column: a rectangle no reader should lay out."""
    factories.upload(path, *factories.families(1))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b'<row><c r="XFD1048576"><v>1</v></c></row>')
    return path


@pytest.mark.parametrize("make, code", [(swollen, "bomb"), (empty, "empty")])
def test_what_cannot_be_read_is_said_on_the_page_and_nothing_stays(
    client, post, jobs: Callable[[], int], tmp_path: Path, make: Callable[[Path], Path], code: str
):
    before = set(default_storage.listdir("incoming")[1]) if default_storage.exists("incoming") else set()
    answer = send(client, SimpleUploadedFile("花名册.xlsx", make(tmp_path / "bad.xlsx").read_bytes()))
    assert answer.status_code == 302
    jobs()
    with scope.acting(post.actor()):
        roster = Roster.objects.get()
        assert (roster.state, roster.problem["code"], roster.file) == ("unreadable", code, "")
        assert not RosterRow.objects.exists() and not Household.objects.exists()
    page = client.get(answer["Location"])
    assert page.status_code == 200 and "文件无法读取" in page.content.decode()
    assert set(default_storage.listdir("incoming")[1]) == before


def test_formulas_count_by_value_and_dirt_is_named_by_row_and_field(client, post, jobs, tmp_path: Path):
    heads, members = factories.families(5)
    good = heads[0]["id_number"]
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    heads[0]["id_number"], heads[1]["id_number"] = wrong, 5.33421199001011e17
    heads[2]["employer"] = "=cmd|' /C calc'!A0"
    heads[3]["name"] = "<script>alert(1)</script>"
    answer = send(client, factories.upload(tmp_path / "r.xlsx", heads, members))
    jobs()
    with scope.acting(post.actor()):
        found = {
            row.row_no: [p["code"] for p in row.problems]
            for row in queries.staged(Roster.objects.get(), faulty_only=True)
            if row.sheet == "households"
        }
        assert found[2] == ["id_check"] and found[3] == ["digits_lost"] and found[5] == ["name"]
        employer = RosterRow.objects.get(sheet="households", row_no=4).values["employer"]
        assert employer == "=cmd|' /C calc'!A0"
    page = client.get(answer["Location"]).content.decode()
    assert "家庭表第 2 行" in page and "校验位不符" in page
    assert "<script>alert" not in page
    assert wrong not in page


def test_correction_page_keeps_what_was_typed_and_says_what_is_still_wrong(client, post, jobs, tmp_path):
    heads, members = factories.families(1)
    heads[0]["people"], heads[0]["residence"] = "几口", "郊区"
    send(client, factories.upload(tmp_path / "r.xlsx", heads, members))
    jobs()
    with scope.acting(post.actor()):
        row = queries.staged(Roster.objects.get(), faulty_only=True)[0]
    url = reverse("registry:roster_row", args=[row.roster_id, row.pk])
    form = client.get(url).context["form"]
    assert list(form.groups[0].names) == ["residence", "people"]
    typed = {name: form[name].value() for name in form.fields if form[name].value()}
    half = client.post(url, typed | {"residence": "城镇", "people": "十几口"})
    assert half.status_code == 422
    assert "十几口" in half.content.decode() and "residence" not in half.context["form"].errors
    right = str(len(members) + 1)
    done = client.post(url, typed | {"residence": "城镇", "people": right})
    assert done.status_code == 302
    assert done["Location"] == reverse("registry:roster", args=[row.roster_id])
    client.post(reverse("registry:roster_commit", args=[row.roster_id]))
    client.post(reverse("registry:roster_commit", args=[row.roster_id]))
    jobs()
    with scope.acting(post.actor()):
        assert Household.objects.count() == 1
        assert Roster.objects.get().state == "committed"
