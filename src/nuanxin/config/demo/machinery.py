"""The clock and the queue of the demo: the past is played on its own days, long work is done at once."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count
from typing import Any
from unittest.mock import patch

from django.utils import timezone
from procrastinate.contrib.django import app

from nuanxin.kernel.workdays import add_working_days, is_working_day
from nuanxin.records.documents import papers, pictures


@contextmanager
def on_day(day: date) -> Iterator[None]:
    """Let the program believe that it is half past nine in the morning of `day`; never the future."""
    real = timezone.now
    morning = datetime.combine(day, time(9, 30), timezone.get_default_timezone())
    begun = real()

    def now() -> datetime:
        return min(morning + (real() - begun), real())

    timezone.now = now
    try:
        yield
    finally:
        timezone.now = real


class _Deferred:
    """Stands in for a configured task: keeps the call instead of queueing it."""

    def __init__(self, name: str, waiting: list[tuple[str, dict[str, Any]]]) -> None:
        self.name, self.waiting = name, waiting

    def defer(self, **arguments: Any) -> int:
        self.waiting.append((self.name, arguments))
        return len(self.waiting)


@contextmanager
def jobs_here() -> Iterator[Callable[[], None]]:
    """Collect long work instead of queueing it; the function yielded does what was collected."""
    waiting: list[tuple[str, dict[str, Any]]] = []

    def run() -> None:
        while waiting:
            name, arguments = waiting.pop(0)
            app.tasks[name](**arguments)

    # the app is a stand-in that hands every name on, so the name is set on it and taken off again
    vars(app)["configure_task"] = lambda name, **options: _Deferred(name, waiting)
    try:
        yield run
    finally:
        del vars(app)["configure_task"]


@contextmanager
def documents_read_once() -> Iterator[None]:
    """Look at each sample document once, not once a family."""
    with (
        patch.object(papers, "first_page", cache(papers.first_page)),
        patch.object(pictures, "rewritten", cache(pictures.rewritten)),
    ):
        yield


class Agenda:
    """What happens on which day, played in the order of days; an act may plan further ones."""

    def __init__(self, today: date) -> None:
        self.today = today
        self._acts: list[tuple[date, int, Callable[[], None]]] = []
        self._order = count()

    def ago(self, days: int) -> date:
        """The last working day that is at least so many days back."""
        day = self.today - timedelta(days=days)
        return day if is_working_day(day) else add_working_days(day, -1)

    def workdays_ago(self, days: int) -> date:
        """So many working days back from today."""
        return add_working_days(self.today, -days)

    def on(self, day: date, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Plan an act; what would lie in the future is done today."""
        heapq.heappush(self._acts, (min(day, self.today), next(self._order), lambda: act(*args, **kwargs)))

    def play(self, evening: Callable[[], Any] = lambda: None) -> None:
        """Do everything planned, and `evening` at the end of each day that is over."""
        while self._acts:
            day, _order, act = heapq.heappop(self._acts)
            with on_day(day):
                act()
                if self._acts and self._acts[0][0] > day:
                    evening()
