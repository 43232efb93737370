"""A drive from plan to decision: made by one person, decided by another, paid by a third."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import ZERO, Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger.models import Fund
from nuanxin.payments import services as payments
from nuanxin.records import services as records

from .. import flow, limits
from ..models import Drive, Recipient
from ..permissions import PLAN
from .following import follow_merges, refuse_merged

#: States in which a drive's plan and list may change.
OPEN = ("draft", "returned")


def open_for_change(drive: Drive) -> Drive:
    """The drive, locked, while its plan may change; the current actor must be a planner."""
    scope.current().require(PLAN)
    row = Drive.objects.select_for_update(of=("self",)).filter(pk=drive.pk).first()
    if row is None:
        raise OutOfSight(Drive._meta.label, drive.pk)
    if row.state not in OPEN:
        raise Refused(
            _("活动当前为“%(state)s”，名单和标准不能再改。如需修改，请由审批人退回。")
            % {"state": row.get_state_display()},
            code="wrong_state",
        )
    return row


def check_plan(
    *, org_path: str, starts_on: date, ends_on: date, fund: Fund, cash: Money, gift: str, gift_value: Money
) -> None:
    """Refuse a plan that cannot be right: its period, its fund, its amounts."""
    if ends_on < starts_on:
        raise Refused(_("结束日期不能早于开始日期。"), code="period", field="ends_on")
    if limits.PROGRAMME not in fund.uses:
        raise Refused(
            _("“%(fund)s”不能用于送温暖，请另选资金。") % {"fund": fund}, code="fund_use", field="fund"
        )
    if gift_value and not gift:
        raise Refused(_("填写了价值，请同时写明慰问品。"), code="no_gift", field="gift")
    if not cash and not gift:
        raise Refused(_("慰问金和慰问品至少填写一项。"), code="nothing_given", field="cash")
    limits.check_per_time(cash, limits.in_force(org_path, timezone.localdate()))


@transaction.atomic
def create_drive(
    *,
    name: str,
    theme: str = "",
    starts_on: date,
    ends_on: date,
    fund: Fund,
    cash: Money,
    gift: str = "",
    gift_value: Money = ZERO,
) -> Drive:
    """Plan a drive of the actor's own node; each recipient gets `cash` and one gift pack."""
    actor = scope.current()
    actor.require(PLAN)
    plan: dict[str, Any] = {"starts_on": starts_on, "ends_on": ends_on, "fund": fund, "cash": cash}
    plan |= {"gift": gift, "gift_value": gift_value}
    check_plan(org_path=actor.org_path, **plan)
    drive = Drive.objects.create(
        org_id=actor.org_path, maker_id=actor.staff_id, name=name, theme=theme, **plan
    )
    records.note("drive.created", subject=drive, note=name)
    return drive


@transaction.atomic
def change_drive(
    *,
    drive: Drive,
    name: str,
    theme: str = "",
    starts_on: date,
    ends_on: date,
    fund: Fund,
    cash: Money,
    gift: str = "",
    gift_value: Money = ZERO,
) -> Drive:
    """Change the plan; what the families, workers and groups already on the list get follows it."""
    row = open_for_change(drive)
    plan: dict[str, Any] = {"starts_on": starts_on, "ends_on": ends_on, "fund": fund, "cash": cash}
    plan |= {"gift": gift, "gift_value": gift_value}
    check_plan(org_path=row.org_id, **plan)
    for field, value in {"name": name, "theme": theme, **plan}.items():
        setattr(row, field, value)
    row.save(update_fields=["name", "theme", *plan])
    _follow_plan(row)
    records.note("drive.changed", subject=row, note=name)
    return row


def _follow_plan(drive: Drive) -> None:
    """Give everybody on the list what the changed plan says."""
    people = drive.recipients.exclude(kind=Recipient.Kind.GROUP)
    if drive.cash:
        _refuse_without_card(people)
    packs = 1 if drive.gift else 0
    people.update(cash=drive.cash, gifts=packs, gift_value=drive.gift_value * packs)
    groups = drive.recipients.filter(kind=Recipient.Kind.GROUP)
    if not drive.gift and groups.filter(gifts__gt=0).exists():
        raise Refused(_("名单中的集体有慰问品，不能去掉慰问品。"), code="group_gifts", field="gift")
    unit = Value(drive.gift_value, output_field=MoneyField())
    groups.update(gift_value=F("gifts") * unit)


def _refuse_without_card(people: QuerySet[Recipient]) -> None:
    names = list(people.filter(card_cipher__isnull=True).values_list("name", flat=True)[:6])
    if names:
        raise Refused(
            _("名单中有人没有银行卡，不能发放慰问金：%(names)s。请先移出名单。")
            % {"names": "、".join(names[:5])},
            code="no_card",
            field="cash",
        )


@transaction.atomic
def submit_drive(*, drive: Drive) -> Drive:
    """Hand the whole list to the decision maker, once nobody on it is over a cap."""
    row = open_for_change(drive)
    follow_merges(drives=Drive.objects.filter(pk=row.pk))
    people = list(row.recipients.all())
    if not people:
        raise Refused(_("名单为空，请先添加慰问对象。"), code="no_recipients")
    today = timezone.localdate()
    caps = limits.in_force(row.org_id, today)
    limits.check_per_time(row.cash, caps)
    limits.refuse_over(limits.over_year(people, today.year, caps), caps)
    process = approvals.open_process(subject=row)
    return flow.DRIVE.fire(row, "submit", process=process)


@transaction.atomic
def return_drive(*, drive: Drive, reason: str) -> Drive:
    """Send the list back with the reason; the planner may change and submit it again."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("请写明退回理由。"), code="no_reason", field="reason")
    row = flow.DRIVE.fire(drive, "return", note=reason, returned_because=reason)
    approvals.vote(process=row.process, step="decide", verdict="return", reason=reason)
    return row


@transaction.atomic
def approve_drive(*, drive: Drive, note: str = "") -> Drive:
    """Approve the whole list in one go: caps are taken, the money is held, the dues are made.

    Refused, with nothing done, when somebody is over a cap (they are named), when the money does not
    suffice, when somebody on it was found to be another person since, or when the actor made the list. The
    year of a cap is that of the decision.
    """
    today = timezone.localdate()
    row = flow.DRIVE.fire(drive, "approve", note=note, decided_on=today, returned_because="")
    refuse_merged(row)
    approvals.vote(process=row.process, step="decide", verdict="pass", reason=note)
    people = list(row.recipients.order_by("pk"))
    caps = limits.in_force(row.org_id, today)
    limits.check_per_time(row.cash, caps)
    limits.take_year(people, today.year, caps)
    flow.RECIPIENT.fire_many(row.recipients.all(), "approve", org_path=row.org_id, note=row.name)
    _owe(row, people)
    approvals.close(process=row.process)
    return row


def _owe(drive: Drive, people: list[Recipient]) -> None:
    """Hold the money and owe it to the cards; gifts have a value but no payment."""
    approver = scope.current().staff_id
    assert approver is not None  # the vote before this was somebody's
    dues = [
        payments.NewDue(
            org_path=one.org_id,
            payee=one.name,
            bank=one.bank,
            branch=one.branch,
            card_cipher=bytes(one.card_cipher or b""),
            card_hash=bytes(one.card_hash or b""),
            card_mask=one.card_mask,
            amount=one.cash,
            fund_id=drive.fund_id,
            purpose=limits.PROGRAMME,
            reason=drive.name,
            source_kind=Recipient._meta.label,
            source=one.pk,
            approver_id=approver,
        )
        for one in people
        if one.cash
    ]
    if dues:
        payments.owe(dues=dues, account_org_path=drive.org_id)


@transaction.atomic
def close_drive(*, drive: Drive) -> Drive:
    """End a running drive; who has not been visited by then is not visited on it."""
    return flow.DRIVE.fire(drive, "close")


@transaction.atomic
def drop_drive(*, drive: Drive) -> Drive:
    """Give up a drive that was never approved."""
    return flow.DRIVE.fire(drive, "drop")
