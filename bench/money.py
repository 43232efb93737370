"""From a list of awards to money on cards: list, decision, batch, bank file and the bank's answer."""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from bench import show, tree
from nuanxin.casework import services as casework
from nuanxin.casework.models import AidList, Award, File
from nuanxin.config.demo.machinery import jobs_here
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Fund
from nuanxin.payments import queries, services
from nuanxin.payments.models import Batch

#: Payments a second that other programs build on the same kind of machine.
OTHERS = {"HOPE": 16.0, "openIMIS": 10.0}
#: One payment in a hundred comes back.
RETURNED = 100
HEADINGS = ("批次号", "行号", "收款人", "卡号", "金额", "结果", "原因")


def measure(payments: int) -> None:
    show.heading(f"Money: {payments:,} payments of a prefecture, each for an award of casework")
    with scope.acting(system()):
        prefecture = tree.first("prefecture")
        roles = ("reviewer", "decider", "cashier")
        maker, decider, cashier = (tree.post(prefecture, role).actor() for role in roles)
        fund = Fund.objects.get(code="LIVING")
        ledger.appropriate(
            fund=fund, to_org_path=prefecture.path, amount=Money.yuan(10**9), memo="收入", key="bench"
        )
    timed = _Timed(payments)
    aid_list = _list(payments, fund, maker, timed)
    timed.act("approve: quotas, holds, dues", decider, lambda: casework.approve_list(aid_list=aid_list))
    _pay(payments, fund, cashier, timed)


class _Timed:
    """Does each act as an actor, in one transaction, and prints what it took.

    Each has a connection of its own, as days lie between them: a session keeps the plans of triggers, and
    those made while a table was empty are bad ones later.
    """

    def __init__(self, payments: int) -> None:
        self.payments = payments
        self.spent = show.Spent()

    def act(
        self, label: str, actor: Actor, what: Callable[[], Any], beside: dict[str, float] | None = None
    ) -> Any:
        connection.close()
        with self.spent.on(label), scope.acting(actor):
            done = what()
        show.rate(label, self.payments, self.spent.take(label), "payments", beside)
        return done


def _list(payments: int, fund: Fund, maker: Actor, timed: _Timed) -> AidList:
    """The list computed by its job and handed in."""
    today = timezone.localdate()
    with jobs_here() as run_jobs:
        with scope.acting(maker):
            files = File.objects.filter(state="open").order_by("pk").values_list("pk", flat=True)[:payments]
            aid_list = casework.make_list(
                programme="living-aid",
                title="生活救助",
                year=today.year,
                as_of=today,
                fund=fund,
                files=list(files),
            )
        with timed.spent.on("fill"):
            run_jobs()
    show.rate("compute the list, explained", payments, timed.spent.take("fill"), "payments")
    with scope.acting(maker):
        if (made := Award.objects.filter(aid_list=aid_list).count()) != payments:
            raise SystemExit(f"the list has {made:,} awards instead of {payments:,}")
        return casework.submit_list(aid_list=aid_list)


def _pay(payments: int, fund: Fund, cashier: Actor, timed: _Timed) -> None:
    made = timed.act("build the batch", cashier, lambda: services.make_batch(fund=fund), OTHERS)
    timed.act("bank file, .csv", cashier, lambda: services.send(batch=made.batch, kind="csv"))
    timed.act("bank file, .xlsx", cashier, lambda: services.send(batch=made.batch, kind="xlsx"))
    with scope.acting(cashier):
        answer = _answer(made.batch)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.csv"
        path.write_bytes(answer)
        booked = timed.act("bank result: read, judge, post", cashier, lambda: _book(made.batch, path), OTHERS)
        again = timed.act("the same result again", cashier, lambda: _book(made.batch, path))
    if booked.paid + booked.returned != payments or not again.already:
        raise SystemExit(f"the result was not booked whole: {booked}")


def _book(batch: Batch, path: Path) -> services.Outcome:
    return services.book_result(batch=batch, upload=SimpleUploadedFile(path.name, path.read_bytes()))


def _answer(batch: Batch) -> bytes:
    """The bank's result file."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(HEADINGS)
    for due in queries.lines(batch):
        failed = due.line % RETURNED == 0
        said = ("失败", "账号户名不符") if failed else ("成功", "")
        rows.writerow([batch.number, due.line, due.payee, due.card_mask[-4:], due.amount.to_yuan(), *said])
    return out.getvalue().encode("gb18030")
