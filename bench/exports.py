"""A list taken out whole, as workbook and as text: rows a second, statements, and the memory it takes."""

from django.contrib.sessions.backends.cache import SessionStore
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views import View

from bench import show
from bench.registry import generate
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.web.exports import FORMATS
from nuanxin.registry.web.households import Households


def measure(households: int) -> None:
    generate.populate(households)
    show.heading(f"A list of {households:,} households taken out, row-level security on")
    take_out(Households, "/registry/households/", households, system())


def take_out(page: type[View], address: str, rows: int, actor: Actor) -> None:
    """The list at an address in every format, text before workbook: its memory does not hide the other's."""
    for format in sorted(FORMATS):
        connection.close()
        before, spent = show.peak_memory(), show.Spent()
        with CaptureQueriesContext(connection) as statements, spent.on("all"):
            size = _size(page, address, format, actor)
        show.rate(f".{format}, {size / 1e6:,.1f} MB", rows, spent.take("all"), "rows")
        show.line("  statements", f"{len(statements)}", f"{len(statements) / rows:.4f} a row")
        show.line("  largest memory, before and after", f"{before:,.0f} MB", f"{show.peak_memory():,.0f} MB")


def _size(page: type[View], address: str, format: str, actor: Actor) -> int:
    """The bytes of the file."""
    request = RequestFactory().get(f"{address}{'&' if '?' in address else '?'}export={format}")
    request.session, request.htmx = SessionStore(), False  # type: ignore[attr-defined]
    with scope.acting(actor):
        response = page.as_view()(request)
    return sum(len(part) for part in response.streaming_content)  # type: ignore[attr-defined]
