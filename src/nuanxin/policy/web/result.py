"""The outcome of a self-test, in plain words."""

from dataclasses import dataclass

from nuanxin.kernel.money import Money

from ..engine.asking import Outcome
from ..engine.explanation import Clause, Explanation
from .questions import say


@dataclass(frozen=True)
class Reason:
    """One clause that mattered: met 'yes', 'no' or 'open'."""

    met: str
    text: str
    how: str
    article: str


@dataclass(frozen=True)
class Result:
    """The outcome in the reader's language."""

    favourable: bool | None
    title: str
    sentence: str
    benefits: list[tuple[str, Money, str]]
    reasons: list[Reason]
    find_out: list[str]
    noted: list[str]
    given: list[tuple[str, str]]
    rows: list[tuple[str, str]]
    document: str

    @classmethod
    def of(cls, outcome: Outcome) -> "Result":
        told = outcome.explanation
        met = [clause for clause in told.exclusions if clause.holds]
        reached = [clause for clause in told.decisions if clause.reached]
        return cls(
            outcome.favourable,
            say(told.result_title),
            say(told.sentence),
            [
                (say(due.title), due.amount, say(due.because))
                for due in told.benefits
                if due.amount is not None
            ],
            [_reason(clause) for clause in met or _grounds(reached)],
            [say(text) for text in outcome.find_out],
            [say(text) for text in outcome.noted],
            [(say(f.title), say(f.text)) for f in told.facts if f.raw is not None],
            _rows(told),
            say(told.source.document),
        )


def _rows(told: Explanation) -> list[tuple[str, str]]:
    """Each row of a list in one line, under the name of the list."""
    return [
        (say(rows.title), " · ".join(f"{say(figure.title)} {say(figure.text)}" for figure in row))
        for rows in told.lists
        for row in rows.rows
    ]


def _grounds(clauses: list[Clause]) -> list[Clause]:
    return [ground for clause in clauses for ground in clause.grounds or (clause,)]


def _reason(clause: Clause) -> Reason:
    met = {True: "yes", False: "no", None: "open"}[clause.holds]
    told = clause.because if clause.holds else clause.reading
    return Reason(met, say(told), say(clause.reading) if clause.holds else "", clause.article)
