"""Files that are something else, and workbooks as people keep them: named at the field, or read."""

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.registry import queries
from nuanxin.registry.models import Roster
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import MEMBERS
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(client: Any) -> Any:
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(post.staff)
    return post


def send(client: Any, file: Any) -> Any:
    return client.post(reverse("registry:roster_upload"), {"file": file, "year": "2026"})


def packed(*names: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return body.getvalue()


@pytest.mark.parametrize(
    "body, words",
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "图片"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "图片"),
        (b"\xef\xbb\xbf<html><body><table>", "网页"),
        (b'<?xml version="1.0"?><Workbook>', "网页或 XML"),
        (b"Rar!\x1a\x07\x00" + bytes(50), "压缩包"),
        (packed("word/document.xml"), "Word 文档"),
        (packed("xl/workbook.bin"), ".xlsb"),
        (packed("mimetype", "content.xml"), ".ods"),
        (packed("甲.xlsx", "乙.xlsx"), "压缩包"),
        (packed("inner.zip"), "压缩包"),
        (packed(*(f"xl/{'长' * 20}{at}" for at in range(12_000))), "展开后过大"),
    ],
)
def test_other_kinds_of_files_are_named_at_the_field(client, post, body: bytes, words: str):
    answer = send(client, SimpleUploadedFile("花名册.xlsx", body))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["file"])
    assert answer.context["form"]["year"].value() == "2026"
    with scope.acting(post.actor()):
        assert not Roster.objects.exists()


def test_a_file_far_too_large_is_refused_at_the_field_and_kept_nowhere(client, post, settings):
    settings.MAX_UPLOAD_BYTES = settings.MAX_WORKBOOK_BYTES = 2**20
    answer = send(client, SimpleUploadedFile("花名册.xlsx", b"PK\x03\x04" + bytes(3 * 2**20)))
    assert answer.status_code == 422
    assert "文件有 3 MB，最多 1 MB" in str(answer.context["form"].errors["file"])
    assert answer.context["form"]["year"].value() == "2026"


def checked(client: Any, post: Any, jobs: Any, path: Path, name: str = "花名册.xlsx") -> Roster:
    assert send(client, SimpleUploadedFile(name, path.read_bytes())).status_code == 302
    jobs()
    with scope.acting(post.actor()):
        return Roster.objects.get()


def test_macros_are_left_out_and_the_values_read(client, post, jobs, tmp_path: Path):
    path = tmp_path / "m.xlsm"
    factories.upload(path, *factories.families(2))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro")
    roster = checked(client, post, jobs, path, "花名册.xlsm")
    assert (roster.state, roster.ready) == ("checked", 2)


def test_a_head_merged_over_the_members_counts_for_each_of_them(client, post, jobs, tmp_path: Path):
    path = tmp_path / "merged.xlsx"
    heads, members = factories.families(4)
    factories.upload(path, heads, members)
    book = openpyxl.load_workbook(path)
    sheet, top = book["成员"], 2
    for head in heads:
        size = sum(member["head_id"] == head["id_number"] for member in members)
        for key in ("head_id", "serial"):
            place = MEMBERS.position[key] + 1
            if size > 1:
                sheet.merge_cells(start_row=top, end_row=top + size - 1, start_column=place, end_column=place)
        top += size
    book.save(path)
    assert len(members) > 4 and sheet.merged_cells.ranges
    roster = checked(client, post, jobs, path)
    assert (roster.ready, roster.faulty) == (4, 0)


def test_hidden_sheets_are_left_alone_and_hidden_rows_are_read(client, post, jobs, tmp_path: Path):
    path = tmp_path / "hidden.xlsx"
    factories.upload(path, *factories.families(3))
    book = openpyxl.load_workbook(path)
    copy = book.copy_worksheet(book["家庭"])
    copy.title, copy.sheet_state = "家庭信息", "hidden"
    book["家庭"].row_dimensions[3].hidden = True
    book.save(path)
    roster = checked(client, post, jobs, path)
    assert (roster.households_read, roster.ready) == (3, 3)


def test_homonyms_twins_and_names_in_rare_signs(client, post, jobs, tmp_path: Path):
    """Two of one name and birth day with numbers of their own are two persons; every dot of a name is one."""
    heads, members = factories.families(3)
    for head, name in zip(heads, ("𠮷永福", "买买提•艾力", "买买提．艾力"), strict=True):
        head["name"] = name
    twins = [{**members[0], "name": "和双双", "id_number": factories.id_number()} for _ in range(2)]
    mine = [member for member in members if member["head_id"] == heads[0]["id_number"]]
    heads[0]["people"] = float(len(mine) + 3)
    path = tmp_path / "names.xlsx"
    factories.upload(path, heads, [*members, *twins])
    roster = checked(client, post, jobs, path)
    with scope.acting(post.actor()):
        names = [row.values["name"] for row in queries.staged(roster).filter(sheet="households")]
    assert (roster.ready, names) == (3, ["𠮷永福", "买买提·艾力", "买买提·艾力"])
