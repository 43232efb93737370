"""Reads a pack file into a checked Pack. Nothing of a pack is used before all of it has been checked."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from . import declare
from .check import WORDS, check, either
from .faults import At, refuse
from .pack import OUTCOMES, Benefit, Cap, Decision, Exclusion, Ground, Let, Pack
from .reach import Alternative, Reach
from .situations import Given, read_situations
from .source import Node, Reader, compose
from .syntax import Word, parse
from .texts import PLACEHOLDER, Text
from .tree import RESIDENCE, Names, field_name
from .tree import Node as Tree
from .types import DATE, FEN_DIGITS, FLAG, MONEY, NUMBER, Kind, Type

MOST_INPUTS = 62  # one bit each in the masks by which the set-based runner names what is missing
MOST_DEFINITIONS = 100
MOST_CLAUSES = 60
MOST_GROUNDS = 20
WAITING = ("wait", "note")  # what an unknown exclusion means for the decision


def load_file(path: Path) -> Pack:
    """The pack in a file; PackError lists what is wrong with it."""
    with path.open("rb") as stream:
        return load(stream.read(1_000_001), path.name)


@lru_cache(maxsize=256)
def load(data: bytes, file: str) -> Pack:
    """The pack in these bytes. `file` is the name faults are reported under."""
    root = compose(data, file)
    reader = Reader(file)
    found = reader.shaped(root, "pack")
    return _Reading(reader, found, data).pack()


class _Reading:
    def __init__(self, reader: Reader, found: dict[str, Node], data: bytes) -> None:
        self.reader, self.found, self.data = reader, found, data
        self.used: set[str] = set()
        self.names = Names({}, {}, {})
        self.lets: dict[str, Let] = {}
        self.results: dict[str, Text] = {}

    def pack(self) -> Pack:
        reader, found = self.reader, self.found
        head: dict[str, Any] = {}
        with reader.gather():
            head = declare.head(reader, found)
        with reader.gather():
            self.declare()
        if not self.results:
            reader.settle()
        self.define()
        body = self.body()
        reader.settle()
        self.all_used()
        given = Given(reader, self.names, tuple(self.results), body)
        situations = read_situations(given, found.get("ordinary"), found["situations"], head["valid_from"])
        reader.settle()
        return Pack(
            **head,
            **body,
            codes=self.names.codes,
            facts=self.names.facts,
            parameters=self.names.parameters,
            lets=self.lets,
            results=self.results,
            situations=situations,
            text=self.data.decode(),
            sha256=hashlib.sha256(self.data).hexdigest(),
        )

    def declare(self) -> None:
        """The names of the pack. Afterwards `results` is empty only when there is no going on."""
        reader, found = self.reader, self.found
        before = len(reader.faults)
        codes = declare.codes(reader, found.get("codes"))
        if len(reader.faults) > before:
            return
        facts = declare.facts(reader, found["facts"], codes)
        parameters = declare.parameters(reader, found.get("parameters"), facts, codes)
        self.names = Names(codes, facts, parameters)
        for key in ("facts", "parameters"):
            written = reader.table(found[key]) if key in found else {}
            self.names.broken |= {name for name in written if not self.names.declared(name)}
        for fact in facts.values():
            for part in fact.fields:
                if part.name in facts or part.name in parameters:
                    raise refuse(reader.at(found["facts"]), "twice", name=field_name(fact.name, part.name))
        if sum(1 + len(fact.fields) for fact in facts.values()) + len(parameters) > MOST_INPUTS:
            raise refuse(reader.at(found["facts"]), "inputs", most=MOST_INPUTS)
        results = {name: reader.both(text) for name, text in reader.named(found["results"]).items()}
        for name in OUTCOMES:
            if name in results:
                raise refuse(reader.key_at(found["results"], name), "reserved", name=name)
        self.results = results

    # named expressions

    def define(self) -> None:
        """Checks the definitions in an order in which each needs only those before it."""
        with self.reader.gather():
            bodies = self.reader.named(self.found["let"]) if "let" in self.found else {}
            if len(bodies) > MOST_DEFINITIONS:
                raise refuse(self.reader.at(self.found["let"]), "too_many", most=MOST_DEFINITIONS)
            words: dict[str, tuple[Text, Word]] = {}
            self.names.broken |= bodies.keys() - self.names.facts.keys() - self.names.parameters.keys()
            for name, body in bodies.items():
                with self.reader.gather():
                    words[name] = self.definition(name, body)
            for name in self.order(words):
                title, word = words[name]
                with self.reader.gather():
                    node = self.keep(check(word, self.names))
                    self.names.lets[name] = node
                    self.names.broken.discard(name)
                    self.lets[name] = Let(name, title, node)

    def definition(self, name: str, body: Node) -> tuple[Text, Word]:
        at = self.reader.key_at(self.found["let"], name)
        if name in declare.RESERVED:
            raise refuse(at, "reserved", name=name)
        fields = [part.name for fact in self.names.facts.values() for part in fact.fields]
        if name in self.names.facts or name in self.names.parameters or name in fields:
            raise refuse(at, "twice", name=name)
        found = self.reader.shaped(body, "let")
        title = Text(self.reader.line(found["zh"]), self.reader.line(found["en"]))
        return title, parse(self.reader.expression(found["is"]))

    def order(self, words: Mapping[str, tuple[Text, Word]]) -> Iterable[str]:
        needs = {
            name: {part.value for part in word.walk() if part.op == "name" and part.value in words}
            for name, (_, word) in words.items()
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            raise refuse(words[circle[0]][1].at, "cycle", names=" → ".join(circle)) from None
        done: dict[str, None] = {}
        while len(done) < len(words):
            done |= dict.fromkeys(name for name in words if name not in done and needs[name] <= done.keys())
        return done

    # rules

    def body(self) -> dict[str, Any]:
        self.reach = Reach(self.names.parameters, self.names.lets, self.names.codes)
        exclusions = self.each("exclude", self.exclusion)
        decisions = self.each("decide", self.decision)
        benefits = self.each("benefits", self.benefit)
        with self.reader.gather():
            self.reachable(decisions)
        return {"exclusions": exclusions, "decisions": decisions, "benefits": benefits}

    def each(self, key: str, read: Any) -> tuple[Any, ...]:
        made: dict[str, Any] = {}
        with self.reader.gather():
            for i, item in enumerate(
                self.reader.items(self.found[key], MOST_CLAUSES) if key in self.found else ()
            ):
                with self.reader.gather():
                    clause = read(item)
                    code = getattr(clause, "code", f"{i}.")
                    if code in made:
                        raise refuse(self.reader.at(item), "twice", name=code)
                    made[code] = clause
        return tuple(made.values())

    def condition(self, node: Node) -> Tree:
        made = self.formula(node, FLAG)
        if self.reach.constant(made):
            raise refuse(made.at, "constant")
        return made

    def formula(self, node: Node, of: Type) -> Tree:
        made = self.keep(check(parse(self.reader.expression(node)), self.names))
        if made.type != of:
            raise refuse(made.at, "need", want=WORDS[of.kind], got=WORDS[made.type.kind])
        return made

    def keep(self, node: Tree) -> Tree:
        self.used |= node.support
        return node

    def exclusion(self, node: Node) -> Exclusion:
        found = self.reader.shaped(node, "exclusion")
        code, when = self.reader.name(found["code"]), self.condition(found["when"])
        article, because = self.reader.line(found["article"]), self.because(found["because"])
        unknown = found.get("while_unknown")
        waits = unknown is None or self.reader.choice(unknown, WAITING) == "wait"
        return Exclusion(code, when, article, because, waits)

    def decision(self, node: Node) -> Decision:
        if "any_of" not in self.reader.table(node):
            found = self.reader.shaped(node, "decision")
            ground = self.ground(node, found)
            return Decision(self.result(found["result"]), ground.when, (ground,))
        found = self.reader.shaped(node, "several")
        grounds = tuple(
            self.ground(item, self.reader.shaped(item, "ground"))
            for item in self.reader.items(found["any_of"], MOST_GROUNDS)
        )
        if not grounds:
            raise refuse(self.reader.at(found["any_of"]), "empty")
        return Decision(self.result(found["result"]), either([ground.when for ground in grounds]), grounds)

    def result(self, node: Node) -> str:
        return self.reader.choice(node, tuple(self.results))

    def ground(self, node: Node, found: dict[str, Node]) -> Ground:
        if "when" in found and "article" not in found:
            raise refuse(self.reader.at(node), "missing_key", key="article")
        when = self.condition(found["when"]) if "when" in found else None
        article = self.reader.line(found["article"]) if "article" in found else ""
        return Ground(when, article, self.because(found["because"]))

    def reachable(self, decisions: tuple[Decision, ...]) -> None:
        """Every ground can be met, one decision is met whatever the facts, and every result is given."""
        if self.reader.faults:
            return
        if not decisions or decisions[-1].when is not None:
            raise refuse(self.reader.at(self.found["decide"]), "last")
        earlier: list[Alternative] = []
        for decision, item in zip(decisions, self.reader.items(self.found["decide"]), strict=True):
            if earlier and self.reach.exhausted(earlier):
                raise refuse(self.reader.at(item), "unreachable")
            for ground in decision.grounds:
                if ground.when is None and decision is not decisions[-1]:
                    raise refuse(self.reader.at(item), "last")
                if ground.when is not None:
                    if self.reach.settled(ground.when, earlier):
                        raise refuse(ground.when.at, "unreachable")
                    earlier += self.reach.alternatives(ground.when)
        reached = {decision.result for decision in decisions}
        for result in self.results:
            if result not in reached:
                raise refuse(self.reader.key_at(self.found["results"], result), "unused", name=result)

    def benefit(self, node: Node) -> Benefit:
        found = self.reader.shaped(node, "benefit")
        results = [self.result(item) for item in self.reader.items(found["for"])]
        if not results:
            raise refuse(self.reader.at(found["for"]), "empty")
        amount = self.formula(found["amount"], MONEY)
        caps = tuple(map(self.cap, self.reader.items(found["caps"], MOST_GROUNDS) if "caps" in found else ()))
        for i, cap in enumerate(caps):
            if cap.code in [other.code for other in caps[:i]]:
                raise refuse(cap.at_most.at, "twice", name=cap.code)
            if self.reach.idle(cap.at_most, [amount, *(other.at_most for other in caps[:i])]):
                raise refuse(cap.at_most.at, "unreachable")
        if min([amount.digits, *(cap.at_most.digits for cap in caps)]) > FEN_DIGITS:
            raise refuse(amount.at, "unbounded")
        return Benefit(
            self.reader.name(found["code"]),
            Text(self.reader.line(found["zh"]), self.reader.line(found["en"])),
            frozenset(results),
            amount,
            self.reader.line(found["article"]),
            self.because(found["because"], benefit=MONEY),
            caps,
            self.funds(found["funds"]) if "funds" in found else (),
        )

    def funds(self, node: Node) -> tuple[str, ...]:
        made: list[str] = []
        for item in self.reader.items(node):
            made.append(self.reader.choice(item, declare.FUNDS))
            if made[-1] in made[:-1]:
                raise refuse(self.reader.at(item), "twice", name=made[-1])
        return tuple(made)

    def cap(self, node: Node) -> Cap:
        found = self.reader.shaped(node, "cap")
        limit = self.formula(found["at_most"], MONEY)
        because = self.because(found["because"], limit=MONEY)
        return Cap(self.reader.name(found["code"]), limit, self.reader.line(found["article"]), because)

    # texts

    def because(self, node: Node, **extra: Type) -> Text:
        """A text with {names} in it: each must be known, and braces must pair."""
        text = self.reader.both(node)
        for words in (text.zh, text.en):
            if "{" in (rest := PLACEHOLDER.sub("", words)) or "}" in rest:
                raise refuse(self.reader.at(node), "braces")
            for name, form in PLACEHOLDER.findall(words):
                self.mention(self.reader.at(node), name, form, extra)
        return text

    def mention(self, at: At, name: str, form: str, extra: Mapping[str, Type]) -> None:
        of = extra.get(name) or type_of(self.names, name)
        if name in self.names.broken:
            return
        if of is None or of.kind is Kind.LIST:
            raise refuse(at, "unknown_name", name=name)
        if form and of != NUMBER:
            raise refuse(at, "not_share", name=name)
        self.used.add(name)

    def all_used(self) -> None:
        """A fact nobody needs would still be asked for; so it is refused."""
        reader, names = self.reader, self.names
        by_residence = any(item.by_residence for item in names.parameters.values())
        needed = self.used | ({RESIDENCE} if by_residence else set())
        for fact in names.facts.values():
            for name in [fact.name, *(field_name(fact.name, part.name) for part in fact.fields)]:
                if name not in needed and fact.name in needed | {name}:
                    reader.note(refuse(reader.key_at(self.found["facts"], fact.name), "unused", name=name))
        for name in names.parameters:
            if name not in needed:
                reader.note(refuse(reader.key_at(self.found["parameters"], name), "unused", name=name))


def type_of(names: Names, name: str) -> Type | None:
    """The type of anything a text may mention."""
    if name == "day":
        return DATE
    found = names.facts.get(name) or names.parameters.get(name) or names.lets.get(name)
    return found.type if found else None
