"""One subject, explained: evaluates a pack and keeps every figure that mattered."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.kernel.money import round_fen

from . import phrases as said
from .evaluate import NOTHING, Evaluator
from .explanation import BenefitDue, CapUsed, Clause, Explanation, Figure, Rows, StandardUsed, join, sentences
from .pack import EXCLUDED, UNKNOWN, Benefit, Decision, Exclusion, Ground, Pack
from .texts import Text
from .tree import Fact, Node, Parameter
from .types import MONEY, Type, known, standard
from .wording import Wording
from .writing import write

#: Whether a fact is closed to the reader, by name and type.
Hides = Callable[[str, Type], bool]


@dataclass(frozen=True, slots=True)
class Standard:
    """A dated parameter's value where the subject lives, and where it comes from. Money in yuan."""

    value: Decimal
    id: int | None = None
    place: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    document: Text | None = None


def run(
    pack: Pack,
    facts: Mapping[str, Any],
    *,
    day: date,
    standards: Mapping[str, Standard],
    place: str = "",
    overruled: Mapping[str, str] | None = None,
    hides: Hides | None = None,
) -> Explanation:
    """Determines one subject on a day.

    `facts` maps fact names to values (money as Money or yuan, lists as sequences of mappings); a name
    that is absent or None is unknown, names the pack does not declare are ignored. `standards` maps
    parameter names to the rows in force there; an absent one is unknown. `overruled` maps codes of
    exclusions set aside to the reason. `hides` tells which facts the reader may not see, called with the
    name (`members.health` for a column of a list) and the type: the result is the same, and no figure of
    such a fact, nor of what is computed from it, stands in the account; a benefit's amount does.
    """
    hidden = _hidden(pack, hides) if hides else frozenset()
    return _Run(pack, facts, day, standards, place, overruled or {}, hidden).explanation()


def _hidden(pack: Pack, hides: Hides) -> frozenset[str]:
    """The names of facts, columns of lists and expressions of which no figure may be shown."""
    found = {fact.name for fact in pack.scalars if hides(fact.name, fact.type)}
    for fact in pack.lists:
        columns = {f"{fact.name}.{part.name}": part.type for part in fact.fields}
        found |= {name for name, of in columns.items() if hides(name, of)}
    for let in pack.lets.values():  # in the order they build on each other
        if _rests_on(let.node, found):
            found.add(let.name)
    return frozenset(found)


def _rests_on(node: Node, names: Collection[str]) -> bool:
    return any(part.op in ("fact", "let", "item") and part.value in names for part in node.walk())


class _Run:
    def __init__(
        self,
        pack: Pack,
        facts: Mapping[str, Any],
        day: date,
        standards: Mapping[str, Standard],
        place: str,
        overruled: Mapping[str, str],
        hidden: frozenset[str],
    ) -> None:
        self.pack, self.day, self.place, self.hidden = pack, day, place, hidden
        self.standards, self.overruled = standards, overruled
        self.figures = Evaluator(
            facts={fact.name: self.fact(fact, facts.get(fact.name)) for fact in pack.scalars},
            lists={fact.name: self.rows(fact, facts.get(fact.name)) for fact in pack.lists},
            parameters=pack.parameters,
            standards={name: self.standard(parameter) for name, parameter in pack.parameters.items()},
            day=day,
        )
        for let in pack.lets.values():
            self.figures.define(let.name, let.node)
        self.wording = [Wording(pack, self.value, language, hidden) for language in ("zh", "en")]

    # what is given

    def fact(self, fact: Fact, value: Any) -> Any:
        return known(value, fact.type, frozenset(self.pack.labels(fact.type.codes)))

    def rows(self, fact: Fact, rows: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
        if rows is None:
            return None
        return [{part.name: self.fact(part, row.get(part.name)) for part in fact.fields} for row in rows]

    def standard(self, parameter: Parameter) -> Decimal | None:
        if parameter.value is not None:
            return parameter.value
        found = self.standards.get(parameter.name)
        return None if found is None else standard(found.value, parameter.type)

    def value(self, name: str) -> Any:
        if name == "day":
            return self.day
        for known_figures in (self.figures.facts, self.figures.standards, self.figures.lets):
            if name in known_figures:
                return known_figures[name]
        raise KeyError(name)

    # what comes out

    def explanation(self) -> Explanation:
        pack = self.pack
        exclusions = tuple(self.exclusion(item) for item in pack.exclusions)
        decisions, taken = self.decisions()
        result, sentence, lacking = self.outcome(exclusions, decisions, taken)
        benefits = tuple(self.benefit(item) for item in pack.benefits if result in item.results)
        lacking = lacking.union(*(benefit.missing for benefit in benefits))
        unknown = tuple(name for name in pack.inputs if name in lacking)
        return Explanation(
            pack=pack.code,
            version=pack.version,
            sha256=pack.sha256,
            programme=pack.programme,
            title=pack.title,
            source=pack.source,
            day=self.day,
            place=self.place,
            result=result,
            result_title=pack.result_title(result),
            sentence=sentence,
            unknown=unknown,
            unknown_titles=tuple(map(pack.title_of, unknown)),
            facts=tuple(
                self.figure(f.name, f.title, f.type, self.figures.facts[f.name]) for f in pack.scalars
            ),
            lists=tuple(self.list_figure(fact) for fact in pack.lists),
            standards=tuple(self.standard_used(parameter) for parameter in pack.parameters.values()),
            values=tuple(
                self.figure(n, let.title, let.node.type, self.value(n)) for n, let in pack.lets.items()
            ),
            exclusions=exclusions,
            decisions=decisions,
            benefits=benefits,
        )

    def outcome(
        self, exclusions: tuple[Clause, ...], decisions: tuple[Clause, ...], taken: Clause | None
    ) -> tuple[str, Text, frozenset[str]]:
        """The result, the sentence to say it with, and the inputs it waits for."""
        closing = [clause for clause in exclusions if clause.holds]
        if closing:
            return EXCLUDED, sentences([clause.because for clause in closing]), NOTHING
        waiting = [clause for clause in exclusions if clause.holds is None and clause.blocks]
        stopped = [clause for clause in decisions if clause.reached and clause.holds is None]
        if taken is not None and not waiting:
            return taken.code, taken.because, NOTHING
        lacking = NOTHING.union(*(clause.missing for clause in waiting + stopped))
        names = join([self.pack.title_of(name) for name in self.pack.inputs if name in lacking])
        return (
            UNKNOWN,
            Text(said.WAITING.zh.format(names=names.zh), said.WAITING.en.format(names=names.en)),
            lacking,
        )

    def exclusion(self, item: Exclusion) -> Clause:
        reason = self.overruled.get(item.code, "")
        holds = False if item.code in self.overruled else self.figures.value(item.when)
        missing = self.figures.missing(item.when) if holds is None else NOTHING
        return Clause(
            item.code,
            item.article,
            holds,
            True,
            self.reading(item.when),
            self.because(item.because),
            self.mentioned(item.when),
            self.ordered(missing),
            item.blocks,
            reason,
        )

    def decisions(self) -> tuple[tuple[Clause, ...], Clause | None]:
        """All clauses in order, and the one taken: the first that holds with none unknown before it."""
        clauses: list[Clause] = []
        taken: Clause | None = None
        open_ = True
        for item in self.pack.decisions:
            clause = self.decision(item, open_)
            clauses.append(clause)
            if open_ and clause.holds is not False:
                taken = clause if clause.holds else None
                open_ = False
        return tuple(clauses), taken

    def decision(self, item: Decision, reached: bool) -> Clause:
        grounds = tuple(self.ground(item.result, ground, reached) for ground in item.grounds)
        if len(grounds) == 1:
            return grounds[0]
        assert item.when is not None
        holds = self.figures.value(item.when)
        shown = next((ground for ground in grounds if ground.holds), grounds[0])
        return Clause(
            item.result,
            shown.article,
            holds,
            reached,
            self.reading(item.when),
            shown.because,
            self.mentioned(item.when),
            self.ordered(self.figures.missing(item.when)),
            grounds=grounds,
        )

    def ground(self, code: str, item: Ground, reached: bool) -> Clause:
        because = self.because(item.because)
        if item.when is None:
            return Clause(code, item.article, True, reached, said.OTHERWISE, because)
        missing = self.ordered(self.figures.missing(item.when))
        holds, figures = self.figures.value(item.when), self.mentioned(item.when)
        return Clause(code, item.article, holds, reached, self.reading(item.when), because, figures, missing)

    def benefit(self, item: Benefit) -> BenefitDue:
        formula = self.figures.value(item.amount)
        missing = self.figures.missing(item.amount)
        caps: list[CapUsed] = []
        rest = formula
        for cap in item.caps:
            limit, closed = self.figures.value(cap.at_most), _rests_on(cap.at_most, self.hidden)
            missing |= self.figures.missing(cap.at_most)
            bit = limit is not None and rest is not None and limit < rest
            rest = None if limit is None or rest is None else min(rest, limit)
            because = self.because(cap.because, limit=(None if closed else limit, MONEY))
            caps.append(CapUsed(cap.code, cap.article, None if closed else limit, bit, because))
        amount = None if rest is None else round_fen(max(rest, Decimal(0)))
        because = self.because(item.because, benefit=(None if amount is None else amount.to_yuan(), MONEY))
        return BenefitDue(
            item.code,
            item.title,
            item.article,
            None if _rests_on(item.amount, self.hidden) else formula,
            amount,
            self.reading(item.amount),
            because,
            tuple(caps),
            self.ordered(missing),
        )

    # words and figures

    def reading(self, node: Node) -> Text:
        return Text(*(wording.words(node) for wording in self.wording))

    def because(self, text: Text, **extra: tuple[Any, Type]) -> Text:
        zh, en = self.wording
        return Text(zh.fill(text.zh, extra), en.fill(text.en, extra))

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = set(names)
        return tuple(name for name in self.pack.inputs if name in wanted)

    def mentioned(self, node: Node) -> tuple[Figure, ...]:
        """The facts, standards and expressions a condition names, each once."""
        found: dict[str, Figure] = {}
        for part in node.walk():
            if part.op in ("fact", "parameter", "let") and part.value not in found:
                title, value = self.pack.title_of(part.value), self.value(part.value)
                found[part.value] = self.figure(part.value, title, part.type, value)
        return tuple(found.values())

    def figure(self, name: str, title: Text, of: Type, value: Any) -> Figure:
        if name in self.hidden:
            return Figure(name, title, str(of.kind), None, Text(said.HIDDEN, said.HIDDEN))
        labels = self.pack.labels(of.codes)
        text = Text(write(value, of, labels, "zh"), write(value, of, labels, "en"))
        raw = value if value is None or isinstance(value, bool) else str(value)
        return Figure(name, title, str(of.kind), raw, text)

    def list_figure(self, fact: Fact) -> Rows:
        rows = self.figures.lists[fact.name]
        made = [tuple(self.part(fact, part, row[part.name]) for part in fact.fields) for row in rows or ()]
        return Rows(fact.name, fact.title, rows is not None, tuple(made))

    def part(self, over: Fact, part: Fact, value: Any) -> Figure:
        """One cell of a list."""
        shown = self.figure(f"{over.name}.{part.name}", part.title, part.type, value)
        return replace(shown, name=part.name)

    def standard_used(self, parameter: Parameter) -> StandardUsed:
        value = self.figures.standards[parameter.name]
        figure = self.figure(parameter.name, parameter.title, parameter.type, value)
        row = self.standards.get(parameter.name)
        if parameter.value is not None or row is None:
            return StandardUsed(figure, parameter.article)
        return StandardUsed(figure, "", row.id, row.place, row.valid_from, row.valid_to, row.document)
