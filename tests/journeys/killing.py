"""A program in a data folder of its own that is killed piece by piece, and a user who tries again.

`Victim` starts it, finds its processes and halts a transaction in its middle; `User` is a person at a
browser; `wrongs` asks the database, past row-level security, what was lost or doubled.
"""

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
import psycopg

from nuanxin.config.cluster import Cluster
from tests.conftest import ROOT

from .conftest import PASSWORD, free_port

#: How long anything may take to come about, on a machine that does other things too.
PATIENCE = 150.0
#: What a request raises while the program or its database is away; an HTTP status of 500 or more counts too.
AWAY = (OSError, http.client.HTTPException)
DUES = 400


def seed() -> None:
    """A county with a union and two people; the county owes so many waiting dues. Runs in the program."""
    from nuanxin.kernel import scope
    from nuanxin.kernel.actor import system
    from tests.ledger import factories as ledger
    from tests.orgs import factories as orgs
    from tests.payments import factories as payments

    with scope.acting(system()):
        union = orgs.node("grassroots")
        county = union.parent.parent
        for name, place in (("officer", union), ("cashier", county)):
            post = orgs.post(place, "*")
            post.staff.username = name
            post.staff.set_password(PASSWORD)
            post.staff.save()
        approver = orgs.post(county, "*")
        money = ledger.fund("living-aid")
        ledger.give(money, county, 1_000_000)
    with scope.acting(approver.actor()):
        payments.owed(county, money, approver.staff, *range(100, 100 + DUES))


class Victim:
    """The program with its supervisor, web server, worker and PostgreSQL."""

    def __init__(self) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="nuanxin-killed-"))
        self.var.chmod(0o711)  # PostgreSQL may run as another account
        self.cluster = Cluster(self.var / "pg")
        self.port = free_port()
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "NUANXIN_"))
        }
        self.environment |= {
            "NUANXIN_VAR": str(self.var),
            "NUANXIN_PORT": str(self.port),
            "NUANXIN_DEMO": "0",
            "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }

    def start(self) -> None:
        """Set up a database of its own, then serve it; nobody is asked for a second factor."""
        self.manage("setup")
        with (self.var / "run.log").open("wb") as log:
            self.supervisor = psutil.Popen(
                self._command("run"),
                env=self.environment | {"NUANXIN_DEMO": "1"},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.answers, "the program answers")
        self.manage("shell", "-c", "from tests.journeys.killing import seed; seed()")

    def destroy(self) -> None:
        """Stop everything and delete the data folder."""
        try:
            self.manage("stop")
        finally:
            self.cluster.destroy()
            shutil.rmtree(self.var, ignore_errors=True)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "nuanxin.config.cli", *arguments]

    def manage(self, *arguments: str) -> str:
        """Run one of the program's commands; what it said."""
        command = self._command(*arguments)
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def answers(self) -> bool:
        """Whether a page comes back."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=10).close()
        except AWAY:
            return False
        return True

    def said(self) -> str:
        """The last of the program's own messages."""
        return (self.var / "run.log").read_text(errors="replace")[-3000:]

    # The database, as the superuser

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is really stored; waits while the database is away."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.cluster.connect(dbname="nuanxin") as connection:
                    return connection.execute(statement, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @contextmanager
    def halted(self, table: str) -> Iterator[Callable[[], None]]:
        """Whoever writes to the table waits, its transaction half done; the yielded call waits for that."""

        def arrived() -> None:
            waiting = "SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
            wait_until(lambda: self.query(waiting, table), f"somebody writes to {table}")

        with closing(self.cluster.connect(dbname="nuanxin")) as gate:
            gate.execute("BEGIN")
            gate.execute(f"LOCK TABLE {table} IN SHARE MODE")
            yield arrived

    # Its processes

    def worker(self) -> list[psutil.Process]:
        """The worker of the job queue."""
        return [self._child("procrastinate")]

    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer requests, without the one that watches them."""
        return self._child("granian").children(recursive=True)

    def web(self) -> list[psutil.Process]:
        """The whole web server."""
        return [self._child("granian"), *self.web_workers()]

    def database(self) -> list[psutil.Process]:
        """The postmaster; when it is gone its backends leave."""
        return [psutil.Process(int((self.cluster.data / "postmaster.pid").read_text().split()[0]))]

    def _child(self, word: str) -> psutil.Process:
        def living() -> psutil.Process | None:
            for child in self.supervisor.children():
                with suppress(psutil.Error):  # dead, and not yet started again
                    if word in child.cmdline():
                        return child
            return None

        return wait_until(living, f"a child with {word} in its command line lives")

    def kill(self, part: str) -> None:
        """SIGKILL a part by the name of its method, and wait until the supervisor has brought it back."""
        killed = getattr(self, part)()
        for process in killed:
            process.kill()
        gone, left = psutil.wait_procs(killed, 10)
        assert gone and not left
        try:
            wait_until(self.answers, f"the program answers again after {part} was killed")
        except AssertionError as vain:
            vain.add_note(self.said())
            raise


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Ask again and again until something true comes back; that."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)
    return found


class User:
    """Somebody at a browser who, when the program does not answer, does the same once more."""

    def __init__(self, victim: Victim, name: str) -> None:
        self.base = f"http://127.0.0.1:{victim.port}"
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.get("/accounts/login/")
        self.post("/accounts/login/", login=name, password=PASSWORD)
        assert any(cookie.name == "sessionid" for cookie in self.cookies), f"{name} cannot sign in"

    def get(self, path: str) -> bytes:
        """A page."""
        return self._open(urllib.request.Request(self.base + path))

    def post(self, path: str, file: Path | None = None, **fields: Any) -> bytes:
        """Send a form, with a file perhaps; what came back, also when it was refused."""
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        edge = uuid.uuid4().hex
        parts = [(f'name="{name}"', str(value).encode()) for name, value in fields.items()]
        if file:
            parts.append((f'name="file"; filename="{file.name}"', file.read_bytes()))
        lines = [
            f"--{edge}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + body + b"\r\n"
            for head, body in parts
        ]
        request = urllib.request.Request(
            self.base + path,
            b"".join(lines) + f"--{edge}--\r\n".encode(),
            {"Content-Type": f"multipart/form-data; boundary={edge}", "X-CSRFToken": token or ""},
        )
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> bytes:
        """The answer; ConnectionError when the program failed to give one."""
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise ConnectionError(f"status {error.code}") from error
            return error.read()


#: Statements that find nothing when nothing was lost or doubled.
WRONGS = {
    "a person twice": "SELECT id_hash FROM registry_person GROUP BY 1 HAVING count(*) > 1",
    "a household without its people": """
        SELECT h.id FROM registry_household h LEFT JOIN registry_member m ON m.household_id = h.id
        GROUP BY h.id, h.people HAVING count(m.id) <> h.people""",
    "a batch that is not the sum of its dues": """
        SELECT b.id FROM payments_batch b LEFT JOIN payments_due d ON d.batch_id = b.id
        GROUP BY b.id HAVING (count(d.id), coalesce(sum(d.amount), 0)) <> (b.count, b.total)""",
    "a number of a batch lost": """
        SELECT c.series FROM records_counter c WHERE c.series LIKE 'payments.batch:%%'
        AND c.last <> (SELECT count(*) FROM payments_batch)""",
    "a hold resolved otherwise than its due": """
        SELECT d.id FROM payments_due d LEFT JOIN ledger_transfer r ON r.resolves_id = d.hold_id
        GROUP BY d.id, d.state HAVING string_agg(r.kind, ',') IS DISTINCT FROM
        CASE d.state WHEN 'paid' THEN 'post' WHEN 'returned' THEN 'void' END""",
    "a hold without a due": """
        SELECT t.id FROM ledger_transfer t LEFT JOIN payments_due d ON d.hold_id = t.id
        WHERE t.kind = 'hold' AND d.id IS NULL""",
    "an account that is not the sum of its transfers": """
        SELECT a.id FROM ledger_account a CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount) FILTER (WHERE debit_id = a.id AND kind NOT IN ('hold', 'void')), 0),
                coalesce(sum(amount) FILTER (WHERE credit_id = a.id AND kind NOT IN ('hold', 'void')), 0),
                coalesce(sum(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FILTER (
                    WHERE debit_id = a.id AND kind IN ('hold', 'post', 'void')), 0),
                coalesce(sum(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FILTER (
                    WHERE credit_id = a.id AND kind IN ('hold', 'post', 'void')), 0)
            FROM ledger_transfer) t (dr, cr, dr_open, cr_open)
        WHERE (dr, cr, dr_open, cr_open)
            <> (a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending)""",
    "a step in the audit trail twice": """
        SELECT action, coalesce(subject::text, note) FROM records_entry
        WHERE action IN ('payments.batch_made', 'batch.settle', 'due.batch', 'due.pay', 'due.return',
                         'roster.check', 'roster.commit') GROUP BY 1, 2 HAVING count(*) > 1""",
    "a batch without its line in the audit trail": """
        SELECT b.id FROM payments_batch b LEFT JOIN records_entry e
            ON e.action = 'payments.batch_made' AND e.subject = b.id WHERE e.id IS NULL""",
    "work that hangs": "SELECT id FROM records_jobrun WHERE state <> 'done'",
}


def wrongs(victim: Victim) -> dict[str, list[Any]]:
    """What was lost or doubled, by name; the audit trail is recomputed too."""
    assert "whole" in victim.manage("verify_audit")
    found = {name: victim.query(statement) for name, statement in WRONGS.items()}
    return {name: rows for name, rows in found.items() if rows}


def today() -> date:
    """The day the program books on."""
    from django.utils import timezone

    return timezone.localdate()
