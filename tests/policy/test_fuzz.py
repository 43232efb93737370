"""Whatever is fed to the reader, it answers with a pack or with placed faults, and soon."""

import re
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.policy.engine.check import check
from nuanxin.policy.engine.editing import edit, editable
from nuanxin.policy.engine.faults import At, PackError
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.phrases import REASONS
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.run import run
from nuanxin.policy.engine.situations import prove
from nuanxin.policy.engine.syntax import Source, parse
from nuanxin.policy.engine.tree import Names

from . import samples
from .effort import soon

FILING = load(samples.FILING.encode(), "filing")
NAMES = Names(
    FILING.codes, FILING.facts, FILING.parameters, {name: let.node for name, let in FILING.lets.items()}
)
PACKS = list(samples.DELIVERED.values())
TOKEN = re.compile(r"\w+|[ \t]+|\n|[^\w\s]")
TOKENS = sorted(
    {token for text in [*PACKS, samples.FILING] for token in TOKEN.findall(text) if token.isascii()}
)
ODD = [
    "\0",
    "\u202e",
    "\ufeff",
    "а",
    "（",
    "&a ",
    "*a",
    "!!int ",
    "%",
    "---\n",
    "null",
    "9" * 40,
    "\t",
    "'",
    '"',
    "{}",
]


def read(data: bytes) -> Pack | None:
    """The pack, or None when it is refused as it should be."""
    try:
        with soon():
            return load(data, "fuzz.yaml")
    except PackError as error:
        assert error.faults
        for fault in error.faults:
            assert fault.code in REASONS and fault.reason.zh and fault.reason.en
            assert fault.at.file == "fuzz.yaml" and fault.at.line > 0 and fault.at.column > 0
        return None


@examples(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_bytes(data: bytes):
    assert read(data) is None


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from([*FILING.facts, "zh", "en", "type", "each", "per", "when"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


WHOLE = yaml.safe_load(samples.FILING)


@examples(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(re.findall(r"^(\w+):", samples.FILING, re.M)), TREES, max_size=16))
def test_trees(tree: dict[str, Any]):
    """Parts of the filing pack replaced by anything YAML can say."""
    assert read(yaml.safe_dump(tree, allow_unicode=True).encode()) is None
    read(yaml.safe_dump(WHOLE | tree, allow_unicode=True, sort_keys=False).encode())


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.sampled_from(["delete", "double", "replace", "swap"]),
        st.one_of(st.sampled_from(TOKENS), st.sampled_from(ODD), st.text(max_size=3)),
    ),
    min_size=1,
    max_size=3,
)


def mutated(text: str, changes: list[tuple[int, str, str]]) -> str:
    """Tokens of the text taken out, doubled, replaced or swapped with the next."""
    tokens = TOKEN.findall(text)
    for number, kind, put in changes:
        i = number % (len(tokens) - 1)
        if kind == "delete":
            del tokens[i]
        elif kind == "double":
            tokens.insert(i, tokens[i])
        elif kind == "replace":
            tokens[i] = put
        else:
            tokens[i], tokens[i + 1] = tokens[i + 1], tokens[i]
    return "".join(tokens)


@examples(max_examples=200, deadline=None)
@given(st.sampled_from(PACKS), CHANGES)
def test_damaged_packs(text: str, changes: list[tuple[int, str, str]]):
    """A damaged pack is refused, or it is a pack: it runs, tells its situations, and can be edited."""
    damaged = mutated(text, changes)
    pack = read(damaged.encode("utf-8", "surrogatepass"))
    if pack is None:
        return
    with suppress(PackError):
        prove(pack)
    run(pack, {}, day=pack.valid_from, standards={})
    assert edit(damaged, {item.path: item.text for item in editable(pack)}) == damaged


SOUP = st.text(alphabet="ab_ .,(){}<>=!+-*/0123456789%'\"\\元where in and or not if sum true", max_size=120)
SIGNS = (
    "day amount kind evidenced medical 1 2.5 80% 2024-02-30 2024-01-01 true and or not in where , . ( ) { }"
)
ODDITIES = ["3 yuan", "eval(", "__class__"]
CALLS = "if( min( sum( count( any( all( clamp( between( round_to( months_between( + - * / < >="
WORDS = st.lists(
    st.sampled_from(
        [*FILING.facts, *FILING.parameters, *FILING.lets, *ODDITIES, *SIGNS.split(), *CALLS.split()]
    ),
    max_size=25,
).map(" ".join)


@examples(max_examples=500, deadline=None)
@given(st.one_of(SOUP, WORDS))
def test_expressions(text: str):
    """Any text is a typed tree or a fault at a place of its line."""
    try:
        with soon():
            check(parse(Source(text, At("fuzz", 3, 7))), NAMES)
    except PackError as error:
        for fault in error.faults:
            assert fault.code in REASONS and (fault.at.file, fault.at.line) == ("fuzz", 3)


DEEP = {
    "brackets": "(" * 10_000 + "homes" + ")" * 10_000,
    "a few less": "(" * 900 + "homes" + ")" * 900,
    "not": "not " * 10_000 + "vehicle",
    "not, shorter": "not " * 400 + "vehicle",
    "minus": "-" * 1_900 + "homes",
    "plus": "+".join(["homes"] * 300),
    "times": "*".join(["1"] * 900),
    "or": " or ".join(["vehicle"] * 190),
    "if": "if(vehicle, " * 120 + "1" + ", 2)" * 120,
    "functions": "min(1, " * 250 + "1" + ")" * 250,
    "places": "homes in {" + ",".join(["a"] * 900) + "}",
    "arguments": "max(" + ",".join(["1"] * 900) + ")",
    "a long name": "h" * 1_999,
    "digits": "9" * 1_999,
    "decimals": "0." + "9" * 1_990,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_and_long_expressions_end_soon(text: str):
    with soon(), suppress(PackError):
        check(parse(Source(text, At("fuzz"))), NAMES)
