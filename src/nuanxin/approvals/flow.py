"""The way of a route into force: one person proposes it, another activates it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.flow import Flow, Move
from nuanxin.kernel.refusal import Refused

from .permissions import ACTIVATE_ROUTE, PROPOSE_ROUTE

#: States in which the steps may still be changed; a trigger freezes them in all others.
OPEN = ("draft", "returned")


def another_person(row: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Who made the route does not activate it; the database holds it by a CHECK as well."""
    if actor.staff_id is None or actor.staff_id == row.made_by_id:
        raise Refused(_("编制人不能启用或退回自己编制的流程，请由另一位有权限的人办理。"), code="same_person")


ROUTE = Flow(
    "route",
    states={
        "draft": _("草稿"),
        "submitted": _("待启用"),
        "returned": _("已退回"),
        "in_force": _("已启用"),
        "withdrawn": _("已撤回"),
    },
    initial="draft",
    moves=[
        Move("submit", OPEN, "submitted", PROPOSE_ROUTE, _("提交启用")),
        Move("return", ("submitted",), "returned", ACTIVATE_ROUTE, _("退回"), another_person),
        Move("activate", ("submitted",), "in_force", ACTIVATE_ROUTE, _("启用"), another_person),
        Move("withdraw", (*OPEN, "submitted"), "withdrawn", PROPOSE_ROUTE, _("撤回")),
    ],
)
