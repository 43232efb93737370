"""The closed set of types a figure in a pack can have, and the domain each type allows."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import Any

from nuanxin.kernel.money import Money


class Kind(StrEnum):
    MONEY = "money"  # yuan
    NUMBER = "number"  # a bare number, a share, a multiple, months
    COUNT = "count"  # a whole number, never negative
    FLAG = "flag"
    DATE = "date"
    CODE = "code"  # one value of a named code list
    LIST = "list"  # rows that belong to the subject, such as its expenses


@dataclass(frozen=True, slots=True)
class Type:
    kind: Kind
    codes: str = ""  # name of the code list, for Kind.CODE

    @property
    def numeric(self) -> bool:
        return self.kind in (Kind.MONEY, Kind.NUMBER, Kind.COUNT)

    @property
    def bare(self) -> bool:
        """A number without the unit yuan."""
        return self.kind in (Kind.NUMBER, Kind.COUNT)

    def __str__(self) -> str:
        return f"{self.kind} {self.codes}".strip()


MONEY, NUMBER, COUNT = Type(Kind.MONEY), Type(Kind.NUMBER), Type(Kind.COUNT)
FLAG, DATE, LIST = Type(Kind.FLAG), Type(Kind.DATE), Type(Kind.LIST)
PLAIN = {str(t.kind): t for t in (MONEY, NUMBER, COUNT, FLAG, DATE)}

# Every figure keeps at most this many decimals. Quotients, and products that would need more, are
# rounded to it, half away from zero, at the same places by both runners. Eight keep a third of a
# million yuan exact to the fen, and leave room for a family's money in 64 bits.
SCALE = 8
# Whole digits a fact may have; a fact beyond them is unknown, and so is a sum over a list that grows
# beyond them. They let the checker bound every formula, so that neither runner can overflow.
FACT_DIGITS = {Kind.MONEY: 10, Kind.NUMBER: 9, Kind.COUNT: 7}
STANDARD_DIGITS = {Kind.MONEY: 8, Kind.NUMBER: 6, Kind.COUNT: 6}
STANDARD_SCALE = 6
LIST_DIGITS = 6  # a count of rows beyond them is unknown
MOST_DIGITS = 34
FEN_DIGITS = 16  # whole yuan digits that surely fit a bigint of fen

# Digits enough for every bounded figure; nothing is ever rounded by the context itself.
EXACT = Context(prec=160, rounding=ROUND_HALF_UP)


def rounded(value: Decimal, places: int = SCALE) -> Decimal:
    """Half away from zero at `places` decimals, as PostgreSQL's round(numeric, n) does."""
    return value.quantize(Decimal(1).scaleb(-places), context=EXACT)


def known(value: Any, of: Type, codes: frozenset[str] = frozenset()) -> Any:
    """A fact as a figure of its type, or None when it is missing or outside the type's domain.

    Money comes as Money or as yuan; numbers as int or Decimal. TypeError for a Python type that
    cannot be meant (a float, a text for a number): that is a fault of the caller, not of the facts.
    """
    if value is None:
        return None
    if of.kind is Kind.FLAG:
        return _typed(value, bool)
    if of.kind is Kind.DATE:
        return _typed(value, date)
    if of.kind is Kind.CODE:
        return value if _typed(value, str) in codes else None
    if isinstance(value, Money) and of.kind is Kind.MONEY:
        value = value.to_yuan()
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r} is not a {of}")
    return _figure(Decimal(value), of.kind)


def standard(value: Decimal, of: Type) -> Decimal | None:
    """A dated parameter's value within the bounds formulas are checked for; None beyond them."""
    if not value.is_finite():
        return None
    figure = rounded(value, STANDARD_SCALE)
    return figure if abs(figure) < 10 ** STANDARD_DIGITS[of.kind] else None


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value


def _figure(value: Decimal, kind: Kind) -> Decimal | None:
    if not value.is_finite() or abs(value) >= 10 ** FACT_DIGITS[kind]:
        return None
    if kind is Kind.NUMBER:
        return rounded(value)
    exact = rounded(value, 2 if kind is Kind.MONEY else 0)
    if exact != value or (kind is Kind.COUNT and value < 0):
        return None
    return exact
