"""A pack laid out for reading, in the reader's language: what the page shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..engine.pack import Pack, Situation
from ..engine.texts import Text
from ..engine.tree import Node, Parameter
from ..engine.types import MONEY
from ..engine.wording import Wording


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause: what follows, when or by which formula, and by which article."""

    title: str
    when: str
    article: str


@dataclass(frozen=True, slots=True)
class Line:
    """A name with its value or meaning."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    issuer: str
    document: str
    facts: list[str]
    parameters: list[Line]
    expressions: list[Line]
    exclusions: list[Rule]
    decisions: list[Rule]
    benefits: list[Rule]
    situations: list[Line]


class Reader:
    """Says the parts of a pack in one language."""

    def __init__(self, pack: Pack, language: str) -> None:
        self.pack, self.language = pack, "en" if language.startswith("en") else "zh"
        self.wording = Wording(pack, None, self.language)

    def sheet(self) -> Sheet:
        pack = self.pack
        return Sheet(
            title=self.say(pack.title),
            issuer=self.say(pack.source.issuer),
            document=self.say(pack.source.document),
            facts=[self.say(fact.title) for fact in pack.facts.values()],
            parameters=[self.parameter(item) for item in pack.parameters.values()],
            expressions=[
                Line(self.say(let.title), self.wording.words(let.node)) for let in pack.lets.values()
            ],
            exclusions=[
                self.rule(self.fill(item.because), item.when, item.article) for item in pack.exclusions
            ],
            decisions=list(self.decisions()),
            benefits=list(self.benefits()),
            situations=[self.situation(item) for item in pack.situations],
        )

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def fill(self, text: Text) -> str:
        return self.wording.fill(self.say(text), {})

    def rule(self, title: str, when: Node | None, article: str) -> Rule:
        return Rule(title, self.wording.words(when) if when else "", article)

    def decisions(self) -> Iterable[Rule]:
        for item in self.pack.decisions:
            for ground in item.grounds:
                title = self.say(self.pack.result_title(item.result))
                yield self.rule(title, ground.when, ground.article)

    def benefits(self) -> Iterable[Rule]:
        for item in self.pack.benefits:
            yield self.rule(self.say(item.title), item.amount, item.article)
            for cap in item.caps:
                yield self.rule(_("上限"), cap.at_most, cap.article)

    def parameter(self, item: Parameter) -> Line:
        title = self.say(item.title)
        if item.value is None:
            return Line(title, "")
        return Line(title, self.wording.figure(item.value, item.type), item.article)

    def situation(self, item: Situation) -> Line:
        """The case and what must come of it."""
        expect = item.expect
        result = self.say(self.pack.result_title(expect["result"])) if "result" in expect else ""
        if expect.get("unknown"):
            names = [self.say(self.pack.title_of(name)) for name in expect["unknown"]]
            return Line(
                self.say(item.title), result, "、".join(names) if self.language == "zh" else ", ".join(names)
            )
        amounts = [value for key, value in expect.items() if key.startswith("benefit ") and value is not None]
        return Line(self.say(item.title), result, self.wording.figure(sum(amounts), MONEY) if amounts else "")
