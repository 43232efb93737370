"""`run`: web server and worker as children, watched, restarted when they end, stopped together.

A killed supervisor cannot stop anything. So its children carry a mark in their environment by which the
next run finds and ends them; PostgreSQL, which they leave alone, is taken over as it is. That one
supervisor serves a data folder at a time is a lock the kernel frees.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from . import settings
from .cluster import Cluster, say
from .installation import environment
from .system import SetupError, end, try_lock

HOST = "127.0.0.1"
MARK = "NUANXIN_SUPERVISED"
GRACE = 20.0  # seconds a child may take to end
TRIES, SPAN = 5, 60.0  # a service that ends so often within so many seconds is given up
LOCK = settings.VAR / "run.lock"


@contextmanager
def sole() -> Iterator[None]:
    """Hold the lock of the data folder's only supervisor; SetupError when another lives."""
    settings.VAR.mkdir(parents=True, exist_ok=True)
    lock = try_lock(LOCK)
    if lock is None:
        raise SetupError(f"Nuanxin already runs here (process {supervisor_pid()}): stop it first.")
    try:
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


def supervisor_pid() -> int | None:
    """The process that holds the lock; None when nobody does."""
    if not LOCK.exists():
        return None
    lock = try_lock(LOCK)
    if lock is not None:
        os.close(lock)
        return None
    text = LOCK.read_text()
    return int(text) if text.isdigit() else None


def end_leftovers() -> None:
    """End web servers and workers of this data folder whose supervisor was killed."""
    end(_marked(), GRACE)


def _marked() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(settings.VAR):
                found.append(process)
        except psutil.Error:
            continue
    return found


def chosen_port() -> int:
    """The port to serve on: NUANXIN_PORT or 8000. SetupError when it is no port or not free."""
    text = os.environ.get("NUANXIN_PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SetupError(f"NUANXIN_PORT is no port number: {text}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            raise SetupError(
                f"Port {text} on {HOST} cannot be used ({error.strerror}): stop the program that uses it, "
                f"or choose another with `NUANXIN_PORT={int(text) % 65000 + 1} make run`."
            ) from error
    return int(text)


class Service:
    """A child process that is started again when it ends; `lasting` when it outlives its database."""

    def __init__(self, name: str, command: list[str], variables: dict[str, str], lasting: bool) -> None:
        self.name = name
        self.lasting = lasting
        self.command = command
        self.variables = variables
        self.starts: list[float] = []
        self.start()

    def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C is the supervisor's."""
        self.starts.append(time.monotonic())
        self.process = subprocess.Popen(
            self.command, env=self.variables, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def reconnect(self) -> None:
        """End the process when it cannot mend its lost connections by itself; it is started again.

        Such an end is not its own fault and does not count among its tries.
        """
        if not self.lasting:
            end([psutil.Process(self.process.pid)], 2.0)
            self.starts.clear()

    def look_after(self) -> None:
        """Start it again when it has ended; SetupError when that happens over and over."""
        status = self.process.poll()
        if status is None:
            return
        recent = [moment for moment in self.starts if moment > time.monotonic() - SPAN]
        if len(recent) >= TRIES:
            raise SetupError(f"The {self.name} ended {TRIES} times within a minute; its messages are above.")
        say(f"The {self.name} ended (status {status}); it is started again.")
        self.starts = recent
        self.start()


def serve(cluster: Cluster | None, port: int, demo: bool, greet: Callable[[], None]) -> None:
    """Serve until interrupted (KeyboardInterrupt); on any way out, web server and worker are ended.

    The embedded cluster is watched too; `greet` is called once the program answers.
    """
    variables = environment(**{MARK: str(settings.VAR), "NUANXIN_DEMO": "1" if demo else "0"})
    services: list[Service] = []
    try:
        services.append(Service("web server", web_command(port), variables, lasting=True))
        services.append(Service("worker", worker_command(), variables, lasting=False))
        while not _answers(port):
            _watch(services, cluster, 0.2)
        greet()
        while True:
            _watch(services, cluster, 1.0)
    finally:
        end([psutil.Process(s.process.pid) for s in services if s.process.poll() is None], GRACE)
        end(_marked(), 2.0)


def web_command(port: int) -> list[str]:
    """granian: two processes at most, threads with lasting connections to the database."""
    options = {
        "--interface": "wsgi",
        "--host": HOST,
        "--port": str(port),
        "--workers": str(min(2, os.cpu_count() or 1)),
        "--blocking-threads": "4",
        "--blocking-threads-idle-timeout": "600",
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    parts = [part for pair in options.items() for part in pair]
    return [sys.executable, "-m", "granian", "--no-ws", *parts, "nuanxin.config.wsgi:application"]


def worker_command() -> list[str]:
    """The worker of the job queue; jobs still running after ten seconds are resumed by the next one."""
    return [sys.executable, "-m", "django", "procrastinate", "worker", "--shutdown-graceful-timeout=10"]


def _watch(services: list[Service], cluster: Cluster | None, pause: float) -> None:
    time.sleep(pause)
    if cluster and not cluster.lives():
        say("The database has ended; it is started again.")
        cluster.start()
        for service in services:
            service.reconnect()
    for service in services:
        service.look_after()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP arrive as KeyboardInterrupt, like Ctrl-C; while leaving, none arrives again."""

    def interrupt(number: int, frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield
