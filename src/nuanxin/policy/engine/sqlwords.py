"""Small words for writing SQL as a tree: every value is bound, no text is ever pasted into a statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

Sql = exp.Expr


@dataclass(slots=True)
class Binds:
    """The values of a statement by placeholder name; equal values share one placeholder."""

    values: dict[str, Any] = field(default_factory=dict)
    names: dict[tuple[type, Any], str] = field(default_factory=dict)

    def bind(self, value: Any, of: str) -> Sql:
        """A typed placeholder for the value."""
        key = (type(value), tuple(value) if isinstance(value, list) else value)
        name = self.names.setdefault(key, f"p{len(self.names)}")
        self.values[name] = value
        return cast(exp.Placeholder(this=name), of)

    def text(self, value: str) -> Sql:
        return self.bind(value, "text")


def cast(value: Sql, of: str) -> Sql:
    return exp.Cast(this=value, to=exp.DataType.build(of, dialect="postgres"))


def column(name: str, table: str = "") -> Sql:
    return exp.column(name, table=table or None, quoted=True)


def named(value: Sql, name: str) -> Sql:
    return exp.alias_(value, name, quoted=True)


def call(function: str, *args: Sql) -> Sql:
    return exp.Anonymous(this=function, expressions=list(args))


def integer(value: int) -> Sql:
    return cast(exp.Literal.number(value), "bigint")


NOTHING = integer(0)  # the mask of a figure that lacks no input


def whole(value: int) -> Sql:
    return exp.Literal.number(value)


def infix(operation: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    return exp.Paren(this=operation(this=left, expression=right))


def divided(left: Sql, right: Sql) -> Sql:
    """The quotient of two bigints as PostgreSQL gives it, without its fraction."""
    return exp.Paren(this=exp.Div(this=left, expression=right, typed=True))


def missing(value: Sql) -> Sql:
    return exp.Is(this=value, expression=exp.null())


def within(value: Sql, low: int, high: int) -> Sql:
    return exp.Between(this=value, low=integer(low), high=integer(high))


def cases(*pairs: tuple[Sql, Sql], otherwise: Sql | None = None, of: Sql | None = None) -> Sql:
    """CASE [of] WHEN … THEN … ELSE otherwise END; without pairs just `otherwise`."""
    if not pairs:
        return otherwise or exp.null()
    ifs = [exp.If(this=condition, true=value) for condition, value in pairs]
    return exp.Case(this=of, ifs=ifs, default=otherwise)


def either(conditions: Sequence[Sql]) -> Sql:
    """OR of any number of conditions; false of none."""
    return exp.paren(exp.or_(*conditions)) if conditions else exp.false()


def masked(condition: Sql, mask: Sql) -> Sql:
    """The mask where the condition holds, else nothing."""
    return mask if mask == NOTHING else cases((condition, mask), otherwise=NOTHING.copy())


def bits(masks: Sequence[Sql]) -> Sql:
    """The union of bit masks; nothing of none."""
    union = NOTHING.copy()
    for mask in masks:
        if mask != NOTHING:
            union = mask if union == NOTHING else infix(exp.BitwiseOr, union, mask)
    return union


def texts(*values: Sql) -> Sql:
    return cast(exp.Array(expressions=list(values)), "text[]")


def collected(pairs: Sequence[tuple[Sql, Sql]]) -> Sql:
    """An array of the texts whose condition holds, in order."""
    return call("array_remove", texts(*(cases(pair) for pair in pairs)), cast(exp.null(), "text"))


def fenced(query: exp.Select, name: str) -> exp.Subquery:
    """A subselect the planner does not pull up, so that each of its figures is computed once a row."""
    return query.offset(0).subquery(name)


def text(query: Sql) -> str:
    return query.sql(dialect="postgres")
