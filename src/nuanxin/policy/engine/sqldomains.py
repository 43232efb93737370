"""What the caller gives, brought into the domain and the form figures have inside the statement."""

from collections.abc import Iterable

from sqlglot import exp

from .sqlnumbers import Figure
from .sqlwords import Binds, Sql, call, cases, cast, infix, integer, whole, within
from .tree import Fact, Parameter
from .types import FACT_DIGITS, MONEY, SCALE, STANDARD_DIGITS, STANDARD_SCALE, Kind, Type

_SCALES = {Kind.MONEY: 2, Kind.NUMBER: SCALE, Kind.COUNT: 0}


def fact_figure(sql: Sql, of: Type) -> Figure:
    """A number within the domain of facts; one with decimals may have been rounded up to its end."""
    return Figure(sql, _SCALES[of.kind], 10 ** (FACT_DIGITS[of.kind] + _SCALES[of.kind]))


def standard_figure(sql: Sql, of: Type) -> Figure:
    scale = 2 if of == MONEY else STANDARD_SCALE
    return Figure(sql, scale, 10 ** (STANDARD_DIGITS[of.kind] + scale))


def fact_domain(fact: Fact, given: Sql, codes: Iterable[str], binds: Binds) -> Sql:
    """As types.known: a fact of the caller, null outside the domain of its type.

    A number is compared before it is cast, so that none is too large for the cast.
    """
    kind = fact.type.kind
    if kind is Kind.FLAG:
        return cast(given, "boolean")
    if kind is Kind.CODE:
        listed = exp.In(this=cast(given, "text"), expressions=[binds.text(code) for code in codes])
        return cases((listed, cast(given.copy(), "text")))
    if kind is Kind.DATE:
        first, last = binds.bind("0001-01-01", "date"), binds.bind("9999-12-31", "date")
        possible = exp.Between(this=cast(given, "date"), low=first, high=last)
        return cases((possible, cast(given.copy(), "date")))
    if kind is Kind.NUMBER:
        end = 10 ** FACT_DIGITS[kind]
        low, high = infix(exp.GT, given, integer(-end)), infix(exp.LT, given.copy(), integer(end))
        return cases((exp.and_(low, high), scaled(given.copy(), SCALE)))
    most = 10 ** (FACT_DIGITS[kind] + _SCALES[kind]) - 1
    whole_number = cast(given.copy(), "bigint")
    if kind is Kind.MONEY:
        return cases((within(given, -most, most), whole_number))
    exact = infix(exp.EQ, whole_number.copy(), given.copy())
    return cases((within(given, 0, most), cases((exact, whole_number))))


def standard_domain(item: Parameter, amount: Sql, number: Sql) -> Sql:
    """As types.standard: the value of a row within the bounds formulas are checked for."""
    end = 10 ** STANDARD_DIGITS[item.type.kind]
    if item.type == MONEY:
        return cases((within(amount, 1 - 100 * end, 100 * end - 1), amount.copy()))
    rounded = call("round", number, whole(STANDARD_SCALE))
    bounded = infix(exp.LT, call("abs", rounded), integer(end))
    return cases((bounded, scaled(number.copy(), STANDARD_SCALE)))


def scaled(number: Sql, places: int) -> Sql:
    """Any number rounded to decimals, as bigint times 10^places."""
    shifted = infix(exp.Mul, call("round", cast(number, "numeric"), whole(places)), integer(10**places))
    return cast(shifted, "bigint")
