"""A pack's text changes where it is asked to and nowhere else."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.policy.engine.editing import edit, editable
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.situations import prove

from . import samples

TEXTS = {**samples.DELIVERED, "sample filing": samples.FILING, "sample aid": samples.LIVING_AID}
FILING, AID = samples.FILING, samples.LIVING_AID


def read(text: str) -> Pack:
    return load(text.encode(), "pack")


def changed_lines(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line.strip() for line in after.splitlines() if line not in old]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_editing_with_the_same_values_changes_no_byte(text: str):
    shown = editable(read(text))
    assert len({item.path for item in shown}) == len(shown) > 0
    assert edit(text, {item.path: item.text for item in shown}) == text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_clause_shown_can_be_taken_out_but_the_rest_stays(text: str):
    pack = read(text)
    for item in editable(pack):
        if not item.entry:
            continue
        try:
            left = read(edit(text, {item.entry: None}))
        except PackError as error:
            assert item.part == "benefits" and {fault.code for fault in error.faults} == {"unbounded"}
            continue
        kept = [other.path for other in editable(left)]
        assert len(kept) < len(editable(pack))
        assert set(left.facts) <= set(pack.facts) and set(left.results) == set(pack.results)
        assert len(left.situations) == len(pack.situations)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_formula_can_be_written_anew(text: str):
    """In brackets it means the same, so the pack differs in nothing but its text."""
    pack = read(text)
    changes = {item.path: f"({item.text})" for item in editable(pack) if item.kind == "formula"}
    again = read(edit(text, changes))
    assert replace(again, text=text, sha256=pack.sha256, situations=pack.situations) == pack
    prove(again)


def test_a_figure_a_condition_and_the_head_change_together():
    text = edit(
        FILING,
        {
            "parameters.relative_multiple.value": "1.5",
            "exclude.two_homes.when": "homes > homes_limit",
            "decide.0.any_of.1.when": "monthly_per_head <= dibao",
            "version": "2",
            "place": "530000",
            "valid.1": "2026-01-01",
            "title.zh": "建档标准: 新 # 甲",
        },
    )
    pack = read(text)
    assert (pack.version, pack.place, str(pack.valid_to)) == (2, "530000", "2026-01-01")
    assert pack.title.zh == "建档标准: 新 # 甲"
    assert pack.parameters["relative_multiple"].value == Decimal("1.5")
    assert changed_lines(FILING, text) == [
        "version: 2",
        "title: {zh: '建档标准: 新 # 甲', en: Filing standard in three classes}",
        "place: 530000",
        "valid: [2021-01-01, 2026-01-01]",
        "relative_multiple: {type: number, value: 1.5, article: 第六条（二）, zh: 相对困难倍数, "
        "en: multiple for relative difficulty}",
        "when: homes > homes_limit",
        "- when: monthly_per_head <= dibao",
    ]


def test_taking_an_exclusion_out_takes_what_only_it_asked():
    text = edit(FILING, {"exclude.two_homes": None, "exclude.vehicle": None})
    pack = read(text)
    assert [item.code for item in pack.exclusions] == ["business", "costly_schooling", "migrant_unsettled"]
    assert not {"homes", "vehicle"} & set(pack.facts) and "homes_limit" not in pack.parameters
    assert "homes:" not in text.split("ordinary:")[1]
    assert "# What every situation below starts from" in text


def test_the_last_exclusion_leaves_an_empty_list():
    text = AID.replace("exclude:\n", "exclude: # closed\n")
    left = edit(text, {"exclude.no_file": None})
    assert "exclude: []\n" in left
    assert read(left).exclusions == ()


def test_keys_are_added_where_there_were_none():
    text = edit(
        AID,
        {"source.number": "云工发〔2024〕3号", "benefits.living.funds": ["fiscal_central", "own"],
         "exclude.no_file.while_unknown": "note"},
    )  # fmt: skip
    pack = read(text)
    assert pack.source.number == "云工发〔2024〕3号"
    assert pack.benefits[0].funds == ("fiscal_central", "own")
    assert not pack.exclusions[0].blocks


@pytest.mark.parametrize(
    "path",
    ["parameters.nothing.value", "exclude.9.when", "pack.x", "decide.-1", "", "a.b.c"],
)
def test_a_path_that_leads_nowhere_is_refused(path: str):
    for change in ("1", None):
        with pytest.raises(PackError) as caught:
            edit(FILING, {path: change})
        assert {fault.code for fault in caught.value.faults} <= {"no_path", "unknown_key"}


def test_a_value_that_does_not_fit_is_placed():
    with pytest.raises(PackError) as caught:
        edit(FILING, {"exclude.two_homes.when": "homes >= 5 yuan"}, "draft.yaml")
    (fault,) = caught.value.faults
    line = FILING[: FILING.index("when: homes >=")].count("\n") + 1
    assert fault.code == "mixed" and str(fault.at) == f"draft.yaml:{line}:17"


def test_line_ends_and_byte_order_marks_stay():
    text = "\ufeff" + FILING.replace("\n", "\r\n")
    assert edit(text, {"version": "7"}) == text.replace("version: 1", "version: 7")


@examples(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_text_is_written_so_that_it_reads_back(words: str):
    """A title of any characters comes back as it was given, or is refused; nothing else moves."""
    for path in ("title.zh", "results.deep.zh", "source.document.en"):
        try:
            pack = read(edit(FILING, {path: words}))
        except PackError as error:
            assert error.faults
            continue
        got = {"title.zh": pack.title.zh, "results.deep.zh": pack.results["deep"].zh}
        assert got.get(path, pack.source.document.en) == words.strip()
        assert len(pack.situations) == len(read(FILING).situations)
