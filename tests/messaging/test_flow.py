"""Every state × action of a message, by the engine and by the database."""

from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.messaging.flow import MESSAGE
from nuanxin.messaging.models import Message
from tests.kernel import flows

from . import factories as make

pytestmark = pytest.mark.django_db


def data(action: str) -> dict[str, Any]:
    """The fields a move sets."""
    return {
        "send": {"sent": timezone.now(), "provider": "told"},
        "post": {"sent": timezone.now()},
        "hold": {"because": "no_phone"},
        "give_up": {"because": "provider"},
    }.get(action, {})


@pytest.mark.parametrize("state, action", flows.cases(MESSAGE))
def test_every_state_and_action(state: str, action: str) -> None:
    with scope.acting(system()):
        at = make.place()
        texts_only = state in ("held", "given_up")
        channel = "letter" if action == "post" and not texts_only else "text"

        def row(wanted: str) -> Message:
            return make.message(at, wanted, channel)

        flows.check(MESSAGE, state, action, row, **data(action))


@pytest.mark.parametrize("state", MESSAGE.states)
def test_the_database_refuses_every_other_transition(state: str) -> None:
    with scope.acting(system()):
        flows.check_database(MESSAGE, make.message(make.place(), state))
