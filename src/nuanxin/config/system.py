"""What the cluster and the commands need of the operating system: accounts, processes, locks."""

import fcntl
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


class SetupError(RuntimeError):
    """The program cannot be set up or started; the text says what to do."""


class ClusterError(SetupError):
    """The embedded PostgreSQL cannot be made, started or reached."""


@dataclass(frozen=True)
class Account:
    """The operating-system account PostgreSQL's processes run as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, data: Path) -> "Account":
        """Oneself; for root the owner of `data`, or for new data the configured account."""
        try:
            if os.geteuid() != 0:
                entry = pwd.getpwuid(os.geteuid())
            elif data.exists() and data.stat().st_uid != 0:
                entry = pwd.getpwuid(data.stat().st_uid)
            else:
                entry = pwd.getpwnam(os.environ.get("NUANXIN_PG_ACCOUNT") or "nobody")
        except KeyError as error:
            raise ClusterError(
                f"PostgreSQL needs an account with an entry in the system's list: {error}. "
                "Started by root, set NUANXIN_PG_ACCOUNT to an unprivileged account."
            ) from error
        if entry.pw_uid == 0:
            raise ClusterError(
                "PostgreSQL refuses to run as root: set NUANXIN_PG_ACCOUNT to another account."
            )
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def options(self) -> dict[str, Any]:
        """Arguments for subprocess that start a process as this account, away from the caller's folder."""
        common: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": os.defpath, "LC_ALL": "C"},
            "stdin": subprocess.DEVNULL,
        }
        if self.uid == os.geteuid():
            return common
        return common | {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter a folder or run a file; asked of the system, not computed."""
        try:
            return subprocess.run(["test", "-x", str(path)], check=False, **self.options()).returncode == 0
        except OSError as error:
            raise ClusterError(f"No process can be started as the account {self.name}: {error}") from error

    def own_folder(self, path: Path) -> None:
        """Make `path` a folder only this account (and root) can use; refuse one that is not its own."""
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            found = path.lstat()
            if os.geteuid() == 0 and found.st_uid == 0 and not path.is_symlink():
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
                found = path.lstat()
        except OSError as error:
            raise ClusterError(
                f"The folder {path} cannot be given to the account {self.name}: {error}"
            ) from error
        if path.is_symlink() or found.st_uid != self.uid or found.st_mode & 0o077:
            raise ClusterError(f"{path} is not a private folder of the account {self.name}: remove it.")


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; a zombie, which nobody has buried yet, does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal; a process that has just left is no error."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def await_end(processes: Sequence[psutil.Process], seconds: float) -> bool:
    """Wait until all have ended; False when time ran out."""
    deadline = time.monotonic() + seconds
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(processes: Sequence[psutil.Process], seconds: float, number: signal.Signals = signal.SIGTERM) -> None:
    """Ask processes to end with a signal, and after some seconds kill those that have not."""
    for process in processes:
        send(process, number)
    if not await_end(processes, seconds):
        for process in processes:
            send(process, signal.SIGKILL)
        await_end(processes, 10.0)


def try_lock(path: Path) -> int | None:
    """An open, locked descriptor; None when another process holds the lock.

    The lock ends with the process that holds it, also when that is killed.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def line_of(path: Path, index: int) -> str:
    """A line of a small file, without spaces around it; empty when there is none."""
    try:
        return path.read_text().splitlines()[index].strip()
    except (OSError, IndexError):
        return ""
