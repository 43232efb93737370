"""Named figures on top of each other: which are worth a column of their own, and in which layer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from .sqlwords import Sql, column, fenced, named

# A layer costs every row about as much as this many operations, so an expression is written out again
# where it is mentioned unless that is dearer.
SPARE = 10
_FREE = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Placeholder,
    exp.Cast,
    exp.DataType,
    exp.Paren,
    exp.Boolean,
    exp.Null,
    exp.Neg,
)


class Layers:
    """Figures by name, each defined after those it mentions."""

    def __init__(self) -> None:
        self.defined: dict[str, Sql] = {}
        self.shared: dict[Sql, str] = {}
        self.inline: dict[str, Sql] = {}

    def define(self, name: str, value: Sql) -> Sql:
        """Gives a value a name; the column to mention it by."""
        self.defined[name] = value
        return column(name)

    def share(self, value: Sql) -> Sql:
        """The column to mention a value by that is needed more than once."""
        name = self.shared.setdefault(value, f"s_{len(self.shared)}")
        return column(name) if name in self.defined else self.define(name, value)

    def over(
        self, base: exp.Select, outputs: Sequence[Sql], seldom: Sequence[Sql] = (), *, beside: bool = False
    ) -> exp.Select:
        """The query that has the columns of `base` and the figures the outputs need; see `written`.

        `seldom` are outputs computed for few rows: what they mention is no reason for a column. The first
        layer stands on top of `base`, or with `beside` among its own columns.
        """
        mentions = Counter(_needed(self.defined, outputs))
        for name in _needed(self.defined, seldom):
            mentions.setdefault(name, 0)
        height: dict[str, int] = {}
        layers: dict[int, list[Sql]] = {}
        for name, value in self.defined.items():
            if name not in mentions:
                continue
            made = self.written(value)
            if (mentions[name] - 1) * _cost(made) <= SPARE:
                self.inline[name] = made
                continue
            below = (height.get(part.name, 0) for part in made.find_all(exp.Column))
            height[name] = 1 + max(below, default=0)
            layers.setdefault(height[name], []).append(named(made, name))
        query = base.select(*layers.pop(1, ())) if beside else base
        for level in sorted(layers):
            query = exp.select(exp.Star(), *layers[level]).from_(fenced(query, "row" if beside else "below"))
        return query

    def written(self, value: Sql) -> Sql:
        """A value with the figures that have no column of their own written out."""

        def put(part: Sql) -> Sql:
            if isinstance(part, exp.Column) and not part.table and part.name in self.inline:
                return self.inline[part.name].copy()
            return part

        return value.transform(put)


def _needed(defined: dict[str, Sql], outputs: Sequence[Sql]) -> Iterator[str]:
    """The name of a needed figure once for each mention."""
    waiting, seen = list(outputs), set[str]()
    while waiting:
        for name in _names(waiting.pop()):
            if name not in defined:
                continue
            yield name
            if name not in seen:
                seen.add(name)
                waiting.append(defined[name])


def _names(value: Sql) -> Iterable[str]:
    return [part.name for part in value.find_all(exp.Column) if not part.table]


def _cost(value: Sql) -> int:
    """About how many operations a value takes; the texts of an IN are compared one by one."""
    return sum(
        len(part.expressions) if isinstance(part, exp.In) else 1
        for part in value.walk()
        if not isinstance(part, _FREE)
    )
