"""Progress of long work, as <c-job> shows it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True)
class Progress:
    """Where a job stands. `rate` is in units a second, `seconds_left` None while it cannot be told.

    state: "waiting", "running", "done", "failed" or "cancelled". `note` says what went wrong or what
    came of it; `result_url` opens it.
    """

    label: Any
    state: str
    done: int = 0
    total: int | None = None
    unit: Any = ""
    rate: float | None = None
    seconds_left: int | None = None
    note: Any = ""
    cancel_url: str = ""
    result_url: str = ""

    @property
    def ended(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}

    @property
    def tone(self) -> str:
        return {"done": "done", "failed": "no", "cancelled": "off"}.get(self.state, "wait")


def show_progress(request: HttpRequest, progress: Progress) -> HttpResponse:
    """The answer to a poll; the page goes on asking until the work has ended."""
    return render(
        request, "kernel/job/_progress.html", {"progress": progress, "poll_url": request.get_full_path()}
    )
