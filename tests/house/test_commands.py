"""The commands: a run that is killed and run again, and what is refused before anything is touched."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from nuanxin.config import browser, installation, roles, settings, supervisor
from nuanxin.config.cluster import Cluster
from nuanxin.config.system import SetupError, await_end

SOURCES = Path(settings.__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    """A running cluster that stands for somebody's server."""
    cluster = Cluster.scratch()
    cluster.start()
    cluster.ensure_database("theirs")
    yield cluster
    cluster.destroy()


@pytest.fixture
def place() -> Iterator[Path]:
    """A data folder of its own, in which nothing is left running."""
    cluster = Cluster.scratch()
    yield cluster.data_dir
    command(cluster.data_dir, "stop").communicate(timeout=60)
    Cluster(cluster.data_dir / "pg").destroy()
    cluster.destroy()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(place: Path, name: str, **variables: str) -> subprocess.Popen[str]:
    """One of the program's commands in a process of its own; its words are on stdout."""
    unset = ("NUANXIN_", "DATABASE_", "DJANGO_")
    base = {key: value for key, value in os.environ.items() if not key.startswith(unset)}
    return subprocess.Popen(
        [sys.executable, "-m", "nuanxin.config.cli", name],
        env=base | {"PYTHONPATH": str(SOURCES), "NUANXIN_VAR": str(place)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def await_line(running: subprocess.Popen[str], pattern: str) -> None:
    """Read its words until one line matches."""
    said = []
    assert running.stdout is not None
    for line in running.stdout:
        said.append(line)
        if re.search(pattern, line):
            return
    pytest.fail(f"ended without saying {pattern!r}:\n{''.join(said)}")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def server_of(place: Path) -> psutil.Process:
    written = (Cluster(place / "pg").data / "postmaster.pid").read_text()
    return psutil.Process(int(written.split()[0]))


def children(running: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(running.pid).children(recursive=True)


@pytest.mark.slow
def test_a_killed_run_blocks_nothing_and_a_stopped_one_leaves_nothing(place: Path) -> None:
    port = free_port()
    first = command(place, "run", NUANXIN_PORT=str(port), NUANXIN_DEMO="0")
    await_line(first, f"http://127.0.0.1:{port}/")
    assert answers(port)
    server = server_of(place)
    orphans = [
        child for child in children(first) if child.pid != server.pid and "postgres" not in child.name()
    ]
    assert len(orphans) >= 3  # granian and its workers, the job worker

    refused = command(place, "run", NUANXIN_PORT=str(free_port()))
    assert f"already runs here (process {first.pid})" in refused.communicate(timeout=60)[0]
    assert refused.returncode == 1

    first.kill()
    first.wait(30)
    second = command(place, "run", NUANXIN_PORT=str(port), NUANXIN_DEMO="0")
    await_line(second, f"http://127.0.0.1:{port}/")
    assert await_end(orphans, 0)
    assert server_of(place) == server
    assert answers(port)

    server.kill()
    await_line(second, "database has ended")
    until(lambda: Cluster(place / "pg").running() and answers(port))
    server = server_of(place)

    everything = [server, *children(second)]
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert await_end(everything, 0)


def test_a_port_in_use_is_told_before_anything_is_made(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = command(place, "run", NUANXIN_PORT=str(port))
        said = refused.communicate(timeout=60)[0]
    assert f"Port {port} on 127.0.0.1 cannot be used" in said
    assert f"NUANXIN_PORT={port + 1}" in said
    assert refused.returncode == 1
    assert not (place / "pg").exists()


def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("0", "65536", "http"):
        monkeypatch.setenv("NUANXIN_PORT", text)
        with pytest.raises(SetupError, match="no port number"):
            supervisor.chosen_port()


def test_a_service_that_ends_over_and_over_is_given_up_but_not_for_its_database(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A worker is ended whenever the database has to be started again; that is never its own fault."""
    service = supervisor.Service("worker", [sys.executable, "-c", "input()"], dict(os.environ), lasting=False)
    assert service.process.wait(30) == 1  # nothing to read
    with pytest.raises(SetupError, match="The worker ended 5 times within a minute"):
        for _ in range(supervisor.TRIES):
            service.look_after()
            service.process.wait(30)
    assert capfd.readouterr().err.count("it is started again") == supervisor.TRIES - 1

    service.command = ["sleep", "60"]
    service.start()
    for _ in range(2 * supervisor.TRIES):
        service.reconnect()
        assert service.process.wait(30) == -signal.SIGTERM
        service.look_after()
    service.process.kill()
    assert service.process.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("role", "reason"),
    [("postgres", "is a superuser"), ("nuanxin_owner", "owns 1 tables"), ("seer", "may bypass row-level")],
)
def test_a_server_with_a_runtime_role_that_may_too_much_is_refused(
    shared: Cluster, monkeypatch: pytest.MonkeyPatch, role: str, reason: str
) -> None:
    with shared.connect(dbname="theirs") as admin:
        admin.execute("CREATE TABLE IF NOT EXISTS thing ()")
        admin.execute("ALTER TABLE thing OWNER TO nuanxin_owner")
        admin.execute("DROP ROLE IF EXISTS seer")
        admin.execute("CREATE ROLE seer LOGIN BYPASSRLS")
    monkeypatch.setenv("DATABASE_URL", shared.url(role, "theirs"))
    monkeypatch.setenv("DATABASE_OWNER_URL", shared.url("nuanxin_owner", "theirs"))
    with pytest.raises(SetupError, match=f"role {role} of DATABASE_URL .*{reason}"):
        installation.Server(print).prepare()


def test_a_server_that_is_not_there_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nuanxin:hush@127.0.0.1:{free_port()}/x")
    with pytest.raises(SetupError, match="DATABASE_URL cannot be used") as told:
        installation.Server(print).prepare()
    assert "hush" not in str(told.value)


def test_migrate_never_turns_to_another_database_than_the_named_one(place: Path) -> None:
    refused = command(place, "migrate", DATABASE_URL="postgresql://nuanxin@127.0.0.1/x")
    assert "set DATABASE_OWNER_URL" in refused.communicate(timeout=60)[0]
    assert refused.returncode == 1


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_without_a_browser_only_ci_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser",))
    monkeypatch.setattr(browser, "install", lambda: False)
    monkeypatch.delenv("NUANXIN_BROWSER", raising=False)
    monkeypatch.setenv("CI", ci)
    assert browser.main() == status
    assert "No Chromium found" in capsys.readouterr().err


def test_a_database_of_ones_own_is_not_replaced_by_a_demo(
    shared: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.ensure_database(installation.DATABASE)
    with shared.connect(roles.OWNER, installation.DATABASE) as owner:
        owner.execute("CREATE TABLE precious AS SELECT 1 AS n")
    embedded = installation.Embedded(print)
    embedded.cluster = Cluster(shared.data_dir, durable=False)
    with pytest.raises(SetupError, match="data of your own"):
        embedded.rebuild_demo()
    with shared.connect(roles.OWNER, installation.DATABASE) as owner:
        assert owner.execute("SELECT n FROM precious").fetchone() == (1,)


def test_catalogues_are_compiled_when_they_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PACKAGE", tmp_path)
    source = tmp_path / "kernel" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "姓名"\nmsgstr "Name"\n'
    )
    assert installation.compile_messages() == 1
    assert installation.compile_messages() == 0
    compiled = source.with_suffix(".mo")
    assert b"Name" in compiled.read_bytes()
    later = compiled.stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert installation.compile_messages() == 1


def test_a_fingerprint_tells_a_change_of_content_and_of_place(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("ab")
    before = installation.fingerprint([one, two])
    two.write_text("")
    assert installation.fingerprint([two, one]) == before
    one.write_text("a")
    two.write_text("b")
    assert installation.fingerprint([one, two]) != before


def test_psycopg_reads_the_url_of_a_cluster(shared: Cluster) -> None:
    with psycopg.connect(shared.url(roles.RUNTIME, "theirs")) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (
            "nuanxin",
            "theirs",
        )
