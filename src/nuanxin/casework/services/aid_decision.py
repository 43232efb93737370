"""Deciding a list of awards in one go: quotas taken, budget held, dues made, all set-based."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.ledger import services as ledger
from nuanxin.payments import services as payments
from nuanxin.registry.models import Household, Person

from .. import determination
from ..flow import AID_LIST, AWARD
from ..models import AidList, Award, File
from . import double_aid
from .aid import NAMED, refuse_without_card
from .common import Verdict, need_reason, speak

STEP = "decide"


@dataclass(frozen=True)
class _Payee:
    """An award with the payee as the registry has them on the day of the decision."""

    award: int
    org_path: str
    amount: Money
    cap: Money | None
    head: bytes
    name: str
    bank: str
    branch: str
    card_cipher: bytes
    card_hash: bytes
    card_mask: str


@transaction.atomic
def approve_list(*, aid_list: AidList) -> AidList:
    """Approve every award on the list and owe it: the budget is held, the dues wait for the cashier.

    Refused as a whole, nothing written, when the actor made the list, a file was closed meanwhile, a
    payee has no card, a household would pass its yearly cap, or the fund does not reach.
    """
    row = AID_LIST.fire(aid_list, "approve", decided_on=timezone.localdate())
    speak(row, STEP, Verdict.PASS)
    awards = Award.objects.filter(aid_list=row, state="proposed")
    payees = _payees(row, awards)
    refuse_without_card(awards)
    double_aid.refuse_doubled(row, awards)
    _take_quotas(row, payees)
    approver = scope.current().staff_id or 0
    dues = [_due(row, payee, approver) for payee in payees]
    payments.owe(dues=dues, account_org_path=row.org_id)
    AWARD.fire_many(awards, "approve", org_path=row.org_id)
    approvals.close(process=row.process)
    return row


def _payees(aid_list: AidList, awards: QuerySet[Award]) -> list[_Payee]:
    """The awards with their payees, one query a table: a join would be planned on tables just filled."""
    rows = list(awards.order_by("pk").values_list("pk", "org_id", "amount", "cap", "file_id"))
    files = {file.pk: file for file in File.objects.filter(among([row[4] for row in rows]))}
    if aid_list.programme == determination.TAPER:
        _refuse(files.values(), "open", _BACK)
    else:
        _refuse(files.values(), "closed", _CLOSED)
    wanted = Household.objects.filter(among([file.household_id for file in files.values()]))
    homes = {home.pk: home for home in wanted}
    people = Person.objects.filter(among([home.head_id for home in homes.values()]))
    heads = {person.pk: person for person in people}
    payees = []
    for pk, org, amount, cap, file in rows:
        home = homes[files[file].household_id]
        payees.append(_payee(pk, str(org), amount, cap, home, heads[home.head_id]))
    return payees


def _payee(
    award: int, org_path: str, amount: Money, cap: Money | None, home: Household, head: Person
) -> _Payee:
    return _Payee(
        award=award,
        org_path=org_path,
        amount=amount,
        cap=cap,
        head=bytes(head.id_hash),
        name=head.name,
        bank=home.bank,
        branch=home.branch,
        card_cipher=bytes(home.card_cipher or b""),
        card_hash=bytes(home.card_hash or b""),
        card_mask=home.card_mask,
    )


_CLOSED = _("以下档案已退出：%(numbers)s。请退回名单，移出后再审批。")
_BACK = _("以下家庭已重新建档，不再渐退：%(numbers)s。请退回名单，移出后再审批。")


def _refuse(files: Iterable[File], state: str, message: Any) -> None:
    """Refused, naming the files in a state in which nothing is owed to them by this list."""
    found = sorted(file.number for file in files if file.state == state)[:NAMED]
    if found:
        raise Refused(message % {"numbers": "、".join(found)}, code=f"file_{state}")


def _take_quotas(aid_list: AidList, payees: list[_Payee]) -> None:
    """Count the awards against each household's yearly cap, by the caps their explanations carry."""
    by_cap: dict[Money, list[tuple[bytes, Money]]] = defaultdict(list)
    for payee in payees:
        if payee.cap is not None:
            by_cap[payee.cap].append((payee.head, payee.amount))
    measure = f"aid.{aid_list.programme}"
    over: dict[bytes, tuple[Money, Money]] = {}
    for cap, takes in by_cap.items():
        over |= ledger.over_quota(measure=measure, year=aid_list.year, takes=takes, cap=cap)
    if over:
        raise Refused(_over_message(payees, over), code="over_quota")
    for cap, takes in sorted(by_cap.items()):
        ledger.take_quota(measure=measure, year=aid_list.year, takes=takes, cap=cap)


def _over_message(payees: list[_Payee], over: dict[bytes, tuple[Money, Money]]) -> Any:
    said: list[str] = []
    for payee in payees:
        if payee.head in over and payee.cap is not None and len(said) < NAMED:
            used, asked = over[payee.head]
            line = gettext("%(name)s（本年已用 %(used)s 元，本次 %(asked)s 元，上限 %(cap)s 元）")
            said.append(line % {"name": payee.name, "used": used, "asked": asked, "cap": payee.cap})
    message = _("以下 %(count)s 户将超过年度上限：%(names)s。请退回名单，移出后再审批。")
    return message % {"count": len(over), "names": "、".join(said)}


def _due(aid_list: AidList, payee: _Payee, approver: int) -> payments.NewDue:
    return payments.NewDue(
        org_path=payee.org_path,
        payee=payee.name,
        bank=payee.bank,
        branch=payee.branch,
        card_cipher=payee.card_cipher,
        card_hash=payee.card_hash,
        card_mask=payee.card_mask,
        amount=payee.amount,
        fund_id=aid_list.fund_id,
        purpose=aid_list.programme,
        reason=aid_list.title,
        source_kind=Award._meta.label,
        source=payee.award,
        approver_id=approver,
    )


@transaction.atomic
def return_list(*, aid_list: AidList, reason: str) -> AidList:
    """Send the list back to who made it, with what to change."""
    reason = need_reason(reason)
    row = AID_LIST.fire(aid_list, "return", note=reason, returned_because=reason)
    speak(row, STEP, Verdict.RETURN, reason)
    return row
