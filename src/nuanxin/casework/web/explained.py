"""An explanation as the sheet shows it: the verdict, each clause with sign, figures and document."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.policy.engine.articles_zh import article_in
from nuanxin.policy.engine.explanation import BenefitDue, Clause, Explanation, Figure, Rows, StandardUsed
from nuanxin.policy.engine.texts import Text
from nuanxin.registry.models import Household
from nuanxin.registry.services import HOUSEHOLD_FIELDS

_SIGNS = {True: "yes", False: "no", None: "open"}
#: The page on which each fact of a household is entered.
_ENTERED = {
    "expenses": "registry:household_expenses",
    "members": "registry:household",
    "employment_months": "registry:household",
    **dict.fromkeys(HOUSEHOLD_FIELDS, "registry:household_edit"),
}


@dataclass(frozen=True)
class Line:
    """One clause: `met` is yes, no or open; `how` reads the condition out with its figures."""

    met: str
    text: str
    how: str
    source: str


@dataclass(frozen=True)
class Cap:
    """A limit of a benefit, and whether it lowered the amount."""

    text: str
    bit: bool
    source: str


@dataclass(frozen=True)
class Award:
    """A benefit: its name, the amount, how it was computed, and its limits in order."""

    title: str
    amount: Money | None
    because: str
    how: str
    source: str
    caps: list[Cap]


@dataclass(frozen=True)
class Parameter:
    """A standard or constant: its figure, where and when it holds, and what sets it."""

    title: str
    figure: str
    place: str
    period: str
    source: str


@dataclass(frozen=True)
class Missing:
    """Something to find out; `url` leads to where it is filled in, for those who may."""

    title: str
    url: str


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
    standards: list[Parameter]
    facts: list[tuple[str, str]]
    lists: list[tuple[str, list[str]]]
    awards: list[Award]
    missing: list[Missing]
    document: str
    issued: str
    pack: str
    digest: str


def sheet(found: Explanation, household: Household | None = None) -> Sheet:
    """The sheet of an explanation in the reader's language; what is missing links into the household."""
    document = _document(found)
    dated = {used.figure.name for used in found.standards}
    missing = zip(found.unknown, found.unknown_titles, strict=True)
    return Sheet(
        title=say(found.title),
        result=say(found.result_title),
        decided=found.decided,
        sentence=say(found.sentence),
        day=found.day,
        decisions=[line for clause in found.decisions if clause.reached for line in _lines(clause, document)],
        exclusions=[line for clause in found.exclusions for line in _lines(clause, document)],
        figures=[(say(figure.title), _with_unit(figure)) for figure in found.values],
        standards=[_standard(standard, document) for standard in found.standards],
        facts=[(say(figure.title), _with_unit(figure)) for figure in found.facts],
        lists=[(say(rows.title), _rows(rows)) for rows in found.lists],
        awards=[_award(benefit, document) for benefit in found.benefits],
        missing=[
            Missing(say(title), _new_standard() if name in dated else _filled_in(name, household))
            for name, title in missing
        ],
        document=document,
        issued=f"{say(found.source.issuer)} · {found.source.issued}",
        pack=_("%(code)s 第 %(version)s 版") % {"code": found.pack, "version": found.version},
        digest=" ".join(found.sha256[start : start + 8] for start in range(0, 64, 8)),
    )


def say(text: Text | None) -> str:
    """A text of the policy in the reader's language."""
    return text.in_(get_language() or "zh") if text else ""


def _document(found: Explanation) -> str:
    source = found.source
    number = f" {source.number}" if source.number else ""
    return _("《%(document)s》") % {"document": say(source.document)} + number


def _filled_in(name: str, household: Household | None) -> str:
    """Where a missing input is entered; empty for who may not, and for what is no fact of a household."""
    page = _ENTERED.get(name.partition(".")[0], "")
    may = scope.current().can("registry.household.edit")
    return reverse(page, args=[household.pk]) if household and page and may else ""


def _new_standard() -> str:
    """Where a figure of a place is proposed; empty for who may not."""
    return reverse("policy:new_change") if scope.current().can("policy.standard.propose") else ""


def _lines(clause: Clause, document: str) -> list[Line]:
    """A clause, or each of its grounds when it has several."""
    grounds = [ground for ground in clause.grounds if ground.reached] or [clause]
    return [_line(ground, document) for ground in grounds]


def _line(clause: Clause, document: str) -> Line:
    """A clause that holds says its reason, then the condition; another one the condition alone."""
    text = say(clause.because) if clause.holds else say(clause.reading)
    if clause.overruled:
        text = _("%(text)s（已核准排除：%(reason)s）") % {"text": text, "reason": clause.overruled}
    if clause.holds is None and not clause.blocks:
        text = _("%(text)s（尚待核实，不影响本次结论）") % {"text": text}
    how = say(clause.reading) if clause.holds else ""
    return Line(_SIGNS[clause.holds], text, how, _article(document, clause.article))


def _article(document: str, article: str) -> str:
    """Document and article; in English the article by its number: 'Measures, Article 12 (1)'."""
    if not article:
        return ""
    language = get_language() or ""
    comma = ", " if language.startswith("en") else ""
    return f"{document}{comma}{article_in(language, article)}"


def _with_unit(figure: Figure) -> str:
    text = say(figure.text)
    money = figure.kind == "money" and figure.raw is not None
    return _("%(amount)s 元") % {"amount": text} if money else text


def _standard(used: StandardUsed, document: str) -> Parameter:
    """A parameter: a constant of the pack, or a standard of a place and time."""
    if used.id is None:
        source = _article(document, used.article) if used.article else _("未设定")
        return Parameter(say(used.figure.title), _with_unit(used.figure), "", "", source)
    place = say(used.place) if used.place else _("全国")
    since = _("%(day)s 起") % {"day": used.valid_from} if used.valid_from else ""
    until = _("%(day)s 止") % {"day": used.valid_to - timedelta(days=1)} if used.valid_to else ""
    period = " ".join(part for part in (since, until) if part)
    return Parameter(say(used.figure.title), _with_unit(used.figure), place, period, say(used.document))


def _rows(rows: Rows) -> list[str]:
    """A list as it was given, row by row."""
    if not rows.rows:
        return [_("没有") if rows.known else _("不详")]
    return [" · ".join(_in_row(figure) for figure in row) for row in rows.rows]


def _in_row(figure: Figure) -> str:
    """A figure among others: a yes is what it answers, anything else of a flag stands beside it."""
    if figure.kind != "flag":
        return _with_unit(figure)
    return say(figure.title) if figure.raw else f"{say(figure.title)} {say(figure.text)}"


def _award(benefit: BenefitDue, document: str) -> Award:
    return Award(
        say(benefit.title),
        benefit.amount,
        say(benefit.because),
        say(benefit.reading),
        _article(document, benefit.article),
        [Cap(say(cap.because), cap.bit, _article(document, cap.article)) for cap in benefit.caps],
    )
