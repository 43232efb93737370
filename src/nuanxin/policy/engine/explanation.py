"""The full account of one determination: self-contained, so that it reads the same years later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.kernel.money import Money

from .codec import decode, encode
from .pack import EXCLUDED, UNKNOWN, Source
from .texts import Text


@dataclass(frozen=True, slots=True)
class Figure:
    """A named value and how it is written in both languages. `raw` is the value in JSON."""

    name: str
    title: Text
    kind: str
    raw: str | bool | None
    text: Text

    @property
    def value(self) -> Any:
        """The exact value: Decimal (yuan for money), bool, date, a code, or None when unknown."""
        if self.raw is None or isinstance(self.raw, bool):
            return self.raw
        if self.kind in ("money", "number", "count"):
            return Decimal(self.raw)
        return date.fromisoformat(self.raw) if self.kind == "date" else self.raw


@dataclass(frozen=True, slots=True)
class Rows:
    """A list fact as it was given."""

    name: str
    title: Text
    known: bool
    rows: tuple[tuple[Figure, ...], ...]


@dataclass(frozen=True, slots=True)
class StandardUsed:
    """A parameter's figure with the place, time and document it holds by."""

    figure: Figure
    article: str = ""
    id: int | None = None
    place: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    document: Text | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """An exclusion or a decision: does it hold, on which figures, by which article.

    `holds` None means unknown, and `missing` names the inputs to fill in. `reached` is False for a
    decision after the one that was taken. `reading` is the condition in words, `because` the reason
    to give when it holds. `grounds` are the alternatives of a decision that has several.
    """

    code: str
    article: str
    holds: bool | None
    reached: bool
    reading: Text
    because: Text
    figures: tuple[Figure, ...] = ()
    missing: tuple[str, ...] = ()
    blocks: bool = True
    overruled: str = ""
    grounds: tuple["Clause", ...] = ()


@dataclass(frozen=True, slots=True)
class CapUsed:
    """A cap and whether it lowered the amount (`bit`)."""

    code: str
    article: str
    limit: Decimal | None
    bit: bool
    because: Text


@dataclass(frozen=True, slots=True)
class BenefitDue:
    """An amount: the formula's figure, the caps in order, and the fen that remain. None while unknown."""

    code: str
    title: Text
    article: str
    formula: Decimal | None
    amount: Money | None
    reading: Text
    because: Text
    caps: tuple[CapUsed, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    pack: str
    version: int
    sha256: str
    programme: str
    title: Text
    source: Source
    day: date
    place: str
    result: str
    result_title: Text
    sentence: Text
    unknown: tuple[str, ...]
    unknown_titles: tuple[Text, ...]
    facts: tuple[Figure, ...]
    lists: tuple[Rows, ...]
    standards: tuple[StandardUsed, ...]
    values: tuple[Figure, ...]
    exclusions: tuple[Clause, ...]
    decisions: tuple[Clause, ...]
    benefits: tuple[BenefitDue, ...] = ()

    @property
    def decided(self) -> bool:
        """Neither excluded nor waiting for facts."""
        return self.result not in (EXCLUDED, UNKNOWN)

    def benefit(self, code: str) -> BenefitDue | None:
        return next((benefit for benefit in self.benefits if benefit.code == code), None)

    def given(self) -> dict[str, Any]:
        """The facts as they were, to run the determination again."""
        facts: dict[str, Any] = {figure.name: figure.value for figure in self.facts}
        for rows in self.lists:
            plain = [{figure.name: figure.value for figure in row} for row in rows.rows]
            facts[rows.name] = plain if rows.known else None
        return facts

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives an equal Explanation back."""
        found: dict[str, Any] = encode(self)
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Explanation":
        found: Explanation = decode(cls, data)
        return found


def join(texts: Sequence[Text]) -> Text:
    """'甲、乙' and 'a, b'."""
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))


def sentences(texts: Sequence[Text]) -> Text:
    """'甲；乙' and 'a; b'."""
    return Text("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
