"""Wrong packs are refused, with the place and the reason in both languages, and quickly."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.policy.engine.faults import At, Fault, PackError
from nuanxin.policy.engine.phrases import REASONS
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.situations import prove
from nuanxin.policy.engine.syntax import Source, parse

from . import samples

GOOD, AID = samples.FILING, samples.LIVING_AID


def faults(data: str | bytes) -> tuple[Fault, ...]:
    with pytest.raises(PackError) as caught:
        load(data.encode() if isinstance(data, str) else data, "pack.yaml")
    for fault in caught.value.faults:
        assert fault.reason.zh and fault.reason.en and "{" not in fault.code
    return caught.value.faults


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


CHANGES = {
    "unknown name": ("(annual_income - rigid_spending)", "(anual_income - rigid_spending)", "unknown_name"),
    "unknown function": ("sum(expenses.amount", "eval(expenses.amount", "unknown_function"),
    "dunder": ("homes >= homes_limit", "__class__ >= homes_limit", "syntax"),
    "attribute": ("homes >= homes_limit", "homes.real >= homes_limit", "list_alone"),
    "money without unit": ("homes >= homes_limit", "annual_income >= 5000", "mixed"),
    "money by money": ("homes >= homes_limit", "annual_income * loss > 0", "mixed"),
    "number for a condition": ("when: costly_schooling", "when: homes + 1", "need"),
    "code not listed": ("in {medical, schooling, disability}", "in {medical, travel}", "not_code"),
    "constant": ("when: costly_schooling", "when: 1 < 2", "constant"),
    "zero": ("/ 12 / people", "/ 0 / people", "zero"),
    "too large": ("when: costly_schooling", "when: homes * homes * homes * homes * homes > 1", "too_large"),
    "too deep": ("when: costly_schooling", "when: " + "not " * 100 + "costly_schooling", "expression_deep"),
    "10,000 brackets": ("when: costly_schooling", "when: " + "(" * 10_000, "too_long"),
    "unfinished": ("homes >= homes_limit", "homes >=", "unfinished"),
    "SQL": ("homes >= homes_limit", "homes >= 1; DROP TABLE orgs_node", "syntax"),
    "unknown key": ("subject: household", "subject: household\nsubjekt: x", "unknown_key"),
    "missing key": ("programme: filing\n", "", "missing_key"),
    "key twice": ("programme: filing\n", "programme: filing\nprogramme: filing\n", "twice"),
    "bad date": ("[2021-01-01, null]", "[2021-02-30, null]", "not_date"),
    "backwards": ("[2021-01-01, null]", "[2021-01-01, 2021-01-01]", "backwards"),
    "type": ("type: count, zh: 共同生活人口", "type: integer, zh: 共同生活人口", "not_type"),
    "code list": ("type: code residence", "type: code abode", "no_codes"),
    "placeholder": ("拥有 {homes} 套住房", "拥有 {houses} 套住房", "unknown_name"),
    "brace": ("拥有 {homes} 套住房", "拥有 {homes 套住房", "braces"),
    "format call": ("拥有 {homes} 套住房", "拥有 {homes.__class__} 套住房", "braces"),
    "result not declared": ("- result: relative", "- result: middling", "not_choice"),
    "fact not used": ("facts:\n", "facts:\n  spare: {type: flag, zh: 多余, en: spare}\n", "unused"),
    "reserved": ("facts:\n", "facts:\n  day: {type: flag, zh: 日, en: day}\n", "reserved"),
    "English missing": ("{zh: 没有票据的支出不扣, en:", "{zh: 没有票据的支出不扣, de:", "unknown_key"),
}


@pytest.mark.parametrize(
    ("old", "new", "code"), [c for c in CHANGES.values() if c[2]], ids=[k for k, c in CHANGES.items() if c[2]]
)
def test_each_mistake_is_placed(old: str, new: str, code: str):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    started = time.perf_counter()
    found = faults(text)
    assert time.perf_counter() - started < 1
    assert code in [fault.code for fault in found], [str(fault) for fault in found]
    placed = next(fault for fault in found if fault.code == code)
    assert placed.at.file == "pack.yaml"
    if code not in ("missing_key", "unused", "reserved", "unknown_key", "twice"):
        assert placed.at.line == line_of(text, new.strip().splitlines()[0])


def test_a_cycle_is_named():
    text = GOOD.replace(
        "is: relative_multiple * dibao", "is: relative_multiple * dibao + monthly_per_head"
    ).replace("is: (annual_income - rigid_spending) / 12 / people", "is: relative_line - rigid_spending")
    (fault,) = faults(text)
    assert fault.code == "cycle"
    assert "monthly_per_head" in fault.reason.zh and "relative_line" in fault.reason.en


def test_the_last_decision_stands_alone():
    start = GOOD.index("  - result: none\n    because")
    text = GOOD[:start] + GOOD[GOOD.index("# What every situation") :]

    assert "last" in [fault.code for fault in faults(text)]


def test_a_repeated_condition_is_never_reached():
    start = AID.index("  - result: used_up")
    grant = AID[AID.index("  - result: grant") : start]
    text = AID[:start] + grant.replace("result: grant", "result: used_up") + AID[start:]
    assert "unreachable" in [fault.code for fault in faults(text)]


def test_an_amount_without_bound_is_refused():
    caps = AID.index("    caps:\n")
    text = AID[:caps] + AID[AID.index("ordinary:") :]
    text = text.replace("amount: yearly_limit", "amount: granted_this_year * months * months")
    assert "unbounded" in [fault.code for fault in faults(text)]


def test_several_mistakes_are_told_at_once():
    text = GOOD.replace("type: count, zh: 共同", "type: whole, zh: 共同").replace(
        "type: count, zh: 住房", "type: real, zh: 住房"
    )
    assert [fault.code for fault in faults(text)] == ["not_type", "not_type"]


BOMBS = {
    "anchors": ("a: &a [1]\nb: *a\n", "alias"),
    "billion laughs": ("a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(50)), "alias"),
    "python tag": ("pack: !!python/object/apply:os.system [ls]\n", "tag"),
    "deep flow": ("a: " + "[" * 10_000, "too_deep"),
    "deep blocks": ("".join(" " * i + "a:\n" for i in range(100)), "too_deep"),
    "many entries": ("a: [" + "1," * 60_000 + "]", "too_many"),
    "10 MB": ("a: " + "x" * 10_000_000, "too_big"),
    "two documents": ("a: 1\n---\nb: 2\n", "documents"),
    "tab": ("a:\n\tb: 1\n", "not_yaml"),
    "nothing": ("", "empty"),
    "a list": ("- 1\n", "not_mapping"),
    "control character": ("a: \x07\n", "not_yaml"),
}


@pytest.mark.parametrize(("text", "code"), BOMBS.values(), ids=BOMBS)
def test_bombs_end_quickly(text: str, code: str):
    started = time.perf_counter()
    (fault,) = faults(text)
    assert fault.code == code
    assert time.perf_counter() - started < 1


def test_bytes_that_are_no_text():
    (fault,) = faults(b"\xff\xfe\x00")
    assert fault.code == "not_utf8"


def test_a_situation_that_does_not_come_out_names_its_line():
    wrong = AID.replace("benefits: {living: 7440}, caps: []", "benefits: {living: 7439.99}, caps: []", 1)
    with pytest.raises(PackError) as caught:
        prove(load(wrong.encode(), "pack.yaml"))
    (fault,) = caught.value.faults
    assert fault.code == "situation"
    assert "7439.99" in fault.reason.zh and "7440" in fault.reason.en
    assert fault.at.line == line_of(wrong, "  - title: {zh: 深度困难，低保标准六百二")


@examples(max_examples=300, deadline=1000)
@given(st.text(alphabet="ab_ .,(){}<>=!+-*/0123456789%'\"\\元where in and or not if sum true", max_size=120))
def test_the_parser_takes_anything(text: str):
    """Any text is a tree or a fault at a place; never another error."""
    try:
        parse(Source(text, At("fuzz", 3, 7)))
    except PackError as error:
        assert all(fault.code in REASONS and fault.at.file == "fuzz" for fault in error.faults)


@examples(max_examples=200, deadline=1000)
@given(st.binary(max_size=200))
def test_the_reader_takes_any_bytes(data: bytes):
    with pytest.raises(PackError):
        load(data, "fuzz")


@examples(max_examples=200, deadline=2000)
@given(
    st.integers(0, len(GOOD) - 1),
    st.sampled_from(["", "{", "}", ":", "'", "\n", "-", "0", "x", "&a ", "*", "%"]),
)
def test_a_damaged_pack_is_read_or_refused(at: int, put: str):
    try:
        load((GOOD[:at] + put + GOOD[at + 1 :]).encode(), "damaged")
    except PackError as error:
        assert error.faults
