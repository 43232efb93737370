"""What one person may get of send-warmth money: per time and per year.

The figures stand in the policy pack of the programme and nowhere in the code. They bind money alone:
the measures they come from limit 送温暖款 (domain.md §3), so gifts are shown beside and not counted, and
money to a group has no list of persons it could be counted to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.subjects import MEASURE as BY_PROGRAMME
from nuanxin.kernel.money import Money, round_fen
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger import services as ledger
from nuanxin.policy import queries as policy

from .models import Recipient

#: The programme: code of its policy packs and allowed use of a fund.
PROGRAMME = "send-warmth"
#: What counts against the yearly cap: money of drives and money that was applied for together.
MEASURE = BY_PROGRAMME.format(PROGRAMME)


@dataclass(frozen=True)
class Limits:
    """Caps for one person, and the document they stand in, in the reader's language."""

    per_time: Money
    per_year: Money
    source: str


@dataclass(frozen=True)
class Over:
    """A recipient whose yearly cap would be passed: what they have had this year, and what is asked."""

    recipient: Recipient
    used: Money
    asked: Money


def in_force(place_path: str, day: date) -> Limits:
    """The caps in force at a place on a day; Refused when no policy pack says any."""
    pack = policy.pack_in_force(PROGRAMME, place_path, day)
    if pack is None:
        raise _no_policy(day)
    dated = policy.standards_at(pack, place_path, day)
    caps = {}
    for name in ("per_time", "per_year"):
        value = pack.parameters[name].value if name not in dated else dated[name].value
        if value is None:
            raise _no_policy(day)
        caps[name] = round_fen(value)
    return Limits(**caps, source=pack.source.document.in_(get_language() or "zh"))


def _no_policy(day: date) -> Refused:
    return Refused(
        _("%(day)s 没有生效的送温暖标准，请先启用政策包。") % {"day": day.isoformat()}, code="no_policy"
    )


def check_per_time(cash: Money, limits: Limits) -> None:
    """Refuse an amount over the cap per person and time."""
    if cash > limits.per_time:
        raise Refused(
            _("每人每次慰问金不得超过 %(cap)s 元（%(source)s）。")
            % {"cap": limits.per_time, "source": limits.source},
            code="over_per_time",
            field="cash",
        )


def takes(recipients: Iterable[Recipient]) -> list[tuple[bytes, Money]]:
    """What a list would take of each person's yearly cap."""
    return [(bytes(row.id_hash), row.cash) for row in recipients if row.id_hash and row.cash]


def over_year(recipients: list[Recipient], year: int, limits: Limits) -> list[Over]:
    """The recipients who would pass the yearly cap, counting what they got anywhere in the tree."""
    over = ledger.over_quota(measure=MEASURE, year=year, takes=takes(recipients), cap=limits.per_year)
    return [
        Over(row, *over[bytes(row.id_hash)])
        for row in recipients
        if row.id_hash and row.cash and bytes(row.id_hash) in over
    ]


def take_year(recipients: list[Recipient], year: int, limits: Limits) -> None:
    """Count the list against the yearly caps; Refused, with the names, when one would be passed."""
    try:
        ledger.take_quota(measure=MEASURE, year=year, takes=takes(recipients), cap=limits.per_year)
    except Refused as refusal:
        if refusal.code == "over_quota":
            refuse_over(over_year(recipients, year, limits), limits)
        raise


def refuse_over(over: list[Over], limits: Limits) -> None:
    """Refuse a list with rows over the yearly cap, naming the first few with what they had."""
    if not over:
        return
    said = [
        _("%(name)s（本年已领 %(used)s 元，本次 %(asked)s 元）")
        % {"name": row.recipient.name, "used": row.used, "asked": row.asked}
        for row in over[:5]
    ]
    raise Refused(
        _("%(count)s 人将超过每人每年 %(cap)s 元的限额（%(source)s）：%(names)s。请移出名单后再提交。")
        % {
            "count": len(over),
            "cap": limits.per_year,
            "source": limits.source,
            "names": "、".join(str(text) for text in said),
        },
        code="over_quota",
    )
