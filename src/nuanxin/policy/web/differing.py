"""What changes from one pack to another, in words: which parameters, clauses and benefits, and how."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..engine.pack import Pack
from .showing import Line, Reader, Rule

PARTS = {
    "head": _("基本信息"),
    "asked": _("所需信息"),
    "parameter": _("标准和参数"),
    "expression": _("算式"),
    "exclusion": _("不予认定的情形"),
    "decision": _("认定条件"),
    "benefit": _("金额和上限"),
    "case": _("示例情形"),
}
#: Texts less alike than this are shown one after the other: marks in every word help nobody.
ALIKE = 0.6
_WORDS = re.compile(r"[A-Za-z]+|[0-9][0-9.,]*|\s+|.")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is the same in both ("same"), gone ("del") or new ("ins")."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is "added", "removed" or "changed", with its words marked."""

    part: Any
    kind: str
    title: str
    pieces: tuple[Piece, ...]


def compare(old: Pack, new: Pack, language: str) -> list[Change]:
    """The changes in the reader's language; what differs in the other language alone is shown in that."""
    first, other = ("en", "zh") if language.startswith("en") else ("zh", "en")
    was, now = _reading(old, first), _reading(new, first)
    was_there, now_there = _reading(old, other), _reading(new, other)
    found = []
    for key in _keys(was, now):
        if was.get(key) != now.get(key):
            found.append(_change(key, was.get(key), now.get(key)))
        elif was_there.get(key) != now_there.get(key):
            found.append(_change(key, was_there.get(key), now_there.get(key)))
    return found


def _keys(old: dict[Key, tuple[str, str]], new: dict[Key, tuple[str, str]]) -> list[Key]:
    """Part by part in the order of the new pack, what is gone at the end of its part."""
    keys = [*new, *(key for key in old if key not in new)]
    order = list(PARTS)
    return sorted(keys, key=lambda key: order.index(key[0]))


def _change(key: Key, before: tuple[str, str] | None, after: tuple[str, str] | None) -> Change:
    kind = "added" if before is None else "removed" if after is None else "changed"
    title = (after or before or ("", ""))[0]
    if before and after and before[0] != after[0]:
        title = f"{before[0]} → {after[0]}"
    return Change(PARTS[key[0]], kind, title, _marked(before[1] if before else "", after[1] if after else ""))


def _marked(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts as one, word by word (Chinese: character by character)."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return tuple(Piece(kind, text) for kind, text in (("del", before), ("ins", after)) if text)
    for act, low, high, start, end in matcher.get_opcodes():
        if act == "equal":
            pieces.append(Piece("same", "".join(old[low:high])))
            continue
        if high > low:
            pieces.append(Piece("del", "".join(old[low:high])))
        if end > start:
            pieces.append(Piece("ins", "".join(new[start:end])))
    return tuple(pieces)


def _reading(pack: Pack, language: str) -> dict[Key, tuple[str, str]]:
    """Every part of a pack under a key that stays from version to version: its title and its words."""
    return {key: (title, words) for key, title, words in _read(pack, Reader(pack, language))}


def _read(pack: Pack, reader: Reader) -> Iterator[tuple[Key, str, str]]:
    say = reader.say
    yield ("head", "title"), str(_("名称")), say(pack.title)
    document = " ".join([say(pack.source.issuer), say(pack.source.document), pack.source.number])
    yield ("head", "document"), str(_("依据文件")), f"{document} {pack.source.issued}".strip()
    yield ("head", "place"), str(_("适用地区")), pack.place if pack.place != "all" else str(_("全部地区"))
    yield ("head", "valid"), str(_("有效期")), f"{pack.valid_from} – {pack.valid_to or '…'}"
    for name, fact in pack.facts.items():
        asked = reader.asked(fact)
        parts = [f"{part.name} {part.value}" for part in asked.parts]
        yield ("asked", name), asked.name, " ".join([asked.answer, asked.question, *parts]).strip()
    for name, parameter in pack.parameters.items():
        line = reader.parameter(parameter)
        yield ("parameter", name), line.name, f"{line.value or str(_('按地区和日期'))} {line.note}".strip()
    for name, let in pack.lets.items():
        yield ("expression", name), say(let.title), reader.wording.words(let.node)
    for part, rules in (("exclusion", reader.exclusions()), ("decision", reader.decisions())):
        for rule in rules:
            yield (part, rule.key), rule.title, _rule_words(rule)
    for benefit in pack.benefits:
        paid = reader.payment(benefit)
        words = [_rule_words(paid.rule), paid.opened_by, paid.funds]
        yield ("benefit", benefit.code), paid.rule.title, " ".join(filter(None, words))
        for cap in paid.caps:
            yield ("benefit", f"{benefit.code} {cap.key}"), f"{paid.rule.title}·{cap.title}", _rule_words(cap)
    usual = reader.usual_facts()
    yield ("case", ""), str(_("通常情形")), _told(reader, reader.given(usual))
    for item in pack.situations:
        case = reader.case(item, usual)
        lines = [*case.given, Line(str(_("结果")), case.result), *case.amounts]
        yield ("case", item.title.zh), case.title, _told(reader, lines)


def _told(reader: Reader, lines: Iterable[Line]) -> str:
    return reader.listed.join(f"{line.name} {line.value}" for line in lines)


def _rule_words(rule: Rule) -> str:
    return " ".join(filter(None, [rule.when, rule.article, rule.because]))
