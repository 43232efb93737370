"""The reader of programmes: every mistake is told with its place, and nothing but a fault comes out."""

import random

import pytest

from nuanxin.policy import cells
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.programme_reading import load

from .test_programmes import PROGRAMMES


def faults(code: str, old: str, new: str) -> list[tuple[str, int]]:
    text = PROGRAMMES[code].text
    assert old in text
    with pytest.raises(PackError) as error:
        load(text.replace(old, new, 1).encode(), "x.yaml")
    for fault in error.value.faults:
        assert fault.at.file == "x.yaml"
        assert fault.reason.zh and fault.reason.en
    return [(fault.code, fault.at.line) for fault in error.value.faults]


def line(code: str, words: str) -> int:
    """The line of a file that begins with these words."""
    lines = PROGRAMMES[code].text.split("\n")
    return next(number for number, text in enumerate(lines, 1) if text.startswith(words))


@pytest.mark.parametrize(
    ("code", "old", "new", "fault", "at"),
    [
        ("living-aid", "subject: household", "subject: planet", "not_choice", "subject"),
        ("living-aid", "version: 2", "version: 0", "not_whole", "version"),
        ("living-aid", "visit: false", "visit: perhaps", "not_flag", "visit"),
        ("living-aid", "visit: false", "visits: false", "unknown_key", "visit"),
        ("living-aid", "valid: [2021-01-01, null]", "valid: [2021-01-01, 2020-01-01]", "backwards", "valid"),
        ("living-aid", "payee: head", "payee: employer", "unfitting", "payee"),
        ("living-aid", "funds: [fiscal_central,", "funds: [gold,", "not_choice", "funds"),
        ("living-aid", "period: month", "period: week", "not_choice", "double"),
        ("living-aid", "pack: true", "pack: true\nlimit: {amount: 5}", "not_with_this", "funds"),
        ("union-grant", "limit: {standard: union_grant_limit}", "limit: {}", "standard_or_amount", "limit"),
        ("union-grant", "limit: {standard: union_grant_limit}", "limit: {amount: 0}", "not_money", "limit"),
        ("union-grant", "{standard: union_grant_limit}", "{amount: 0.001}", "not_money", "limit"),
        ("union-grant", 'needs_file: "no"', 'needs_file: "yes"', "unfitting", "needs_file"),
        ("filing", "subject: household", "subject: person", "unfitting", "subject"),
        ("filing", "payee: none", "payee: head", "unfitting", "payee"),
        ("temporary-aid", "approvers: 2", "approvers: none", "not_whole", "act_first"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_where_it_is(code: str, old: str, new: str, fault: str, at: str):
    assert (fault, line(code, f"{at}:")) in faults(code, old, new)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("code: what_happened, type: text", "code: needed, type: text", "twice"),
        ("code: what_happened, type: text", "code: what_happened, type: code", "options"),
        ("code: needed, type: money", "code: needed, type: text", "unfitting"),
        ("code: needed, type: money", "code: Needed, type: money", "not_name"),
        ("{code: identity,", "{code: application,", "twice"),
        ("pack: true", "pack: false", "with_this"),
        ("purpose: temporary-aid\n", "", "with_this"),
        ("funds: [superior, own, donation, fiscal_local]", "funds: []", "empty"),
    ],
)
def test_mistakes_in_parts_and_between_them(old: str, new: str, fault: str):
    assert fault in [code for code, _line in faults("temporary-aid", old, new)]


def test_a_new_version_feeds_cells_the_tables_have_and_a_kept_one_is_read_as_it_was():
    text = PROGRAMMES["living-aid"].text.replace("aid_centre.living", "aid_centre.wine")
    with pytest.raises(PackError) as error:
        load(text.encode(), "x.yaml", cells.known())
    assert [fault.code for fault in error.value.faults] == ["not_choice"]
    assert "aid_centre.living" in error.value.faults[0].reason.en
    assert load(text.encode(), "x.yaml").statistics == ("aid_centre.wine",)


def test_all_mistakes_are_told_at_once():
    text = PROGRAMMES["temporary-aid"].text
    for old, new in (
        ("group: sudden", "group: x"),
        ("route: aid-county", "route: '?'"),
        ("person, per", "x, per"),
    ):
        text = text.replace(old, new)
    with pytest.raises(PackError) as error:
        load(text.encode(), "x.yaml")
    assert len(error.value.faults) == 3


def test_what_is_mangled_is_refused_or_whole():
    """Bytes struck out, doubled and swapped: a fault of the reader or a programme, and nothing else."""
    chance = random.Random(5)
    texts = [programme.text for programme in PROGRAMMES.values()]
    refused = 0
    for _round in range(600):
        data = bytearray(chance.choice(texts).encode())
        for _blow in range(chance.randint(1, 6)):
            at, length = chance.randrange(len(data)), chance.randint(1, 12)
            data[at : at + length] = chance.choice(
                [
                    b"",
                    bytes(data[at : at + length] * 2),
                    b"\x00",
                    b"- {",
                    b"&a *a",
                    b": ",
                    "\u202e".encode(),
                    b"!x ",
                ]
            )
        try:
            assert load(bytes(data), "x.yaml").sha256
        except PackError as error:
            refused += 1
            assert error.faults
    assert refused > 300
