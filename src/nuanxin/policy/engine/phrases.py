"""The phrases of phrases.yaml: readings, outcomes, and the reasons of faults."""

from pathlib import Path
from typing import Any

import yaml

from .texts import Text
from .types import Kind

_DATA: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
)


def _texts(group: str) -> dict[Any, Text]:
    return {key: Text(text["zh"], text["en"]) for key, text in _DATA[group].items()}


_PHRASES = _texts("phrases")
CALLS, FOLDS, REASONS = _texts("calls"), _texts("folds"), _texts("reasons")
WORDS = {Kind(kind): text for kind, text in _texts("kinds").items()}
ASK = {Kind(kind): text for kind, text in _texts("ask").items()}
BAD_ANSWER = {Kind(kind): text for kind, text in _texts("bad_answers").items()}

#: In place of a figure the reader may not see.
HIDDEN = "•••"

UNKNOWN = _PHRASES["unknown"]
YES = _PHRASES["yes"]
NO = _PHRASES["no"]
EXCLUDED = _PHRASES["excluded"]
UNDECIDED = _PHRASES["undecided"]
WAITING = _PHRASES["waiting"]
OTHERWISE = _PHRASES["otherwise"]
YUAN = _PHRASES["yuan"]
DAY = _PHRASES["day"]
AND = _PHRASES["and"]
OR = _PHRASES["or"]
NOT = _PHRASES["not"]
ONE_OF = _PHRASES["one_of"]
IF = _PHRASES["if"]
BETWEEN = _PHRASES["between"]
ROUNDED = _PHRASES["rounded"]
WHERE = _PHRASES["where"]
LISTED = _PHRASES["listed"]
BRACKETS = _PHRASES["brackets"]
TAGGED = _PHRASES["tagged"]
PACK = _PHRASES["pack"]
NO_QUESTION = _PHRASES["no_question"]
NO_ROWS = _PHRASES["no_rows"]
