"""A policy pack after reading and checking: what the runners, the pages and the records use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from . import phrases
from .faults import At
from .texts import Text
from .tree import Fact, Node, Parameter, field_name
from .types import Kind

EXCLUDED, UNKNOWN = "excluded", "unknown"  # results every pack has besides its own
OUTCOMES = {EXCLUDED: phrases.EXCLUDED, UNKNOWN: phrases.UNDECIDED}


@dataclass(frozen=True, slots=True)
class Source:
    """The document a pack or a standard rests on."""

    issuer: Text
    document: Text
    number: str
    issued: date


@dataclass(frozen=True, slots=True)
class Let:
    """A named expression."""

    name: str
    title: Text
    node: Node


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A condition that closes the programme. `blocks` False: while unknown it is noted, not waited for."""

    code: str
    when: Node
    article: str
    because: Text
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Ground:
    """One sufficient reason for a decision; without condition in the last decision of a pack."""

    when: Node | None
    article: str
    because: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """A result and its condition: any one of its grounds. The last of a pack has no condition."""

    result: str
    when: Node | None
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    code: str
    at_most: Node
    article: str
    because: Text


@dataclass(frozen=True, slots=True)
class Benefit:
    """An amount opened by some results: a formula, then its caps in order, never below zero.

    `funds` are the codes of the sources that may pay it, in the order they are used; none when the pack
    leaves that open.
    """

    code: str
    title: Text
    results: frozenset[str]
    amount: Node
    article: str
    because: Text
    caps: tuple[Cap, ...] = ()
    funds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """A worked example of the pack: what is given and what must come out."""

    title: Text
    at: At
    facts: Mapping[str, Any]
    standards: Mapping[str, Decimal]
    day: date
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Pack:
    code: str
    programme: str
    version: int
    title: Text
    place: str  # code of the organisation whose rule it is
    valid_from: date
    valid_to: date | None  # the first day it is no longer in force
    source: Source
    subject: str
    codes: Mapping[str, Mapping[str, Text]]
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    lets: Mapping[str, Let]  # in an order in which each needs only those before it
    results: Mapping[str, Text]
    exclusions: tuple[Exclusion, ...]
    decisions: tuple[Decision, ...]
    benefits: tuple[Benefit, ...]
    situations: tuple[Situation, ...]
    text: str
    sha256: str

    def __hash__(self) -> int:
        """Of its text: what is derived from a pack is kept by it."""
        return hash(self.sha256)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Everything that can be missing, in the order the pack declares it."""
        names: list[str] = []
        for fact in self.facts.values():
            names += [fact.name, *(field_name(fact.name, part.name) for part in fact.fields)]
        return (*names, *self.parameters)

    @cached_property
    def tables(self) -> tuple[Parameter, ...]:
        """The parameters that are looked up by place and date."""
        return tuple(parameter for parameter in self.parameters.values() if parameter.value is None)

    @cached_property
    def scalars(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts.values() if fact.type.kind is not Kind.LIST)

    @cached_property
    def lists(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts.values() if fact.type.kind is Kind.LIST)

    def nodes(self) -> Iterator[Node]:
        """Every formula of the pack."""
        yield from (let.node for let in self.lets.values())
        yield from (exclusion.when for exclusion in self.exclusions)
        yield from (decision.when for decision in self.decisions if decision.when)
        for benefit in self.benefits:
            yield benefit.amount
            yield from (cap.at_most for cap in benefit.caps)

    def title_of(self, name: str) -> Text:
        """What people call an input or an expression: 'expenses.amount' is 支出明细·金额."""
        over, _, part = name.partition(".")
        if part:
            fact = self.facts[over]
            column = next(field for field in fact.fields if field.name == part)
            return Text(f"{fact.title.zh}·{column.title.zh}", f"{fact.title.en}: {column.title.en}")
        found = self.facts.get(name) or self.parameters.get(name) or self.lets[name]
        return found.title

    def result_title(self, result: str) -> Text:
        return self.results.get(result) or OUTCOMES[result]

    def labels(self, codes: str) -> Mapping[str, Text]:
        return self.codes.get(codes, {})
