"""The reviewer's opinion on what is to be done about a difference, for one household or many."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among

from ..flow import DIFFERENCE
from ..models import Difference, Opinion
from ..permissions import RUN
from .common import Outcome, facts_changed, locked, need, stale


@transaction.atomic
def propose(*, rows: QuerySet[Difference], opinion: str, reason: str = "") -> Outcome:
    """Propose what to do about these households; another person decides.

    Keeping things as they are, or visiting first, needs a reason. Households whose facts changed since, and
    those whose result is unknown when it is to be followed, are left and named.
    """
    actor = scope.current()
    actor.require(RUN)
    if opinion not in Opinion.values:
        raise Refused(_("没有这种处理意见。"), code="unknown_opinion", field="opinion")
    reason = reason.strip()
    if opinion != Opinion.FOLLOW:
        reason = need(reason, _("维持原状或先入户核实，请写明理由。"))
    held = locked(rows, "open", "returned")
    outcome = Outcome()
    outcome.refuse(stale(held), facts_changed())
    if opinion == Opinion.FOLLOW:
        unknown = [row.pk for row in held if row.kind == "unknown"]
        refusal = Refused(_("结论为待补充，请补齐情况后重新认定本户。"), code="unknown")
        outcome.refuse(unknown, refusal)
    chosen = [row.pk for row in held if row.pk not in outcome.refused]
    moved = DIFFERENCE.fire_many(
        Difference.objects.filter(among(chosen)),
        "propose",
        org_path=actor.org_path,
        note=reason or str(Opinion(opinion).label),
        opinion=opinion,
        reason=reason,
        proposer=actor.staff_id,
        proposed_at=timezone.now(),
        decider=None,
        decided_at=None,
        returned_because="",
        problem="",
    )
    outcome.done = len(moved)
    return outcome
