"""Money for applications that are decided: quotas taken, budget held, dues made; any number at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan, round_fen
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Account
from nuanxin.payments import services as payments
from nuanxin.policy.programmes import Programme

from .. import payees, programmes, subjects, urgency
from ..flow import AWARD
from ..models import Application, Assessment, Award
from ..payees import Account as Card
from . import double_aid

#: The figure of a pack that is the most a subject may have of the programme in a year, in yuan.
YEARLY = "yearly_limit"


@dataclass(frozen=True)
class Ready:
    """An application whose money can be given: how much, to whom, from where, against which cap."""

    application: Application
    programme: Programme
    amount: Money
    cap: Money | None
    key: bytes
    card: Card | None
    account: str

    @property
    def measure(self) -> str:
        return subjects.MEASURE.format(self.programme.code)


def ready(rows: Sequence[Application], day: date) -> tuple[list[Ready], dict[int, Refused]]:
    """Which of the applications can be given their money, and why each of the others cannot."""
    of = programmes.of_many(rows)
    refused: dict[int, Refused] = {}
    for row in rows:
        if problem := _wrong_amount(row, of[row.pk]) or _wrong_fund(row, of[row.pk]):
            refused[row.pk] = problem
    refused |= double_aid.refusals([row for row in rows if row.pk not in refused], of, day)
    left = [row for row in rows if row.pk not in refused]
    cards, keys = payees.accounts_of(left, of), subjects.keys([row.pk for row in left])
    caps, accounts = _caps(left), _accounts(left)
    found = []
    for row in left:
        card = cards.get(row.pk)
        if card is None and of[row.pk].payee != "none":
            refused[row.pk] = Refused(payees.missing(of[row.pk]), code="no_card")
            continue
        assert row.amount is not None  # else it was refused above
        found.append(
            Ready(row, of[row.pk], row.amount, caps.get(row.pk), keys[row.pk], card, accounts[row.pk])
        )
    over = _over(found, day.year)
    return [one for one in found if one.application.pk not in over], refused | over


def _wrong_amount(row: Application, programme: Programme) -> Refused | None:
    """The amount is what the assessment allows at most, or the limit where no pack computes it."""
    if row.amount is None:
        return Refused(_("还没有确定救助金额。"), code="no_amount", field="amount")
    try:
        most = row.assessment.due if row.assessment else programmes.most(programme, str(row.org_id))
    except Refused as unset:
        return unset
    if most is None or row.amount <= most:
        return None
    message = _("救助金额不能超过 %(most)s 元。") % {"most": format_yuan(most)}
    return Refused(message, code="over_limit", field="amount")


def _wrong_fund(row: Application, programme: Programme) -> Refused | None:
    if row.fund is None:
        return Refused(_("请选择资金。"), code="no_fund", field="fund")
    if not programmes.allows(programme, row.fund):
        return Refused(_("所选资金不能用于该项目，请另选资金。"), code="fund_use", field="fund")
    return None


def _caps(rows: Sequence[Application]) -> dict[int, Money]:
    """By application the most its subject may have in the year, where the pack names it."""
    made = {row.assessment_id: row.pk for row in rows if row.assessment_id}
    limits = Assessment.objects.filter(among(made)).values_list("pk", f"outcome__values__{YEARLY}")
    return {made[pk]: round_fen(Decimal(limit)) for pk, limit in limits if limit is not None}


def _accounts(rows: Sequence[Application]) -> dict[int, str]:
    """By application the node whose account pays: the nearest above it, up to the actor's, with money of
    the fund; the actor's where none had any.
    """
    own = scope.current().org_path
    funds = {row.fund_id for row in rows}
    known = Account.objects.filter(fund__in=funds, kind=Account.Kind.AVAILABLE)
    held = {(fund, str(path)) for fund, path in known.values_list("fund", "org")}
    return {row.pk: _nearest(str(row.org_id), row.fund_id, held, own) for row in rows}


def _nearest(path: str, fund: int | None, held: set[tuple[int, str]], own: str) -> str:
    while path.startswith(own) and len(path) > len(own):
        if (fund, path) in held:
            return path
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return own


def _over(found: Sequence[Ready], year: int) -> dict[int, Refused]:
    """Those whose subject would pass the yearly cap, all of one subject together."""
    refused: dict[int, Refused] = {}
    for (measure, cap), mine in _by_cap(found).items():
        takes = [(one.key, one.amount) for one in mine]
        over = ledger.over_quota(measure=measure, year=year, takes=takes, cap=cap)
        for one in mine:
            if one.key in over:
                refused[one.application.pk] = _over_quota(*over[one.key], cap)
    return refused


def _by_cap(found: Iterable[Ready]) -> Mapping[tuple[str, Money], list[Ready]]:
    groups: dict[tuple[str, Money], list[Ready]] = defaultdict(list)
    for one in found:
        if one.cap is not None:
            groups[one.measure, one.cap].append(one)
    return dict(sorted(groups.items()))


def _over_quota(used: Money, asked: Money, cap: Money) -> Refused:
    message = _("将超过年度上限：本年已用 %(used)s 元，本次 %(asked)s 元，上限 %(cap)s 元。") % {
        "used": format_yuan(used),
        "asked": format_yuan(asked),
        "cap": format_yuan(cap),
    }
    return Refused(message, code="over_quota", field="amount")


def give(found: Sequence[Ready], day: date, part: int = 1) -> list[int]:
    """Write the awards of approved applications and owe them; the keys of the awards.

    Within the caller's transaction: what the fund or a cap does not cover raises Overspent or OverQuota,
    and nothing is written.
    """
    if not found:
        return []
    for (measure, cap), mine in _by_cap(found).items():
        takes = [(one.key, one.amount) for one in mine]
        ledger.take_quota(measure=measure, year=day.year, takes=takes, cap=cap)
    awards = _written(found, day, part)
    approver = scope.current().staff_id or 0
    by_account: dict[str, list[payments.NewDue]] = defaultdict(list)
    for one in found:
        if one.card is not None:
            by_account[one.account].append(_due(one, awards[one.application.pk], one.card, approver))
    for path, dues in sorted(by_account.items()):
        payments.owe(dues=dues, account_org_path=path)
    urgency.start_clock(found, day)
    rows = Award.objects.filter(among(awards.values()))
    return AWARD.fire_many(rows, "approve", org_path=scope.current().org_path)


#: The award repeats the assessment it rests on; without one, what was answered.
_AWARDS = f"""
    INSERT INTO {Award._meta.db_table} (org_path, application_id, file_id, part, programme, name, year,
        amount, cap, state, pack_hash, facts, standards, overruled, outcome)
    SELECT a.org_path, a.id, a.rests_on_id, %s, a.programme, t.name, %s, t.amount, t.cap, '{AWARD.initial}',
        coalesce(s.pack_hash, ''), coalesce(s.facts, a.answers), coalesce(s.standards, '{{}}'),
        coalesce(s.overruled, '{{}}'), coalesce(s.outcome, '{{}}')
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]) AS t (application, name, amount, cap)
    JOIN {Application._meta.db_table} a ON a.id = t.application
    LEFT JOIN {Assessment._meta.db_table} s ON s.id = a.assessment_id
    RETURNING application_id, id
"""


def _written(found: Sequence[Ready], day: date, part: int) -> dict[int, int]:
    """The awards by application."""
    with connection.cursor() as cursor:
        cursor.execute(
            _AWARDS,
            [
                part,
                day.year,
                [one.application.pk for one in found],
                [one.programme.title.zh[:80] for one in found],
                [one.amount.fen for one in found],
                [one.cap.fen if one.cap else None for one in found],
            ],
        )
        return dict(cursor.fetchall())


def _due(one: Ready, award: int, card: Card, approver: int) -> payments.NewDue:
    assert one.application.fund_id is not None  # else it was not ready
    return payments.NewDue(
        org_path=str(one.application.org_id),
        payee=card.name,
        bank=card.bank,
        branch=card.branch,
        card_cipher=card.card_cipher,
        card_hash=card.card_hash,
        card_mask=card.card_mask,
        amount=one.amount,
        fund_id=one.application.fund_id,
        purpose=one.programme.purpose,
        reason=one.programme.title.zh,
        source_kind=Award._meta.label,
        source=award,
        approver_id=approver,
        urgent=one.application.act_first,
    )
