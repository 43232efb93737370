"""The JSON Schema of a pack, made from the shapes, patterns and choices its reader uses.

Editors complete and check a pack by it while it is written. What needs the whole pack (names, units,
circles, situations) only the reader can tell, so a pack that passes here may still be refused there;
one that is refused here is refused there too.
"""

import json
from typing import Any

from . import declare
from .phrases import PACK
from .reading import WAITING
from .shape import SHAPES, Key
from .source import DAY, NAME, NUMBER
from .syntax import MOST_CHARACTERS
from .types import PLAIN

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR = ["string", "number", "boolean"]
_ANYTHING: Schema = {"type": [*_SCALAR, "null"]}


def schema() -> Schema:
    """The schema as plain JSON values."""
    return {
        "$schema": DRAFT,
        "title": f"{PACK.zh} / {PACK.en}",
        "$ref": "#/$defs/pack",
        "$defs": {**_kinds(), **{name: _shape(name) for name in SHAPES}, **_unions()},
    }


def text() -> str:
    """The schema as the published file holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _shape(name: str) -> Schema:
    made: Schema = {
        "type": "object",
        "properties": {key: _described(told) for key, told in SHAPES[name].items()},
        "required": [key for key, told in SHAPES[name].items() if told.needed],
        "additionalProperties": False,
    }
    return made | _RULES.get(name, {})


def _described(key: Key) -> Schema:
    made = {"description": f"{key.about.zh} / {key.about.en}", **_value(key.kind)}
    if key.needed and made.get("type") == "array":
        made["minItems"] = 1
    return made


def _value(kind: str) -> Schema:
    """`list x` and `map x` of what follows, else a reference."""
    first, _, rest = kind.partition(" ")
    if not rest:
        return {"$ref": f"#/$defs/{_UNIONS.get(kind, kind)}"}
    if first == "list":
        return {"type": "array", "items": _value(rest)}
    return {"type": "object", "propertyNames": _pattern(NAME), "additionalProperties": _value(rest)}


def _pattern(pattern: str) -> Schema:
    return {"pattern": f"^(?:{pattern})$"}


def _choice(choices: Any) -> Schema:
    return {"enum": list(choices)}


def _kinds() -> dict[str, Schema]:
    """Single values; a number or a date may stand with or without quotes."""
    characters = "".join(sorted(declare.CODE_CHARACTERS - {"-"}))
    capitals = "".join(sorted(filter(str.isalpha, characters))).upper()
    types = f"{'|'.join(PLAIN)}|code {NAME}"
    return {
        "line": {"type": _SCALAR, "minLength": 1},
        "name": {"type": _SCALAR, **_pattern(NAME)},
        "code": {"type": _SCALAR, **_pattern(f"[{characters}-]{{1,40}}")},
        "place": {"type": _SCALAR, **_pattern(f"[{characters}{capitals}-]{{1,24}}")},
        "whole": {"type": ["integer", "string"], "minimum": 1, **_pattern("0*[1-9][0-9]*")},
        "number": {"type": ["number", "string"], **_pattern(NUMBER)},
        "day": {"type": "string", **_pattern(DAY)},
        "type": {"type": "string", **_pattern(types)},
        "expression": {"type": _SCALAR, "minLength": 1, "maxLength": MOST_CHARACTERS},
        "subject": _choice(declare.SUBJECTS),
        "unit": _choice(declare.UNITS),
        "dimension": _choice(declare.DIMENSIONS),
        "waiting": _choice(WAITING),
        "fund": _choice(declare.FUNDS),
        "validity": {
            "type": "array",
            "prefixItems": [_value("day"), {"anyOf": [_value("day"), {"type": "null"}]}],
            "items": False,
            "minItems": 2,
        },
        "given": {
            "type": "object",
            "properties": {
                "parameters": {
                    "type": "object",
                    "additionalProperties": {"anyOf": [_value("number"), {"type": "null"}]},
                }
            },
            "additionalProperties": {"anyOf": [_ANYTHING, _rows()]},
        },
        "expected": {
            "type": "object",
            "properties": {
                "result": _value("name"),
                **{key: _value("list line") for key in ("unknown", "excluded", "caps")},
                "benefits": {
                    "type": "object",
                    "additionalProperties": {"anyOf": [_value("number"), {"type": "null"}]},
                },
            },
            "additionalProperties": _ANYTHING,
        },
    }


def _rows() -> Schema:
    return {"type": "array", "items": {"type": "object", "additionalProperties": _ANYTHING}}


# A fact that has rows, and a decision on several grounds, are told by one key.
_UNIONS = {"fact": "any_fact", "decision": "any_decision"}


def _unions() -> dict[str, Schema]:
    return {
        "any_fact": _told_by("each", "list_fact", "fact"),
        "any_decision": _told_by("any_of", "several", "decision"),
    }


def _told_by(key: str, with_it: str, without: str) -> Schema:
    return {
        "if": {"required": [key]},
        "then": {"$ref": f"#/$defs/{with_it}"},
        "else": {"$ref": f"#/$defs/{without}"},
    }


# What a list of keys cannot say.
_RULES: dict[str, Schema] = {
    "decision": {"dependentRequired": {"when": ["article"]}},
    "parameter": {
        "oneOf": [{"required": ["value", "article"]}, {"required": ["per"]}],
        "dependentSchemas": {
            "per": {"properties": {"article": False}},
            "value": {"properties": {"code": False}},
        },
    },
}
