"""One scratch PostgreSQL for the whole run, a migrated template, and a copy of it for each worker.

Tests connect as the runtime role, so row-level security holds in them as it does in production.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent

# the browser driver leaves an event loop running in its worker, where Django would refuse every query
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server and migrates the template; the workers inherit its address."""
    if os.environ.get("NUANXIN_TEST_URL") or config.option.collectonly:
        return
    from nuanxin.config.cluster import Cluster

    cluster = Cluster.scratch()
    cluster.start()
    cluster.ensure_database("nuanxin_template")
    config._cluster = cluster  # type: ignore[attr-defined]
    os.environ["NUANXIN_TEST_URL"] = (
        cluster.url("{role}", "NAME").replace("%7Brole%7D", "{role}").replace("NAME", "{name}")
    )
    environment = os.environ | {
        "DATABASE_OWNER_URL": cluster.url("nuanxin_owner", "nuanxin_template"),
        "DATABASE_URL": cluster.url("nuanxin", "nuanxin_template"),
        "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings_test",
        "PYTHONPATH": str(ROOT / "src"),
    }
    for step, role in (("migrate", "owner"), ("settle", "runtime")):
        command = [sys.executable, "-m", "django", step, "-v0"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment | {"NUANXIN_DB_ROLE": role}, capture_output=True, text=True
        )
        if done.returncode:
            cluster.destroy()
            pytest.exit(f"the template database: {step} failed:\n{done.stdout}{done.stderr}", returncode=3)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long values and bytes are named after their argument: an archive holds the second it was made in,
    and the workers must all collect the same names."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 80) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    cluster = getattr(config, "_cluster", None)
    if cluster is not None:
        cluster.destroy()
        os.environ.pop("NUANXIN_TEST_URL", None)


def database_name() -> str:
    return f"nuanxin_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def database_url(role: str = "nuanxin", name: str | None = None) -> str:
    """Where this worker's database is, for a role; also for programs that a test starts."""
    return os.environ["NUANXIN_TEST_URL"].format(role=role, name=name or database_name())


def copy_database(source: str, name: str) -> None:
    """Make the database `name` anew as a copy of `source`."""
    with psycopg.connect(database_url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        # a source may be busy for a moment: another worker copies it, or it is being vacuumed
        for attempt in range(60):
            try:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} OWNER nuanxin_owner")
                return
            except psycopg.errors.ObjectInUse:
                if attempt == 59:
                    raise
                time.sleep(0.5)


def copy_template(source: str = "nuanxin_template") -> None:
    """Give this worker a fresh copy of the template database (or of another), and point Django at it."""
    from django.db import connections

    connections.close_all()
    copy_database(source, database_name())
    place = psycopg.conninfo.conninfo_to_dict(database_url())
    connections["default"].settings_dict.update(
        NAME=place["dbname"], USER=place["user"], HOST=place["host"], PORT=place["port"]
    )


def demo_database() -> tuple[str, str]:
    """(name, what the command said) of a database with demo data, made by whoever asks first in a run."""
    folder = Path(os.environ["NUANXIN_TEST_VAR"])
    said = folder / "demo.txt"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            copy_database("nuanxin_template", "nuanxin_demo")
            done = subprocess.run(
                [sys.executable, "-m", "django", "demo"],
                env=demo_environment("nuanxin_demo"),
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            # a copy has the statistics of its source, and nobody else gathers them in time
            with psycopg.connect(database_url("postgres", "nuanxin_demo"), autocommit=True) as connection:
                connection.execute("ANALYZE")
            said.write_text(done.stdout)
    return "nuanxin_demo", said.read_text()


def demo_environment(name: str) -> dict[str, str]:
    """The environment of a program that works on a copy of the demo database; documents are shared."""
    return os.environ | {
        "NUANXIN_VAR": os.environ["NUANXIN_TEST_VAR"] + "/demo",
        "DATABASE_URL": database_url("nuanxin", name),
        "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings_served",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "NUANXIN_DEMO": "1",
    }


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Replaces Django's test database: a copy of the template, used as the runtime role."""
    with django_db_blocker.unblock():
        copy_template()
    yield
    from django.db import connections

    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For tests that need real commits (concurrency, a live server, jobs): afterwards a fresh copy."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            copy_template()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Collects deferred jobs; calling it runs them here and returns how many ran."""
    from procrastinate.contrib.django import app

    waiting: list[tuple[str, dict[str, Any]]] = []

    class Collector:
        def __init__(self, name: str) -> None:
            self.name = name

        def defer(self, **arguments: Any) -> int:
            waiting.append((self.name, arguments))
            return len(waiting)

    # the app is a stand-in that hands every name on, so the name is set on it, not on its class
    monkeypatch.setattr(app, "configure_task", lambda name, **options: Collector(name), raising=False)

    def run() -> int:
        ran = 0
        while waiting:
            name, arguments = waiting.pop(0)
            app.tasks[name](**arguments)
            ran += 1
        return ran

    yield run
