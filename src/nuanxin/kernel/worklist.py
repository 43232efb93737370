"""The work list: each app says what work it has for an actor; home shows it in one place.

Work comes in heaps of one kind. Over all of them lie facets: what is late, due soon, returned, done for
somebody who is away, or has come up from a unit below that let it lie.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from .actor import Actor
from .money import Money

FACETS = ("late", "soon", "returned", "delegated", "escalated")
#: What is due within so many days is due soon.
SOON = timedelta(days=3)
#: So many of each kind are shown among others, and so many of one kind alone.
FEW, MOST = 20, 50


@dataclass(frozen=True)
class Work:
    """One thing to do: what, about whom, the next step, since when, by when.

    `via` says, in words, for whom it is done or from whom it has come up; `facets` adds to what follows
    from the due date and from `returned`.
    """

    what: Any
    who: str
    step: Any
    url: str
    due: date | None = None
    amount: Money | None = None
    chip: Any = ""
    tone: str = "wait"
    returned: bool = False
    since: date | None = None
    via: Any = ""
    facets: frozenset[str] = frozenset()

    def shows(self, facet: str) -> bool:
        """Whether it belongs under a facet; everything does under none."""
        today = timezone.localdate()
        found = set(self.facets)
        if self.due:
            found |= {"late"} if self.due < today else {"soon"} if self.due <= today + SOON else set()
        return not facet or facet in found or (facet == "returned" and self.returned)


@dataclass(frozen=True)
class Heap:
    """Work of one kind for an actor: how many in all, and the first few to show.

    A heap of rows counts its facets itself and fetches what is asked for (`heap_of`); another shows all its
    items, and its count is of what they stand for.
    """

    key: str
    label: Any
    count: int
    items: Sequence[Work]
    url: str = ""
    returned: bool = False
    counts: Mapping[str, int] | None = None
    fetch: Callable[[str, int], list[Work]] | None = None

    def under(self, facet: str) -> int:
        """How many belong under a facet."""
        if not facet:
            return self.count
        if self.counts is not None:
            return self.counts[facet]
        return sum(work.shows(facet) for work in self.items)

    def first(self, facet: str, most: int) -> list[Work]:
        """The first so many under a facet."""
        if self.fetch:
            return self.fetch(facet, most)
        return [work for work in self.items if work.shows(facet)][:most]


@dataclass(frozen=True)
class Figure:
    """A figure that matters to the role, opening its list. `share` (0–100) draws a bar."""

    label: Any
    text: str
    url: str
    share: int | None = None
    help: Any = ""


@dataclass(frozen=True)
class Rest:
    """More of a kind than is shown: how many are, how many there are, and the list that has them."""

    label: Any
    shown: int
    count: int
    url: str


@dataclass
class _Register:
    heaps: list[Callable[[Actor], Iterable[Heap]]] = field(default_factory=list)
    figures: list[Callable[[Actor], Iterable[Figure]]] = field(default_factory=list)


_register = _Register()


def offers_work(function: Callable[[Actor], Iterable[Heap]]) -> Callable[[Actor], Iterable[Heap]]:
    """Decorator for an app's function that yields the heaps of work an actor has."""
    _register.heaps.append(function)
    return function


def offers_figures(function: Callable[[Actor], Iterable[Figure]]) -> Callable[[Actor], Iterable[Figure]]:
    """Decorator for an app's function that yields figures for an actor."""
    _register.figures.append(function)
    return function


class _Lazily(Sequence[Work]):
    """The first few of a heap, fetched when they are looked at."""

    def __init__(self, fetch: Callable[[str, int], list[Work]]) -> None:
        self._fetch, self._found = fetch, list[Work]()
        self._asked = False

    def _items(self) -> list[Work]:
        if not self._asked:
            self._found, self._asked = self._fetch("", FEW), True
        return self._found

    def __getitem__(self, place: Any) -> Any:
        return self._items()[place]

    def __len__(self) -> int:
        return len(self._items())


#: Every row, as a condition.
ALL = Q(pk__isnull=False)


def heap_of(
    key: str,
    label: Any,
    rows: QuerySet[Any],
    make: Callable[[Sequence[Any]], list[Work]],
    url: str,
    *,
    due: str = "",
    returned: Q | None = None,
    facets: Mapping[str, Q] | None = None,
) -> Heap:
    """A heap over a queryset: counted, with its facets, by one statement; rows are fetched when shown.

    `due` names the column of the last day; `returned` tells which rows came back, `facets` which belong
    under others of FACETS (`ALL`: every row).
    """
    today = timezone.localdate()
    conditions = dict(facets or {})
    if due:
        conditions |= {
            "late": Q(**{f"{due}__lt": today}),
            "soon": Q(**{f"{due}__gte": today, f"{due}__lte": today + SOON}),
        }
    if returned:
        conditions["returned"] = returned
    counted = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    found = rows.order_by().aggregate(every=Count("pk"), **counted)

    def fetch(facet: str, most: int) -> list[Work]:
        if facet and facet not in conditions:
            return []
        return make(list((rows.filter(conditions[facet]) if facet else rows)[:most]))

    counts = {facet: found.get(facet, 0) for facet in FACETS}
    return Heap(key, label, found["every"], _Lazily(fetch), url, bool(returned), counts, fetch)


def collect(actor: Actor, tab: str, kind: str = "") -> dict[str, Any]:
    """Everything home shows: the facets with their counts, the kinds of work under the chosen facet (`tab`),
    the first of each kind or of the chosen one (`kind`) by due date, what is left, and figures.
    """
    heaps = [heap for offer in _register.heaps for heap in offer(actor) if heap.count]
    facet = tab if tab in FACETS else ""
    under = {heap.key: heap.under(facet) for heap in heaps}
    kinds = [heap for heap in heaps if under[heap.key]]
    chosen = next((heap for heap in kinds if heap.key == kind), None)
    parts = [(heap, heap.first(facet, MOST if chosen else FEW)) for heap in ([chosen] if chosen else kinds)]
    counts = {name: sum(heap.under(name) for heap in heaps) for name in FACETS}
    return {
        "heaps": heaps,
        "total": sum(heap.count for heap in heaps),
        "tab": facet,
        "facets": [(name, count) for name, count in counts.items() if count or name == facet],
        "kinds": [(heap, under[heap.key]) for heap in kinds],
        "kind": chosen.key if chosen else "",
        "items": _sorted(work for _heap, first in parts for work in first),
        "rest": [
            Rest(heap.label, len(first), under[heap.key], heap.url)
            for heap, first in parts
            if heap.fetch and under[heap.key] > len(first)
        ],
        "figures": [figure for offer in _register.figures for figure in offer(actor)],
    }


def _sorted(items: Iterable[Work]) -> list[Work]:
    """What came back first, then by the day it is due."""
    return sorted(items, key=lambda work: (not work.returned, work.due or date.max))
