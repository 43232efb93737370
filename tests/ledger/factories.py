"""Funds with money in them, through the services."""

from itertools import count
from typing import Any

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
