"""Exact numbers in SQL: 64-bit integers scaled by a power of ten wherever the bounds allow, else numeric.

An addition of two bigints costs PostgreSQL a tenth of one of two numerics. Because every input has a
domain, it is known when the statement is written how large each figure can become, and so which of the
two forms is safe; nothing is checked while it runs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from .sqlwords import Sql, call, cast, divided, infix, integer, whole
from .types import SCALE

LIMIT = 9 * 10**18  # a bigint holds a little more


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of `scale` decimals whose size times 10^scale is at most `most`.

    `sql` is the number times 10^scale as bigint where it is `narrow`, else the number itself as numeric.
    """

    sql: Sql
    scale: int
    most: int
    narrow: bool = True

    def of(self, sql: Sql) -> "Figure":
        """The same kind of number from another place, such as the column it was put in."""
        return Figure(sql, self.scale, self.most, self.narrow)


Share = Callable[[Sql], Sql]


def wide(figure: Figure) -> Sql:
    """The number itself, as numeric."""
    if not figure.narrow:
        return figure.sql.copy()
    if not figure.scale:
        return cast(figure.sql.copy(), "numeric")
    return infix(exp.Mul, figure.sql.copy(), exp.Literal.number(f"0.{'0' * (figure.scale - 1)}1"))


def alike(*figures: Figure, room: int = 1) -> list[Figure]:
    """The figures in one form, as bigints of one scale where `room` times the largest of them fits."""
    scale = max(figure.scale for figure in figures)
    most = [figure.most * 10 ** (scale - figure.scale) for figure in figures]
    if all(figure.narrow for figure in figures) and room * max(most) <= LIMIT:
        return [
            Figure(_times(figure.sql, 10 ** (scale - figure.scale)), scale, bound)
            for figure, bound in zip(figures, most, strict=True)
        ]
    return [
        Figure(wide(figure), scale, bound, narrow=False) for figure, bound in zip(figures, most, strict=True)
    ]


def total(operation: type[exp.Binary], left: Figure, right: Figure) -> Figure:
    """A sum or a difference."""
    left, right = alike(left, right, room=2)
    made = infix(operation, left.sql, right.sql)
    return Figure(made, left.scale, left.most + right.most, left.narrow)


def product(left: Figure, right: Figure, share: Share) -> Figure:
    scale, most = left.scale + right.scale, left.most * right.most
    narrow = left.narrow and right.narrow and 2 * most <= LIMIT
    sides = [left.sql.copy(), right.sql.copy()] if narrow else [wide(left), wide(right)]
    return rounded(Figure(infix(exp.Mul, *sides), scale, most, narrow), SCALE, share)


def quotient(left: Figure, right: Figure, share: Share) -> Figure:
    """Rounded to SCALE decimals, unknown when `right` is zero."""
    shift = 10 ** (SCALE - left.scale + right.scale)
    most = left.most * shift
    if left.narrow and right.narrow and 2 * most <= LIMIT:
        divisor = call("nullif", right.sql.copy(), integer(0))
        twice = divided(_times(left.sql, 2 * shift), divisor)
        return Figure(_half(share(twice)), SCALE, most)
    # "/" chooses its own number of decimals: div() is exact, at one digit more than is kept.
    shifted = infix(exp.Mul, wide(left), exp.Literal.number(10 ** (SCALE + 1)))
    exact = call("div", shifted, call("nullif", wide(right), whole(0)))
    unit = exp.Literal.number(f"0.{'0' * SCALE}1")
    return Figure(call("round", infix(exp.Mul, exact, unit), whole(SCALE)), SCALE, most, narrow=False)


def rounded(figure: Figure, places: int, share: Share) -> Figure:
    """Half away from zero at `places` decimals; a figure with no more of them stays as it is."""
    if figure.scale <= places:
        return figure
    unit = 10 ** (figure.scale - places)
    most = figure.most // unit + 1
    if figure.narrow and 2 * figure.most <= LIMIT:
        twice = divided(_times(figure.sql, 2), integer(unit))
        return Figure(_half(share(twice)), places, most)
    return Figure(call("round", wide(figure), whole(places)), places, most, narrow=False)


def fen(figure: Figure) -> Sql:
    """A benefit as bigint fen: rounded once, and never below zero."""
    if not figure.narrow:
        due = call("round", call("numeric_larger", figure.sql.copy(), cast(whole(0), "numeric")), whole(2))
        return cast(infix(exp.Mul, due, whole(100)), "bigint")
    due = call("int8larger", figure.sql.copy(), integer(0))
    if figure.scale <= 2:
        return _times(due, 10 ** (2 - figure.scale))
    unit = 10 ** (figure.scale - 2)
    return divided(infix(exp.Add, due, integer(unit // 2)), integer(unit))


def extreme(which: str, *figures: Figure) -> Figure:
    """The lowest (smaller) or highest (larger); unlike LEAST and GREATEST, unknown as soon as one is."""
    sides = alike(*figures)
    kind = "int8" if sides[0].narrow else "numeric"
    found = sides[0].sql
    for other in sides[1:]:
        found = call(f"{kind}{'' if sides[0].narrow else '_'}{which}", found, other.sql)
    return Figure(found, sides[0].scale, max(side.most for side in sides), sides[0].narrow)


def _times(sql: Sql, factor: int) -> Sql:
    return sql.copy() if factor == 1 else infix(exp.Mul, sql.copy(), integer(factor))


def _half(twice: Sql) -> Sql:
    """Half of a whole number, away from zero: division of bigints drops the fraction towards it.

    So a quotient is rounded half away from zero by taking twice as much and dropping half of it.
    """
    return infix(exp.Sub, twice, divided(twice.copy(), integer(2)))
