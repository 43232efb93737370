"""Which question comes next: asks only what the outcome still hangs on, and what may end it soonest first.

Everything here is a function of the pack, the answers so far, the day and the standards of a place;
nothing is kept. A question is a fact of the pack. Someone who does not know an answer goes on without it,
and learns at the end what to find out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from . import phrases as said
from .evaluate import NOTHING, Evaluator
from .explanation import Explanation
from .pack import EXCLUDED, Decision, Pack
from .run import Standard, run
from .texts import Text
from .tree import RESIDENCE, Fact, Node, field_name
from .types import Kind, known, standard

Standards = Mapping[str, Standard]
#: The standards in force at the place, for someone living urban, rural, or it is not known where.
StandardsAt = Callable[[str | None], Standards]
MOST_ROWS = 60
_FALSE_AND_TRUE = (False, True)


@dataclass(frozen=True, slots=True)
class Question:
    """A fact to ask for. `choices` are codes with their labels; a list asks for rows of `fields`."""

    name: str
    text: Text
    title: Text
    kind: Kind
    choices: tuple[tuple[str, Text], ...] = ()
    fields: tuple["Question", ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the questions ended.

    `find_out` is what a decision still needs, `noted` what an officer will check besides.
    `favourable` is False for an exclusion and for a result that brings nothing, None while undecided.
    """

    favourable: bool | None
    explanation: Explanation
    find_out: tuple[Text, ...]
    noted: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The next question, or the outcome. `left` is the most questions that may follow this one."""

    question: Question | None
    outcome: Outcome | None
    asked: int
    left: int


class BadAnswer(ValueError):
    """An answer that is no value of its question; `reason` says so."""

    def __init__(self, name: str, reason: Text) -> None:
        super().__init__(f"{name}: {reason.en}")
        self.name, self.reason = name, reason


def step(pack: Pack, answers: Mapping[str, Any], day: date, standards_at: StandardsAt) -> Step:
    """What to do after these answers: values by fact name, None where the answer is not known."""
    state = _State(pack, answers, day, standards_at)
    wanted = state.wanted()
    if not wanted:
        return Step(None, state.outcome(), len(answers), 0)
    name = min(wanted, key=state.remaining) if len(wanted) > 1 else wanted[0]
    return Step(question(pack, pack.facts[name]), None, len(answers), len(wanted) - 1)


def question(pack: Pack, fact: Fact) -> Question:
    """How a fact is asked for: in the pack's words, else by its name."""
    form = said.ASK[fact.type.kind]
    text = fact.ask or Text(form.zh.format(fact.title.zh), form.en.format(fact.title.en))
    choices = tuple(pack.labels(fact.type.codes).items())
    fields = tuple(question(pack, part) for part in fact.fields)
    return Question(fact.name, text, fact.title, fact.type.kind, choices, fields)


def answer(pack: Pack, name: str, raw: Any) -> Any:
    """The value of an answer as JSON or a form gives it; BadAnswer when it is none. None: not known.

    Figures and dates come as text or numbers (money in yuan), conditions as true or false, lists as
    sequences of mappings.
    """
    fact = pack.facts.get(name)
    if fact is None:
        raise BadAnswer(name, said.NO_QUESTION)
    if raw is None:
        return None
    if fact.type.kind is not Kind.LIST:
        return _value(pack, fact, name, raw)
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) > MOST_ROWS:
        raise BadAnswer(name, said.NO_ROWS)
    return [_row(pack, fact, row) for row in raw]


def _row(pack: Pack, fact: Fact, row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise BadAnswer(fact.name, said.NO_ROWS)
    given = {part.name: row.get(part.name) for part in fact.fields}
    return {
        part.name: None
        if given[part.name] in (None, "")
        else _value(pack, part, field_name(fact.name, part.name), given[part.name])
        for part in fact.fields
    }


def _value(pack: Pack, fact: Fact, name: str, raw: Any) -> Any:
    """One figure of the fact's type and domain."""
    try:
        value = known(_typed(fact.type.kind, raw), fact.type, frozenset(pack.labels(fact.type.codes)))
    except (ValueError, TypeError, InvalidOperation):
        value = None
    if value is None:
        raise BadAnswer(name, said.BAD_ANSWER[fact.type.kind])
    return value


def _typed(kind: Kind, raw: Any) -> Any:
    text = str(raw).strip().lower() if isinstance(raw, bool) else str(raw).strip()
    if kind is Kind.FLAG:
        return {"true": True, "false": False}[text] if text in ("true", "false") else None
    if kind is Kind.DATE:
        return date.fromisoformat(text)
    if kind is Kind.CODE:
        return text
    if len(text) > 30 or not text.isascii() or "_" in text:
        return None
    return Decimal(text.replace(",", ""))


class _State:
    """The pack evaluated on the answers so far."""

    def __init__(self, pack: Pack, answers: Mapping[str, Any], day: date, standards_at: StandardsAt) -> None:
        self.pack, self.answers, self.day, self.standards_at = pack, answers, day, standards_at
        self.standards = standards_at(answers.get(RESIDENCE))
        self.figures = Evaluator(
            facts={fact.name: answers.get(fact.name) for fact in pack.scalars},
            lists={fact.name: answers.get(fact.name) for fact in pack.lists},
            parameters=pack.parameters,
            standards={name: self.standard(name) for name in pack.parameters},
            day=day,
        )
        self.able_lets: dict[str, frozenset[Any]] = {}
        self.open_lets: dict[str, frozenset[str]] = {}
        for let in pack.lets.values():
            self.figures.define(let.name, let.node)
            self.able_lets[let.name] = self.able(let.node)
            self.open_lets[let.name] = self.open(let.node)

    def standard(self, name: str) -> Decimal | None:
        parameter = self.pack.parameters[name]
        if parameter.value is not None:
            return parameter.value
        row = self.standards.get(name)
        return None if row is None else standard(row.value, parameter.type)

    # what to ask

    def wanted(self) -> list[str]:
        """The facts the outcome still hangs on, in the pack's order; nothing when it is settled."""
        holds = [self.figures.value(exclusion.when) for exclusion in self.pack.exclusions]
        taken, stopped = self.decision()
        if True in holds or (taken and not self.brings(taken)):
            return []
        names: set[str] = set()
        for exclusion in self.pack.exclusions:
            names |= self.open(exclusion.when)
        if stopped and stopped.when:
            names |= self.open(stopped.when)
        for benefit in self.pack.benefits:
            if taken and taken.result in benefit.results:
                names = names.union(
                    self.open(benefit.amount), *(self.open(cap.at_most) for cap in benefit.caps)
                )
        return [name for name in self.pack.facts if name in names]

    def decision(self) -> tuple[Decision | None, Decision | None]:
        """The decision that is taken, or the one that cannot be told yet."""
        for decision in self.pack.decisions:
            holds = True if decision.when is None else self.figures.value(decision.when)
            if holds is not False:
                return (decision, None) if holds else (None, decision)
        raise AssertionError("the last decision of a pack has no condition")

    def brings(self, decision: Decision) -> bool:
        """Is it worth having: does it open a benefit, or, where there are none, is it not the last?"""
        if self.pack.benefits:
            return any(decision.result in benefit.results for benefit in self.pack.benefits)
        return decision.result != self.pack.decisions[-1].result

    def remaining(self, name: str) -> Decimal:
        """How many questions would remain on average, over answers to this one that differ."""
        samples = self.samples(self.pack.facts[name])
        after = [len(self.after(name, value).wanted()) for value in samples]
        return Decimal(sum(after)) / len(after)

    def after(self, name: str, value: Any) -> "_State":
        return _State(self.pack, {**self.answers, name: value}, self.day, self.standards_at)

    def samples(self, fact: Fact) -> Sequence[Any]:
        """A few answers a figure may get; the smallest and the largest of a number show most."""
        kind = fact.type.kind
        if kind is Kind.LIST:
            return ([],)
        if kind is Kind.FLAG:
            return _FALSE_AND_TRUE
        if kind is Kind.CODE:
            return tuple(self.pack.labels(fact.type.codes))
        if kind is Kind.DATE:
            return (date(1900, 1, 1), self.day)
        return (Decimal(kind is not Kind.MONEY), Decimal(10**8))

    # what an answer can still change

    def able(self, node: Node) -> frozenset[Any]:
        """What the figure may turn out to be: for a condition the truths, else True for 'known'.

        Nothing when it stays unknown whatever is answered, because something it needs was not known.
        """
        value = self.figures.value(node)
        if value is not None:
            return frozenset([value if isinstance(value, bool) else True])
        if node.op in ("and", "or"):
            return self.able_joint(node)
        if node.op == "not":
            return frozenset(not truth for truth in self.able(node.args[0]))
        if node.op == "let":
            return self.able_lets[node.value]
        if node.op == "if":
            condition = self.able(node.args[0])
            branches = [self.able(node.args[1 if truth else 2]) for truth in condition]
            return frozenset().union(*branches)
        if node.op in ("fact", "parameter") or node.op in ("sum", "count", "any", "all"):
            free = bool(self.open(node))
        else:
            free = all(self.able(part) for part in node.args)
        return frozenset(_FALSE_AND_TRUE if free else ())

    def able_joint(self, node: Node) -> frozenset[Any]:
        """`and` is false as soon as one part is, true only with all; `or` the other way round."""
        parts = [self.able(part) for part in node.args]
        ends = node.op == "or"
        truths = {ends} if any(ends in part for part in parts) else set()
        if all((not ends) in part for part in parts):
            truths.add(not ends)
        return frozenset(truths)

    def open(self, node: Node) -> frozenset[str]:
        """The facts not asked yet that may settle this figure; nothing when no answer can."""
        if self.figures.value(node) is not None:
            return NOTHING
        if node.op == "fact":
            return self.unasked(node.value)
        if node.op == "parameter":
            waits = self.pack.parameters[node.value].by_residence and self.answers.get(RESIDENCE) is None
            return self.unasked(RESIDENCE) if waits else NOTHING
        if node.op in ("sum", "count", "any", "all"):
            if self.answers.get(node.value) is None:
                return self.unasked(node.value)
            outer = (self.unasked(name) for name in node.support if name in self.pack.facts)
            return NOTHING.union(*outer)
        if not self.able(node):
            return NOTHING
        if node.op == "let":
            return self.open_lets[node.value]
        if node.op == "if" and self.figures.value(node.args[0]) is not None:
            return self.open(node.args[1 if self.figures.value(node.args[0]) else 2])
        parts: Iterable[Node] = node.args[:1] if node.op == "if" else node.args
        return NOTHING.union(*(self.open(part) for part in parts))

    def unasked(self, name: str) -> frozenset[str]:
        return NOTHING if name in self.answers else frozenset([name])

    # the end

    def outcome(self) -> Outcome:
        told = run(self.pack, self.answers, day=self.day, standards=self.standards)
        taken, _stopped = self.decision()
        if told.result != EXCLUDED and taken and not self.brings(taken):
            told = self.refused(told, taken)
        favourable = None
        if told.decided:
            favourable = taken is not None and self.brings(taken)
        elif told.result == EXCLUDED:
            favourable = False
        waiting = {name for clause in told.exclusions if clause.holds is None for name in clause.missing}
        noted = [name for name in self.pack.inputs if name in waiting.difference(told.unknown)]
        return Outcome(favourable, told, told.unknown_titles, tuple(map(self.pack.title_of, noted)))

    def refused(self, told: Explanation, taken: Decision) -> Explanation:
        """A decision that brings nothing stands whatever the exclusions still wait for."""
        clause = next(clause for clause in told.decisions if clause.reached and clause.holds)
        title = self.pack.result_title(taken.result)
        return replace(
            told,
            result=taken.result,
            result_title=title,
            sentence=clause.because,
            unknown=(),
            unknown_titles=(),
        )
