"""Small words for writing SQL as a tree: every value is bound, no text is ever pasted into a statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

Sql = exp.Expr

NULL, TRUE, FALSE = exp.null(), exp.true(), exp.false()


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


def whole(value: int) -> Sql:
    return exp.Literal.number(value)


def infix(operation: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    return exp.Paren(this=operation(this=left, expression=right))


def missing(value: Sql) -> Sql:
    return exp.Is(this=value, expression=exp.null())


def present(value: Sql) -> Sql:
    return exp.Not(this=missing(value))


def cases(*pairs: tuple[Sql, Sql], otherwise: Sql | None = None, of: Sql | None = None) -> Sql:
    """CASE [of] WHEN … THEN … ELSE otherwise END; without pairs just `otherwise`."""
    if not pairs:
        return otherwise or exp.null()
    ifs = [exp.If(this=condition, true=value) for condition, value in pairs]
    return exp.Case(this=of, ifs=ifs, default=otherwise)


def either(conditions: Sequence[Sql]) -> Sql:
    """OR of any number of conditions; false of none."""
    return exp.paren(exp.or_(*conditions)) if conditions else exp.false()


def bits(masks: Sequence[Sql]) -> Sql:
    """The union of bit masks; zero of none."""
    if not masks:
        return integer(0)
    union = masks[0]
    for mask in masks[1:]:
        union = infix(exp.BitwiseOr, union, mask)
    return union


def collected(pairs: Sequence[tuple[Sql, Sql]]) -> Sql:
    """An array of the texts whose condition holds, in order."""
    listed = exp.Array(expressions=[cases(pair) for pair in pairs]) if pairs else exp.Array(expressions=[])
    return call("array_remove", cast(listed, "text[]"), cast(exp.null(), "text"))


def fenced(query: exp.Select, name: str) -> exp.Subquery:
    """A subselect the planner does not pull up, so that each of its figures is computed once a row."""
    return query.offset(0).subquery(name)


def text(query: Sql) -> str:
    return query.sql(dialect="postgres")
