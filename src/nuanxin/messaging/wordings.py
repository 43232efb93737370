"""What messages say: read from packs/messages/messages.yaml and checked whole before anything is used."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml
from django.conf import settings
from django.utils import dateformat, timezone
from django.utils.translation import override

from nuanxin.kernel.money import Money, format_yuan
from nuanxin.policy.engine.texts import Text

from .days_zh import DAY
from .guards import LETTER, TEXT

#: Figures every message knows: whom it is to, who writes, whom to call.
ALWAYS = frozenset(["name", "issuer", "phone"])
_LANGUAGES = ("zh", "en")
_PARTS = frozenset(["title", "channels", "must", "consent", "about", "parts", "text", "letter"])
_DAYS = {"zh": DAY, "en": "j F Y"}


class WordingError(ValueError):
    """The file is not sound; the text says where and why."""


@dataclass(frozen=True)
class Wording:
    """One message: its title, the channels it goes by, and its words on each."""

    code: str
    title: Text
    channels: tuple[str, ...]
    must: bool
    consent: bool
    about: frozenset[str]
    parts: Mapping[str, Text]
    text: Text
    letter: Text

    def words(self, channel: str, language: str, values: Mapping[str, Any]) -> str:
        """The words with the figures in their places; KeyError for one that is not given."""
        said = (self.letter if channel == LETTER else self.text).in_(language)
        figures = {name: spell(values[name], language) for name in ALWAYS | self.about}
        for name, part in self.parts.items():
            given = values.get(name)
            figures[name] = part.in_(language).format_map({name: spell(given, language)}) if given else ""
        return said.format_map(figures).strip()


@dataclass(frozen=True)
class Book:
    """All messages, and when texts go out and are tried again."""

    messages: Mapping[str, Wording]
    hours: tuple[int, int]
    again: tuple[int, ...]
    ahead: timedelta
    self: Text

    def __getitem__(self, code: str) -> Wording:
        return self.messages[code]

    def next_hour(self, moment: datetime) -> datetime:
        """The moment itself, or the next one at which texts may go out."""
        local = timezone.localtime(moment)
        begin, end = self.hours
        if begin <= local.hour < end:
            return moment
        day = local.date() + timedelta(days=local.hour >= end)
        return timezone.make_aware(datetime.combine(day, time(begin)))


def spell(value: Any, language: str) -> str:
    """A figure as the language writes it: days, money, texts in both languages."""
    if isinstance(value, Money):
        return format_yuan(value)
    if isinstance(value, date):
        with override(language):
            return dateformat.format(value, _DAYS[language])
    return value.in_(language) if hasattr(value, "in_") else str(value)


def book() -> Book:
    """The wordings in force, read once a process."""
    return read(settings.PACKS / "messages" / "messages.yaml")


@cache
def read(path: Path) -> Book:
    """The book in a file; WordingError says what is wrong with it."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        begin, end = found["hours"]
        again = tuple(int(minutes) for minutes in found["again"])
        ahead = timedelta(days=int(found["ahead_days"]))
        oneself = Text(**found["self"])
        messages = {code: _wording(code, body) for code, body in found["messages"].items()}
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise WordingError(f"{path.name}: {error}") from error
    if not 0 <= begin < end <= 24 or not again or min(again) < 1:
        raise WordingError(f"{path.name}: hours or minutes that cannot be")
    return Book(messages, (begin, end), again, ahead, oneself)


def _wording(code: str, body: Mapping[str, Any]) -> Wording:
    if unknown := set(body) - _PARTS:
        raise ValueError(f"{code}: unknown {sorted(unknown)}")
    text = Text(**body["text"])
    wording = Wording(
        code=code,
        title=Text(**body["title"]),
        channels=tuple(body["channels"]),
        must=bool(body["must"]),
        consent=bool(body.get("consent", False)),
        about=frozenset(body["about"]),
        parts={name: Text(**part) for name, part in body.get("parts", {}).items()},
        text=text,
        letter=Text(**body["letter"]) if "letter" in body else text,
    )
    if wording.channels not in ((TEXT,), (TEXT, LETTER), (LETTER,)):
        raise ValueError(f"{code}: channels are text, letter, or both in this order")
    if wording.must and "letter" not in body:
        raise ValueError(f"{code}: what must be told needs a letter")
    known = ALWAYS | wording.about | set(wording.parts)
    for said in (text, wording.letter):
        _check_figures(code, said, known)
    for name, part in wording.parts.items():
        _check_figures(code, part, {name})
    return wording


def _check_figures(code: str, said: Text, known: Set[str]) -> None:
    """Both languages tell the same figures, and only those that are given."""
    named = [
        {(name, spec) for _before, name, spec, _how in Formatter().parse(said.in_(language)) if name}
        for language in _LANGUAGES
    ]
    if named[0] != named[1]:
        raise ValueError(f"{code}: the languages tell different figures")
    wrong = {name for name, spec in named[0] if name not in known or spec}
    if wrong:
        raise ValueError(f"{code}: figures that are not given: {sorted(wrong)}")
