"""The bank's file: written once in full, read back strictly, booked whole or not at all."""

import csv
import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nuanxin.kernel import events, scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger import queries as ledger
from nuanxin.payments import queries, services
from nuanxin.payments.bank.judging import ResultRefused
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Batch, Due, ResultFile
from nuanxin.records.models import Entry
from tests.ledger.factories import fund, give
from tests.orgs.factories import actor, node, post, staff

from .factories import HEADINGS, csv_file, new_card, owed, result_rows, sample_result, xlsx_file

pytestmark = pytest.mark.django_db


class Place:
    """A county whose cashier has sent a batch of three: 100, 200 and 300 yuan."""

    def __init__(self) -> None:
        self.county, self.money = node("county"), fund()
        give(self.money, self.county, 1000)
        self.approver, self.cashier = staff(), post(self.county, "*").actor()

    def batch(self, *yuan: int) -> Batch:
        owed(self.county, self.money, self.approver, *yuan)
        return services.make_batch(fund=self.money).batch

    def sent(self, *yuan: int) -> Batch:
        batch = self.batch(*(yuan or (100, 200, 300)))
        services.send(batch=batch, kind="csv")
        return batch

    @property
    def account(self):
        return ledger.available(self.money.pk, self.county.path)


@pytest.fixture
def place():
    made = Place()
    with scope.acting(made.cashier):
        yield made


def upload(body: bytes, name: str = "result.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def book(batch: Batch, body: bytes) -> services.Outcome:
    return services.book_result(batch=batch, upload=upload(body))


def refusal(batch: Batch, body: bytes) -> Refused:
    """The refusal of a file, after which nothing has moved."""
    states = list(Due.objects.order_by("pk").values_list("state", flat=True))
    with pytest.raises(Refused) as caught:
        book(batch, body)
    assert list(Due.objects.order_by("pk").values_list("state", flat=True)) == states
    assert not ResultFile.objects.filter(batch=batch).exists() or batch.state == "settled"
    return caught.value


def test_the_file_for_the_bank_has_the_cards_in_full(place):
    batch = place.batch(100, 200)
    sent = services.send(batch=batch, kind="csv")
    rows = list(csv.reader(io.TextIOWrapper(sent.file, "gb18030")))
    assert sent.name == f"{batch.number}.csv"
    assert rows[0] == ["批次号", "行号", "收款人", "卡号", "开户银行", "开户网点", "金额", "摘要"]
    first = queries.lines(batch)[0]
    assert rows[1][:2] == [batch.number, "1"]
    assert (len(rows[1][3]), rows[1][3][-4:], rows[1][6]) == (19, first.card_mask[-4:], "100.00")
    assert rows[-1] == ["合计", "2", "", "", "", "", "300.00", ""]
    batch.refresh_from_db()
    assert batch.state == "sent"
    entry = Entry.objects.get(action="payments.cards_revealed")
    assert (entry.subject, entry.detail) == (batch.pk, {"cards": 2, "format": "csv"})


def test_the_workbook_for_the_bank_starts_no_formula(place):
    batch = place.batch(100)
    Due.objects.update(payee="=1+1")
    sheet = openpyxl.load_workbook(services.send(batch=batch, kind="xlsx").file).active
    assert sheet["C2"].value == "'=1+1"
    assert (sheet["D2"].data_type, sheet["G2"].value) == ("s", 100)
    assert "'=1+1" in services.send(batch=batch, kind="csv").file.read().decode("gb18030")


def test_each_download_is_recorded_and_the_day_of_sending_stays(place):
    batch = place.sent(100)
    first = Batch.objects.get(pk=batch.pk).sent
    services.send(batch=batch, kind="xlsx")
    assert Batch.objects.get(pk=batch.pk).sent == first
    assert Entry.objects.filter(action="payments.cards_revealed").count() == 2


def test_the_download_is_for_the_payer_alone(place):
    batch = place.batch(100)
    with scope.acting(actor(place.county, "payments.batch.see")), pytest.raises(Denied):
        services.send(batch=batch, kind="csv")
    with scope.acting(actor(node("county"))), pytest.raises(OutOfSight):
        services.send(batch=batch, kind="csv")
    Due.objects.update(batcher=place.cashier.staff_id, approver=post(place.county, "*").staff)
    approver = post(place.county, "*", staff=Due.objects.get().approver)
    with scope.acting(approver.actor()), pytest.raises(Refused) as caught:
        services.send(batch=batch, kind="csv")
    assert caught.value.code == "approver_may_not_pay"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_paid_lines_post_and_returned_ones_are_freed(place, kind: str, monkeypatch):
    settled = []
    monkeypatch.setitem(events._handlers, DuesSettled, [settled.append])
    batch = place.sent(100, 200, 300)
    outcome = book(batch, sample_result(batch, failing=[2], kind=kind))
    assert (outcome.paid, outcome.returned, outcome.already) == (2, 1, False)
    lines = list(queries.lines(batch))
    assert [due.state for due in lines] == ["paid", "returned", "paid"]
    assert lines[1].bank_reason == "账号户名不符"
    account = place.account
    assert (account.debits_posted, account.debits_pending) == (Money.yuan(400), Money(0))
    assert account.free == Money.yuan(600)
    assert settled == [DuesSettled(batch.pk, (lines[0].pk, lines[2].pk), (lines[1].pk,))]
    batch.refresh_from_db()
    assert batch.state == "settled"


def test_the_same_result_twice_changes_nothing(place):
    batch = place.sent(100, 200)
    body = sample_result(batch, failing=[1])
    book(batch, body)
    before = place.account
    for again in (body, sample_result(batch, failing=[1], kind="csv")):
        outcome = book(batch, again)
        assert (outcome.paid, outcome.returned, outcome.already) == (1, 1, True)
    assert place.account == before
    assert place.account.free == before.free
    assert ResultFile.objects.filter(batch=batch).count() == 1
    assert refusal(Batch.objects.get(pk=batch.pk), sample_result(batch)).code == "settled_already"


def test_another_batchs_file_is_refused_by_name(place):
    batch, other = place.sent(100), place.sent(200)
    caught = refusal(batch, sample_result(other))
    assert caught.code == "other_batch"
    assert other.number in str(caught)


def test_a_batch_that_was_not_sent_takes_no_result(place):
    batch = place.batch(100)
    assert refusal(batch, sample_result(batch)).code == "wrong_state"


def faults(batch: Batch, rows: list[list[str]]) -> list[tuple[int | None, str]]:
    caught = refusal(batch, csv_file(rows))
    assert isinstance(caught, ResultRefused)
    return [(fault.row, str(fault.message)) for fault in caught.faults]


BAD = {
    "amount": (4, "100.01", "金额 100.01 元与批次的 100.00 元不符。"),
    "no amount": (4, "一百", "请填写金额，例如 1,234.50。"),
    "card": (3, "9999", "卡号与批次不符"),
    "no card": (3, "", "卡号与批次不符"),
    "line": (1, "7", "批次里没有第 7 行。"),
    "no line": (1, "", "批次里没有第 — 行。"),
    "result": (5, "处理中", "结果“处理中”不明，应为“成功”或“失败”。"),
    "no reason": (5, "失败", "失败的没有写明原因。"),
    "no number": (0, "", "没有批次号。"),
}


@pytest.mark.parametrize("place_, value, message", BAD.values(), ids=BAD)
def test_a_wrong_row_refuses_the_whole_file(place, place_: int, value: str, message: str):
    batch = place.sent(100, 200, 300)
    rows = result_rows(batch)
    rows[0][place_] = value
    found = faults(batch, rows)
    assert found[0][0] == 2
    assert found[0][1].startswith(message)
    assert len(found) == (2 if place_ == 1 else 1)  # without its line, the batch's first line is missing too


def test_all_wrong_rows_are_named_at_once(place):
    batch = place.sent(100, 200, 300)
    rows = result_rows(batch)
    rows[1][4] = "1"
    doubled = [rows[0], rows[1], rows[0]]
    assert faults(batch, doubled) == [
        (3, "金额 1.00 元与批次的 200.00 元不符。"),
        (4, "第 1 行重复出现。"),
        (None, "回单里没有这一行，须包含批次的全部明细。"),
    ]


@pytest.mark.parametrize("shape", ["full", "masked", "number"])
def test_cards_may_be_given_whole_masked_or_by_their_end(place, shape: str):
    batch = place.sent(100)
    rows = result_rows(batch)
    tail = rows[0][3]
    number = f"622848000000000{tail}"
    rows[0][3] = {"full": number, "masked": f"6228 **** {tail}", "number": str(int(tail))}[shape]
    assert book(batch, csv_file(rows)).paid == 1


def test_a_card_kept_as_a_number_is_refused_with_the_reason(place):
    batch = place.sent(100)
    rows = result_rows(batch)
    rows[0][3] = "6228480000000000000"
    assert "数字格式" in faults(batch, rows)[0][1]


def test_control_totals_blank_rows_and_other_headings_are_no_obstacle(place):
    batch = place.sent(100, 200)
    rows = [*result_rows(batch, failing=[2]), [""] * 7, ["合计", "2", "", "", "300.00", "", ""]]
    headings = ["批次编号", "序号", "户名", "卡号（后四位）", "交易金额（元）", "处理结果", "失败原因"]
    assert book(batch, csv_file(rows, "utf-8-sig", headings)).returned == 1


def test_a_file_without_the_needed_columns_says_which(place):
    batch = place.sent(100)
    rows = [row[:4] for row in result_rows(batch)]
    for body in (csv_file(rows, headings=HEADINGS[:4]), xlsx_file([]), b"\n"):
        caught = refusal(batch, body)
        assert caught.code in ("no_header", "empty_result")
    assert "金额、结果" in str(refusal(batch, csv_file(rows, headings=HEADINGS[:4])))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    return out.getvalue()


BROKEN = {
    "bomb": bomb,
    "cut": lambda: xlsx_file([])[:900],
    "zip": lambda: b"PK\x03\x04" + b"\0" * 60,
    "old xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64 + "Workbook".encode("utf-16-le"),
    "encrypted": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
    "bytes": lambda: bytes(range(256)) * 8,
    "image": lambda: b"\x89PNG\r\n\x1a\n\0\0",
    "long field": lambda: b'"' + b"a" * 200_000,
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_what_is_no_result_file_is_refused(place, make):
    batch = place.sent(100)
    assert refusal(batch, make()).code in ("unreadable", "no_header")


def test_booking_is_for_the_payer_alone(place):
    batch = place.sent(100)
    body = sample_result(batch)
    with scope.acting(actor(place.county, "payments.batch.see")), pytest.raises(Denied):
        book(batch, body)
    with scope.acting(actor(node("county"))), pytest.raises(OutOfSight):
        book(batch, body)


# -- returned money --------------------------------------------------------------------------------


@pytest.fixture
def returned(place):
    """A due the bank sent back."""
    batch = place.sent(100)
    book(batch, sample_result(batch, failing=[1]))
    return queries.lines(batch)[0]


def test_a_returned_payment_is_owed_again_to_another_card(place, returned):
    officer = post(place.county, "*").actor()
    with scope.acting(officer):
        again = Due.objects.get(pk=services.reissue(due=returned, card=new_card()))
    assert (again.attempt, again.state, again.amount) == (2, "waiting", Money.yuan(100))
    assert (again.source, again.approver, again.bank) == (returned.source, place.approver, "另一银行")
    returned.refresh_from_db()
    assert returned.state == "reissued"
    assert place.account.debits_pending == Money.yuan(100)
    with pytest.raises(Refused) as caught:
        services.reissue(due=returned, card=new_card())
    assert caught.value.code == "wrong_state"
    with scope.acting(officer), pytest.raises(Refused) as caught:
        services.make_batch(fund=place.money)
    assert caught.value.code == "approver_may_not_pay"
    batch = services.make_batch(fund=place.money).batch
    services.send(batch=batch, kind="csv")
    assert book(batch, sample_result(batch)).paid == 1
    assert place.account.debits_posted == Money.yuan(100)


def test_the_same_card_is_not_tried_again(place, returned):
    same = services.NewCard(
        returned.bank, "", bytes(returned.card_cipher), bytes(returned.card_hash), returned.card_mask
    )
    with pytest.raises(Refused) as caught:
        services.reissue(due=returned, card=same)
    assert caught.value.code == "same_card"


def test_reissuing_needs_the_permission_the_money_and_sight(place, returned):
    with scope.acting(actor(place.county, "payments.batch.pay")), pytest.raises(Denied):
        services.reissue(due=returned, card=new_card())
    with scope.acting(actor(node("county"))), pytest.raises(OutOfSight):
        services.reissue(due=returned, card=new_card())
    owed(place.county, place.money, place.approver, 950)
    with pytest.raises(Refused) as caught:
        services.reissue(due=returned, card=new_card())
    assert caught.value.code == "overspent"
    returned.refresh_from_db()
    assert returned.state == "returned"
