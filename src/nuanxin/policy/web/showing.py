"""A pack laid out for reading, in the reader's language: what the page shows and a comparison compares."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..engine.pack import EXCLUDED, Benefit, Pack, Situation
from ..engine.texts import Text
from ..engine.tree import Fact, Node, Parameter
from ..engine.types import MONEY, Kind
from ..engine.wording import Wording

KINDS = {
    Kind.MONEY: gettext_lazy("金额（元）"),
    Kind.NUMBER: gettext_lazy("数字"),
    Kind.COUNT: gettext_lazy("整数"),
    Kind.FLAG: gettext_lazy("是或否"),
    Kind.DATE: gettext_lazy("日期"),
    Kind.CODE: gettext_lazy("选择一项"),
    Kind.LIST: gettext_lazy("明细"),
}
FUNDS = {
    "fiscal_central": gettext_lazy("中央财政专项资金"),
    "fiscal_provincial": gettext_lazy("省级财政资金"),
    "fiscal_local": gettext_lazy("地方财政资金"),
    "superior": gettext_lazy("上级工会拨款"),
    "own": gettext_lazy("本级工会经费"),
    "donation": gettext_lazy("社会捐助"),
    "employer": gettext_lazy("单位行政经费"),
    "other": gettext_lazy("其他（利息等）"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A name with its value or meaning; `code` where a dated standard stands behind it."""

    name: str
    value: str
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that must be known: how it is answered, the question put to people, and its parts."""

    name: str
    answer: str
    question: str = ""
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause: what follows, when or by which formula, by which article, and the reason that is given."""

    key: str
    title: str
    when: str
    article: str
    because: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A benefit: whom it is for, its formula, its caps in order, the funds that may pay it."""

    rule: Rule
    opened_by: str
    funds: str
    caps: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A worked situation: what differs from the usual case, and what must come out."""

    title: str
    given: tuple[Line, ...]
    result: str
    amounts: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    issuer: str
    document: str
    number: str
    issued: str
    asked: list[Asked]
    parameters: list[Line]
    expressions: list[Line]
    exclusions: list[Rule]
    decisions: list[Rule]
    benefits: list[Payment]
    usual: list[Line]
    cases: list[Case]


class Reader:
    """Says the parts of a pack in one language."""

    def __init__(self, pack: Pack, language: str) -> None:
        self.pack, self.language = pack, "en" if language.startswith("en") else "zh"
        self.wording = Wording(pack, None, self.language)
        self.listed = "、" if self.language == "zh" else ", "

    def sheet(self) -> Sheet:
        pack = self.pack
        usual = self.usual_facts()
        return Sheet(
            title=self.say(pack.title),
            issuer=self.say(pack.source.issuer),
            document=self.say(pack.source.document),
            number=pack.source.number,
            issued=pack.source.issued.isoformat(),
            asked=[self.asked(fact) for fact in pack.facts.values()],
            parameters=[self.parameter(item) for item in pack.parameters.values()],
            expressions=[
                Line(self.say(let.title), self.wording.words(let.node)) for let in pack.lets.values()
            ],
            exclusions=list(self.exclusions()),
            decisions=list(self.decisions()),
            benefits=[self.payment(item) for item in pack.benefits],
            usual=self.given(usual),
            cases=[self.case(item, usual) for item in pack.situations],
        )

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def fill(self, text: Text) -> str:
        return self.wording.fill(self.say(text), {})

    # what is asked

    def asked(self, fact: Fact) -> Asked:
        parts = tuple(Line(self.say(part.title), self.answer(part)) for part in fact.fields)
        question = self.say(fact.ask) if fact.ask else ""
        return Asked(self.say(fact.title), self.answer(fact), question, parts)

    def answer(self, fact: Fact) -> str:
        """How it is answered; a choice with what there is to choose from."""
        if fact.type.kind is Kind.CODE:
            return self.listed.join(self.say(text) for text in self.pack.labels(fact.type.codes).values())
        return str(KINDS[fact.type.kind])

    def parameter(self, item: Parameter) -> Line:
        title = self.say(item.title)
        if item.value is None:
            return Line(title, "", code=item.code)
        return Line(title, self.wording.figure(item.value, item.type), item.article)

    # clauses

    def exclusions(self) -> Iterable[Rule]:
        for item in self.pack.exclusions:
            reason = self.fill(item.because)
            yield Rule(item.code, reason, self.wording.words(item.when), item.article, "")

    def decisions(self) -> Iterable[Rule]:
        seen: Counter[str] = Counter()
        for item in self.pack.decisions:
            title = self.say(self.pack.result_title(item.result))
            for ground in item.grounds:
                seen[item.result] += 1
                when = self.wording.words(ground.when) if ground.when else ""
                key = f"{item.result} {seen[item.result]}"
                yield Rule(key, title, when, ground.article, self.fill(ground.because))

    def payment(self, item: Benefit) -> Payment:
        results = [self.say(text) for code, text in self.pack.results.items() if code in item.results]
        caps = tuple(
            self.amount(cap.code, _("上限"), cap.at_most, cap.article, cap.because) for cap in item.caps
        )
        return Payment(
            self.amount(item.code, self.say(item.title), item.amount, item.article, item.because),
            self.listed.join(results),
            self.listed.join(str(FUNDS.get(code, code)) for code in item.funds),
            caps,
        )

    def amount(self, key: str, title: str, formula: Node, article: str, because: Text) -> Rule:
        return Rule(key, title, self.wording.words(formula), article, self.fill(because))

    # worked situations

    def usual_facts(self) -> dict[str, Any]:
        """What most situations have in common, so that each need show only what differs."""
        found = {}
        every = [{**case.facts, **case.standards} for case in self.pack.situations]
        for name in dict.fromkeys(name for facts in every for name in facts):
            counts = Counter(repr(facts[name]) for facts in every if name in facts)
            most, times = counts.most_common(1)[0]
            if times * 2 > len(every):
                found[name] = next(f[name] for f in every if name in f and repr(f[name]) == most)
        return found

    def given(self, facts: Mapping[str, Any]) -> list[Line]:
        return [Line(self.say(self.pack.title_of(name)), self.value(name, facts[name])) for name in facts]

    def value(self, name: str, value: Any) -> str:
        fact = self.pack.facts.get(name)
        if fact is None:
            return self.wording.figure(value, self.pack.parameters[name].type)
        if fact.type.kind is Kind.LIST and value is not None:
            return self.rows(fact, value)
        return self.wording.figure(value, fact.type)

    def rows(self, fact: Fact, rows: Iterable[Mapping[str, Any]]) -> str:
        types = {part.name: part.type for part in fact.fields}
        told = [
            self.listed.join(self.wording.figure(value, types[name]) for name, value in row.items())
            for row in rows
        ]
        return ("；" if self.language == "zh" else "; ").join(told) or _("没有")

    def case(self, item: Situation, usual: Mapping[str, Any]) -> Case:
        facts = {**item.facts, **item.standards}
        differing = {name: facts[name] for name in facts if name not in usual or usual[name] != facts[name]}
        differing |= {name: None for name in usual if name not in facts}
        return Case(self.say(item.title), tuple(self.given(differing)), self.result(item), self.amounts(item))

    def result(self, item: Situation) -> str:
        """What must come of it, in words, with what is missing or what excludes."""
        expect = item.expect
        title = self.say(self.pack.result_title(expect["result"])) if "result" in expect else ""
        because: list[str] = [self.say(self.pack.title_of(name)) for name in expect.get("unknown", ())]
        if expect.get("result") == EXCLUDED:
            reasons = {exclusion.code: exclusion.because for exclusion in self.pack.exclusions}
            because += [self.fill(reasons[code]) for code in expect.get("excluded", ()) if code in reasons]
        return self.wording.tagged(title, self.listed.join(because)) if because else title

    def amounts(self, item: Situation) -> tuple[Line, ...]:
        titles = {f"benefit {benefit.code}": self.say(benefit.title) for benefit in self.pack.benefits}
        return tuple(
            Line(titles[name], self.wording.figure(value, MONEY))
            for name, value in item.expect.items()
            if name in titles and isinstance(value, Decimal)
        )
