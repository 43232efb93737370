"""A running program with demo data, and a browser, for the journeys."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nuanxin.config import supervisor
from nuanxin.config.browser import find_browser
from tests.conftest import ROOT, copy_database, database_url, demo_database, demo_environment

PASSWORD = "nuanxin-demo"
SHOTS = ROOT / "screenshots"


@dataclass
class Program:
    """Where the program answers, and the environment its commands run in."""

    url: str
    environment: dict[str, str]
    database: str

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "django", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, statement: str, *values: Any, guards: bool = True) -> list[tuple[Any, ...]]:
        """Past row-level security, as the superuser: what is really stored.

        Without `guards` past the triggers too, where days must seem to have gone by.
        """
        role = "origin" if guards else "replica"
        with psycopg.connect(
            database_url("postgres", self.database),
            autocommit=True,
            options=f"-c session_replication_role={role}",
        ) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the web server ended"
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer")


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """Web server and worker on a copy of the demo database."""
    name = f"nuanxin_journey_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    copy_database(demo_database()[0], name)
    port = free_port()
    environment = demo_environment(name)
    program = Program(f"http://127.0.0.1:{port}", environment, name)
    children = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL)
        for command in (supervisor.web_command(port), supervisor.worker_command())
    ]
    try:
        wait_for(program.url + "/accounts/login/", children[0])
        yield program
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(timeout=30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium; without one the journeys are skipped, in CI they fail."""
    path = find_browser()
    if path is None:
        reason = "no Chromium was found; install one, or name it in NUANXIN_BROWSER"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*flags, "--disable-component-update", "--disable-sync", "--no-first-run"],
        )
        yield browser
        browser.close()


@pytest.fixture
def people(program: Program, chromium: Any) -> Iterator[Callable[..., Any]]:
    """people("cashier") is a page signed in as that demo account; pages remember their errors."""
    contexts: list[Any] = []
    errors: list[str] = []

    def sign_in(account: str, *, width: int = 1440, language: str = "zh-hans") -> Any:
        context = chromium.new_context(
            base_url=program.url,
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            accept_downloads=True,
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": program.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda line: errors.append(f"{page.url}: {line.text}") if line.type == "error" else None,
        )
        page.goto("/accounts/login/")
        page.fill("input[name=login]", account)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(program.url + "/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert not errors, errors


def shoot(page: Any, name: str) -> None:
    """A picture of the whole page for those who look at them; nothing depends on it."""
    if os.environ.get("NUANXIN_SHOTS"):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=Path(SHOTS / f"{name}.png"), full_page=True)
