"""Rosters as text files through the upload page: all encodings and separators, nothing garbled."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.registry import queries, services
from nuanxin.registry.models import Person, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SheetSpec
from nuanxin.registry.web.tables import problems_of
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(client: Any) -> Any:
    post = orgs.post(orgs.node("grassroots"), IMPORT_ROSTER)
    client.force_login(post.staff)
    return post


def text(spec: SheetSpec, rows: Sequence[dict[str, Any]], separator: str = ",", headers: Any = None) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow([(headers or {}).get(column.key, column.zh) for column in spec.columns])
    writer.writerows([row.get(key, "") for key in spec.keys] for row in rows)
    return out.getvalue()


def files(
    heads: Any, members: Any, encoding: str = "utf-8", separator: str = ","
) -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile(name, text(spec, rows, separator).encode(encoding))
        for name, spec, rows in (("家庭.csv", HOUSEHOLDS, heads), ("成员.csv", MEMBERS, members))
    ]


def send(client: Any, sent: Any) -> Any:
    return client.post(reverse("registry:roster_upload"), {"file": sent, "year": "2026"})


@pytest.mark.parametrize(
    "encoding, separator, told",
    [
        ("utf-8", ",", "UTF-8"),
        ("utf-8-sig", "\t", "UTF-8"),
        ("gb18030", ",", "GB18030"),
        ("utf-16", ";", "UTF-16"),
        ("gbk", "，", "GB18030"),
    ],
)
def test_two_text_files_are_a_roster(client, post, jobs, encoding: str, separator: str, told: str):
    heads, members = factories.families(4)
    heads[0]["name"], heads[0]["address"] = "阿卜杜·热合曼", "南坪街1号\n三单元，“东”"
    answer = send(client, files(heads, members, encoding, separator))
    assert answer.status_code == 302
    jobs()
    with scope.acting(post.actor()):
        roster = Roster.objects.get()
        found = [problems_of(row) for row in queries.staged(roster, faulty_only=True)]
        assert (roster.state, roster.ready, roster.faulty, found) == ("checked", 4, 0, [])
        assert roster.layout["households"]["text"] == {"encoding": told, "separator": separator}
        row = queries.staged(roster).get(sheet="households", row_no=2)
        assert row.values["name"] == "阿卜杜·热合曼"
        services.commit_roster(roster=roster)
    assert told in client.get(answer["Location"]).content.decode()
    jobs()
    with scope.acting(post.actor()):
        assert Person.objects.count() == 4 + len(members)
        assert Roster.objects.get().file == ""


def broken_utf8(body: bytes) -> bytes:
    at = body.rindex("南坪街".encode())
    return body[: at + 1] + body[at + 2 :]


def big5_line(body: bytes) -> bytes:
    return body + "電話號碼與住址說明請參閱附件資料表格欄位".encode("big5") + b"\r\n"


@pytest.mark.parametrize(
    "spoil, code",
    [
        (lambda body: broken_utf8(body), "text_damaged"),
        (lambda body: body.decode().encode("utf-16-le"), "text_encoding"),
        (lambda body: body.decode().encode("utf-32"), "text_encoding"),
        (
            lambda body: body.decode().encode("gb18030").replace(b"\xd6\xb5", b"\xff\xff") + b"\xff",
            "text_encoding",
        ),
        (lambda body: big5_line(body.decode().encode("gb18030")), "text_mixed"),
        (lambda body: body.replace("南坪街".encode(), "\ufffd\ufffd街".encode()), "text_lost"),
        (lambda body: body.replace("升平镇".encode(), '"升"平镇'.encode(), 1), "text_quotes"),
        (lambda body: body.replace("升平镇".encode(), '"升平镇'.encode(), 1), "text_quotes"),
        (lambda body: body.replace("南坪街".encode(), "南坪街,东,西,".encode(), 1), "text_slipped"),
        (lambda body: body + b"," * 2_000_000, "text_record"),
    ],
)
def test_a_text_that_would_be_misread_is_refused_with_its_place(
    client, post, jobs, spoil: Callable[[bytes], bytes], code: str
):
    heads, members = factories.families(12)
    for head in heads:
        head["card"] = ""
    one, other = files(heads, members)
    answer = send(client, [SimpleUploadedFile("家庭.csv", spoil(one.read())), other])
    jobs()
    with scope.acting(post.actor()):
        roster = Roster.objects.get()
        assert (roster.state, roster.problem["code"], roster.rows.count()) == ("unreadable", code, 0)
    assert "文件无法读取" in client.get(answer["Location"]).content.decode()


def test_what_spreadsheets_do_to_numbers_is_named_by_row_and_field(client, post, jobs):
    heads, members = factories.families(5)
    heads[0]["id_number"] = "5.33421E+17"
    heads[1]["postcode"] = "74500"
    heads[2]["id_number"] = "533422198001015000"  # its check digit would be another
    heads[3]["id_number"], heads[3]["mobile"] = f'="{heads[3]["id_number"]}"', "\t13987654321"
    heads[4]["id_number"] = f"'{heads[4]['id_number']}"
    send(client, files(heads, members, "gb18030"))
    jobs()
    with scope.acting(post.actor()):
        found = {
            row.row_no: {problem.code for problem in problems_of(row)}
            for row in queries.staged(Roster.objects.get(), faulty_only=True)
            if row.sheet == "households"
        }
    assert found[2] == {"scientific"}
    assert found[3] == {"postcode_zero"}
    assert "digits_zero" in found[4]
    assert not {5, 6} & found.keys()


@pytest.mark.parametrize(
    "sent, words",
    [
        ([("家庭.csv", b"%PDF-1.4 ...")], "PDF"),
        ([("家庭.csv", b"\x89PNG\r\n\x1a\n....")], "图片"),
        ([("家庭.csv", b"<html><table>...")], "网页"),
        ([("家庭.csv", b"")], "“家庭.csv”是空的"),
        ([("家庭.csv", b"a,b\n"), ("花名册.xlsx", b"a,b\n")], "两个 CSV"),
        ([(f"{at}.csv", b"a,b\n") for at in range(5)], "两个 CSV"),
    ],
)
def test_what_is_no_text_table_is_refused_at_the_field(client, post, sent: Any, words: str):
    answer = send(client, [SimpleUploadedFile(name, body) for name, body in sent])
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["file"])
    with scope.acting(post.actor()):
        assert not Roster.objects.exists()


def test_one_text_without_the_other_is_asked_for(client, post, jobs):
    heads, members = factories.families(2)
    answer = send(client, files(heads, members)[:1])
    jobs()
    page = client.get(answer["Location"]).content.decode()
    assert "没有找到“成员”表" in page and "一起选中上传" in page


def test_a_refused_second_upload_says_so_at_its_field(client, post, jobs):
    send(client, files(*factories.families(2)))
    jobs()
    with scope.acting(post.actor()):
        roster = Roster.objects.get()
    url = reverse("registry:roster_again", args=[roster.pk])
    answer = client.post(url, {"file": SimpleUploadedFile("花名册.xlsx", b"%PDF-1.4")})
    assert answer.status_code == 422 and "PDF" in str(answer.context["form"].errors["file"])
    with scope.acting(post.actor()):
        assert queries.staged(roster).count()
