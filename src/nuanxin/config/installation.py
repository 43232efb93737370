"""Set-up: database, migrations, catalogues, static files, demo data; what is up to date is skipped.

What a database was built from is written in its own comment, so that it cannot disagree with it:
`schema` (a fingerprint of the sources that made it), `kind` ("demo" or "own", settled when it was made)
and `demo` ("begun" or "done"). A database of one's own is never filled with demo data.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from psycopg.sql import SQL, Identifier, Literal

from . import roles, settings
from .cluster import Cluster, say
from .system import SetupError

SOURCES = settings.PACKAGE.parent
DATABASE = "nuanxin"
OLDEST_SERVER = 150000  # PostgreSQL 15, in the server's own way of counting


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: this one, the package on its path, the runtime role."""
    base = {name: value for name, value in os.environ.items() if name != "NUANXIN_DB_ROLE"}
    path = os.pathsep.join(filter(None, (str(SOURCES), os.environ.get("PYTHONPATH"))))
    return base | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": settings.__name__} | changes


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash of files, by name and content; a missing one counts as empty."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes() if path.is_file() else b""
        total.update(f"{path}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def compile_messages() -> int:
    """Compile the catalogues that are newer than their .mo; how many were."""
    stale = 0
    for source in settings.PACKAGE.glob("*/locale/*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.parts[-3], abort_invalid=True)
        draft = target.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as stream:
            write_mo(stream, catalogue)
        draft.replace(target)
        stale += 1
    return stale


def collect_static(report: Callable[[str], None] = say) -> None:
    """Gather and compress the static files when one of them, or a locked package, has changed."""
    stamp = settings.VAR / "static.stamp"
    files = [path for folder in settings.PACKAGE.glob("*/static") for path in folder.rglob("*")]
    current = fingerprint([*files, settings.ROOT / "requirements.lock", Path(settings.__file__)])
    if settings.STATIC_ROOT.exists() and stamp.exists() and stamp.read_text() == current:
        return
    report("Collecting static files ...")
    django("collectstatic", "--no-input", "--clear", "--verbosity=0")
    stamp.write_text(current)


def django(*arguments: str, **changes: str) -> None:
    """Run a management command in a process of its own, as the runtime role unless told otherwise."""
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, env=environment(**changes), stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SetupError(f"The step `{arguments[0]}` failed; its message is above.")


def migrate() -> None:
    """Bring the schema up to the code as the owner, then roles and policy packs as the runtime role."""
    django("migrate", "--no-input", "--verbosity=0", NUANXIN_DB_ROLE="owner")
    django("settle")


def prepare(report: Callable[[str], None] = say) -> "Embedded | Server":
    """Everything the program needs before it can serve; returns the database it will serve from."""
    compile_messages()
    database = Server(report) if os.environ.get("DATABASE_URL") else Embedded(report)
    database.prepare()
    collect_static(report)
    return database


class Server:
    """A PostgreSQL server named by DATABASE_URL (runtime role) and DATABASE_OWNER_URL (migrations)."""

    kind = "own"
    cluster = None

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report

    def prepare(self) -> None:
        """Refuse a runtime role that may too much; migrate as the owner."""
        runtime = self._check("DATABASE_URL")
        if not os.environ.get("DATABASE_OWNER_URL"):
            self._require_migrated()
            return
        with self._connect("DATABASE_OWNER_URL") as connection:
            roles.prepare_database(connection, owner=connection.info.user, runtime=runtime)
        self.report("Migrating the database ...")
        migrate()

    def _check(self, variable: str) -> str:
        with self._connect(variable) as connection:
            if connection.info.server_version < OLDEST_SERVER:
                raise SetupError(f"The server of {variable} is older than PostgreSQL 15.")
            powers = roles.excess_powers(connection)
            if powers:
                raise SetupError(
                    f"The role {connection.info.user} of {variable} {'; it '.join(powers)}. Row-level "
                    "security would not bind it: give the program a plain role that owns nothing, and "
                    "name the owner of the schema in DATABASE_OWNER_URL."
                )
            return connection.info.user

    def _connect(self, variable: str) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(os.environ[variable], autocommit=True, connect_timeout=10)
        except psycopg.Error as error:
            raise SetupError(f"The server named by {variable} cannot be used: {error}") from error

    def _require_migrated(self) -> None:
        try:
            django("migrate", "--check", "--verbosity=0")
        except SetupError as error:
            raise SetupError(
                "The database needs migrations: set DATABASE_OWNER_URL to its owner's URL."
            ) from error


class Embedded:
    """The database in the embedded cluster of the data folder."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self.cluster = Cluster(settings.VAR / "pg", report=report)

    @property
    def kind(self) -> str:
        """What the database is for: "demo" or "own"."""
        return self._note().get("kind", "own")

    def prepare(self) -> None:
        """Start the cluster, make or migrate the database, fill a demo database."""
        self.cluster.start(renew=True)
        self._make()
        if self.kind == "demo":
            self._load_demo()

    def rebuild_demo(self) -> None:
        """Drop a demo database and make it anew; refused for a database of one's own."""
        self.cluster.start(renew=True)
        if self.cluster.has_database(DATABASE) and self.kind != "demo":
            raise SetupError(
                f"The database in {self.cluster.place} holds data of your own, no demo data: it is left as "
                "it is. For a demo beside it, set NUANXIN_VAR to another folder."
            )
        self.cluster.drop_database(DATABASE)
        self._make("demo")
        self._load_demo()

    def _make(self, kind: str = "") -> None:
        """Make the database when it is missing, and migrate when the sources have changed."""
        self.cluster.ensure_database(DATABASE)
        note = self._note()
        if not note and self._is_bare():
            note["kind"] = kind or ("own" if os.environ.get("NUANXIN_DEMO") == "0" else "demo")
            self._write_note(note)
        lock = settings.ROOT / "requirements.lock"
        data = [*settings.PACKAGE.glob("config/*.yaml"), *settings.PACKS.rglob("*.yaml")]
        current = fingerprint([*settings.PACKAGE.rglob("*.py"), *data, lock])
        if note.get("schema") != current:
            self.report("Migrating the database ...")
            migrate()
            self._write_note(note | {"schema": current})

    def _load_demo(self) -> None:
        """Fill a demo database once; a filling cut short starts again from an empty database."""
        note = self._note()
        if note.get("demo") == "done" or not any(settings.PACKAGE.glob("*/management/commands/demo.py")):
            return
        if note.get("demo") == "begun":
            self.cluster.drop_database(DATABASE)
            self._make("demo")
        self._write_note(self._note() | {"demo": "begun"})
        self.report("Loading demo data ...")
        django("demo", NUANXIN_DEMO="1")
        self._write_note(self._note() | {"demo": "done"})

    def _is_bare(self) -> bool:
        with self.cluster.connect(roles.OWNER, DATABASE) as connection:
            return connection.execute(
                "SELECT to_regclass('public.django_migrations') IS NULL"
            ).fetchone() == (True,)

    def _note(self) -> dict[str, str]:
        query = (
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        with self.cluster.connect(roles.OWNER, DATABASE) as connection:
            row = connection.execute(query).fetchone()
        return json.loads(row[0]) if row and row[0] else {}

    def _write_note(self, note: dict[str, str]) -> None:
        statement = SQL("COMMENT ON DATABASE {} IS {}")
        with self.cluster.connect(roles.OWNER, DATABASE) as connection:
            connection.execute(statement.format(Identifier(DATABASE), Literal(json.dumps(note))))
