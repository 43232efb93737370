"""What a visit found goes into the family's file: as corrections, with everything before kept."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry import services as registry
from nuanxin.registry.models import Circumstance, Household
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from .. import declared
from ..models import Found, Visit


def to_take_over(visit: Visit) -> list[Found]:
    """What the actor may take over: it differs, a correction can carry it, and it is not done yet."""
    actor = scope.current()
    rows = Found.objects.filter(visit=visit, agrees=False, taken_on__isnull=True).exclude(fact="")
    return [
        row
        for row in rows.order_by("position")
        if row.fact in declared.facts()
        and declared.facts()[row.fact].corrected
        and declared.open_to(actor, row.groups.split())
    ]


@transaction.atomic
def take_over(*, visit: Visit) -> list[Found]:
    """Carry all that differs into the file from the day of the visit on, with the visit as its source.

    Nothing is overwritten: the periods before stay, and each fact can be corrected again. Spending is left
    out, for it counts by its bills. Refused when nothing is left to take over.
    """
    actor = scope.current()
    actor.require(EDIT_HOUSEHOLD)
    household = (
        Household.objects.select_for_update(of=("self",)).select_related("head").get(pk=visit.household_id)
    )
    rows = to_take_over(visit)
    if not rows:
        raise Refused(_("没有需要记入家庭信息的出入。"), code="nothing_to_take_over")
    for row in rows:
        _correct(household, visit, row)
    keys = [row.pk for row in rows]
    Found.objects.filter(pk__in=keys).update(taken_on=timezone.localdate(), taken_by=actor.staff_id)
    detail = {"visit": visit.pk, "items": [row.item for row in rows]}
    records.note("visit.taken_over", subject=household, detail=detail)
    return rows


def _correct(household: Household, visit: Visit, row: Found) -> None:
    """One fact, from the day of the visit on; one the file says by now needs no correction."""
    fact = declared.facts()[row.fact]
    reason = _("%(day)s 入户核实") % {"day": visit.visited_on.isoformat()}
    if row.note:
        reason = f"{reason}：{row.note}"
    try:
        registry.correct_fact(
            household=household,
            subject=fact.subject(household),
            fact=fact.name,
            value=fact.value(row.found),
            since=visit.visited_on,
            source=Circumstance.Source.VISITED,
            reason=str(reason)[:200],
        )
    except Refused as refusal:
        if refusal.code != "no_change":
            raise
