"""Money: whole fen, exact, and the only place where yuan are rounded, read or written.

Inside the program an amount is a `Money`; yuan appear only at the edges (forms, files, pages) and,
as Decimal, inside a formula, which ends in `round_fen`. A float is refused everywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from .text import squeeze

MIN_FEN, MAX_FEN = -(2**63), 2**63 - 1  # what a bigint column holds

# 40 digits hold any bigint with room to spare, so one quantize is the only rounding that happens.
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
_FEN = Decimal("0.01")
_YUAN_TEXT = re.compile(r"(-?)¥?(-?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?元?")


class MoneyError(ValueError):
    """An amount that is not exact money. `code` is for programs, `message` (lazy) for people.

    Codes: not_exact (a float or another type), malformed, too_precise (more than two decimals),
    out_of_range.
    """

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def _out_of_range() -> MoneyError:
    return MoneyError("out_of_range", _("金额超出可记录的范围。"))


def _malformed() -> MoneyError:
    return MoneyError("malformed", _("请填写金额，例如 1,234.50。"))


def _too_precise() -> MoneyError:
    return MoneyError("too_precise", _("金额最多两位小数（精确到分）。"))


def not_exact() -> MoneyError:
    return MoneyError("not_exact", _("金额必须是精确的数，不接受浮点数。"))


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in fen (one hundredth of a yuan), negative allowed, within a bigint."""

    fen: int

    def __post_init__(self) -> None:
        if not _is_int(self.fen):
            raise not_exact()
        if not MIN_FEN <= self.fen <= MAX_FEN:
            raise _out_of_range()

    @classmethod
    def yuan(cls, value: Decimal | int | str) -> "Money":
        """The exact amount of so many yuan; MoneyError when it would need rounding."""
        if isinstance(value, str):
            return parse_yuan(value)
        if not (isinstance(value, Decimal) or _is_int(value)):
            raise not_exact()
        exact = Decimal(value)
        money = round_fen(exact)
        if money.to_yuan() != exact:
            raise _too_precise()
        return money

    @classmethod
    def total(cls, amounts: Iterable["Money"]) -> "Money":
        """The sum; nothing at all sums to zero."""
        return cls(sum(amount.fen for amount in amounts))

    def to_yuan(self) -> Decimal:
        """Exact yuan with two decimals, for formulas and files."""
        return Decimal(self.fen).scaleb(-2, _EXACT)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen) if isinstance(other, Money) else NotImplemented

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen) if isinstance(other, Money) else NotImplemented

    def __mul__(self, times: int) -> "Money":
        return Money(self.fen * times) if _is_int(times) else NotImplemented

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __abs__(self) -> "Money":
        return Money(abs(self.fen))

    def __bool__(self) -> bool:
        return self.fen != 0

    def __str__(self) -> str:
        return format_yuan(self)

    def deconstruct(self) -> tuple[str, tuple[int], dict[str, Any]]:
        """How a migration writes this value, so that a column may have an amount as its default."""
        return "nuanxin.kernel.money.Money", (self.fen,), {}


ZERO = Money(0)


def round_fen(yuan: Decimal) -> Money:
    """Yuan to the nearest fen, half away from zero: the one rounding, the same as PostgreSQL's round()."""
    if not isinstance(yuan, Decimal):
        raise not_exact()
    if not yuan.is_finite():
        raise _malformed()
    try:
        return Money(int(yuan.quantize(_FEN, context=_EXACT).scaleb(2, _EXACT)))
    except InvalidOperation:
        raise _out_of_range() from None


def parse_yuan(text: str) -> Money:
    """What a person wrote ('1,234.50', '￥１２００', '-80元') as Money.

    Commas must stand at thousands, and a third decimal is refused even when zero: '1.500' may
    have been meant as fifteen hundred.
    """
    match = _YUAN_TEXT.fullmatch(squeeze(text))
    if match is None or (match[1] and match[2]):
        raise _malformed()
    decimals = match[4] or ""
    if len(decimals) > 2:
        raise _too_precise()
    # The column holds 19 digits; longer text is not worth turning into a number.
    whole = match[3].replace(",", "").lstrip("0")
    if len(whole) > 18:
        raise _out_of_range()
    fen = int((whole or "0") + decimals.ljust(2, "0"))
    return Money(-fen if match[1] or match[2] else fen)


def format_yuan(amount: Money) -> str:
    """'1,234.50': yuan with thousands commas and always two decimals."""
    yuan, fen = divmod(abs(amount.fen), 100)
    return f"{_minus(amount)}{yuan:,}.{fen:02d}"


def format_wan(amount: Money) -> str:
    """'0.1234': in 10,000 yuan with four decimals (whole yuan, half away from zero), as returns want it."""
    yuan = (abs(amount.fen) + 50) // 100
    wan, rest = divmod(yuan, 10_000)
    return f"{_minus(amount) if yuan else ''}{wan:,}.{rest:04d}"


def _minus(amount: Money) -> str:
    return "-" if amount.fen < 0 else ""


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
# The units from large to small: (value, its word). 亿 comes first and is applied to its own
# multiple in turn, which gives 万亿 without a word of its own.
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))
_CAPITALS_LIMIT = 10**16  # yuan; beyond 万亿 the rules name no further unit


def capitals(amount: Money) -> str:
    """The amount in capital Chinese numerals, as vouchers and receipts require it.

    After the rules for filling in bills and settlement vouchers (支付结算办法, annex 1): 整 closes an
    amount that ends at yuan or jiao, zeros in a row are read once, and 零 stands between yuan and a
    following jiao or fen whenever a place is empty there. MoneyError from 10^16 yuan on.
    """
    yuan, rest = divmod(abs(amount.fen), 100)
    if yuan >= _CAPITALS_LIMIT:
        raise _out_of_range()
    sign = "负" if amount.fen < 0 else ""
    return sign + (f"{_spell(yuan)}元" if yuan or not rest else "") + _small_change(yuan, rest)


def _small_change(yuan: int, rest: int) -> str:
    jiao, fen = divmod(rest, 10)
    if not rest:
        return "整"
    gap = "零" if yuan and (not jiao or yuan % 10 == 0) else ""
    return gap + (f"{_DIGITS[jiao]}角" if jiao else "") + (f"{_DIGITS[fen]}分" if fen else "整")


def _spell(number: int) -> str:
    if number < 10:
        return _DIGITS[number]
    size, word = next(unit for unit in _UNITS if number >= unit[0])
    head, tail = divmod(number, size)
    if not tail:
        return _spell(head) + word
    gap = "零" if tail < size // 10 else ""
    return _spell(head) + word + gap + _spell(tail)
