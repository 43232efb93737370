"""Lists of likely doubles, transfers and rosters taken out: what the page shows, for those who may."""

import csv
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.records.models import Entry
from nuanxin.registry import permissions as may
from nuanxin.registry import services
from nuanxin.registry.doubles import finding
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
BORN = date(1980, 5, 17)


def taken_out(client: Client, page: str, permissions: tuple[str, ...], county: Any) -> list[list[str]] | None:
    """The lines of the file, or None where the list is shown instead."""
    client.force_login(orgs.post(county, *permissions).staff)
    answer = client.get(reverse(page), {"export": "csv"}, follow=True)
    assert answer.status_code == 200
    if not getattr(answer, "streaming", False):
        return None
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(text.splitlines()))


def test_likely_doubles(client: Client):
    union = orgs.node("grassroots")
    county = union.parent.parent
    with scope.acting(orgs.actor(county)):
        for serial in (101, 305):
            number = invent_id("533422", BORN, serial)
            factories.person(union.path, "欧阳建国", id_number=number, phone="")
        finding.by_rules()
    assert taken_out(client, "registry:likenesses", (may.MERGE,), county) is None
    lines = taken_out(client, "registry:likenesses", (may.MERGE, may.EXPORT), county)
    assert lines is not None
    [heading, *rows] = lines
    assert "可能性（分）" in heading
    [row] = rows
    cells = dict(zip(heading, row, strict=True))
    assert cells["两条记录"] == "欧阳建国 ／ 欧阳建国"
    assert cells["身份证号"].count("*") > 8 and number not in str(lines)
    assert cells["可能性（分）"].isdigit() and cells["状态"] == "待核对"
    with scope.acting(orgs.actor(county)):
        assert Entry.objects.filter(action="list.exported").count() == 1


def test_transfers(client: Client):
    here, there = orgs.node("grassroots"), orgs.node("grassroots")
    number = factories.id_number()
    with scope.acting(orgs.actor(there)):
        factories.household(there.path, head=factories.person(there.path, id_number=number))
    county = here.parent.parent
    with scope.acting(orgs.actor(county)):
        services.ask_transfer(id_number=number, name="和建国", union=here.path, reason="已迁入本县")
    seen = (may.EDIT_HOUSEHOLD, may.TRANSFER_HOUSEHOLD)
    assert taken_out(client, "registry:transfers", seen, county) is None
    client.force_login(orgs.post(county, *seen, may.EXPORT).staff)
    answer = client.get(reverse("registry:transfers"), {"export": "csv", "tab": "all"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [heading, row] = list(csv.reader(text.splitlines()))
    cells = dict(zip(heading, row, strict=True))
    assert cells["姓名"] == "和建国" and cells["事项"] == "请求转入"
    assert number not in text


def test_rosters(client: Client):
    county = orgs.node("grassroots").parent.parent
    lines = taken_out(client, "registry:rosters", (may.IMPORT_ROSTER,), county)
    assert lines is not None and len(lines) == 1 and "文件名" in lines[0]
