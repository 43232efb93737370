"""Money moves here and nowhere else: appropriations, holds, their posting or voiding, reversals, quotas.

Every function is one transaction and set-based. The balances follow by trigger; what the database
refuses (an overspent account, a use the fund does not allow) comes back as a Refused in words.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.orgs.models import Node
from nuanxin.records import services as records

from . import queries
from .models import Account, Fund, Transfer
from .permissions import APPROPRIATE

_MAX_MEMO = 200


class Overspent(Refused):
    """The account has less free than is asked of it; nothing was booked."""

    def __init__(self, account: Account, free: Money, asked: Money) -> None:
        message = _(
            "“%(fund)s”在%(org)s的可用余额为 %(free)s 元，本次需要 %(asked)s 元，差 %(short)s 元。"
            "请减少金额，或等拨款到账后再办理。"
        ) % {
            "fund": account.fund.local_name,
            "org": account.org.local_name,
            "free": format_yuan(free),
            "asked": format_yuan(asked),
            "short": format_yuan(asked - free),
        }
        super().__init__(message, code="overspent", field="amount")
        self.free, self.asked = free, asked


class OverQuota(Refused):
    """Somebody would pass a yearly cap; `over` maps each such key to (had so far, asked now)."""

    def __init__(self, over: dict[bytes, tuple[Money, Money]], year: int, cap: Money) -> None:
        used, asked = max(over.values(), key=lambda pair: pair[0] + pair[1])
        message = _(
            "%(year)s 年度每人（户）限额为 %(cap)s 元，有 %(count)s 个对象超限"
            "（其中最高：已有 %(used)s 元，本次 %(asked)s 元）。请调整金额或移出名单。"
        ) % {
            "year": year,
            "cap": format_yuan(cap),
            "count": len(over),
            "used": format_yuan(used),
            "asked": format_yuan(asked),
        }
        super().__init__(message, code="over_quota")
        self.over = over


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One amount to hold. `key` makes a repetition harmless; `purpose` must be one of the fund's uses."""

    key: str
    amount: Money
    purpose: str
    memo: str = ""


# -- appropriations, receipts, reversals -----------------------------------------------------------


@transaction.atomic
def appropriate(
    *,
    fund: Fund,
    to_org_path: str,
    amount: Money,
    memo: str,
    key: str,
    from_org_path: str | None = None,
) -> Transfer:
    """Give money of a fund to a node: from a node above it, or, without one, from outside (a receipt).

    The same `key` with the same input returns the transfer already made; with another input it is
    refused (code key_reused). Raises Denied, OutOfSight, Refused (not_below, no_amount), Overspent.
    """
    scope.current().require(APPROPRIATE)
    if amount <= Money(0):
        raise Refused(_("金额必须大于 0。"), code="no_amount", field="amount")
    receiver = _node(to_org_path)
    if from_org_path is None:
        giver = _account(fund, receiver, Account.Kind.SOURCE)
    elif from_org_path == to_org_path or not to_org_path.startswith(from_org_path):
        raise Refused(_("只能向本级的下级单位拨款。"), code="not_below", field="to")
    else:
        giver = _account(fund, _node(from_org_path), Account.Kind.AVAILABLE)
    taker = _account(fund, receiver, Account.Kind.AVAILABLE)
    return _book(Transfer.Kind.APPROPRIATE, giver, taker, amount, memo.strip()[:_MAX_MEMO], key)


@transaction.atomic
def reverse(*, transfer: Transfer, memo: str) -> Transfer:
    """Take back an appropriation or receipt, whole; the receiver must still have it free.

    A payment is not reversed by hand: it comes back through the bank's result. Raises Denied,
    OutOfSight, Refused (no_reason, not_reversible, reversed_already), Overspent.
    """
    scope.current().require(APPROPRIATE)
    if not memo.strip():
        raise Refused(_("请写明冲正的原因。"), code="no_reason", field="memo")
    stored = Transfer.objects.filter(pk=transfer.pk).first()
    accounts = Account.objects.select_related("fund", "org").in_bulk(
        [stored.debit_id, stored.credit_id] if stored else []
    )
    if stored is None or len(accounts) < 2:
        raise OutOfSight(Transfer._meta.label, transfer.pk)
    if stored.kind != Transfer.Kind.APPROPRIATE:
        raise Refused(_("只能冲正收入和拨款；付款按银行回单登记。"), code="not_reversible")
    if Transfer.objects.filter(reverses=stored).exists():
        raise Refused(_("这笔拨款已经冲正，不能再次冲正。"), code="reversed_already")
    made = _book(
        Transfer.Kind.REVERSE,
        accounts[stored.credit_id],
        accounts[stored.debit_id],
        stored.amount,
        memo.strip()[:_MAX_MEMO],
        f"reverse:{stored.pk}",
        reverses=stored,
    )
    return made


def _node(path: str) -> Node:
    """The node at `path`, within the actor's scope."""
    node = Node.objects.filter(path=path).first()
    if node is None or not path.startswith(scope.current().org_path):
        raise OutOfSight(Node._meta.label, path)
    return node


def _account(fund: Fund, node: Node, kind: str) -> Account:
    """The account, opened when there is none yet; two who open it at once get the same one."""
    found, _made = Account.objects.get_or_create(fund=fund, org=node, kind=kind)
    return Account.objects.select_related("fund", "org").get(pk=found.pk)


def _hash(*parts: Any) -> bytes:
    """What a key stands for: 32 bytes over the input."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()


def _book(
    kind: str, debit: Account, credit: Account, amount: Money, memo: str, key: str, **links: Any
) -> Transfer:
    """One transfer with an idempotency key, noted in the audit trail of the account it leaves."""
    digest = _hash(kind, debit.pk, credit.pk, amount.fen, memo)
    before = Transfer.objects.filter(key=key).first()
    if before is None:
        try:
            with _refusing(debit, amount):
                made = Transfer.objects.create(
                    kind=kind,
                    debit=debit,
                    credit=credit,
                    debit_org_id=debit.org_id,
                    credit_org_id=credit.org_id,
                    amount=amount,
                    memo=memo,
                    booked_on=timezone.localdate(),
                    key=key,
                    input_hash=digest,
                    staff_id=scope.current().staff_id,
                    **links,
                )
        except _KeyTaken:
            before = Transfer.objects.filter(key=key).first()
        else:
            detail = {"fen": amount.fen, "to": credit.org_id}
            records.note(f"ledger.{kind}", subject=made, org_path=debit.org_id, note=memo, detail=detail)
            return made
    if before is None or bytes(before.input_hash) != digest:
        raise _key_reused()
    return before


class _KeyTaken(Exception):
    """Somebody else booked the same key a moment ago."""


def _key_reused() -> Refused:
    return Refused(_("这次提交的编号已用于另一笔不同的业务，请刷新页面后重新填写。"), code="key_reused")


@contextmanager
def _refusing(account: Account, asked: Money) -> Iterator[None]:
    """A savepoint in which the database's refusals become words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if constraint == "account_not_overspent":
            raise Overspent(account, Account.objects.get(pk=account.pk).free, asked) from error
        if constraint == "transfer_key":
            raise _KeyTaken from error
        if constraint and "resolves_id" in constraint:
            raise Refused(_("其中有款项已经结清，没有重复记账。"), code="resolved_already") from error
        raise


# -- holds -----------------------------------------------------------------------------------------


@transaction.atomic
def hold_many(*, fund: Fund, org_path: str, lines: Sequence[HoldLine]) -> list[int]:
    """Hold money of a node's account for payments to come; the holds' ids, in the order of `lines`.

    All or nothing, in one statement. A key held before with the same input is given back as it is.
    Raises Refused (purpose_not_allowed, key_reused), Overspent.
    """
    if not lines:
        return []
    if len({line.key for line in lines}) < len(lines):
        raise ValueError("two holds of one call have the same key")
    _check_purposes(fund, lines)
    node = _node(org_path)
    debit = _account(fund, node, Account.Kind.AVAILABLE)
    credit = _account(fund, node, Account.Kind.PAID)
    hashes = [_hash("hold", debit.pk, credit.pk, line.amount.fen, line.purpose, line.memo) for line in lines]
    with _refusing(debit, Money.total(line.amount for line in lines)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer (kind, debit_id, credit_id, debit_path, credit_path, amount,"
            " purpose, memo, booked_on, key, input_hash, staff_id)"
            " SELECT 'hold', %s, %s, %s, %s, t.amount, t.purpose, t.memo, %s, t.key, t.hash, %s"
            " FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bytea[]) WITH ORDINALITY"
            " AS t (key, amount, purpose, memo, hash, n) ORDER BY t.n ON CONFLICT (key) DO NOTHING"
            " RETURNING key, id",
            [
                debit.pk,
                credit.pk,
                debit.org_id,
                credit.org_id,
                timezone.localdate(),
                scope.current().staff_id,
                [line.key for line in lines],
                [line.amount.fen for line in lines],
                [line.purpose for line in lines],
                [line.memo[:_MAX_MEMO] for line in lines],
                hashes,
            ],
        )
        ids = dict(cursor.fetchall())
    ids |= _held_before({line.key: digest for line, digest in zip(lines, hashes, strict=True)}, ids)
    return [ids[line.key] for line in lines]


def _check_purposes(fund: Fund, lines: Sequence[HoldLine]) -> None:
    """The friendly word before the trigger's: name the use and what the fund is for."""
    wrong = sorted({line.purpose for line in lines} - set(fund.uses))
    if wrong:
        say = queries.purpose_label
        raise Refused(
            _("“%(fund)s”不能用于%(wrong)s，只能用于：%(allowed)s。请另选资金。")
            % {
                "fund": fund.local_name,
                "wrong": gettext("、").join(str(say(code)) for code in wrong),
                "allowed": gettext("、").join(str(say(code)) for code in fund.uses),
            },
            code="purpose_not_allowed",
            field="fund",
        )


def _held_before(hashes: dict[str, bytes], fresh: dict[str, int]) -> dict[str, int]:
    """The ids of holds made by an earlier call with the same keys; refused when that call asked otherwise."""
    missing = [key for key in hashes if key not in fresh]
    if not missing:
        return {}
    found = Transfer.objects.filter(key__in=missing, kind=Transfer.Kind.HOLD)
    known = {key: (pk, bytes(digest)) for pk, key, digest in found.values_list("pk", "key", "input_hash")}
    if any(key not in known or known[key][1] != hashes[key] for key in missing):
        raise _key_reused()
    return {key: known[key][0] for key in missing}


def post_many(*, holds: Sequence[int], booked_on: date) -> None:
    """The bank has paid these holds: the money is gone. Raises Refused (resolved_already)."""
    resolve_many(posted=holds, voided=(), booked_on=booked_on)


def void_many(*, holds: Sequence[int], booked_on: date) -> None:
    """These holds will not be paid: their money is free again. Raises Refused (resolved_already)."""
    resolve_many(posted=(), voided=holds, booked_on=booked_on)


@transaction.atomic
def resolve_many(*, posted: Sequence[int], voided: Sequence[int], booked_on: date) -> None:
    """Post some holds and void others, in one statement, so that the accounts are locked once and in order.

    Raises OutOfSight when a hold is not in sight, Refused (resolved_already).
    """
    holds = [*posted, *voided]
    if not holds:
        return
    account = Account.objects.filter(debits__pk=holds[0]).select_related("fund", "org").first()
    if account is None:
        raise OutOfSight(Transfer._meta.label, holds[0])
    with _refusing(account, Money(0)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer (kind, debit_id, credit_id, debit_path, credit_path, amount,"
            " purpose, memo, booked_on, key, input_hash, staff_id, resolves_id)"
            " SELECT t.kind, h.debit_id, h.credit_id, h.debit_path, h.credit_path, h.amount,"
            " h.purpose, h.memo, %s, t.kind || ':' || h.id,"
            " sha256(convert_to(t.kind || ':' || h.id, 'UTF8')), %s, h.id"
            # the keys as arrays: a join is a loop over loops as long as the table has no statistics
            " FROM ledger_transfer h CROSS JOIN LATERAL"
            " (SELECT CASE WHEN h.id = ANY (%s::bigint[]) THEN 'post' ELSE 'void' END AS kind) t"
            " WHERE h.id = ANY (%s::bigint[]) AND h.kind = 'hold' ORDER BY h.id",
            [booked_on, scope.current().staff_id, list(posted), holds],
        )
        if cursor.rowcount != len(holds):
            raise OutOfSight(Transfer._meta.label, holds[0])


# -- quotas ----------------------------------------------------------------------------------------


def _quota_arguments(measure: str, year: int, takes: Sequence[tuple[bytes, Money]], cap: Money) -> list[Any]:
    return [measure, year, [key for key, _m in takes], [amount.fen for _k, amount in takes], cap.fen]


@transaction.atomic
def take_quota(*, measure: str, year: int, takes: Sequence[tuple[bytes, Money]], cap: Money) -> None:
    """Count amounts against a yearly cap per key (a keyed hash of a person or family), over the whole tree.

    All or nothing; a negative amount gives back what was taken before. Raises OverQuota.
    """
    if not takes:
        return
    arguments = _quota_arguments(measure, year, takes, cap)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT ledger_take_quota(%s, %s, %s::bytea[], %s::bigint[], %s)", arguments)
    except IntegrityError as error:
        over = over_quota(measure=measure, year=year, takes=takes, cap=cap)
        if not over:
            raise
        raise OverQuota(over, year, cap) from error


def over_quota(
    *, measure: str, year: int, takes: Sequence[tuple[bytes, Money]], cap: Money
) -> dict[bytes, tuple[Money, Money]]:
    """Which keys these amounts would take over the cap: key to (had so far, asked now). Writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT over_key, over_used, over_asked"
            " FROM ledger_over_quota(%s, %s, %s::bytea[], %s::bigint[], %s)",
            _quota_arguments(measure, year, takes, cap),
        )
        return {bytes(key): (Money(used), Money(asked)) for key, used, asked in cursor.fetchall()}
