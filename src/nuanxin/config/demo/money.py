"""Where the demo's money comes from, how it goes down the tree, and how it reaches the cards."""

import csv
import io
from collections.abc import Collection

from django.core.files.uploadedfile import SimpleUploadedFile

from nuanxin.kernel.money import Money
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Fund
from nuanxin.payments import queries as payments
from nuanxin.payments import services
from nuanxin.payments.bank.words_zh import AMOUNT, CARD, LINE, NUMBER, PAYEE
from nuanxin.payments.models import Batch

from .cast import Cast

_FUNDS = (
    (
        "central", "中央财政专项帮扶资金", "Central special aid fund", Fund.Source.FISCAL_CENTRAL,
        ["living-aid", "medical-aid", "schooling-aid", "legal-aid", "training", "job-placement"],
    ),
    (
        "provincial", "省级财政帮扶资金", "Provincial aid fund", Fund.Source.FISCAL_PROVINCIAL,
        ["living-aid", "medical-aid", "schooling-aid", "golden-autumn", "temporary-aid", "send-warmth"],
    ),
    (
        "own", "本级工会经费", "Own union funds", Fund.Source.OWN,
        ["send-warmth", "temporary-aid", "accident-aid", "living-aid", "medical-aid", "fee-refund", "taper"],
    ),
    (
        "donation", "社会捐助资金", "Social donations", Fund.Source.DONATION,
        ["schooling-aid", "accident-aid", "send-warmth"],
    ),
)  # fmt: skip
#: In 10,000 yuan each time: received by the province, given to the prefecture and to each county.
_AMOUNTS = {
    "central": (900, 460, (160, 110, 60)),
    "provincial": (420, 190, (60, 45, 28)),
    "own": (160, 60, (16, 14, 9)),
    "donation": (45, 24, (8, 6, 4)),
}
_REASONS = ("账户户名不符", "账户已销户")


def open_funds() -> dict[str, Fund]:
    """The four funds, by code."""
    return {
        code: Fund.objects.create(code=code, name=name, name_en=english, source=source, uses=uses)
        for code, name, english, source, uses in _FUNDS
    }


def hand_down(cast: Cast, funds: dict[str, Fund], counties: list[str], year: int, what: str) -> None:
    """Receive money at the province and appropriate it down the tree."""
    province, prefecture = cast.node("province").path, cast.node("prefecture").path

    def give(fund: Fund, wan: int, memo: str, to: str, source: str | None) -> None:
        ledger.appropriate(
            fund=fund, to_org_path=to, from_org_path=source, amount=Money.yuan(wan * 10_000), memo=memo,
            key=f"demo:{year}:{what}:{fund.code}:{to}",
        )  # fmt: skip

    with cast.acting("province"):
        for code, (received, given, _counties) in _AMOUNTS.items():
            give(funds[code], received, f"{year}年{what}入账", province, None)
            give(funds[code], given, f"下达{year}年{what}", prefecture, province)
    with cast.acting("prefecture"):
        for code, (_received, _given, parts) in _AMOUNTS.items():
            for path, part in zip(counties, parts, strict=True):
                give(funds[code], part, f"拨付{year}年{what}", path, prefecture)


def batch(cast: Cast, cashier: str, fund: Fund, reason: str) -> Batch:
    """Put the waiting dues that were made for this reason into a batch."""
    with cast.acting(cashier):
        dues = payments.dues().filter(state="waiting", reason=reason)
        return services.make_batch(fund=fund, dues=dues).batch


def send(cast: Cast, cashier: str, made: Batch) -> Batch:
    """Download the bank's file of a batch."""
    with cast.acting(cashier):
        services.send(batch=made, kind="csv").file.close()
    return made


def settle(cast: Cast, cashier: str, sent: Batch, failing: Collection[int] = ()) -> None:
    """Book the bank's answer; the lines in `failing` come back, all others are paid."""
    with cast.acting(cashier):
        name = f"{sent.number}-回单.csv"
        services.book_result(batch=sent, upload=SimpleUploadedFile(name, _answer(sent, failing)))


def _answer(sent: Batch, failing: Collection[int]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([NUMBER, LINE, PAYEE, CARD, AMOUNT, "结果", "原因"])
    for due in payments.lines(sent):
        failed = due.line in failing
        said = ("失败", _REASONS[due.pk % len(_REASONS)]) if failed else ("成功", "")
        row = (sent.number, due.line, due.payee, due.card_mask[-4:], due.amount.to_yuan())
        writer.writerow([*row, *said])
    return out.getvalue().encode("gb18030")
