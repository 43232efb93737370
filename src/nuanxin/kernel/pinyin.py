"""Names in Latin letters, for sorting lists and finding people by what one types.

ü is written v, as on a keyboard. A character without a known reading becomes 'u' and its code point,
so that every name has a key, always the same one.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from .surnames import SURNAME_READINGS, split_surname

# Between the parts of Uyghur, Kazakh, Tibetan and foreign names; registers use all of these.
_DIVIDERS = re.compile(r"[\s·•・‧∙⋅●.．]+")
# A name of up to four characters begins with a surname; a longer one is written by sound.
_LONGEST_HAN_NAME = 4
_READINGS = {"𠮷": "ji"}
_BY_SOUND = {"阿卜": ("a", "bu")}


def pinyin_key(name: str) -> str:
    """'he jianguo' for 何建国, 'ouyang xiu' for 欧阳修, 'maimaiti aili' for 买买提·艾力: lower-case ASCII.

    Sorted in the C collation the surname comes first. Names that sound alike share a key: order by
    (key, name, id).
    """
    return " ".join("".join(part) for part in _parts(name))


def pinyin_initials(name: str) -> str:
    """'hjg' for 何建国, 'oyx' for 欧阳修, 'mmtal' for 买买提·艾力."""
    return "".join(syllable[0] for part in _parts(name) for syllable in part)


def _parts(name: str) -> Iterator[list[str]]:
    """The syllables of each part of a name, surname and given name being two."""
    parts = [part for part in _DIVIDERS.split(_plain(name)) if part]
    if len(parts) == 1 and _has_surname(parts[0]):
        surname, given = split_surname(parts[0])
        yield list(SURNAME_READINGS.get(surname, ())) or _syllables(surname)
        parts = [given] if given else []
    for part in parts:
        yield _syllables(part)


def _plain(name: str) -> str:
    """Lower case, half-width, without accents; compatibility characters in their common form."""
    decomposed = unicodedata.normalize("NFKD", name).lower()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _has_surname(part: str) -> bool:
    return not part[0].isascii() and len(part) <= _LONGEST_HAN_NAME and part[:2] not in _BY_SOUND


def _syllables(text: str) -> list[str]:
    opening = _BY_SOUND.get(text[:2])
    if opening:
        return [*opening, *(_syllables(text[2:]) if text[2:] else [])]
    if text not in PHRASES_DICT and len(text) < 3 and all(ord(char) in PINYIN_DICT for char in text):
        return [_syllable(char) for char in text]
    return _syllables_of_phrase(text)


def _syllables_of_phrase(text: str) -> list[str]:
    # The stubs know only texts as an answer to errors=, the library takes lists as well.
    read = lazy_pinyin(text, errors=_unread)  # type: ignore[arg-type]
    return [syllable if syllable.isascii() else _code(syllable) for syllable in read]


@cache
def _syllable(char: str) -> str:
    """A character's reading by itself: what the library finds for each where they form no phrase."""
    return _syllables_of_phrase(char)[0]


def _unread(run: str) -> list[str]:
    """What pypinyin has no reading for: Latin letters stay one word, other characters are taken singly."""
    return [run] if run.isascii() else list(run)


def _code(char: str) -> str:
    # Not before: pypinyin takes every digit it is handed for the mark of a tone.
    return _READINGS.get(char) or "".join(f"u{ord(part):x}" for part in char)
