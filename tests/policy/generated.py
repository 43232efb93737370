"""Random packs and random households, for holding the two runners equal."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

HEAD = """
pack: random
programme: random
version: 1
title: {zh: 随机, en: random}
place: all
valid: [2020-01-01, null]
source: {issuer: {zh: 甲, en: a}, document: {zh: 乙, en: b}, date: 2019-12-01}
subject: household
codes:
  residence: {urban: {zh: 城, en: urban}, rural: {zh: 乡, en: rural}}
  kind: {red: {zh: 红, en: red}, green: {zh: 绿, en: green}, blue: {zh: 蓝, en: blue}}
facts:
  income: {type: money, zh: 一, en: one}
  loss: {type: money, zh: 二, en: two}
  share: {type: number, zh: 三, en: three}
  people: {type: count, zh: 四, en: four}
  poor: {type: flag, zh: 五, en: five}
  ill: {type: flag, zh: 六, en: six}
  born: {type: date, zh: 七, en: seven}
  colour: {type: code kind, zh: 八, en: eight}
  residence: {type: code residence, zh: 九, en: nine}
  rows:
    zh: 十
    en: ten
    each:
      amount: {type: money, zh: 甲, en: a}
      ok: {type: flag, zh: 乙, en: b}
      sort: {type: code kind, zh: 丙, en: c}
      since: {type: date, zh: 丁, en: d}
      part: {type: number, zh: 戊, en: e}
parameters:
  line: {type: money, per: [place, residence], zh: 线, en: line}
  factor: {type: number, per: [place], zh: 倍, en: factor}
  fixed: {type: number, value: 0.35, article: 一, zh: 定, en: fixed}
"""
TAIL = """
results: {first: {zh: 一, en: first}, second: {zh: 二, en: second}, last: {zh: 末, en: last}}
exclude:
  - {code: out, when: "poor and ill and %s", article: 一, because: {zh: 出, en: out}}
  - {code: noted, when: %s, article: 二, because: {zh: 记, en: noted}, while_unknown: note}
decide:
  - {result: first, when: %s, article: 一, because: {zh: 一, en: one}}
  - {result: second, when: %s, article: 二, because: {zh: 二, en: two}}
  - result: last
    because:
      zh: 余
      en: "{income} {loss} {share} {people} {poor} {ill} {born} {colour} {line} {factor} {fixed}"
benefits:
  - code: aid
    zh: 助
    en: aid
    for: [first, last]
    amount: %s
    article: 一
    because: {zh: 发, en: given}
    caps:
      - {code: low, at_most: %s, article: 一, because: {zh: 限, en: cap}}
      - {code: top, at_most: 'min(line * 24, 20000 yuan)', article: 二, because: {zh: 限, en: cap}}
situations:
  - {title: {zh: 例, en: example}, given: {}, expect: {}}
"""
EVERYTHING = "count(rows where amount > 0 and ok and sort = red and since < day and part > 0)"


class Grammar:
    """Expressions by type over the declared names, `names` of earlier expressions included."""

    def __init__(self, draw: Any, names: dict[str, list[str]], inside: bool = False) -> None:
        self.draw, self.names, self.inside = draw, names, inside

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def money(self, depth: int) -> str:
        leaves = ["income", "loss", "line", "120.35 yuan", *self.names["money"]]
        if self.inside:
            leaves = ["income", "line", "amount", "amount", "50 yuan"]
        if depth <= 0:
            return str(self.pick(*leaves))
        a, b = (lambda: self.money(depth - 1)), (lambda: self.number(depth - 1))
        forms = [
            lambda: f"({a()} + {a()})",
            lambda: f"({a()} - {a()})",
            lambda: f"{self.pick('share', 'fixed', 'factor', '12', '0.8')} * {a()}",
            lambda: f"({a()}) / ({b()})",
            lambda: f"({a()}) / {self.pick('people', '3', '7')}",
            lambda: f"({a()} - {a()}) / 12 / people",
            lambda: f"{a()} * people",
            lambda: f"if({self.flag(depth - 1)}, {a()}, {a()})",
            lambda: f"min({a()}, {a()})",
            lambda: f"max({a()}, 0, {a()})",
            lambda: f"clamp({a()}, 10 yuan, {a()})",
            lambda: f"round_to({a()}, {self.pick(0, 1, 2, 4)})",
            lambda: f"-({a()})",
        ]
        if not self.inside:
            forms += [lambda: f"sum(rows.amount where {self.row()})"] * 2
        return str(self.pick(*forms)())

    def number(self, depth: int) -> str:
        leaves = ["share", "people", "factor", "fixed", "3", "0.25", *self.names["number"]]
        if self.inside:
            leaves = ["part", "part", "share", "factor", "2"]
        if depth <= 0:
            return str(self.pick(*leaves))
        a = lambda: self.number(depth - 1)  # noqa: E731
        forms = [
            lambda: f"({a()} + {a()})",
            lambda: f"({a()} - {a()})",
            lambda: f"{a()} * {self.pick('2', 'fixed', '1.5')}",
            lambda: f"({a()}) / ({a()})",
            lambda: f"({self.money(depth - 1)}) / ({self.money(depth - 1)})",
            lambda: f"months_between({self.date()}, {self.date()})",
            lambda: f"if({self.flag(depth - 1)}, {a()}, {a()})",
            lambda: f"max({a()}, {a()}, 1)",
        ]
        if not self.inside:
            forms += [lambda: f"count(rows where {self.row()})", lambda: f"sum(rows.part where {self.row()})"]
        return str(self.pick(*forms)())

    def date(self) -> str:
        leaves = (
            ["since", "day", "born"]
            if self.inside
            else ["born", "day", "2021-02-28", "max(born, 2010-01-31)"]
        )
        return str(self.pick(*leaves))

    def flag(self, depth: int) -> str:
        leaves = ["poor", "ill", *self.names["flag"]]
        if self.inside:
            leaves = ["ok", "ok", "poor", "sort = green"]
        if depth <= 0:
            return str(self.pick(*leaves))
        a = lambda: self.flag(depth - 1)  # noqa: E731
        sign = self.pick("<", "<=", ">", ">=", "=", "!=")
        forms = [
            lambda: f"({a()} and {a()})",
            lambda: f"({a()} or {a()} or {a()})",
            lambda: f"not ({a()})",
            lambda: f"{self.money(depth - 1)} {sign} {self.money(depth - 1)}",
            lambda: f"{self.number(depth - 1)} {sign} {self.number(depth - 1)}",
            lambda: f"between({self.money(depth - 1)}, {self.money(0)}, {self.money(0)})",
            lambda: f"{self.date()} {sign} {self.date()}",
            lambda: f"{'sort' if self.inside else 'colour'} in {{red, blue}}",
        ]
        if not self.inside:
            forms += [lambda: f"any(rows where {self.row()})", lambda: f"all(rows.ok where {self.row()})"]
        return str(self.pick(*forms)())

    def row(self) -> str:
        return Grammar(self.draw, self.names, inside=True).flag(self.draw(st.integers(0, 2)))


@st.composite
def packs(draw: Any) -> str:
    """The text of a pack with a few expressions that build on each other."""
    names: dict[str, list[str]] = {"money": [], "number": [], "flag": []}
    lines = [f'  everything: {{zh: 全, en: all, is: "{EVERYTHING}"}}']
    for i in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["money", "number", "flag"]))
        text = getattr(Grammar(draw, names), kind)(draw(st.integers(1, 3)))
        lines.append(f'  let_{i}: {{zh: 式, en: expression, is: "{text}"}}')
        names[kind].append(f"let_{i}")
    grammar = Grammar(draw, names)
    conditions = [grammar.flag(draw(st.integers(0, 2))) for _ in range(4)]
    conditions = [conditions[0], *(f'"{text}"' for text in conditions[1:])]
    amounts = [f'"{grammar.money(draw(st.integers(0, 2)))}"' for _ in range(2)]
    return HEAD + "let:\n" + "\n".join(lines) + TAIL % (*conditions, *amounts)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rarely unknown, or nearly every household would be."""
    return st.integers(0, 11).flatmap(lambda chance: strategy if chance else st.none())


FEN = st.one_of(
    st.sampled_from(["0", "0.01", "620", "1240", "7440", "-35.5", "-0.01"]),
    st.sampled_from(["9999999999.99", "-9999999999.99", "10000000000", "-10000000000"]),
    st.integers(-(10**6), 10**8).map(lambda fen: f"{fen // 100}.{fen % 100:02d}"),
)
NUMBERS = st.one_of(
    st.sampled_from(["0", "0.5", "1.5", "2", "-1", "-0.5", "3.3333333333", "12", "0.3333333"]),
    st.sampled_from(["0.000000015", "-0.000000005", "999999999.999999999", "-999999999", "1000000000"]),
)
COUNTS = st.one_of(st.integers(-1, 6), st.sampled_from([9_999_999, 10_000_000]))
DATES = st.dates(date(1999, 1, 1), date(2031, 12, 31))
CODES = st.sampled_from(["red", "green", "blue", "purple"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": maybe(FEN),
            "ok": maybe(st.booleans()),
            "sort": maybe(CODES),
            "since": maybe(DATES),
            "part": maybe(NUMBERS),
        }
    ),
    max_size=3,
)
HOUSEHOLDS = st.fixed_dictionaries(
    {
        "income": maybe(FEN),
        "loss": maybe(FEN),
        "share": maybe(NUMBERS),
        "people": maybe(COUNTS),
        "poor": maybe(st.booleans()),
        "ill": maybe(st.booleans()),
        "born": maybe(DATES),
        "colour": maybe(CODES),
        "residence": maybe(st.sampled_from(["urban", "rural"])),
        "rows": maybe(ROWS),
    }
)
