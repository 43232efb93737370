"""Does the bank's answer fit the batch, line by line? Nothing is booked unless all of it does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import normalise_card
from nuanxin.kernel.money import Money, MoneyError, format_yuan
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.kernel.text import squeeze

from ..models import Batch
from .incoming import Row
from .words_zh import PAID, RETURNED

_REASON_LENGTH = 120
_FULL_CARD = 12  # digits from which a card is compared whole


@dataclass(frozen=True, slots=True)
class Line:
    """What the batch says of a line."""

    due: int
    hold: int
    amount: Money
    card_hash: bytes
    tail: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: in a row of the file, or a line of the batch the file leaves out (row None)."""

    row: int | None
    line: str
    message: Any


class ResultRefused(Refused):
    """The file does not fit the batch; `faults` are all the reasons, by row."""

    def __init__(self, faults: list[Fault]) -> None:
        message = _("回单有 %(count)s 处与批次不符，一笔也没有登记。请按下列各条核对后重新上传。") % {
            "count": len(faults)
        }
        super().__init__(message, code="result_faults", field="file")
        self.faults = faults


@dataclass(slots=True)
class Judgement:
    """The batch's lines by what became of them, and what is wrong with the file."""

    paid: list[Line] = field(default_factory=list)
    returned: list[tuple[Line, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def refuse_faults(self) -> None:
        """Raise ResultRefused when anything is wrong."""
        if self.faults:
            raise ResultRefused(self.faults)


def judge(batch: Batch, rows: Iterable[Row]) -> Judgement:
    """Compare the rows with the batch's lines; Refused (other_batch) when they are another batch's."""
    rows = list(rows)
    _refuse_other(batch, rows)
    lines = _lines(batch)
    seen: set[str] = set()
    judgement = Judgement()
    for row in rows:
        found = lines.get(row.line)
        message = _fault(row, found, seen)
        seen.add(row.line)
        if message is not None or found is None:
            judgement.faults.append(Fault(row.row, row.line, message))
        elif squeeze(row.result) in PAID:
            judgement.paid.append(found)
        else:
            judgement.returned.append((found, row.reason[:_REASON_LENGTH]))
    missing = _("回单里没有这一行，须包含批次的全部明细。")
    judgement.faults += [Fault(None, line, missing) for line in lines if line not in seen]
    return judgement


def _refuse_other(batch: Batch, rows: list[Row]) -> None:
    others = {row.number for row in rows} - {batch.number, ""}
    if others:
        raise Refused(
            _("这是批次 %(other)s 的回单，不是 %(number)s 的。请到对应的批次上传。")
            % {"other": gettext("、").join(sorted(others)[:3]), "number": batch.number},
            code="other_batch",
            field="file",
        )


def _lines(batch: Batch) -> dict[str, Line]:
    columns = ("line", "pk", "hold", "amount", "card_hash", "card_mask")
    return {
        str(line): Line(pk, hold, amount, bytes(card_hash), mask[-4:])
        for line, pk, hold, amount, card_hash, mask in batch.dues.order_by("line").values_list(*columns)
    }


def _fault(row: Row, found: Line | None, seen: set[str]) -> Any:
    """What is wrong with the row; None when it fits."""
    if not row.number:
        return _("没有批次号。")
    if found is None:
        return _("批次里没有第 %(line)s 行。") % {"line": row.line or "—"}
    if row.line in seen:
        return _("第 %(line)s 行重复出现。") % {"line": row.line}
    return _card_fault(row, found) or _amount_fault(row, found) or _result_fault(row)


def _card_fault(row: Row, found: Line) -> Any:
    card = normalise_card(row.card)
    digits = re.sub(r"\D", "", card)
    if len(digits) < 4 and card == digits:
        digits = digits.zfill(4)  # a spreadsheet drops the zeros before '0123'
    full = card == digits and len(digits) >= _FULL_CARD
    same = fingerprint(digits, "card") == found.card_hash if full else digits[-4:] == found.tail
    if same:
        return None
    if full and digits.endswith("000"):
        return _("卡号与批次不符；以数字格式保存的卡号会丢失后几位，请改用文本格式或后四位。")
    return _("卡号与批次不符（批次中尾号为 %(tail)s）。") % {"tail": found.tail}


def _amount_fault(row: Row, found: Line) -> Any:
    try:
        amount = Money.yuan(row.amount)
    except MoneyError as error:
        return error.message
    if amount == found.amount:
        return None
    return _("金额 %(seen)s 元与批次的 %(expected)s 元不符。") % {
        "seen": format_yuan(amount),
        "expected": format_yuan(found.amount),
    }


def _result_fault(row: Row) -> Any:
    result = squeeze(row.result)
    if result not in PAID + RETURNED:
        return _("结果“%(result)s”不明，应为“成功”或“失败”。") % {"result": row.result or "—"}
    if result in RETURNED and not row.reason:
        return _("失败的没有写明原因。")
    return None
