"""What a batch's moves ask beyond permission and state."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused


def payer_approved_none(batch: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Who approved an award in the batch, or named a card in it, does not send or book it."""
    mine = Q(approver_id=actor.staff_id) | Q(corrector_id=actor.staff_id)
    if actor.staff_id is not None and batch.dues.filter(mine).exists():
        raise Refused(
            _("批次中有您审批或更正过银行卡的款项，须由另一人办理付款。"), code="approver_may_not_pay"
        )
