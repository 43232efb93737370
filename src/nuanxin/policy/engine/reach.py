"""What can be shown of conditions without any facts: never true, always true, or settled by earlier ones.

It shows nothing wrong of a pack that is right; that everything wrong is shown is not claimed. Conditions
are taken apart into alternatives, each a set of clauses that hold together. Clauses about one thing (a
figure and constants, two figures, a code) are compared by trying every value that makes a difference.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .evaluate import Evaluator
from .texts import Text
from .tree import Node, Parameter
from .types import FLAG, Kind

_OPPOSITE = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "eq": "ne", "ne": "eq"}
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_SIGNS = {"lt": {-1}, "le": {-1, 0}, "gt": {1}, "ge": {1, 0}, "eq": {0}, "ne": {-1, 1}}
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True, slots=True)
class Clause:
    """What is asked of one subject: that its sign against `limit`, or its value, is among `allowed`.

    The subject of a comparison of two figures is the pair of them, with limit None.
    """

    subject: Any
    allowed: frozenset[Any]
    every: frozenset[Any]
    limit: Decimal | None = None
    count: bool = False

    def opposite(self) -> "Clause":
        return Clause(self.subject, self.every - self.allowed, self.every, self.limit, self.count)

    def holds(self, value: Any) -> bool:
        return (self.sign(value) if self.limit is not None else value) in self.allowed

    def sign(self, value: Decimal) -> int:
        assert self.limit is not None
        return (value > self.limit) - (value < self.limit)


Alternative = frozenset[Clause]


class Reach:
    """Judges the conditions of one pack."""

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        lets: Mapping[str, Node],
        codes: Mapping[str, Mapping[str, Text]],
    ) -> None:
        self.codes = codes
        constants = {name: item.value for name, item in parameters.items()}
        # Not even the day is known.
        self.known = Evaluator({}, {}, parameters, constants, day=None)  # type: ignore[arg-type]
        self.tops: dict[str, Decimal | None] = {}
        for name, node in lets.items():
            self.known.define(name, node)
            self.tops[name] = self.top(node)

    def fixed(self, node: Node) -> Any:
        """The value of a formula that is the same whatever the facts; None when facts can change it."""
        return self.known.value(node)

    def top(self, node: Node) -> Decimal | None:
        """A constant the figure is never above; None where none can be told."""
        value = self.fixed(node)
        if isinstance(value, Decimal):
            return value
        if node.op == "let":
            return self.tops.get(node.value)
        if node.op not in ("min", "max", "if", "clamp"):
            return None
        tops = [self.top(part) for part in (node.args[2:] if node.op == "clamp" else node.args)]
        known = [top for top in tops[node.op == "if" :] if top is not None]
        if node.op in ("min", "clamp"):
            return min(known, default=None)
        return max(known) if len(known) == len(tops) - (node.op == "if") else None

    def idle(self, limit: Node, before: Sequence[Node]) -> bool:
        """Is a cap never below the amount and the caps before it?"""
        least = self.fixed(limit)
        if limit in before:
            return True
        tops = [top for node in before if (top := self.top(node)) is not None]
        return least is not None and bool(tops) and min(tops) <= least

    def constant(self, condition: Node) -> bool:
        """Is it never true, or never false, whatever is found out?"""
        if self.fixed(condition) is not None:
            return True
        return self.never(self.alternatives(condition)) or self.never(self.alternatives(condition, False))

    def never(self, alternatives: Iterable[Alternative]) -> bool:
        return all(_contradictory(alternative) for alternative in alternatives)

    def settled(self, condition: Node, earlier: Sequence[Alternative]) -> bool:
        """Can it not be met once all of the earlier alternatives have been found false?"""
        return all(
            _contradictory(alternative) or any(_covers(alternative, before) for before in earlier)
            for alternative in self.alternatives(condition)
        )

    def exhausted(self, earlier: Sequence[Alternative]) -> bool:
        """Is one of the earlier alternatives true in every case?"""
        left = [before for before in earlier if len(before) == 1]
        return bool(left) and _contradictory(frozenset(clause.opposite() for (clause,) in left))

    # taking apart

    def alternatives(self, node: Node, wanted: bool = True) -> list[Alternative]:
        """The condition (or its opposite) as alternatives; what is too large stays one opaque clause."""
        if node.op == "not":
            return self.alternatives(node.args[0], not wanted)
        if node.op in ("and", "or"):
            parts = [self.alternatives(part, wanted) for part in node.args]
            if (node.op == "or") == wanted:
                return [alternative for part in parts for alternative in part]
            return _together(parts) or [frozenset([self.opaque(node, wanted)])]
        if node.op == "between":
            low, high = (
                self.order(node.args[1], "le", node.args[0]),
                self.order(node.args[0], "le", node.args[2]),
            )
            if wanted:
                return [frozenset([low, high])]
            return [frozenset([low.opposite()]), frozenset([high.opposite()])]
        clause = self.clause(node)
        return [frozenset([clause if wanted else clause.opposite()])]

    def clause(self, node: Node) -> Clause:
        if node.op in _OPPOSITE and node.args[0].type.kind is Kind.CODE:
            return self.code(node)
        if node.op in _OPPOSITE and node.args[0].type != FLAG:
            return self.order(node.args[0], node.op, node.args[1])
        if node.op == "in":
            return self.choice(node.args[0], node.value)
        return self.opaque(node, True)

    def opaque(self, node: Node, wanted: bool) -> Clause:
        return Clause(node, frozenset([wanted]), frozenset([True, False]))

    def choice(self, subject: Node, values: Iterable[str]) -> Clause:
        return Clause(subject, frozenset(values), frozenset(self.codes[subject.type.codes]))

    def code(self, node: Node) -> Clause:
        literals = [part for part in node.args if part.op == "literal"]
        others = [part for part in node.args if part.op != "literal"]
        if len(others) != 1:
            return self.opaque(node, True)
        clause = self.choice(others[0], [literals[0].value])
        return clause if node.op == "eq" else clause.opposite()

    def order(self, left: Node, op: str, right: Node) -> Clause:
        """A comparison; a constant stands on the right, and of two figures the same one always."""
        if self.fixed(left) is not None or (self.fixed(right) is None and repr(left) > repr(right)):
            left, op, right = right, _MIRRORED[op], left
        limit, every = self.fixed(right), frozenset([-1, 0, 1])
        if isinstance(limit, Decimal):
            return Clause(left, frozenset(_SIGNS[op]), every, limit, left.type.kind is Kind.COUNT)
        if left == right:
            every = frozenset([0])
        return Clause((left, right), frozenset(_SIGNS[op]) & every, every)


def _together(parts: list[list[Alternative]]) -> list[Alternative]:
    """Every combination of one alternative of each part; nothing when there are too many."""
    made: list[Alternative] = [frozenset()]
    for part in parts:
        made = [before | alternative for before in made for alternative in part]
        if len(made) > _MOST_ALTERNATIVES:
            return []
    return made


def _contradictory(clauses: Alternative) -> bool:
    """No value of some subject meets all that is asked of it."""
    by_subject: dict[Any, list[Clause]] = {}
    for clause in clauses:
        by_subject.setdefault(clause.subject, []).append(clause)
    return any(not _values(group, lambda held: all(held)) for group in by_subject.values())


def _covers(later: Alternative, earlier: Alternative) -> bool:
    """Whenever the later alternative holds, the earlier one did: each of its clauses follows."""
    return all(
        any(_follows(known, clause) for known in later if known.subject == clause.subject)
        for clause in earlier
    )


def _follows(known: Clause, clause: Clause) -> bool:
    return not _values([known, clause], lambda held: held[0] and not held[1])


def _values(clauses: Sequence[Clause], wanted: Callable[[list[bool]], bool]) -> list[Any]:
    """The values of the clauses' common subject, of those that make a difference, that are wanted."""
    limits = sorted({clause.limit for clause in clauses if clause.limit is not None})
    if not limits:
        values: set[Any] = set(clauses[0].every)
    elif clauses[0].count:
        near = {limit.to_integral_value() + step for limit in limits for step in (-1, 0, 1)}
        values = {value for value in near | {Decimal(0)} if value >= 0}
    else:
        between = {(low + high) / 2 for low, high in pairwise(limits)}
        values = {*limits, limits[0] - 1, limits[-1] + 1, *between}
    return [value for value in values if wanted([clause.holds(value) for clause in clauses])]
