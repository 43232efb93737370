"""Funds with money in them, through the services."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import connection

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.ledger import services
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node

_numbers = count(1)


def fund(*uses: str, **fields: Any) -> Fund:
    """A fund for these uses (by default living aid and send-warmth)."""
    number = next(_numbers)
    values = {
        "code": f"F{number:04d}",
        "name": f"测试资金{number}",
        "name_en": f"Test fund {number}",
        "source": Fund.Source.OWN,
        "uses": list(uses or ("living-aid", "send-warmth")),
    } | fields
    return Fund.objects.create(**values)


def give(money: Fund, at: Node, yuan: int | str) -> None:
    """Put money of the fund straight into the node's own account, as a receipt."""
    with scope.acting(system()):
        services.appropriate(
            fund=money,
            to_org_path=at.path,
            amount=Money.yuan(yuan),
            memo="测试入账",
            key=f"give:{next(_numbers)}",
        )


def hold(money: Fund, at: Node, *yuan: int | str, purpose: str = "living-aid") -> list[int]:
    """Hold so many amounts at the node; the ids of the holds."""
    lines = [services.HoldLine(f"hold:{next(_numbers)}", Money.yuan(each), purpose) for each in yuan]
    return services.hold_many(fund=money, org_path=at.path, lines=lines)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts together, each in a transaction of its own; what each returned or raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            with scope.acting(system()):
                gate.wait(10)
                results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results
