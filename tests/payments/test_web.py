"""The cashier's pages: who may open them, what they show, files out and in."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.payments import queries, services
from nuanxin.payments.models import Batch, Due
from nuanxin.payments.work import work
from tests.ledger.factories import fund, give
from tests.orgs.factories import node, post, staff

from .factories import csv_file, owed, result_rows, sample_result

pytestmark = pytest.mark.django_db
PAYER = ("payments.batch.see", "payments.batch.pay")


class World:
    """A county with two dues in a batch, which waits to be sent, and one due waiting."""

    def __init__(self) -> None:
        self.county, self.money, self.approver = node("county"), fund(), staff()
        give(self.money, self.county, 1000)
        self.cashier = post(self.county, *PAYER)
        with scope.acting(self.cashier.actor()):
            owed(self.county, self.money, self.approver, 100, 200)
            self.batch = services.make_batch(fund=self.money).batch
            self.waiting = owed(self.county, self.money, self.approver, 300)[0]

    def url(self, name: str) -> str:
        return reverse(f"payments:{name}", args=[self.batch.pk])

    def result(self, **options) -> bytes:
        with scope.acting(system()):
            return sample_result(self.batch, **options)

    def state(self) -> str:
        with scope.acting(system()):
            return Batch.objects.get(pk=self.batch.pk).state


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def cashier(world, client):
    client.force_login(world.cashier.staff)
    return client


PAGES = {
    "batches": lambda w: reverse("payments:batches"),
    "dues": lambda w: reverse("payments:dues") + "?tab=all",
    "batch": lambda w: w.url("batch"),
    "result": lambda w: w.url("result"),
    "api batches": lambda w: "/api/payments/batches",
    "api dues": lambda w: "/api/payments/dues",
}
POSTS = {
    "make": lambda w: reverse("payments:make"),
    "send": lambda w: w.url("send"),
    "dissolve": lambda w: w.url("dissolve"),
    "result": lambda w: w.url("result"),
}


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_who_may_and_for_nobody_else(world, cashier, client, page: str):
    url = PAGES[page](world)
    assert cashier.get(url).status_code == 200
    client.force_login(post(world.county, "casework.file.see").staff)
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("act", POSTS)
def test_who_only_sees_may_do_nothing(world, client, act: str):
    client.force_login(post(world.county, "payments.batch.see").staff)
    assert (
        client.post(POSTS[act](world), {"kind": "csv", "fund": world.money.pk, "note": "x"}).status_code
        == 403
    )
    assert "银行文件" not in client.get(world.url("batch")).content.decode()


@pytest.mark.parametrize("name", ["batch", "result", "send", "dissolve"])
def test_another_countys_batch_is_not_found(world, client, name: str):
    client.force_login(post(node("county"), *PAYER).staff)
    method = client.get if name in ("batch", "result") else client.post
    assert method(world.url(name), {"kind": "csv"}).status_code == 404
    assert client.get("/api/payments/batches").json()["count"] == 0
    assert client.get("/api/payments/dues").json()["count"] == 0


def test_cards_are_masked_everywhere(world, cashier):
    for page in PAGES.values():
        assert "622848" not in cashier.get(page(world)).content.decode()
    body = b"".join(cashier.get(reverse("payments:dues") + "?tab=all&export=xlsx").streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.values)
    assert len(rows) == 4
    assert all(str(row[1]).startswith("***") for row in rows[1:])


def test_a_batch_is_made_of_what_waits(world, cashier):
    page = cashier.get(reverse("payments:batches")).content.decode()
    assert "300.00" in page
    response = cashier.post(reverse("payments:make"), {"fund": world.money.pk}, follow=True)
    assert "已制作批次" in response.content.decode()
    assert "叁佰元整" in response.content.decode()
    again = cashier.post(reverse("payments:make"), {"fund": world.money.pk}, follow=True)
    assert "没有可入批的待发放款项" in again.content.decode()


def test_ticked_dues_become_a_batch_and_two_funds_do_not(world, cashier):
    other = fund()
    give(other, world.county, 50)
    with scope.acting(system()):
        theirs = owed(world.county, other, world.approver, 50)[0]
    url = reverse("payments:dues") + "?tab=waiting"
    both = cashier.post(url, {"bulk": "make", "ids": [world.waiting, theirs]}, follow=True)
    assert "只选同一项资金" in both.content.decode()
    cashier.post(url, {"bulk": "make", "ids": [theirs]})
    with scope.acting(system()):
        assert Batch.objects.get(fund=other).count == 1
        assert Due.objects.get(pk=world.waiting).state == "waiting"


def test_what_the_cashier_approved_is_left_out_with_a_word(world, cashier):
    with scope.acting(system()):
        owed(world.county, world.money, world.cashier.staff, 10)
    page = cashier.post(reverse("payments:make"), {"fund": world.money.pk}, follow=True).content.decode()
    assert "有 1 笔由您审批" in page


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_bank_file_is_handed_out(world, cashier, kind: str):
    response = cashier.post(world.url("send"), {"kind": kind})
    assert response["Content-Disposition"].endswith(f'{world.batch.number}.{kind}"')
    assert response["Cache-Control"] == "no-store"
    assert b"".join(response.streaming_content)
    assert world.state() == "sent"
    assert "上传银行回单" in cashier.get(world.url("batch")).content.decode()


def test_a_bank_file_of_no_known_form_is_refused(world, cashier):
    assert "请选择文件格式" in cashier.post(world.url("send"), {"kind": "exe"}, follow=True).content.decode()
    assert cashier.get(world.url("send")).status_code == 405


def upload(client, world: World, body: bytes, **options):
    return client.post(world.url("result"), {"file": SimpleUploadedFile("r.xlsx", body)}, **options)


def test_the_result_is_booked_and_the_same_again_changes_nothing(world, cashier):
    cashier.post(world.url("send"), {"kind": "csv"})
    body = world.result(failing=[2])
    page = upload(cashier, world, body, follow=True).content.decode()
    assert "到卡 1 笔，退回 1 笔" in page
    assert "账号户名不符" in page
    assert "没有任何变动" in upload(cashier, world, body, follow=True).content.decode()
    returned = cashier.get(reverse("payments:dues") + "?tab=returned").content.decode()
    assert "账号户名不符" in returned


def test_a_result_that_does_not_fit_shows_every_fault_and_books_nothing(world, cashier):
    cashier.post(world.url("send"), {"kind": "csv"})
    with scope.acting(system()):
        rows = result_rows(world.batch)
    rows[0][4] = "1.00"
    response = upload(cashier, world, csv_file(rows[:1]))
    page = response.content.decode()
    assert response.status_code == 422
    assert "金额 1.00 元与批次的 100.00 元不符" in page
    assert "须包含批次的全部明细" in page
    assert world.state() == "sent"
    assert cashier.post(world.url("result"), {}).status_code == 422


def test_a_batch_is_dissolved_with_a_reason(world, cashier):
    assert "请写明解散批次的原因" in cashier.post(world.url("dissolve"), {}, follow=True).content.decode()
    page = cashier.post(world.url("dissolve"), {"note": "资金选错"}, follow=True).content.decode()
    assert "资金选错" in page
    assert world.state() == "dissolved"


def test_the_lines_are_found_by_payee_and_card(world, cashier):
    with scope.acting(system()):
        first, second = queries.lines(world.batch)
    page = cashier.get(world.url("batch") + f"?q={first.card_mask[-4:]}").content.decode()
    assert first.payee in page
    assert second.payee not in page


def test_the_api_makes_a_batch(world, cashier):
    def ask(fund: str):
        return cashier.post("/api/payments/batches", {"fund": fund}, content_type="application/json")

    made = ask(world.money.code).json()
    assert (made["batch"]["total"], made["batch"]["count"], made["left_out"]) == ("300.00", 1, 0)
    again = ask(world.money.code)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_waiting")
    assert ask("nix").status_code == 404
    waiting = cashier.get("/api/payments/dues?state=batched").json()
    assert waiting["count"] == 3
    assert set(waiting["items"][0]) >= {"card_mask", "amount"}
    assert "card_cipher" not in waiting["items"][0]


def heaps(world: World, *permissions: str) -> dict[str, int]:
    with scope.acting(post(world.county, *permissions).actor()) as me:
        return {heap.key: heap.count for heap in work(me)}


def test_the_work_list(world, cashier):
    assert heaps(world, *PAYER) == {
        "dues_waiting": 1,
        "batches_made": 1,
        "batches_sent": 0,
        "dues_returned": 0,
    }
    cashier.post(world.url("send"), {"kind": "csv"})
    assert heaps(world, *PAYER)["batches_sent"] == 1
    upload(cashier, world, world.result(failing=[1]))
    assert heaps(world, *PAYER)["dues_returned"] == 1
    assert heaps(world, "payments.due.reissue") == {"dues_returned": 1}
    assert heaps(world, "payments.batch.see") == {}


def test_english_pages_are_english(world, cashier):
    cashier.cookies["django_language"] = "en"
    cashier.post(world.url("send"), {"kind": "csv"})
    upload(cashier, world, world.result(failing=[1]))
    for page in PAGES.values():
        url = page(world)
        if not url.startswith("/api"):
            main = cashier.get(url).content.decode().split('id="main"')[1].split("</main>")[0]
            ours = r"<[^>]*>|测试\w+|收款人\d+|员工\d+|第一支行|生活救助|账号户名不符|[贰佰叁元整]"
            seen = re.sub(ours, "", main)
            assert not re.search(r"[\u4e00-\u9fff]", seen), (url, re.findall(r"[\u4e00-\u9fff]+", seen))
