"""kill -9 of worker, web server and PostgreSQL, in the middle of what matters: nothing lost, nothing doubled.

Each kill falls between the statements of one transaction, held there by a lock, or at a random moment;
then the user does what users do, the same once more.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.registry import factories as registry
from tests.registry.roster.factories import write_roster

from .killing import AWAY, DUES, PATIENCE, User, Victim, today, wait_until, wrongs
from .test_winter import bank_result

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

HOUSEHOLDS = 3000
#: Seconds until a living worker must have taken up the job of a killed one.
TAKEN_UP = 75.0


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    victim = Victim()
    try:
        victim.start()
        yield victim
    finally:
        victim.destroy()


def killed_at_work(victim: Victim, table: str, part: str, begin: Callable[[], object] = lambda: None) -> None:
    """Kill a part while a job writes to the table; return when the job has been taken up again."""
    with victim.halted(table) as arrived:
        begin()
        arrived()
        [(run, before)] = victim.query("SELECT id, started FROM records_jobrun ORDER BY id DESC LIMIT 1")
        victim.kill(part)
    since = time.monotonic()
    again = "SELECT 1 FROM records_jobrun WHERE id = %s AND started > %s"
    wait_until(lambda: victim.query(again, run, before), "the job of the killed worker is taken up")
    assert time.monotonic() - since < TAKEN_UP


def test_import(victim: Victim, tmp_path: Path) -> None:
    heads, members = registry.families(HOUSEHOLDS)
    book = write_roster(tmp_path / "roster.xlsx", heads, members)
    officer = User(victim, "officer")
    officer.post("/registry/rosters/upload/", file=book, year=today().year)
    for part in ("database", "worker"):
        [(last,)] = victim.query("SELECT coalesce(max(id), 0) FROM registry_rosterrow")
        wait_until(
            lambda last=last: victim.query("SELECT 1 FROM registry_rosterrow WHERE id > %s LIMIT 1", last),
            "the first rows are staged",
        )
        killed_at_work(victim, "registry_rosterrow", part)
    state = "SELECT 1 FROM registry_roster WHERE state = %s"
    wait_until(lambda: victim.query(state, "checked"), "the roster is read")
    assert victim.query("SELECT sheet, count(*) FROM registry_rosterrow GROUP BY 1 ORDER BY 1") == [
        ("households", HOUSEHOLDS),
        ("members", len(members)),
    ]
    [(roster,)] = victim.query("SELECT id FROM registry_roster")

    def commit() -> object:
        return officer.post(f"/registry/rosters/{roster}/commit/")

    killed_at_work(victim, "registry_household", "worker", commit)
    commit()  # impatient: it is refused, or finds nothing left
    wait_until(lambda: victim.query(state, "committed"), "the roster is committed")
    assert victim.query("SELECT count(*) FROM registry_household") == [(HOUSEHOLDS,)]
    assert victim.query("SELECT count(*) FROM registry_person") == [(HOUSEHOLDS + len(members),)]
    wait_until(lambda: not victim.query("SELECT 1 FROM records_jobrun WHERE state <> 'done'"), "all is done")
    assert wrongs(victim) == {}


def killed_during(victim: Victim, request: Callable[[], object], part: str, table: str | None) -> None:
    """Send a request and kill a part while it writes to the table, or at any moment at all."""
    with ThreadPoolExecutor(1) as pool:
        if table:
            with victim.halted(table) as arrived:
                sent = pool.submit(request)
                arrived()
                victim.kill(part)
            assert isinstance(sent.exception(PATIENCE), AWAY)
        else:
            sent = pool.submit(request)
            time.sleep(random.uniform(0.0, 0.6))
            victim.kill(part)
            assert isinstance(sent.exception(PATIENCE), (*AWAY, type(None)))


def test_money(victim: Victim, tmp_path: Path) -> None:
    cashier = User(victim, "cashier")
    [(fund,)] = victim.query("SELECT fund_id FROM payments_due LIMIT 1")

    def make() -> object:
        return cashier.post("/payments/make/", fund=fund)

    killed_during(victim, make, "web_workers", "payments_due")
    killed_during(victim, make, "database", "records_entry")
    assert victim.query("SELECT count(*) FROM payments_batch") == [(0,)]
    killed_during(victim, make, "web", None)
    make()
    make()
    assert victim.query("SELECT count, total FROM payments_batch") == [
        (DUES, 100 * sum(range(100, 100 + DUES)))
    ]
    assert wrongs(victim) == {}
    [(batch,)] = victim.query("SELECT id FROM payments_batch")
    sent = tmp_path / "bank.xlsx"
    sent.write_bytes(cashier.post(f"/payments/{batch}/send/", kind="xlsx"))
    result = bank_result(sent, failing={2, 71})

    def book() -> object:
        return cashier.post(f"/payments/{batch}/result/", file=result)

    killed_during(victim, book, "database", "ledger_transfer")
    killed_during(victim, book, "web_workers", "payments_resultfile")
    assert victim.query("SELECT DISTINCT state FROM payments_due") == [("batched",)]
    killed_during(victim, book, "database", None)
    book()
    book()
    assert victim.query("SELECT state, count(*) FROM payments_due GROUP BY 1 ORDER BY 1") == [
        ("paid", DUES - 2),
        ("returned", 2),
    ]
    assert victim.query("SELECT count(*), sum(paid), sum(returned) FROM payments_resultfile") == [
        (1, DUES - 2, 2)
    ]
    assert wrongs(victim) == {}
