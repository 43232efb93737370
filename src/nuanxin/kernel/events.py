"""Events: the lower app publishes, higher apps subscribe; synchronous, in the same transaction.

An event is a frozen dataclass that carries ids only. Handlers are found in each app's handlers.py.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")

_handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[Event]) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Decorator: call the function for every published event of this kind."""

    def register(handler: Callable[[Event], None]) -> Callable[[Event], None]:
        if handler not in _handlers[kind]:
            _handlers[kind].append(handler)
        return handler

    return register


def publish(event: object) -> None:
    """Run every subscriber now; an exception in one undoes the whole transaction."""
    for handler in _handlers[type(event)]:
        handler(event)


def subscribers(kind: type) -> list[Callable[[Any], None]]:
    return list(_handlers[kind])
