"""Code lists of the household file: code, Chinese, English, and the words rosters really use.

The lists themselves are data with their edition: registry/codes/*.yaml.

Lists that follow a national standard carry its codes; the others carry codes of our own. A list answers
`lookup(text)` for anything a person may type: the code, either name, a synonym, "01 汉族" or "1-男".
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import yaml

_FOLDER = Path(__file__).resolve().parents[1] / "codes"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOISE = re.compile(r"[\W_]+")
_CODE_AND_NAME = re.compile(r"(\d{1,2})(\D.*)")


def normalise(text: str) -> str:
    """Fold width, case, spaces and punctuation, so that two spellings of one word compare equal."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: the stored code, its two names, and further words that mean it."""

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()

    def label(self, lang: str) -> str:
        """The name in the given language ("zh…" is Chinese, anything else English)."""
        return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True)
class CodeList:
    """A named list of codes; `standard` is the GB or GB/T number it follows, or empty."""

    key: str
    zh: str
    en: str
    standard: str
    items: tuple[Code, ...] = field(repr=False)
    #: The edition of the standard, or of our own list, and the half-open days it is valid for.
    edition: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """The entries by their stored code."""
        return {item.code: item for item in self.items}

    @cached_property
    def words(self) -> dict[str, str]:
        """Every normalised word that means a code. A word must never mean two (a test holds this)."""
        table: dict[str, str] = {}
        for item in self.items:
            for word in (item.code, item.code.lstrip("0") or "0", item.zh, item.en, *item.synonyms):
                table.setdefault(normalise(word), item.code)
        return table

    def lookup(self, text: str) -> str | None:
        """The code a text means, or None. In "01 汉族" number and name must agree."""
        word = normalise(text)
        if word in self.words:
            return self.words[word]
        if pair := _CODE_AND_NAME.fullmatch(word):
            by_number, by_name = (self.words.get(part) for part in pair.groups())
            return by_name if by_number == by_name else None
        return None

    def labels(self, lang: str) -> list[str]:
        """All names in one language, in the order of the list."""
        return [item.label(lang) for item in self.items]


def _list(key: str) -> CodeList:
    """A list from its file: registry/codes/<key>.yaml."""
    told = yaml.load((_FOLDER / f"{key}.yaml").read_text(encoding="utf-8"), Loader=_Loader)
    items = tuple(Code(code, zh, en, tuple(words)) for code, zh, en, *words in told.pop("items"))
    return CodeList(key=key, items=items, **told)


SEX = _list("sex")
MARRIAGE = _list("marriage")
ETHNIC_GROUP = _list("ethnic_group")
EDUCATION = _list("education")
RELATION = _list("relation")
POLITICAL_STATUS = _list("political_status")
HEALTH = _list("health")
DISABILITY_KIND = _list("disability_kind")
DISABILITY_LEVEL = _list("disability_level")
WORK_STATUS = _list("work_status")
MEMBER_STATUS = _list("member_status")
HOUSING = _list("housing")
MODEL_WORKER = _list("model_worker")
HUKOU = _list("hukou")
RESIDENCE = _list("residence")
INSURANCE = _list("insurance")
INDUSTRY = _list("industry")
CAUSE = _list("cause")
FOCUS_GROUP = _list("focus_group")
ORIGIN = _list("origin")
HARDSHIP_CLASS = _list("hardship_class")

CODE_LISTS: dict[str, CodeList] = {
    code_list.key: code_list
    for code_list in (
        SEX,
        MARRIAGE,
        ETHNIC_GROUP,
        EDUCATION,
        RELATION,
        POLITICAL_STATUS,
        HEALTH,
        DISABILITY_KIND,
        DISABILITY_LEVEL,
        WORK_STATUS,
        MEMBER_STATUS,
        HOUSING,
        MODEL_WORKER,
        HUKOU,
        RESIDENCE,
        INSURANCE,
        INDUSTRY,
        CAUSE,
        FOCUS_GROUP,
        ORIGIN,
        HARDSHIP_CLASS,
    )
}
