"""Clocks, memory, and how figures are printed."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.db import connection


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def line(label: str, *figures: str) -> None:
    print(f"  {label:42}" + "".join(f"  {figure:>18}" for figure in figures), flush=True)


def rate(label: str, count: int, time: "Time", unit: str, beside: dict[str, float] | None = None) -> None:
    """'… 1.23 s  1.10 s CPU  8,130 rows/s  69 x HOPE': a speed, and how many times that of other programs."""
    speed = count / time.wall
    times = [f"{speed / other:,.0f} x {name}" for name, other in (beside or {}).items()]
    line(label, f"{time.wall:.2f} s", f"{time.cpu:.2f} s CPU", f"{speed:,.0f} {unit}/s", *times)


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds on the wall, and of work: by this process and by its server process in PostgreSQL.

    The two differ by what was waited for: the disk, and other programs on a busy machine.
    """

    wall: float = 0.0
    cpu: float = 0.0

    @classmethod
    def now(cls) -> "Time":
        return cls(time.perf_counter(), time.process_time() + _database())

    def __add__(self, other: "Time") -> "Time":
        return Time(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: "Time") -> "Time":
        return Time(self.wall - other.wall, self.cpu - other.cpu)


def _database() -> float:
    """CPU seconds of the server process behind Django's connection, which is opened when it is not."""
    connection.ensure_connection()
    used = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return float(used.user + used.system)


class Spent:
    """What is spent in blocks and inside functions, by name."""

    def __init__(self) -> None:
        self._times: dict[str, Time] = {}

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        begun = Time.now()
        try:
            yield
        finally:
            self._times[name] = self._times.get(name, Time()) + Time.now() - begun

    def watch(self, owner: Any, name: str, under: str = "") -> None:
        """Count from now on what `owner.name` takes, where its callers look it up; `under`: another name."""
        watched = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.on(under or name):
                return watched(*args, **kwargs)

        setattr(owner, name, timed)

    def take(self, name: str) -> Time:
        """What was spent since it was last taken."""
        return self._times.pop(name, Time())


def median_and_p95(seconds: Sequence[float]) -> tuple[str, str]:
    """Both in milliseconds."""
    late = statistics.quantiles(seconds, n=20)[-1]
    return f"{statistics.median(seconds) * 1000:.1f} ms", f"{late * 1000:.1f} ms"


def peak_memory() -> float:
    """The most memory this process has held, in megabytes (Linux)."""
    status = Path("/proc/self/status").read_text()
    kilobytes = next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM:"))
    return int(kilobytes) / 1024
