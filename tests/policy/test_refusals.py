"""Wrong packs are refused, with the place and the reason in both languages, and quickly."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from nuanxin.policy.engine.faults import Fault, PackError
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.situations import prove

from . import samples
from .effort import soon

GOOD, AID = samples.FILING, samples.LIVING_AID


def faults(data: str | bytes) -> tuple[Fault, ...]:
    with pytest.raises(PackError) as caught:
        load(data.encode() if isinstance(data, str) else data, "pack.yaml")
    for fault in caught.value.faults:
        assert fault.reason.zh and fault.reason.en and "{" not in fault.code
    return caught.value.faults


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


HOMES, SCHOOL = "homes >= homes_limit", "when: costly_schooling"
LIMIT = "value: 2, article: 第八条（一）"
ROWS = "kind in {medical, schooling, disability} and evidenced"
SHOP = "zh: 经商办企业或雇工, en: the household"
CHANGES = {
    "unknown name": ("(annual_income - rigid_spending)", "(anual_income - rigid_spending)", "unknown_name"),
    "unknown function": ("sum(expenses.amount", "eval(expenses.amount", "unknown_function"),
    "dunder": (HOMES, "__class__ >= homes_limit", "syntax"),
    "attribute": (HOMES, "homes.real >= homes_limit", "list_alone"),
    "money without unit": (HOMES, "annual_income >= 5000", "mixed"),
    "money by money": (HOMES, "annual_income * loss > 0", "mixed"),
    "number for a condition": (SCHOOL, "when: homes + 1", "need"),
    "code not listed": ("in {medical, schooling, disability}", "in {medical, travel}", "not_code"),
    "constant": (SCHOOL, "when: 1 < 2", "constant"),
    "zero": ("/ 12 / people", "/ 0 / people", "zero"),
    "too large": (SCHOOL, "when: homes * homes * homes * homes * homes > 1", "too_large"),
    "too deep": (SCHOOL, "when: " + "not " * 100 + "costly_schooling", "expression_deep"),
    "10,000 brackets": (SCHOOL, "when: " + "(" * 10_000, "too_long"),
    "unfinished": (HOMES, "homes >=", "unfinished"),
    "SQL": (HOMES, "homes >= 1; DROP TABLE orgs_node", "syntax"),
    "SQL in a name": ("  homes_limit: {type", "  homes_limit; DROP TABLE x: {type", "not_name"),
    "quote in a code": ("    migrant: {zh", "    migrant' OR 1=1 --: {zh", "not_name"),
    "a letter that looks like another": (HOMES, "hоmes >= homes_limit", "syntax"),
    "full-width sign": (HOMES, "homes ＞ homes_limit", "syntax"),
    "text turned round": ("拥有 {homes} 套住房", "拥有 {homes} 套\u202e住房", "hidden"),
    "text turned round by an escape": (
        "zh: 经商办企业或雇工, en: the household",
        'zh: "经\\u202e商", en: the household',
        "hidden",
    ),
    "NUL by an escape": (
        "zh: 经商办企业或雇工, en: the household",
        'zh: "经\\0商", en: the household',
        "hidden",
    ),
    "space of no width": ("code: two_homes", "code: two\u200b_homes", "hidden"),
    "a minus chain": (HOMES, "homes >= " + "-" * 900 + "1", "expression_deep"),
    "a sum of 900": (HOMES, "homes >= " + "1+" * 900 + "1", "expression_deep"),
    "if in if": (
        "homes >= homes_limit",
        "homes >= " + "if(vehicle, 1, " * 90 + "2" + ")" * 90,
        "expression_deep",
    ),
    "huge number": (HOMES, "homes >= " + "9" * 400, "number_long"),
    "huge constant": (
        "value: 2, article: 第八条（一）",
        "value: " + "9" * 400 + ", article: 第八条（一）",
        "not_number",
    ),
    "infinity": (LIMIT, "value: .inf, article: 第八条（一）", "not_number"),
    "version of a million": ("version: 1\n", "version: 1000000\n", "not_whole"),
    "months of money": (HOMES, "months_between(loss, day) > 3", "need"),
    "a date and a number": (HOMES, "day > 20240101", "mixed"),
    "less than a condition": (HOMES, "vehicle > business", "mixed"),
    "sum of conditions": (HOMES, "sum(expenses.evidenced) > 1", "need"),
    "list out of its place": (HOMES, "expenses.amount > 1 yuan", "list_alone"),
    "an expression in a list": (
        "kind in {medical, schooling, disability} and evidenced",
        "amount > relative_line",
        "in_list",
    ),
    "a list in a list": (
        "kind in {medical, schooling, disability} and evidenced",
        "count(expenses) > 1",
        "in_list",
    ),
    "decimals not written out": (HOMES, "round_to(homes, people) > 1", "places"),
    "min of one": (HOMES, "min(homes) > 1", "arguments"),
    "a where too many": (HOMES, "max(homes, 1 where vehicle) > 1", "where"),
    "never true": (SCHOOL, "when: costly_schooling and not costly_schooling", "constant"),
    "always true": (SCHOOL, "when: costly_schooling or not costly_schooling", "constant"),
    "never below zero people": (HOMES, "homes < 0", "constant"),
    "between the wrong way": (HOMES, "between(loss, 9 yuan, 3 yuan)", "constant"),
    "two codes at once": (
        "when: costly_schooling",
        "when: focus_group = migrant and focus_group = other",
        "constant",
    ),
    "only constants": (HOMES, "homes_limit > 1", "constant"),
    "greater than itself": (HOMES, "homes > homes", "constant"),
    "result by number": ("- result: relative\n", "- result: 3\n", "not_choice"),
    "English is null": ("en: two homes exclude", "en: null", "empty"),
    "endless text": ("en: two homes exclude", "en: " + "very " * 300 + "long", "text_long"),
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


@pytest.mark.parametrize(("old", "new", "code"), CHANGES.values(), ids=CHANGES)
def test_each_mistake_is_placed(old: str, new: str, code: str):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with soon():
        found = faults(text)
    assert code in [fault.code for fault in found], [str(fault) for fault in found]
    placed = next(fault for fault in found if fault.code == code)
    assert placed.at.file == "pack.yaml"
    if code not in ("missing_key", "unused", "reserved", "unknown_key", "twice", "expression_deep"):
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


def decided(*conditions: str) -> str:
    """The filing pack with these conditions for its results before the last."""
    start, end = GOOD.index("decide:\n"), GOOD.index("# What every situation")
    results = ["deep", "relative", "accident", "deep", "relative"]
    made = [
        f"  - {{result: {result}, when: '{condition}', article: 一, because: {{zh: 甲, en: a}}}}\n"
        for result, condition in zip(results, conditions, strict=False)
    ]
    last = "  - {result: none, because: {zh: 余, en: rest}}\n"
    return GOOD[:start] + "decide:\n" + "".join(made) + last + GOOD[end:]


COVERED = {
    "the same": ("homes > 3", "homes > 3", "vehicle"),
    "the same, mirrored": ("loss > annual_income", "annual_income < loss", "vehicle"),
    "a narrower band after a wider": ("loss < 900 yuan", "loss < 500 yuan", "vehicle"),
    "a band within a band": ("between(loss, 1 yuan, 9 yuan)", "loss = 3 yuan", "vehicle"),
    "whole numbers": ("homes >= 2", "homes > 1", "vehicle"),
    "through a constant": ("loss < 900 yuan", "loss < homes_limit * 50 yuan", "vehicle"),
    "a condition more": ("vehicle", "vehicle and homes > 3", "business"),
    "both parts": ("vehicle and business", "homes > 3 and business and vehicle", "disaster_victim"),
    "an alternative of an alternative": ("vehicle or business", "business or vehicle", "disaster_victim"),
    "a code within codes": ("focus_group in {migrant, other}", "focus_group = migrant", "vehicle"),
    "not the opposite": ("not (loss >= 3 yuan)", "loss < 2 yuan", "vehicle"),
    "nothing is left": ("homes > 3", "homes <= 3", "vehicle"),
    "no code is left": ("residence = urban", "residence = rural", "vehicle"),
    "a flag both ways": ("vehicle", "not vehicle", "business"),
}


@pytest.mark.parametrize("conditions", COVERED.values(), ids=COVERED)
def test_what_earlier_decisions_cover_is_refused(conditions: tuple[str, ...]):
    found = [fault for fault in faults(decided(*conditions)) if fault.code != "unused"]
    assert [fault.code for fault in found] == ["unreachable"]


OPEN = {
    "a wider band after a narrower": ("loss < 500 yuan", "loss < 900 yuan", "vehicle"),
    "a part after the whole": ("vehicle and business", "vehicle", "disaster_victim"),
    "figures of another place": ("monthly_per_head < dibao", "monthly_per_head < relative_line", "vehicle"),
    "codes beyond": ("focus_group = migrant", "focus_group in {migrant, other}", "vehicle"),
    "whole numbers": ("homes > 2", "homes >= 2", "vehicle"),
}


@pytest.mark.parametrize("conditions", OPEN.values(), ids=OPEN)
def test_what_can_still_be_met_stays(conditions: tuple[str, ...]):
    """The only faults left are of facts these conditions no longer use."""
    assert {fault.code for fault in faults(decided(*conditions))} == {"unused"}


CAPS = {
    "the same twice": ("remaining", "remaining"),
    "above a constant before it": ("remaining", "3000 yuan", "4000 yuan"),
    "above the highest there is": ("remaining", "clamp(remaining, 10 yuan, 3000 yuan)", "3000 yuan"),
}


@pytest.mark.parametrize("limits", CAPS.values(), ids=CAPS)
def test_a_cap_that_never_lowers_anything_is_refused(limits: tuple[str, ...]):
    caps = "".join(
        f"      - {{code: c{i}, at_most: '{limit}', article: 一, because: {{zh: 限, en: cap}}}}\n"
        for i, limit in enumerate(limits)
    )
    text = AID[: AID.index("    caps:\n")] + "    caps:\n" + caps + AID[AID.index("ordinary:") :]
    assert [fault.code for fault in faults(text)] == ["unreachable"]


def test_a_benefit_for_no_result_is_refused():
    text = re.sub(r"for: \[.*\]", "for: []", AID)
    assert "empty" in [fault.code for fault in faults(text)]


def test_an_amount_without_bound_is_refused():
    caps = AID.index("    caps:\n")
    text = AID[:caps] + AID[AID.index("ordinary:") :]
    text = text.replace("amount: yearly_limit", f"amount: granted_this_year{' * months' * 4}")
    assert "unbounded" in [fault.code for fault in faults(text)]


def test_several_mistakes_are_told_at_once():
    text = GOOD.replace("type: count, zh: 共同", "type: whole, zh: 共同").replace(
        "type: count, zh: 住房", "type: real, zh: 住房"
    )
    text = text.replace("when: business", "when: business + 1").replace(SCHOOL, "when: schools")
    text = text.replace("result: accident", "result: luck").replace("subject: household", "subject: village")
    found = [fault.code for fault in faults(text)]
    assert found == ["not_choice", "not_type", "not_type", "need", "unknown_name", "not_choice"]


def test_a_mistake_is_told_once():
    """What uses a name whose declaration is wrong, or starts from a wrong ordinary case, is not to blame."""
    (fault,) = faults(GOOD.replace("is: relative_multiple * dibao", "is: relative_multiple * dibao *"))
    assert fault.code == "unfinished"
    (fault,) = faults(GOOD.replace("  people: 4\n", "  people: four\n"))
    assert fault.code == "not_number" and fault.at.line == line_of(GOOD, "  people: 4\n")


BOMBS = {
    "anchors": ("a: &a [1]\nb: *a\n", "alias"),
    "billion laughs": ("a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(50)), "alias"),
    "python tag": ("pack: !!python/object/apply:os.system [ls]\n", "tag"),
    "deep flow": ("a: " + "[" * 10_000, "too_deep"),
    "deep blocks": ("".join(" " * i + "a:\n" for i in range(100)), "too_deep"),
    "many entries": ("a: [" + "1," * 60_000 + "]", "too_many"),
    "many keys": ("{" + ",".join(f"k{i}: 1" for i in range(30_000)) + "}", "too_many"),
    "nested maps": ("{a: " * 60_000, "too_deep"),
    "nested dashes": ("- " * 100_000, "too_deep"),
    "nested questions": ("? " * 100_000, "too_deep"),
    "directives": ("".join(f"%TAG !x{i}! y\n" for i in range(20_000)) + "---\na: 1\n", "directive"),
    "NUL": ("a: \0\n", "not_yaml"),
    "line end of its own": ("a: b\u2028c\n", "hidden"),
    "10 MB": ("a: " + "x" * 10_000_000, "too_big"),
    "two documents": ("a: 1\n---\nb: 2\n", "documents"),
    "tab": ("a:\n\tb: 1\n", "not_yaml"),
    "nothing": ("", "empty"),
    "a list": ("- 1\n", "not_mapping"),
    "control character": ("a: \x07\n", "not_yaml"),
}


@pytest.mark.parametrize(("text", "code"), BOMBS.values(), ids=BOMBS)
def test_bombs_end_quickly(text: str, code: str):
    with soon():
        (fault,) = faults(text)
    assert fault.code == code
    assert str(fault.at).startswith("pack.yaml:")


def clauses(count: int, formula: str) -> str:
    rest = "article: 一, because: {zh: 甲, en: a}}\n"
    made = "".join(f"  - {{code: c{i}, when: '{formula}', {rest}" for i in range(count))
    return GOOD.replace("exclude:\n", "exclude:\n" + made)


def declared(key: str, body: str, count: int) -> str:
    """The filing pack with so many more names under a key."""
    more = "".join(f"  x{i}: {{zh: 甲, en: a, {body}}}\n" for i in range(count))
    return GOOD.replace(f"{key}:\n", f"{key}:\n{more}", 1)


BIG = {
    "1,000 exclusions": (clauses(1_000, "vehicle"), "too_many"),
    "long exclusions": (clauses(50, "vehicle or " * 170 + "business"), "formulas_long"),
    "1,000 situations": (GOOD + "  - {title: {zh: 甲, en: a}, given: {}, expect: {}}\n" * 1_000, "too_many"),
    "many rows": (GOOD.replace("  expenses: []\n", "  expenses: [" + "{}, " * 5_000 + "]\n"), "too_many"),
    "1,500 expressions": (declared("let", "is: people", 1_500), "too_many"),
    "1,500 facts": (declared("facts", "type: flag", 1_500), "inputs"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), BIG.values(), ids=BIG)
def test_a_pack_may_not_be_endless(text: str, code: str):
    with soon():
        found = faults(text)
    assert code in [fault.code for fault in found] and len(found) <= 100


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


def test_the_command_tells_every_fault_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, bad, wrong = (tmp_path / name for name in ("good.yaml", "bad.yaml", "wrong.yaml"))
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(GOOD.replace("homes >= homes_limit", "homes >= limits"), encoding="utf-8")
    wrong.write_text(GOOD.replace("{result: deep, rigid", "{result: none, rigid"), encoding="utf-8")
    call_command("checkpack", good)
    with pytest.raises(SystemExit) as ended:
        call_command("checkpack", good, bad, wrong, tmp_path / "missing.yaml")
    told = capsys.readouterr()
    assert ended.value.code == 1 and told.out.count("situations come out as expected") == 2
    line = line_of(GOOD, "when: homes >=")
    assert f"{bad}:{line}:20: there is no fact" in told.err and "没有“limits”" in told.err
    assert f"{wrong}:" in told.err and "result should be none but is deep" in told.err
    assert "missing.yaml: No such file" in told.err
