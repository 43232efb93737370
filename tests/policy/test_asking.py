"""The self-test asks what the outcome hangs on, ends early, and comes out as a determination would."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nuanxin.policy.engine import asking
from nuanxin.policy.engine.asking import BadAnswer, Outcome
from nuanxin.policy.engine.explanation import Explanation
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.pack import EXCLUDED, UNKNOWN, Pack
from nuanxin.policy.engine.reading import load
from nuanxin.policy.engine.run import Standard, run
from nuanxin.policy.engine.situations import explain_situation

from . import samples
from .generated import HOUSEHOLDS, packs

DAY = date(2024, 5, 1)
FILING = load(samples.FILING.encode(), "filing")
AID = load(samples.LIVING_AID.encode(), "aid")
PACKS = {name: load(text.encode(), name) for name, text in samples.DELIVERED.items()}
LINE = {"dibao": Standard(Decimal(620))}
FAMILY: dict[str, Any] = {
    "people": Decimal(4), "residence": "urban", "annual_income": Decimal(46_200), "dibao_certificate": False,
    "disaster_victim": False, "loss": Decimal(0), "homes": Decimal(1), "business": False,
    "costly_schooling": False, "vehicle": False, "focus_group": "expenditure",
    "employment_months": Decimal(60), "expenses": [],
}  # fmt: skip


def interview(
    pack: Pack, facts: Mapping[str, Any], day: date = DAY, standards: Mapping[str, Standard] | None = None
) -> tuple[list[str], Outcome]:
    """Every question in order, answered from the facts (None: not known), and the outcome."""
    answers: dict[str, Any] = {}
    for _ in range(len(pack.facts) + 1):
        step = asking.step(pack, answers, day, lambda residence: LINE if standards is None else standards)
        if step.question is None:
            assert step.outcome is not None and step.left == 0 and step.asked == len(answers)
            return list(answers), step.outcome
        assert step.question.name not in answers and step.left < len(pack.facts)
        answers[step.question.name] = facts.get(step.question.name)
    raise AssertionError("the questions do not end")


def agrees(told: Outcome, official: Explanation) -> None:
    """The outcome is that of a determination on all facts; what brings nothing may be known sooner."""
    if told.favourable:
        assert told.explanation.result == official.result
        assert [due.amount for due in told.explanation.benefits] == [due.amount for due in official.benefits]
    elif told.favourable is None:
        assert official.result == UNKNOWN
    else:
        assert official.result in (told.explanation.result, EXCLUDED, UNKNOWN)


FEW = {
    "two homes": ({"homes": Decimal(2)}, EXCLUDED, 1),
    "a certificate": ({"dibao_certificate": True}, "deep", 6),
    "a low income": ({"annual_income": Decimal(20_000)}, "deep", 10),
    "an ordinary income": ({}, "relative", 10),
    "a flood": ({"annual_income": Decimal(90_000), "disaster_victim": True}, "accident", 11),
    "nothing special": ({"annual_income": Decimal(90_000)}, "none", 12),
    "a migrant worker": ({"focus_group": "migrant"}, "relative", 11),
    "a migrant worker in the country": ({"focus_group": "migrant", "residence": "rural"}, EXCLUDED, 7),
}


@pytest.mark.parametrize(("facts", "result", "most"), FEW.values(), ids=FEW)
def test_only_what_is_needed_is_asked(facts: dict[str, Any], result: str, most: int):
    asked, told = interview(FILING, {**FAMILY, **facts})
    assert told.explanation.result == result
    assert len(asked) <= most < len(FILING.facts), asked


def test_a_question_that_can_end_it_comes_first():
    asked, _told = interview(FILING, FAMILY)
    assert asked[:4] == ["homes", "business", "costly_schooling", "vehicle"]
    assert asked.index("dibao_certificate") < asked.index("annual_income")


def test_living_aid_ends_with_its_amount():
    """Where one lives is not asked as long as the line is the same in town and country."""
    asked, told = interview(AID, {"file_class": "deep", "granted_this_year": Decimal(440)})
    assert asked == ["file_class", "granted_this_year"]
    (due,) = told.explanation.benefits
    assert told.favourable and due.amount is not None and due.amount.to_yuan() == 7000


def test_who_has_no_file_is_told_at_once():
    asked, told = interview(AID, {"file_class": "none"})
    assert asked == ["file_class"] and told.favourable is False
    assert "没有在册档案" in told.explanation.sentence.zh


def test_what_is_not_known_is_to_be_found_out():
    """Without the income nothing that needs it is asked either."""
    asked, told = interview(FILING, {**FAMILY, "annual_income": None})
    assert told.favourable is None
    assert "家庭年可支配收入" in [text.zh for text in told.find_out]
    assert not {"loss", "expenses"} & set(asked[asked.index("annual_income") :])


def test_a_certificate_decides_although_the_rest_is_not_known():
    facts = dict.fromkeys(FAMILY) | {"dibao_certificate": True, "homes": Decimal(0), "business": False,
                                               "costly_schooling": False}  # fmt: skip
    _asked, told = interview(FILING, facts)
    assert told.explanation.result == "deep" and told.favourable
    assert "经常使用非营运汽车" in [text.zh for text in told.noted]


def test_a_standard_nobody_has_set_is_named():
    _asked, told = interview(FILING, FAMILY, standards={})
    assert "local living-allowance line" in [text.en for text in told.find_out]


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_situation_comes_out_as_determined(pack: Pack):
    for situation in pack.situations:
        standards = {name: Standard(value) for name, value in situation.standards.items()}
        asked, told = interview(pack, situation.facts, situation.day, standards)
        agrees(told, explain_situation(pack, situation))
        assert len(asked) <= len(pack.facts)


RANDOM = {"line": Standard(Decimal("620.15")), "factor": Standard(Decimal("1.25"))}


def exact(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the runner takes them: numbers written as text become Decimal."""
    written = ("income", "loss", "share", "amount", "part")
    rows = facts.get("rows")
    read = {n: Decimal(v) if n in written and v is not None else v for n, v in facts.items()}
    return read if rows is None else {**read, "rows": [exact(row) for row in rows]}


@examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(packs(), HOUSEHOLDS, HOUSEHOLDS)
def test_random_packs(text: str, household: dict[str, Any], other: dict[str, Any]):
    """What was not asked does not matter: with any other facts there, a favourable result stays."""
    try:
        pack = load(text.encode(), "random")
    except PackError:
        return
    facts = {name: value for name, value in exact(household).items() if fits(pack, name, value)}
    asked, told = interview(pack, facts, standards=RANDOM)
    for rest in (facts, exact(other)):
        whole = {**rest, **{name: facts.get(name) for name in asked}}
        agrees(told, run(pack, whole, day=DAY, standards=RANDOM))


def fits(pack: Pack, name: str, value: Any) -> bool:
    """Is it an answer one may give? What is outside its domain is asked again."""
    try:
        asking.answer(pack, name, value)
    except BadAnswer:
        return False
    return True


ANSWERS = [
    ("homes", "3", Decimal(3)), ("homes", 0, Decimal(0)), ("annual_income", "46,200.50", Decimal("46200.5")),
    ("annual_income", 12.5, Decimal("12.5")), ("vehicle", True, True), ("vehicle", "false", False),
    ("focus_group", "migrant", "migrant"), ("homes", None, None), ("expenses", [], []),
    ("expenses", [{"kind": "medical", "amount": "5", "evidenced": ""}],
     [{"kind": "medical", "amount": Decimal(5), "evidenced": None}]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "value"), ANSWERS)
def test_answers_are_read(name: str, raw: Any, value: Any):
    assert asking.answer(FILING, name, raw) == value


BAD = [
    ("homes", "-1"), ("homes", "1.5"), ("homes", "two"), ("homes", "NaN"), ("homes", True), ("homes", ["1"]),
    ("homes", "١٢"), ("annual_income", "1.005"), ("annual_income", "1e400"), ("annual_income", "9" * 29),
    ("vehicle", "perhaps"), ("vehicle", 1), ("focus_group", "farmer"), ("expenses", "none"), ("expenses", {}),
    ("expenses", [1]),
    ("expenses", [{}] * 61), ("expenses", [{"amount": "x"}]), ("nothing", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw"), BAD)
def test_what_is_no_answer_is_refused(name: str, raw: Any):
    with pytest.raises(BadAnswer) as caught:
        asking.answer(FILING, name, raw)
    assert caught.value.name.startswith(name) and caught.value.reason.zh and caught.value.reason.en


def test_a_question_without_words_of_its_own_is_put_by_its_name():
    question = asking.question(FILING, FILING.facts["expenses"])
    assert question.text.zh == "请逐项填写：家庭支出"
    assert [part.name for part in question.fields] == ["kind", "amount", "evidenced"]
    assert ("medical", "医疗自付") in [(code, label.zh) for code, label in question.fields[0].choices]


@examples(max_examples=200, deadline=None)
@given(
    st.sampled_from([*FILING.facts, "x"]),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner)),
        max_leaves=6,
    ),
)
def test_any_json_is_an_answer_or_not(name: str, raw: Any):
    try:
        asking.answer(FILING, name, raw)
    except BadAnswer as error:
        assert error.reason.zh
