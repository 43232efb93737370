"""The way of what one person proposes and another puts in force: packs, standards, programmes."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.flow import Flow, Move
from nuanxin.kernel.refusal import Refused

from .permissions import (
    ACTIVATE_PACK,
    ACTIVATE_PROGRAMME,
    PROPOSE_PACK,
    PROPOSE_PROGRAMME,
    PROPOSE_STANDARD,
    SET_STANDARD,
)

STATES = {
    "draft": _("草稿"),
    "submitted": _("待批准"),
    "returned": _("已退回"),
    "in_force": _("已批准启用"),
    "withdrawn": _("已撤回"),
}
#: States in which what is proposed may still be changed; a trigger freezes it in all others.
OPEN = ("draft", "returned")


def another_person(row: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Who submitted does not decide; the database holds it by a CHECK as well."""
    if actor.staff_id is None or actor.staff_id == row.maker_id:
        raise Refused(_("提交人不能批准或退回自己提交的事项，请由另一位有权限的人办理。"), code="same_person")


def _life(name: str, propose: str, decide: str) -> Flow:
    return Flow(
        name,
        states=STATES,
        initial="draft",
        moves=[
            Move("submit", OPEN, "submitted", propose, _("提交批准")),
            Move("return", ("submitted",), "returned", decide, _("退回"), another_person),
            Move("activate", ("submitted",), "in_force", decide, _("批准启用"), another_person),
            Move("withdraw", (*OPEN, "submitted"), "withdrawn", propose, _("撤回")),
        ],
    )


PROPOSAL = _life("pack_proposal", PROPOSE_PACK, ACTIVATE_PACK)
CHANGE = _life("standards_change", PROPOSE_STANDARD, SET_STANDARD)
PROGRAMME = _life("programme_proposal", PROPOSE_PROGRAMME, ACTIVATE_PROGRAMME)
