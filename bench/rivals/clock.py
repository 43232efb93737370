"""Seconds on the wall, seconds of work, and the most memory held; used on both sides.

The work is that of this process and of the whole PostgreSQL server: a statement may have workers beside
the session's own process, and the server writes in the background what was changed.
"""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psutil


class Run(NamedTuple):
    """One timed run, in seconds."""

    wall: float
    cpu: float


class Server:
    """The PostgreSQL server of a session."""

    def __init__(self, backend_pid: int) -> None:
        self.backend = psutil.Process(backend_pid)
        self.postmaster = psutil.Process(self.backend.ppid())

    def cpu(self) -> float:
        """Seconds of work of all its processes, also of those that have ended."""
        ended = self.postmaster.cpu_times()
        return ended.children_user + ended.children_system + sum(map(_worked, self.postmaster.children()))

    def peak(self) -> float:
        """The most memory of its own the session's process held since its start, in megabytes.

        Shared buffers are counted in the figure the kernel keeps and taken off at what they are now.
        """
        return _status(self.backend.pid, "VmHWM") - _status(self.backend.pid, "RssShmem")


class Clock:
    """Keeps what each step takes, run after run."""

    def __init__(self, backend_pid: int = 0) -> None:
        self.server = Server(backend_pid) if backend_pid else None
        self.steps: dict[str, list[Run]] = {}

    def run(self, step: str, what: Callable[..., Any], *args: Any) -> Any:
        """Call it, and keep the time under the name of the step."""
        gc.collect()
        begun, work = time.perf_counter(), self._work()
        given = what(*args)
        wall = time.perf_counter() - begun
        self.steps.setdefault(step, []).append(Run(wall, self._work() - work))
        return given

    def _work(self) -> float:
        return time.process_time() + (self.server.cpu() if self.server else 0.0)


def peak_memory() -> float:
    """The most memory this process has held, in megabytes (Linux)."""
    return _status(psutil.Process().pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(row.split()[1] for row in rows if row.startswith(f"{name}:"))) / 1024


def _worked(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)
