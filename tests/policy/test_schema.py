"""The published schema says of a pack's form what the reader says."""

import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.ledger.models import Fund
from nuanxin.policy.engine import declare, schema
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.reading import load

from . import samples
from .json_schema import Validator

SCHEMA = schema.schema()
VALIDATOR = Validator(SCHEMA)


class Core(yaml.SafeLoader):
    """YAML 1.2's core types, as editors read a pack: numbers, true, false and null, no dates."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for tag, words in (
    ("bool", r"true|false"),
    ("null", r"null|~|"),
    ("int", r"-?[0-9]+"),
    ("float", r"-?[0-9]+\.[0-9]+"),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{words})$"), None)


def values(text: str) -> Any:
    return yaml.load(text, Loader=Core)


@pytest.mark.parametrize(
    "text", [*samples.DELIVERED.values(), samples.FILING], ids=[*samples.DELIVERED, "filing"]
)
def test_delivered_packs_fit(text: str):
    assert list(VALIDATOR.errors(values(text))) == []


def test_the_published_file_is_the_generated_one():
    assert (settings.ROOT / "docs/pack.schema.json").read_text(encoding="utf-8") == schema.text()


@pytest.mark.django_db
def test_it_is_served_to_everyone(client: Client):
    answer = client.get("/policy/pack.schema.json")
    assert answer.status_code == 200
    assert answer["content-type"].startswith("application/schema+json")
    assert answer.json() == SCHEMA


def test_every_reference_leads_somewhere():
    assert set(re.findall(r'"#/\$defs/(\w+)"', schema.text())) == SCHEMA["$defs"].keys()


def test_funds_are_those_of_the_ledger():
    assert list(declare.FUNDS) == Fund.Source.values


WRONG = {
    "key nobody knows": ("subject: household", "subject: household\ncolour: red"),
    "key missing": ("programme: filing\n", ""),
    "title in one language": (", en: Filing standard in three classes}", "}"),
    "subject": ("subject: household", "subject: village"),
    "version zero": ("version: 1", "version: 0"),
    "validity of one end": ("[2021-01-01, null]", "[2021-01-01]"),
    "a day in words": ("date: 2020-12-18", "date: 18 December"),
    "type": ("type: count, zh: 住房", "type: integer, zh: 住房"),
    "value without article": ("value: 2, article: 第六条（二）", "value: 2"),
    "value and per": ("per: [place, residence]", "per: [place], value: 3, article: 一"),
    "dimension": ("per: [place, residence]", "per: [place, colour]"),
    "name with capitals": ("  rigid_spending:\n", "  Rigid:\n"),
    "condition without article": ("    article: 第六条（二）\n", ""),
    "waiting": ("while_unknown: note ", "while_unknown: perhaps "),
    "no situation": ("situations:\n", "situations: []\nothers:\n"),
    "an empty text": ("zh: 共同生活人口", "zh: ''"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), WRONG.values(), ids=WRONG)
def test_what_the_schema_refuses(old: str, new: str):
    text = samples.FILING.replace(old, new, 1)
    assert text != samples.FILING
    assert not VALIDATOR.fits(values(text), SCHEMA)
    with pytest.raises(PackError):
        load(text.encode(), "pack")


def branches(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a tree."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in pairs for found in branches(part, (*path, key)))]


PATHS = branches(values(samples.FILING))[1:]
OTHERS: list[Any] = [
    None,
    "",
    "x",
    3,
    -1,
    2.5,
    True,
    [],
    {},
    ["x"],
    {"zh": "甲", "en": "a"},
    {"x": {}},
    "2024-01-01",
]


@examples(max_examples=300, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from([*OTHERS, "take out", "rename"]))
def test_what_the_schema_refuses_the_reader_refuses_too(path: tuple[Any, ...], change: Any):
    tree = values(samples.FILING)
    *way, last = path
    parent = tree
    for step in way:
        parent = parent[step]
    if change == "take out":
        del parent[last]
    elif change == "rename" and isinstance(parent, dict):
        parent["renamed"] = parent.pop(last)
    else:
        parent[last] = change
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    try:
        load(text.encode(), "pack")
    except PackError:
        return
    assert list(VALIDATOR.errors(values(text))) == []
