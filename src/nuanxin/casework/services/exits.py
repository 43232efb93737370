"""Leaving difficulty: the exit is proposed with its evidence, tested by the policy, and decided by another.

What follows an exit is done with the decision: the file is closed, a taper begins, money wrongly had is
demanded back, and the household is watched for a while.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records

from .. import determination, relations, stated
from ..flow import EXIT
from ..models import Award, Exit, File, Guarantee, Recovery, Taper, Watch
from ..permissions import APPLY
from .common import Verdict, need_reason, open_round, speak
from .determining import determine_one
from .files import close_file
from .watches import watch

STEP = "decide"
#: Exits that mean difficulty has ended; the others are not tested by the policy.
ENDED = (Exit.Kind.LIFTED, Exit.Kind.RELIEVED)
#: Results of the policy of leaving that allow each of them.
_ALLOWS: dict[str, tuple[str, ...]] = {"lifted": ("lifted",), "relieved": ("lifted", "relieved")}
#: The half year before an exit, over which the aid a family had is averaged.
_HALF_YEAR = timedelta(days=183)
_MONTHS = 6


@dataclass(frozen=True)
class Evidence:
    """What an exit rests on: the family's monthly incomes, oldest first, and each item of the checklist with
    whether it is met and by what evidence."""

    cause_gone: bool | None = None
    incomes: Sequence[Money] = ()
    guarantees: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@transaction.atomic
def propose_exit(
    *,
    file: File,
    kind: str,
    reason: str,
    evidence: Evidence | None = None,
    taper_months: int = 0,
    former: Money | None = None,
    reclaimed: Money | None = None,
    exit: Exit | None = None,
) -> Exit:
    """Draft the exit of an open file, or write a draft or returned one (`exit`) anew.

    Refused when the file is closed, another exit is under way, or figures do not belong to the kind.
    """
    actor = scope.current()
    actor.require(APPLY)
    reason = need_reason(reason)
    _check_what_follows(file, kind, taper_months, former, reclaimed)
    shown = evidence or Evidence()
    row = exit or Exit(org_id=file.org_id, file=file, officer_id=actor.staff_id)
    if row.state not in ("draft", "returned") or file.state != "open":
        raise Refused(_("该退出已提交或已办结，不能再改动。"), code="wrong_state")
    row.kind, row.reason, row.taper_months = kind, reason, taper_months
    row.former, row.reclaimed = former if taper_months else None, reclaimed
    row.cause_gone, row.incomes = shown.cause_gone, [amount.fen for amount in shown.incomes]
    row.proposed_on = timezone.localdate()
    _save(row)
    _keep_guarantees(row, shown.guarantees)
    row.assessment_id = _tested(row) if kind in ENDED else None
    row.save(update_fields=["assessment"])
    records.note("exit.proposed" if exit is None else "exit.changed", subject=file, note=reason)
    return row


def _check_what_follows(
    file: File, kind: str, taper_months: int, former: Money | None, reclaimed: Money | None
) -> None:
    if taper_months and kind not in ENDED:
        raise Refused(_("只有脱困或解困才有渐退期。"), code="no_taper", field="taper_months")
    if taper_months and not former:
        raise Refused(_("设渐退期须写明原月救助标准。"), code="no_former", field="former")
    if reclaimed and kind != Exit.Kind.FRAUD:
        raise Refused(_("只有弄虚作假才追回救助金。"), code="no_reclaim", field="reclaimed")
    if reclaimed and reclaimed > (had := paid_to(file)):
        message = _("追回金额不能超过已到卡的 %(had)s 元。")
        raise Refused(message % {"had": had}, code="reclaims_more", field="reclaimed")


def paid_to(file: File) -> Money:
    """What reached the family's card through the file, of all programmes and years."""
    return Award.objects.filter(file=file, state="paid").aggregate(total=Sum("amount"))["total"] or Money(0)


def _save(row: Exit) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "exit_one_open" not in str(error):
            raise
        raise Refused(_("该档案已有办理中的退出，请在原退出上继续办理。"), code="exit_open") from error


def _keep_guarantees(row: Exit, items: Mapping[str, tuple[str, str]]) -> None:
    row.guarantees.all().delete()
    for item, (met, evidence) in items.items():
        if not evidence.strip():
            label = Guarantee.Item(item).label
            message = _("请写明“%(item)s”的核实依据。") % {"item": label}
            raise Refused(message, code="no_evidence", field=f"evidence_{item}")
        Guarantee.objects.create(org_id=row.org_id, exit=row, item=item, met=met, evidence=evidence.strip())


def _tested(row: Exit) -> int:
    """The policy of leaving asked about the family, on what the proposal states."""
    day = row.proposed_on
    known = relations.of_files(File.objects.filter(pk=row.file_id), determination.EXIT, day)
    given = stated.with_facts(
        known,
        flags={"cause_gone": row.cause_gone},
        amounts={"aid_monthly": _aid_monthly(row.file, day).fen},
        lists={
            "incomes": [{"income": fen} for fen in row.incomes] or None,
            "guarantees": [{"met": _MET[item.met]} for item in row.guarantees.order_by("pk")] or None,
        },
    )
    return determine_one(programme=determination.EXIT, given=given, day=day)


#: The pack's own words for an item, which no other code list of it shares.
_MET = {"yes": "yes_met", "no": "not_met", "not_needed": "not_needed"}


def _aid_monthly(file: File, day: date) -> Money:
    """The aid the family had a month over the last half year, rounded down to the fen."""
    had = Award.objects.filter(file=file, state="paid", paid_on__gt=day - _HALF_YEAR, paid_on__lte=day)
    total = had.aggregate(total=Sum("amount"))["total"] or Money(0)
    return Money(total.fen // _MONTHS)


@transaction.atomic
def submit_exit(*, exit: Exit) -> Exit:
    """Hand the exit to the decision maker.

    Refused when money to the family is on its way, or when the policy of leaving does not bear it out.
    """
    row = Exit.objects.select_for_update(of=("self",)).select_related("assessment").get(pk=exit.pk)
    _refuse_unsupported(row)
    _refuse_money_on_its_way(row.file)
    return EXIT.fire(row, "submit", process=open_round(row), returned_because="")


def _refuse_unsupported(row: Exit) -> None:
    if row.kind not in ENDED:
        return
    result = row.assessment.result if row.assessment else ""
    if result not in _ALLOWS[row.kind]:
        raise Refused(
            _("退出标准的结论不支持“%(kind)s”，请核对认定说明，补齐情况或改选退出类型。")
            % {"kind": row.get_kind_display()},
            code="not_supported",
            field="kind",
        )


def _refuse_money_on_its_way(file: File) -> None:
    if Award.objects.filter(file=file, state__in=["approved", "returned"]).exists():
        raise Refused(_("该户还有待发放或被银行退回的救助金，办结后才能退出。"), code="award_open")


@transaction.atomic
def return_exit(*, exit: Exit, reason: str) -> Exit:
    """Send the exit back to the officer, with what to change."""
    reason = need_reason(reason)
    row = EXIT.fire(exit, "return", note=reason, returned_because=reason)
    speak(row, STEP, Verdict.RETURN, reason)
    return row


@transaction.atomic
def withdraw_exit(*, exit: Exit) -> Exit:
    """Take the proposal back before it is decided; the file stays open."""
    return EXIT.fire(exit, "withdraw")


@transaction.atomic
def approve_exit(*, exit: Exit) -> Exit:
    """Close the file and begin what follows: taper, recovery, watch.

    Refused for who proposed it, and when what it rests on no longer holds.
    """
    today = timezone.localdate()
    row = EXIT.fire(exit, "approve", decided_on=today)
    _refuse_unsupported(row)
    speak(row, STEP, Verdict.PASS)
    approvals.close(process=row.process)
    file = close_file(file=row.file, reason=f"{row.get_kind_display()}：{row.reason}"[:200], on=today)
    _begin_what_follows(row, file, today)
    return row


def _begin_what_follows(row: Exit, file: File, today: date) -> None:
    if row.taper_months and row.former:
        Taper.objects.create(
            org_id=row.org_id, exit=row, file=file, since=today, months=row.taper_months, former=row.former
        )
    if row.reclaimed:
        Recovery.objects.create(org_id=row.org_id, exit=row, demanded=row.reclaimed)
    if row.kind in ENDED:
        watch(household=file.household, file=file, kind=Watch.Kind.UNSTABLE, because=row.reason)


@transaction.atomic
def repay(*, recovery: Recovery, amount: Money, note: str) -> Recovery:
    """Enter money that came back after deceit; Refused beyond what is demanded."""
    scope.current().require(APPLY)
    row = Recovery.objects.select_for_update().get(pk=recovery.pk)
    if not Money(0) < amount <= row.demanded - row.repaid:
        message = _("本次追回应大于 0、不超过尚欠的 %(left)s 元。")
        raise Refused(message % {"left": row.demanded - row.repaid}, code="repays_more", field="amount")
    row.repaid += amount
    row.note = note.strip()
    row.closed_on = timezone.localdate() if row.repaid == row.demanded else None
    row.save(update_fields=["repaid", "note", "closed_on"])
    detail: dict[str, Any] = {"fen": amount.fen}
    records.note("recovery.repaid", subject=row.exit.file, note=row.note, detail=detail)
    return row
