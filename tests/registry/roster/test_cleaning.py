"""Whole rows: what the cells of a row say against each other, and what the importer is given."""

from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from nuanxin.kernel.identity import invent_id
from nuanxin.registry.roster.cleaning import Cleaner, CleanRow
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SheetSpec
from nuanxin.registry.roster.header import Found, Layout
from nuanxin.registry.roster.problems import Problem
from nuanxin.registry.roster.workbook import RawRow

from .factories import families, soil

HEADS, OTHERS = families(60)


def clean(spec: SheetSpec, cells: dict[str, Any]) -> CleanRow:
    return Cleaner(spec).clean(RawRow.of(spec, 7, cells))


def values(spec: SheetSpec, row: CleanRow) -> dict[str, Any]:
    cleaner = Cleaner(spec)
    return dict(zip((*cleaner.keys, *cleaner.secret_keys), (*row.values, *row.secrets), strict=True))


def codes(row: CleanRow) -> set[tuple[str, str]]:
    return {(problem.column, problem.code) for problem in row.problems}


def household(**changes: Any) -> dict[str, Any]:
    return HEADS[0] | changes


def test_clean_rows_have_no_problem() -> None:
    for cells in HEADS:
        assert codes(clean(HOUSEHOLDS, cells)) == set()
    for cells in OTHERS:
        assert codes(clean(MEMBERS, cells)) == set()


def test_dirt_changes_nothing() -> None:
    """The same facts typed cleanly and dirtily give the same values."""
    for cells, dirty in zip(
        HEADS, soil([cells | {"main_cause": "大病"} for cells in HEADS], share=1.0), strict=True
    ):
        plain = values(HOUSEHOLDS, clean(HOUSEHOLDS, cells | {"main_cause": "大病"}))
        row = clean(HOUSEHOLDS, dirty)
        assert codes(row) == set()
        assert values(HOUSEHOLDS, row) | {"other_causes": plain["other_causes"]} == plain


def test_values_are_typed_and_secrets_apart() -> None:
    cleaner = Cleaner(HOUSEHOLDS)
    row = cleaner.clean(RawRow.of(HOUSEHOLDS, 7, household(annual_income="1.2万元", homes=1.0)))
    plain = dict(zip(cleaner.keys, row.values, strict=True))
    assert (plain["annual_income"], plain["homes"], plain["vehicle"]) == (1_200_000, 1, False)
    assert plain["other_causes"] == ("schooling",)
    assert cleaner.secret_keys == ("id_number", "mobile", "other_contact", "card")
    assert row.secrets == (HEADS[0]["id_number"], HEADS[0]["mobile"], None, HEADS[0]["card"])
    assert not set(cleaner.keys) & set(cleaner.secret_keys)


def test_sex_and_birth_come_from_the_id_number() -> None:
    number = invent_id("533422", date(1978, 5, 12), 2)
    found = values(HOUSEHOLDS, clean(HOUSEHOLDS, household(id_number=number)))
    assert (found["sex"], found["born_on"]) == ("2", date(1978, 5, 12))
    agreeing = household(id_number=number, sex="女", born_on="1978.5")
    assert codes(clean(HOUSEHOLDS, agreeing)) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sex": "男"}, {("sex", "sex_differs")}),
        ({"born_on": "1978-05-13"}, {("born_on", "birth_differs")}),
        ({"born_on": "1978-06"}, {("born_on", "birth_differs")}),
        ({"disability_kind": "肢体"}, {("disability_level", "disability_level_missing")}),
        ({"disability_level": "二级"}, {("disability_kind", "disability_kind_missing")}),
        ({"health": "残疾"}, {("disability_kind", "disability_kind_missing")}),
        ({"bank": ""}, {("bank", "bank_missing")}),
        (
            {"spend_medical": 100.0, "spend_medical_evidenced": ""},
            {("spend_medical_evidenced", "evidence_unknown")},
        ),
        ({"main_cause": "子女上学"}, {("other_causes", "cause_repeated")}),
        ({"monthly_income": 1000.0, "annual_income": 11_999.99}, {("annual_income", "income_below_own")}),
        ({"annual_income": 36_000.0, "monthly_income": 0.0, "people": 3.0, "per_head": 999.0}, set()),
        (
            {"annual_income": 36_000.0, "monthly_income": 0.0, "people": 3.0, "per_head": 998.0},
            {("per_head", "per_head_differs")},
        ),
        ({"loss": ""}, {("loss", "unknown_fact")}),
        ({"name": ""}, {("name", "required")}),
    ],
)
def test_cells_of_a_household_agree(changes: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    woman = {"id_number": invent_id("533422", date(1978, 5, 12), 2)}
    assert codes(clean(HOUSEHOLDS, household(**woman, **changes))) == expected


def test_a_repeated_cause_is_dropped_with_a_warning() -> None:
    row = clean(HOUSEHOLDS, household(main_cause="大病", other_causes="重大疾病、子女上学"))
    assert values(HOUSEHOLDS, row)["other_causes"] == ("schooling",)
    assert not row.faulty


@pytest.mark.parametrize("changes", [{"relation": "户主"}, {"id_number": OTHERS[0]["head_id"]}])
def test_the_head_is_no_member(changes: dict[str, Any]) -> None:
    assert ("relation", "member_is_head") in codes(clean(MEMBERS, OTHERS[0] | changes))


def test_a_problem_says_where_and_survives_storage() -> None:
    cleaner = Cleaner(Layout(HOUSEHOLDS, 1, {"health": Found(27, "健康状况*")}))
    row = cleaner.clean(RawRow.of(HOUSEHOLDS, 9, household(health="很好")))
    problem = next(problem for problem in row.problems if problem.column == "health")
    assert (problem.sheet, problem.row, problem.letter, problem.header) == (
        "households",
        9,
        "AB",
        "健康状况*",
    )
    assert row.faulty and problem.is_error
    assert Problem(**problem.as_json()) == problem


def test_a_problem_speaks_both_languages() -> None:
    problem = clean(HOUSEHOLDS, household(health="很好")).problems[0]
    with override("zh-hans"):
        assert problem.message == "“很好”不在健康状况的选项中。"
        assert "良好、恶性肿瘤" in problem.advice
    with override("en"):
        assert problem.message == "“很好” is not among the choices for Health."
        assert "Good, Malignant tumour" in problem.advice


def test_no_secret_stands_in_a_problem() -> None:
    wrong = household(id_number="533422197805120019", mobile="138123456789", card="62170000000000X")
    row = clean(HOUSEHOLDS, wrong)
    assert {"id_number", "mobile", "card"} <= {problem.column for problem in row.problems}
    for problem in row.problems:
        text = f"{problem.message}{problem.advice}{problem.as_json()}"
        assert not any(wrong[key] in text for key in ("id_number", "mobile", "card"))


def test_a_column_the_sheet_lacks_is_unknown_without_a_word_in_every_row() -> None:
    found = {
        key: Found(place, key) for place, key in enumerate(HOUSEHOLDS.keys) if key not in ("loss", "vehicle")
    }
    layout = Layout(HOUSEHOLDS, 1, found)
    row = Cleaner(layout).clean(RawRow.of(HOUSEHOLDS, 2, household(loss="", vehicle="")))
    assert layout.unasked() == ["vehicle", "loss"]
    assert row.problems == ()


def test_a_row_comes_back_from_storage_as_it_was_typed() -> None:
    raw = RawRow.of(HOUSEHOLDS, 4, household(started_work_on=date(1998, 7, 1), people=3))
    stored = raw.typed(HOUSEHOLDS)
    assert not {"id_number", "mobile", "card"} & set(stored)
    back = RawRow.of(HOUSEHOLDS, 4, stored | raw.secrets(HOUSEHOLDS))
    assert Cleaner(HOUSEHOLDS).clean(back) == Cleaner(HOUSEHOLDS).clean(raw)


def test_reading_order_does_not_matter() -> None:
    """What a column remembers never changes what a cell means: TRUE is not 1, text is not a number."""
    cells = ["TRUE", 1.0, "1", "否", 0.0, "0", "FALSE", ""]
    for order in (cells, cells[::-1]):
        cleaner = Cleaner(HOUSEHOLDS)
        rows = [
            cleaner.clean(RawRow.of(HOUSEHOLDS, 2, household(ethnic=cell, vehicle=cell))) for cell in order
        ]
        seen = {(repr(cell), row.values) for cell, row in zip(order, rows, strict=True)}
        alone = {
            (repr(cell), clean(HOUSEHOLDS, household(ethnic=cell, vehicle=cell)).values) for cell in order
        }
        assert seen == alone
