"""As much of JSON Schema 2020-12 as the schema of packs uses; a word it does not know is an error."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any] | bool
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


class Validator:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def errors(self, value: Any, schema: Schema | None = None, at: str = "$") -> Iterator[str]:
        """Every place where the value does not fit, with the word of the schema that says so."""
        schema = self.root if schema is None else schema
        if schema is False:
            yield f"{at}: nothing may stand here"
        if isinstance(schema, bool):
            return
        for word, told in schema.items():
            if word not in ("$schema", "$defs", "title", "description", "then", "else"):
                yield from getattr(self, f"on_{word.strip('$')}")(value, told, schema, at)

    def fits(self, value: Any, schema: Schema) -> bool:
        return not any(self.errors(value, schema))

    def on_ref(self, value: Any, told: str, schema: Schema, at: str) -> Iterator[str]:
        yield from self.errors(value, self.root["$defs"][told.removeprefix("#/$defs/")], at)

    def on_type(self, value: Any, told: str | list[str], schema: Schema, at: str) -> Iterator[str]:
        if not any(TYPES[name](value) for name in ([told] if isinstance(told, str) else told)):
            yield f"{at}: type"

    def on_enum(self, value: Any, told: list[Any], schema: Schema, at: str) -> Iterator[str]:
        if value not in told:
            yield f"{at}: enum"

    def on_pattern(self, value: Any, told: str, schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, str) and not re.search(told, value):
            yield f"{at}: pattern"

    def on_minLength(self, value: Any, told: int, schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, str) and len(value) < told:
            yield f"{at}: minLength"

    def on_maxLength(self, value: Any, told: int, schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, str) and len(value) > told:
            yield f"{at}: maxLength"

    def on_minimum(self, value: Any, told: int, schema: Schema, at: str) -> Iterator[str]:
        if TYPES["number"](value) and value < told:
            yield f"{at}: minimum"

    def on_required(self, value: Any, told: list[str], schema: Schema, at: str) -> Iterator[str]:
        yield from (
            f"{at}: {key} is required" for key in told if isinstance(value, dict) and key not in value
        )

    def on_properties(self, value: Any, told: dict[str, Schema], schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key in value.keys() & told.keys():
                yield from self.errors(value[key], told[key], f"{at}.{key}")

    def on_additionalProperties(self, value: Any, told: Schema, schema: Any, at: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key in value.keys() - schema.get("properties", {}).keys():
                yield from self.errors(value[key], told, f"{at}.{key}")

    def on_propertyNames(self, value: Any, told: Schema, schema: Schema, at: str) -> Iterator[str]:
        for key in value if isinstance(value, dict) else ():
            yield from self.errors(key, told, f"{at}.{key}")

    def on_items(self, value: Any, told: Schema, schema: Any, at: str) -> Iterator[str]:
        if isinstance(value, list):
            for i in range(len(schema.get("prefixItems", ())), len(value)):
                yield from self.errors(value[i], told, f"{at}[{i}]")

    def on_prefixItems(self, value: Any, told: list[Schema], schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, list):
            for i, (item, part) in enumerate(zip(value, told, strict=False)):
                yield from self.errors(item, part, f"{at}[{i}]")

    def on_minItems(self, value: Any, told: int, schema: Schema, at: str) -> Iterator[str]:
        if isinstance(value, list) and len(value) < told:
            yield f"{at}: minItems"

    def on_anyOf(self, value: Any, told: list[Schema], schema: Schema, at: str) -> Iterator[str]:
        if not any(self.fits(value, part) for part in told):
            yield f"{at}: anyOf"

    def on_oneOf(self, value: Any, told: list[Schema], schema: Schema, at: str) -> Iterator[str]:
        if sum(self.fits(value, part) for part in told) != 1:
            yield f"{at}: oneOf"

    def on_if(self, value: Any, told: Schema, schema: Any, at: str) -> Iterator[str]:
        yield from self.errors(value, schema["then" if self.fits(value, told) else "else"], at)

    def on_dependentRequired(
        self, value: Any, told: dict[str, list[str]], schema: Schema, at: str
    ) -> Iterator[str]:
        for key, needed in told.items():
            if isinstance(value, dict) and key in value:
                yield from self.on_required(value, needed, schema, at)

    def on_dependentSchemas(
        self, value: Any, told: dict[str, Schema], schema: Schema, at: str
    ) -> Iterator[str]:
        for key, part in told.items():
            if isinstance(value, dict) and key in value:
                yield from self.errors(value, part, at)
