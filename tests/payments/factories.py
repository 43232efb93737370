"""Dues, batches and the files a bank would send back."""

import csv
import io
from collections.abc import Collection
from itertools import count
from typing import Any

import xlsxwriter

from nuanxin.kernel import identity, sealing
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node, Staff
from nuanxin.payments import queries, services
from nuanxin.payments.models import Batch

_numbers = count(1)
HEADINGS = ("批次号", "行号", "收款人", "卡号", "金额", "结果", "原因")


def card_number(number: int) -> str:
    """An invented card of 19 digits that ends in the number."""
    return f"622848000000{number:07d}"


def new_due(at: Node, fund: Fund, approver: Staff, yuan: int | str = 500, **fields: Any) -> services.NewDue:
    """A due for an invented payee, not yet owed."""
    number = next(_numbers)
    card = card_number(number)
    values = {
        "org_path": at.path,
        "payee": f"收款人{number}",
        "bank": "测试银行",
        "branch": "第一支行",
        "card_cipher": sealing.seal(card, "card"),
        "card_hash": sealing.fingerprint(card, "card"),
        "card_mask": identity.mask_card(card),
        "amount": Money.yuan(yuan),
        "fund_id": fund.pk,
        "purpose": "living-aid",
        "reason": "生活救助",
        "source_kind": "test.Award",
        "source": number,
        "approver_id": approver.pk,
    } | fields
    return services.NewDue(**values)


def owed(at: Node, fund: Fund, approver: Staff, *yuan: int | str) -> list[int]:
    """Dues of these amounts, held at the node's own account; their ids."""
    dues = [new_due(at, fund, approver, each) for each in yuan]
    return services.owe(dues=dues, account_org_path=at.path)


def new_card() -> services.NewCard:
    """Another card of an invented payee."""
    card = card_number(next(_numbers))
    return services.NewCard(
        bank="另一银行",
        branch="",
        card_cipher=sealing.seal(card, "card"),
        card_hash=sealing.fingerprint(card, "card"),
        card_mask=identity.mask_card(card),
    )


def result_rows(batch: Batch, failing: Collection[int] = ()) -> list[list[str]]:
    """What the bank says of each line: those in `failing` came back, all others were paid."""
    return [
        [
            batch.number,
            str(due.line),
            due.payee,
            due.card_mask[-4:],
            str(due.amount.to_yuan()),
            "失败" if due.line in failing else "成功",
            "账号户名不符" if due.line in failing else "",
        ]
        for due in queries.lines(batch)
    ]


def csv_file(rows: list[list[str]], encoding: str = "gb18030", headings: Collection[str] = HEADINGS) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([list(headings), *rows])
    return out.getvalue().encode(encoding)


def xlsx_file(rows: list[list[Any]], headings: Collection[str] = HEADINGS) -> bytes:
    """A workbook as a bank makes it: a title above, amounts as numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["代发结果"])
        sheet.write_row(1, 0, list(headings))
        for number, row in enumerate(rows, start=2):
            sheet.write_row(number, 0, row)
            if row[4].replace(".", "").isdigit():
                sheet.write_number(number, 4, float(row[4]))
    return out.getvalue()


def sample_result(batch: Batch, failing: Collection[int] = (), kind: str = "xlsx") -> bytes:
    """The bank's result file of a batch."""
    rows = result_rows(batch, failing)
    return xlsx_file(rows) if kind == "xlsx" else csv_file(rows)
