"""The work list: each app says what work it has for an actor; home shows it in one place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .actor import Actor
from .money import Money


@dataclass(frozen=True)
class Work:
    """One thing to do: what, about whom, the next step, by when."""

    what: Any
    who: str
    step: Any
    url: str
    due: date | None = None
    amount: Money | None = None
    chip: Any = ""
    tone: str = "wait"
    returned: bool = False


@dataclass(frozen=True)
class Heap:
    """Work of one kind for an actor: how many in all, and the first few to show."""

    key: str
    label: Any
    count: int
    items: list[Work]
    url: str = ""
    returned: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure that matters to the role, opening its list. `share` (0–100) draws a bar."""

    label: Any
    text: str
    url: str
    share: int | None = None
    help: Any = ""


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


def collect(actor: Actor, tab: str) -> dict[str, Any]:
    """Everything home shows: heaps with work, the chosen tab's items by due date, figures."""
    heaps = [heap for offer in _register.heaps for heap in offer(actor) if heap.count]
    chosen = next((heap for heap in heaps if heap.key == tab), None)
    items = [item for heap in ([chosen] if chosen else heaps) for item in heap.items]
    far = date.max
    return {
        "heaps": heaps,
        "tab": chosen.key if chosen else "",
        "total": sum(heap.count for heap in heaps),
        "items": sorted(items, key=lambda work: (not work.returned, work.due or far)),
        "more": chosen,
        "figures": [figure for offer in _register.figures for figure in offer(actor)],
    }
