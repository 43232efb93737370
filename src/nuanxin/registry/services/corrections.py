"""Saying afterwards what a fact was for a time: with a reason, and what was said before is kept."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.records.models import Attachment
from nuanxin.registry.events import HouseholdChanged
from nuanxin.registry.models import Circumstance, Household, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from .circumstances import change_facts
from .households import FIELDS, UNTIMED
from .people import FIELDS as OF_PERSONS


@transaction.atomic
def correct_fact(
    *,
    household: Household,
    subject: Household | Person,
    fact: str,
    value: Any,
    since: date,
    until: date | None = None,
    source: str = Circumstance.Source.DECLARED,
    evidence: Attachment | None = None,
    reason: str,
) -> None:
    """What a fact of a household or member was from a day until before another, or up to its next change.

    Refused without a reason, for days to come, and when the file says so already. A fact that no periods
    are kept of is a TypeError.
    """
    scope.current().require(EDIT_HOUSEHOLD)
    if not keeps_periods(subject, fact):
        raise TypeError(f"no periods are kept of {fact}")
    home = get_or_out_of_sight(Household.objects.select_for_update(), pk=household.pk)
    if not reason.strip():
        raise Refused(_("请写明更正的理由。"), code="no_reason", field="reason")
    said: dict[str, Any] = {"source": source, "evidence": evidence, "note": reason.strip()}
    if not change_facts(subject=subject, facts={fact: value}, since=since, until=until, **said):
        raise Refused(_("这段时间的记录本来就是如此，无需更正。"), code="no_change", field="value")
    Household.objects.get(pk=home.pk).save(update_fields=["changed"])
    detail = {"fact": fact, "since": since.isoformat(), "until": until and until.isoformat()}
    records.note("fact.corrected", subject=subject, note=reason.strip(), detail=detail)
    events.publish(HouseholdChanged(home.pk, str(home.org_id)))


def keeps_periods(subject: Household | Person, fact: str) -> bool:
    """Whether a fact is kept over time, so that its past can be corrected."""
    return fact in (OF_PERSONS if isinstance(subject, Person) else FIELDS - UNTIMED)
