"""The state × action test every flow gets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from nuanxin.kernel.flow import Flow
from nuanxin.kernel.refusal import Refused


def cases(flow: Flow) -> list[Any]:
    """Every (state, action) pair of the flow, for pytest.mark.parametrize("state, action", …)."""
    return [pytest.param(s, a, id=f"{s}-{a}") for s in flow.states for a in flow.moves]


def check(flow: Flow, state: str, action: str, make: Callable[[str], Any], **data: Any) -> None:
    """Fire `action` on a row that `make(state)` brings into `state`: only allowed pairs move.

    A guard may refuse an allowed pair for reasons of its own; `make` should satisfy the guards.
    """
    row = make(state)
    move = flow.moves[action]
    if state in move.sources:
        assert flow.fire(row, action, **data).state == move.target
    else:
        with pytest.raises(Refused) as refusal:
            flow.fire(row, action, **data)
        assert refusal.value.code == "wrong_state"
        row.refresh_from_db()
        assert row.state == state


def check_state(
    flow: Flow, state: str, make: Callable[[str], Any], data: Callable[[str], dict[str, Any]] | None = None
) -> None:
    """Every action, and every transition the database must refuse, on one row in `state`.

    For rows that take long to bring there: it is made once, and each action is taken back. `data` gives
    what an action has to set.
    """
    made = make(state)
    for action in flow.moves:
        with transaction.atomic():
            row = type(made).objects.get(pk=made.pk)
            check(flow, state, action, lambda _state, row=row: row, **(data(action) if data else {}))
            transaction.set_rollback(True)
    check_database(flow, made)


def check_database(flow: Flow, row: Any) -> None:
    """The database itself refuses a transition that the table does not have."""
    forbidden = [s for s in flow.states if s != row.state and (row.state, s) not in flow.pairs()]
    for target in forbidden:
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(state=target)
