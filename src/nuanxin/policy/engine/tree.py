"""The typed tree both runners walk, and the names an expression can see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .faults import At
from .texts import Text
from .types import Type


@dataclass(frozen=True, slots=True)
class Node:
    """One checked operation.

    `digits` and `scale` bound the whole digits and the decimals of a numeric result; `weight` is the
    size of the expression once written out; `support` names the inputs it can depend on.
    """

    op: str
    type: Type
    args: tuple["Node", ...] = ()
    value: Any = None
    at: At = field(default=At(""), compare=False)
    digits: int = 0
    scale: int = 0
    weight: int = 1
    support: frozenset[str] = frozenset()

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.args:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the caller knows about the subject; a list fact has fields of its own.

    `ask` is the question put to someone who tests a case of their own.
    """

    name: str
    title: Text
    type: Type
    fields: tuple["Fact", ...] = ()
    ask: Text | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure set by a document: a constant of the pack, or (value None) a dated table by place."""

    name: str
    title: Text
    type: Type
    value: Decimal | None = None
    article: str = ""
    code: str = ""  # under which the table is kept; the name when the pack does not say otherwise
    by_residence: bool = False


@dataclass(slots=True)
class Names:
    """What an expression may refer to. `lets` fills up as the definitions are checked.

    `broken` are names whose own declaration is at fault: what uses them is not faulted again.
    """

    codes: Mapping[str, Mapping[str, Text]]
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    lets: dict[str, Node] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def declared(self, name: str) -> bool:
        return any(name in names for names in (self.facts, self.parameters, self.lets, self.broken))


RESIDENCE = "residence"  # the fact that chooses between an urban and a rural standard


def field_name(list_name: str, name: str) -> str:
    """How a field of a list is called where inputs are named: 'expenses.amount'."""
    return f"{list_name}.{name}"
