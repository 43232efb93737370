"""What the page of a difference shows: figures and standards side by side, and the clauses of the result."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.web.markup import DASH, yuan
from nuanxin.policy.engine.explanation import Clause, StandardUsed
from nuanxin.policy.queries import Explanation
from nuanxin.registry.groups import FINANCE, HIDDEN, may

from .. import queries
from ..models import Difference

_SIGNS = {True: "yes", False: "no", None: "open"}


@dataclass(frozen=True)
class Offer:
    """An act on the page: `asks` says whether it opens a dialog."""

    name: str
    act: Any
    form: Any
    open: bool

    @property
    def asks(self) -> bool:
        return bool(self.form.fields)


@dataclass(frozen=True)
class Line:
    """One clause: `met` is yes, no or open."""

    met: str
    text: str
    figure: str
    source: str
    exclusion: bool = False


@dataclass(frozen=True)
class Sheet:
    """The result in a sentence, with the clauses that led to it."""

    decided: bool
    result: str
    sentence: str
    lines: list[Line]
    pack: str


def figures(row: Difference, language: str) -> list[tuple[str, str, str]]:
    """Class, income a head and yearly aid, (label, before, now), each programme and then the sum."""
    hashes = {item["programme"]: item["sha256"] for item in row.review.packs}
    rows = [
        (_("困难类别"), str(row.get_was_display()), str(row.get_now_display())),
        (_("月人均（元）"), _per_head(row.per_head_was), _per_head(row.per_head_now)),
    ]
    for programme, (was, now) in sorted(row.aid.items()):
        title = queries.title_of(hashes.get(programme), programme, language)
        rows.append((_("%(title)s（元／年）") % {"title": title}, _fen(was), _fen(now)))
    return [*rows, (_("年度待遇合计（元）"), yuan(row.aid_was), yuan(row.aid_now))]


def _per_head(figure: Any) -> str:
    if figure is None:
        return DASH
    return f"{figure:,.2f}" if may(scope.current(), FINANCE) else HIDDEN


def _fen(fen: int | None) -> str:
    return DASH if fen is None else yuan(Money(fen))


@dataclass(frozen=True)
class Compared:
    """A standard before and now, with the document now in force; `differs` marks what changed."""

    label: str
    was: str
    now: str
    source: str

    @property
    def differs(self) -> bool:
        return self.was != self.now


def standards(before: Explanation | None, now: Explanation | None, language: str) -> list[Compared]:
    """The standards the two determinations rest on, by name."""
    held = {used.figure.name: used for used in before.standards} if before else {}
    new = {used.figure.name: used for used in now.standards} if now else {}
    return [
        Compared(
            (new.get(name) or held[name]).figure.title.in_(language),
            _figure(held.get(name), language),
            _figure(new.get(name), language),
            _source(new.get(name) or held[name], language),
        )
        for name in dict.fromkeys([*new, *held])
    ]


def _figure(used: StandardUsed | None, language: str) -> str:
    return used.figure.text.in_(language) if used else DASH


def _source(used: StandardUsed, language: str) -> str:
    parts = [used.place, used.document]
    said = [part.in_(language) for part in parts if part]
    if used.valid_from:
        said.append(_("%(day)s 起") % {"day": used.valid_from})
    return " · ".join([*said, used.article] if used.article else said)


def clauses(found: Explanation, language: str) -> Sheet:
    """The clauses asked on the way to the result; of the exclusions those that hold or are open."""
    document = found.source.document.in_(language)
    asked = [part for clause in found.decisions if clause.reached for part in _grounds(clause)]
    closing = [part for clause in found.exclusions if clause.holds is not False for part in _grounds(clause)]
    lines = [_line(clause, document, language) for clause in asked]
    lines += [_line(clause, document, language, exclusion=True) for clause in closing]
    return Sheet(
        found.decided,
        found.result_title.in_(language),
        found.sentence.in_(language),
        lines,
        f"{found.pack} v{found.version} · {found.sha256[:12]}",
    )


def _grounds(clause: Clause) -> list[Clause]:
    """A clause, or each of its grounds that was asked when it has several."""
    return [ground for ground in clause.grounds if ground.reached] or [clause]


def _line(clause: Clause, document: str, language: str, exclusion: bool = False) -> Line:
    text = clause.because if clause.holds else clause.reading
    return Line(
        _SIGNS[clause.holds],
        text.in_(language),
        " / ".join(figure.text.in_(language) for figure in clause.figures[:2]),
        _("《%(document)s》") % {"document": document} + clause.article,
        exclusion,
    )
