"""The pages of funds: who may open them, what they show, and forms that move money once."""

import io
import re

import openpyxl
import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.ledger import queries, services
from nuanxin.ledger.models import Transfer
from nuanxin.ledger.work import figures
from nuanxin.orgs.models import Node
from tests.orgs.factories import node, post

from .factories import fund, give, hold

pytestmark = pytest.mark.django_db
MAY = ("ledger.fund.see", "ledger.fund.appropriate")


class World:
    """A prefecture with 1,000 yuan, of which its county was given 300."""

    def __init__(self) -> None:
        self.county = node("county")
        self.prefecture = Node.objects.get(pk=self.county.parent_id)
        self.money = fund()
        give(self.money, self.prefecture, 1000)
        with scope.acting(system()):
            self.given = services.appropriate(
                fund=self.money,
                from_org_path=self.prefecture.path,
                to_org_path=self.county.path,
                amount=Money.yuan(300),
                memo="春节慰问",
                key="given",
            )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def officer(world, client):
    """A client signed in as the prefecture's officer."""
    client.force_login(post(world.prefecture, *MAY).staff)
    return client


def key_of(response) -> str:
    return re.search(r'name="key" value="([0-9a-f-]{36})"', response.content.decode()).group(1)


PAGES = {
    "funds": lambda w: reverse("ledger:funds"),
    "fund": lambda w: reverse("ledger:fund", args=[w.money.pk]),
    "appropriate": lambda w: reverse("ledger:appropriate", args=[w.money.pk]),
    "receive": lambda w: reverse("ledger:receive", args=[w.money.pk]),
    "transfer": lambda w: reverse("ledger:transfer", args=[w.given.pk]),
    "api": lambda w: "/api/funds/accounts",
}


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_who_may_and_for_nobody_else(world, officer, client, page: str):
    url = PAGES[page](world)
    assert officer.get(url).status_code == 200
    client.force_login(post(world.prefecture, "casework.file.see").staff)
    assert client.get(url).status_code == 403


def test_reading_alone_moves_nothing(world, client):
    client.force_login(post(world.prefecture, "ledger.fund.see").staff)
    page = client.get(PAGES["fund"](world)).content.decode()
    assert "向下拨款" not in page
    assert "冲正原因" not in client.get(PAGES["transfer"](world)).content.decode()
    for url in (
        PAGES["appropriate"](world),
        PAGES["receive"](world),
        reverse("ledger:reverse", args=[world.given.pk]),
    ):
        assert client.post(url, {}).status_code == 403


def test_another_units_transfer_is_not_found(world, client):
    client.force_login(post(node("county"), *MAY).staff)
    assert client.get(PAGES["transfer"](world)).status_code == 404
    assert client.post(reverse("ledger:reverse", args=[world.given.pk]), {"memo": "x"}).status_code == 404
    assert client.get(reverse("ledger:fund", args=[0])).status_code == 404
    assert client.get("/api/funds/accounts").json()["count"] == 0


def test_the_list_shows_own_funds_and_the_units_below(world, officer):
    empty = fund()
    page = officer.get(PAGES["funds"](world)).content.decode()
    assert empty.name in page
    assert "0.00" in officer.get(reverse("ledger:fund", args=[empty.pk])).content.decode()
    assert world.money.name in page
    assert world.county.name in page
    assert "1,000.00" in page
    assert "700.00" in page
    assert "300.00" in page


def test_the_receiver_sees_what_came_from_above(world, client):
    client.force_login(post(world.county, "ledger.fund.see").staff)
    page = client.get(PAGES["fund"](world)).content.decode()
    assert "春节慰问" in page
    assert world.prefecture.name in page
    assert client.get(PAGES["transfer"](world)).status_code == 200


def test_transfers_are_filtered_sorted_and_exported(world, officer):
    with scope.acting(system()):
        hold(world.money, world.prefecture, 50)
    url = PAGES["fund"](world)
    assert "春节慰问" in officer.get(f"{url}?tab=moves&q=春节").content.decode()
    assert "春节慰问" not in officer.get(f"{url}?tab=moves&q=夏").content.decode()
    assert (
        officer.get(f"{url}?tab=hold&purpose=living-aid&sort=-inward").content.decode().count("data-href")
        == 1
    )
    body = b"".join(officer.get(f"{url}?tab=all&export=xlsx").streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.values)
    assert rows[0][4:] == ("转入（元）", "转出（元）")
    assert [row[4:] for row in rows[1:]] == [(None, 50), (None, 300), (1000, None)]


def test_a_form_sent_twice_gives_once(world, officer):
    url = PAGES["appropriate"](world)
    data = {"to": world.county.path, "amount": "100", "memo": "第二批", "key": key_of(officer.get(url))}
    for _ in range(2):
        assert officer.post(url, data).status_code == 302
    with scope.acting(system()):
        assert Transfer.objects.filter(memo="第二批").count() == 1
    assert officer.post(url, data | {"amount": "101"}).status_code == 422


def test_money_that_is_not_there_is_refused_at_the_field_and_nothing_typed_is_lost(world, officer):
    url = PAGES["appropriate"](world)
    data = {"to": world.county.path, "amount": "700.01", "memo": "太多", "key": key_of(officer.get(url))}
    response = officer.post(url, data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "可用余额为 700.00 元" in page
    assert "700.01" in page
    assert "太多" in page


def test_only_units_directly_below_can_be_chosen(world, officer):
    url = PAGES["appropriate"](world)
    for path in (world.prefecture.path, node("county").path, "9/9/"):
        data = {"to": path, "amount": "1", "memo": "x", "key": key_of(officer.get(url))}
        assert officer.post(url, data).status_code == 422


def test_a_receipt_is_booked_from_outside(world, officer):
    url = PAGES["receive"](world)
    data = {"amount": "1,000.50", "memo": "省财政厅", "key": key_of(officer.get(url))}
    assert officer.post(url, data).status_code == 302
    with scope.acting(system()):
        assert queries.available(world.money.pk, world.prefecture.path).free == Money.yuan("1700.50")


def test_a_transfer_is_reversed_with_a_reason(world, officer):
    url = reverse("ledger:reverse", args=[world.given.pk])
    assert officer.post(url, {"memo": ""}).status_code == 422
    assert officer.post(url, {"memo": "拨错单位"}).status_code == 302
    page = officer.get(PAGES["transfer"](world)).content.decode()
    assert "已冲正" in page
    assert "拨错单位" in page
    assert officer.post(url, {"memo": "再冲"}).status_code == 422


def test_english_pages_are_english(world, officer):
    officer.cookies["django_language"] = "en"
    for page in PAGES.values():
        url = page(world)
        if not url.startswith("/api"):
            main = officer.get(url).content.decode().split('id="main"')[1].split("</main>")[0]
            ours = r"<[^>]*>|测试\w+|测\d+|春节慰问|员工\d+|[叁佰元整]"
            seen = re.sub(ours, "", main)
            assert not re.search(r"[\u4e00-\u9fff]", seen), (url, re.findall(r"[\u4e00-\u9fff]+", seen))


def test_figures_of_home(world):
    with scope.acting(post(world.prefecture, *MAY).actor()) as me:
        assert [figure.text for figure in figures(me)] == ["700.00 元", "0 笔，0.00 元"]
    with scope.acting(post(world.prefecture).actor()) as me:
        assert list(figures(me)) == []
