"""Pages over HTTP from the real web server, as a county's reviewer and as the province, one at a time."""

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import people, show, tree
from nuanxin.casework.models import File
from nuanxin.config import supervisor
from nuanxin.config.installation import compile_messages
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.orgs.models import Node, Post
from nuanxin.registry.models import Household

ROLES = {"county": "reviewer", "province": "province_officer"}
WARM = 3
#: Seconds after which a slow page is asked no more.
ENOUGH = 10.0


def measure(requests: int) -> None:
    compile_messages()
    with scope.acting(system()):
        households, files = Household.objects.count(), File.objects.count()
        posts = {level: tree.post(tree.first(level), role) for level, role in ROLES.items()}
    with served() as port:
        for level, post in posts.items():
            show.heading(
                f"Pages as the {level}'s {post.role.name_en}: {households:,} households, {files:,} files"
            )
            show.line("", "median", "p95", "queries", "slowest query")
            tell(port, post, _pages(post.node), requests)


def tell(port: int, post: Post, pages: dict[str, str], requests: int) -> None:
    """A line for each page, by its address: times over HTTP, queries, and the slowest of them."""
    client = Client(raise_request_exception=False)
    client.force_login(post.staff, "allauth.account.auth_backends.AuthenticationBackend")
    web = http.client.HTTPConnection(supervisor.HOST, port, timeout=60)
    headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    for label, url in pages.items():
        with CaptureQueriesContext(connection) as queries:
            status = client.get(url).status_code
        if status != 200:
            show.line(label, f"answered {status}")
            continue
        slowest = max(float(query["time"]) for query in queries.captured_queries)
        seconds = list(_ask(web, url, headers, requests))
        told = (str(len(queries)), f"{slowest * 1000:.0f} ms")
        show.line(label, *show.median_and_p95(seconds), *told)
    web.close()


def _ask(
    web: http.client.HTTPConnection, url: str, headers: dict[str, str], requests: int
) -> Iterator[float]:
    """Seconds to the last byte of each answer, without the first few."""
    until = time.monotonic() + ENOUGH
    for number in range(WARM + requests):
        begun = time.perf_counter()
        web.request("GET", url, headers=headers)
        answer = web.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{url} answered {answer.status}")
        if number >= WARM:
            yield time.perf_counter() - begun
        if time.monotonic() > until and number > WARM:
            return


def _pages(node: Node) -> dict[str, str]:
    """The pages people open most, each with every parameter that keeps the list from remembering."""
    with scope.acting(system(node.path)):
        files = File.objects.filter(state="open").select_related("household__head").order_by("pk")
        file = files[files.count() // 2]
        below = Node.objects.filter(parent=node).order_by("path")[0]
    name = file.household.head.name
    number = people.person(file.household_id * 4).id_number
    listed, families = "/casework/files/", "/registry/households/"
    return {
        "home": "/",
        "files": f"{listed}?tab=open",
        "files, page 20": f"{listed}?tab=open&page=20",
        "files, sorted by name": f"{listed}?tab=open&sort=name",
        "files, sorted by name, page 20": f"{listed}?tab=open&sort=name&page=20",
        "files of a unit, deep difficulty": f"{listed}?tab=open&unit={quote(below.path)}&clazz=deep",
        "files, whose head is called so": f"{listed}?tab=open&q={quote(name)}",
        "files, surname by pinyin": f"{listed}?tab=open&q=yang",
        "file": f"/casework/files/{file.pk}/",
        "applications": "/casework/applications/?tab=all",
        "applications under review": "/casework/applications/?tab=submitted",
        "households": f"{families}?page=1",
        "households, whose member is called so": f"{families}?q={quote(name)}",
        "household": f"{families}{file.household_id}/",
        "search box: name": f"/search/?q={quote(name)}",
        "search box: surname": f"/search/?q={quote('杨')}",
        "search box: initials": "/search/?q=yjg",
        "search box: file number": f"/search/?q={file.number}",
        "search box: ID number": f"/search/?q={number}",
    }


def quoted(text: str) -> str:
    """A text as it stands in an address."""
    return quote(text)


@contextmanager
def served() -> Iterator[int]:
    """The web server as `make run` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind((supervisor.HOST, 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(supervisor.web_command(port), stdin=subprocess.DEVNULL)
    try:
        _await(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            http.client.HTTPConnection(supervisor.HOST, port, timeout=30).connect()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the web server did not start")
