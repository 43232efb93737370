"""The one next step of a file: what is missing most, and the page on which it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from ..models import File, Visit
from ..permissions import APPLY
from ..queries.visiting import YEARLY


@dataclass(frozen=True)
class NextStep:
    """What to do, why, and where; without a reason it is only at hand, not due."""

    label: Any
    url: str
    why: Any = ""


def next_step(file: File, visits: Sequence[Visit], actor: Actor, today: date) -> NextStep | None:
    """The next step the actor may take on an open file; `visits` newest first."""
    home = file.household
    if file.state != "open":
        return None
    if actor.can(EDIT_HOUSEHOLD) and home.consent_on is None:
        why = _("没有授权核查签字日期，不能核对，也不能再认定。")
        return NextStep(_("补登授权"), reverse("registry:household_edit", args=[home.pk]), why)
    if actor.can(EDIT_HOUSEHOLD) and not home.card_mask:
        why = _("没有银行卡，救助金无法发放。")
        return NextStep(_("登记银行卡"), reverse("registry:household_card", args=[home.pk]), why)
    if not actor.can(APPLY):
        return None
    visit = reverse("casework:visit", args=[home.pk])
    if visits and visits[0].visited_on >= today - YEARLY:
        return NextStep(_("登记走访"), visit)
    return NextStep(_("登记走访"), visit, _("一年内没有走访，档案须每年复核。"))
