"""An explanation as the sheet shows it: the verdict, each clause with sign, figures and document."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nuanxin.kernel.money import Money
from nuanxin.policy.engine.explanation import BenefitDue, Clause, Explanation, Figure, StandardUsed
from nuanxin.policy.engine.texts import Text

_SIGNS = {True: "yes", False: "no", None: "open"}


@dataclass(frozen=True)
class Line:
    """One clause: `met` is yes, no or open; `how` spells the formula out, `figure` shows its figures."""

    met: str
    text: str
    how: str
    figure: str
    source: str


@dataclass(frozen=True)
class Award:
    """A benefit: its name, the amount, how it was computed, and the caps that lowered it."""

    title: str
    amount: Money | None
    because: str
    how: str
    source: str
    caps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """Everything the sheet shows, in the reader's language."""

    title: str
    result: str
    decided: bool
    sentence: str
    day: Any
    decisions: list[Line]
    exclusions: list[Line]
    figures: list[tuple[str, str]]
    standards: list[tuple[str, str, str]]
    facts: list[tuple[str, str]]
    awards: list[Award]
    document: str
    pack: str
    digest: str
    missing: list[str]


def sheet(found: Explanation) -> Sheet:
    """The sheet of an explanation in the reader's language."""
    document = _document(found)
    return Sheet(
        title=say(found.title),
        result=say(found.result_title),
        decided=found.decided,
        sentence=say(found.sentence),
        day=found.day,
        decisions=[line for clause in found.decisions if clause.reached for line in _lines(clause, document)],
        exclusions=[line for clause in found.exclusions for line in _lines(clause, document)],
        figures=[(say(figure.title), _with_unit(figure)) for figure in found.values],
        standards=[_standard(standard) for standard in found.standards],
        facts=_facts(found),
        awards=[_award(benefit, document) for benefit in found.benefits],
        document=document,
        pack=f"{found.pack} v{found.version}",
        digest=found.sha256[:12],
        missing=[say(title) for title in found.unknown_titles],
    )


def say(text: Text | None) -> str:
    return text.in_(get_language() or "zh") if text else ""


def _document(found: Explanation) -> str:
    source = found.source
    number = f" {source.number}" if source.number else ""
    return _("《%(document)s》") % {"document": say(source.document)} + number


def _lines(clause: Clause, document: str) -> list[Line]:
    """A clause, or each of its grounds when it has several."""
    grounds = [ground for ground in clause.grounds if ground.reached] or [clause]
    return [_line(ground, document) for ground in grounds]


def _line(clause: Clause, document: str) -> Line:
    text = say(clause.because) if clause.holds else say(clause.reading)
    figures = " / ".join(say(figure.text) for figure in clause.figures[:2])
    if clause.overruled:
        text = _("%(text)s（已核准排除：%(reason)s）") % {"text": text, "reason": clause.overruled}
    if clause.holds is None and not clause.blocks:
        text = _("%(text)s（尚待核实，不影响本次结论）") % {"text": text}
    article = f"{document}{clause.article}" if clause.article else ""
    return Line(_SIGNS[clause.holds], text, say(clause.reading) if clause.holds else "", figures, article)


def _with_unit(figure: Figure) -> str:
    text = say(figure.text)
    return (
        _("%(amount)s 元") % {"amount": text} if figure.kind == "money" and figure.raw is not None else text
    )


def _standard(used: StandardUsed) -> tuple[str, str, str]:
    """A parameter: its name, its figure, and where it comes from."""
    parts = [say(used.place), say(used.document), used.article]
    if used.valid_from:
        parts.insert(1, _("%(day)s 起") % {"day": used.valid_from})
    return say(used.figure.title), _with_unit(used.figure), " · ".join(part for part in parts if part)


def _facts(found: Explanation) -> list[tuple[str, str]]:
    """The facts as given, lists row by row."""
    facts = [(say(figure.title), _with_unit(figure)) for figure in found.facts]
    for rows in found.lists:
        if not rows.known:
            facts.append((say(rows.title), _("不详")))
        for row in rows.rows:
            facts.append((say(rows.title), " · ".join(_in_row(figure) for figure in row)))
    return facts


def _in_row(figure: Figure) -> str:
    """A figure among others: a yes or no says what it answers."""
    return f"{say(figure.title)} {say(figure.text)}" if figure.kind == "flag" else _with_unit(figure)


def _award(benefit: BenefitDue, document: str) -> Award:
    caps = [say(cap.because) for cap in benefit.caps if cap.bit]
    return Award(
        say(benefit.title),
        benefit.amount,
        say(benefit.because),
        say(benefit.reading),
        f"{document}{benefit.article}",
        caps,
    )
