"""The scope door: puts an actor on the transaction, where row-level security reads it.

No actor, no rows: the settings are local to a transaction, so a connection handed to the next
request starts blind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from .actor import Actor

_current: ContextVar[Actor | None] = ContextVar("nuanxin_actor", default=None)


class NoActor(RuntimeError):
    """Something that must act for somebody was called without an actor."""


def current() -> Actor:
    """The actor of the running request, job or command; NoActor when there is none."""
    actor = _current.get()
    if actor is None:
        raise NoActor("no actor is set; wrap the call in kernel.scope.acting(actor)")
    return actor


def current_or_none() -> Actor | None:
    return _current.get()


def _tell_database(actor: Actor | None) -> None:
    scope_from, scope_to = actor.scope if actor else ("", "")
    staff = str(actor.staff_id or "") if actor else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('nuanxin.scope_from', %s, true), set_config('nuanxin.scope_to', %s, true),"
            " set_config('nuanxin.staff', %s, true)",
            [scope_from, scope_to, staff],
        )


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Open a transaction (or savepoint) in which the database shows `actor`'s subtree only."""
    before = _current.get()
    token = _current.set(actor)
    try:
        with transaction.atomic():
            _tell_database(actor)
            yield actor
            if connection.in_atomic_block and not connection.needs_rollback:
                _tell_database(before)
    finally:
        _current.reset(token)
