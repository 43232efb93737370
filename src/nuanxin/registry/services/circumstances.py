"""Facts over time: changed from a day on, corrected for the past, never overwritten."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records.models import Attachment
from nuanxin.registry.models import Circumstance, Household, Member, Person
from nuanxin.registry.periods import Laid, lay, period_on

Source = Circumstance.Source


@transaction.atomic
def change_facts(
    *,
    subject: Household | Person,
    facts: Mapping[str, Any],
    since: date | None = None,
    until: date | None = None,
    source: str = Source.DECLARED,
    evidence: Attachment | None = None,
    note: str = "",
) -> list[str]:
    """What facts are from a day on (today by default), or were until before another; the names that changed.

    Without `until` a fact holds up to its next known change. The column follows when that is still to
    come, so it always says what holds today. The first change of a fact also keeps what held before, from
    the household's first day. Refused for days to come.
    """
    today = timezone.localdate()
    since = since or today
    _refuse_days(since, until, today)
    if source not in Source.values:
        raise Refused(_("没有这种来源。"), code="unknown_source", field="source")
    rows: Any = type(subject)._default_manager
    row = get_or_out_of_sight(rows.select_for_update(), pk=subject.pk)
    home = _home(row)
    if home is None:
        return _set(row, {name: value for name, value in facts.items() if getattr(row, name) != value})
    said = {"source": source, "evidence": evidence, "note": note, "staff_id": scope.current().staff_id}
    known = _periods(row, facts)
    changed, current, work = [], {}, Laid()
    for fact, value in facts.items():
        periods = known[fact] or _first(row, home, fact, since)
        before = period_on(periods, since)
        assert before is not None
        end = until or before.until
        if before.value == as_json(value) and (before.until is None or (end and end <= before.until)):
            continue
        new = _period(row, home, fact, as_json(value), since, end, **said)
        _merge(work, lay(periods, new))
        changed.append(fact)
        if end is None:
            current[fact] = value
    _write(work)
    _set(row, current)
    for name in current:
        setattr(subject, name, current[name])
    return changed


def as_json(value: Any) -> Any:
    """The value of a column as a period keeps it."""
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, date):
        return value.isoformat()
    return str(value.normalize()) if isinstance(value, Decimal) else value


def _refuse_days(since: date, until: date | None, today: date) -> None:
    if since > today:
        raise Refused(_("起始日期不能晚于今天。"), code="future", field="since")
    if until is not None and until > today:
        raise Refused(_("截止日期不能晚于今天；至今仍是如此的，请留空。"), code="future", field="until")
    if until is not None and until <= since:
        raise Refused(_("截止日期应晚于起始日期。"), code="no_days", field="until")


def _home(row: Household | Person) -> Household | None:
    """The household a fact is kept with: a person's present one, or else the last one."""
    if isinstance(row, Household):
        return row
    stays = Member.objects.filter(person=row).select_related("household")
    stay = stays.filter(until__isnull=True).first() or stays.order_by("-until").first()
    return stay.household if stay else None


def _periods(row: Household | Person, facts: Mapping[str, Any]) -> dict[str, list[Circumstance]]:
    found: dict[str, list[Circumstance]] = defaultdict(list)
    for period in Circumstance.objects.of(row).counting().filter(fact__in=list(facts)).order_by("since"):
        found[period.fact].append(period)
    return found


def _first(row: Household | Person, home: Household, fact: str, since: date) -> list[Circumstance]:
    """What the column says, from the household's first day, as a period that is not kept yet."""
    stays = Member.objects.filter(household=home)
    first = min(stays.aggregate(first=Min("since"))["first"] or since, since)
    source = Source.ROSTER if home.roster_id else Source.DECLARED
    return [_period(row, home, fact, as_json(getattr(row, fact)), first, None, source=source)]


def _period(
    row: Household | Person,
    home: Household,
    fact: str,
    value: Any,
    since: date,
    until: date | None,
    **said: Any,
) -> Circumstance:
    return Circumstance(
        org_id=row.org_id,
        household=home,
        person=row if isinstance(row, Person) else None,
        fact=fact,
        value=value,
        since=since,
        until=until,
        **said,
    )


def _merge(work: Laid, more: Laid) -> None:
    work.closed += more.closed
    work.replaced += more.replaced
    work.added += more.added


def _write(work: Laid) -> None:
    """Three statements for any number of facts; rows make room before others take it."""
    now = timezone.now()
    for period in work.replaced:
        period.replaced = now
    Circumstance.objects.bulk_update(work.replaced, ["replaced"])
    Circumstance.objects.bulk_update(work.closed, ["until"])
    Circumstance.objects.bulk_create(work.added)


def _set(row: Household | Person, values: Mapping[str, Any]) -> list[str]:
    for name, value in values.items():
        setattr(row, name, value)
    if values:
        row.save()
    return list(values)
