"""What an explanation says, and that it says the same years later."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from nuanxin.kernel.money import Money
from nuanxin.policy.engine.explanation import Explanation
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load_file
from nuanxin.policy.engine.run import Standard, run
from nuanxin.policy.engine.situations import prove
from nuanxin.policy.engine.texts import Text

PACKS = {path.stem: load_file(path) for path in sorted(settings.PACKS.glob("*.yaml"))}
FILING, AID = PACKS["filing-three-class"], PACKS["living-aid"]
LINE = Standard(
    Decimal(620),
    7,
    Text("梅里县总工会", "Meili County"),
    date(2024, 1, 1),
    None,
    Text("州民政发〔2024〕3号", "No. 3"),
)
FAMILY: dict[str, Any] = {
    "people": 4, "residence": "urban", "annual_income": Money.yuan(46_200), "dibao_certificate": False,
    "disaster_victim": False, "loss": Money(0), "homes": 1, "business": False, "costly_schooling": False,
    "vehicle": None, "focus_group": "expenditure", "employment_months": None,
    "expenses": [
        {"kind": "medical", "amount": Money.yuan(18_650), "evidenced": True},
        {"kind": "schooling", "amount": Money.yuan(2_500), "evidenced": True},
        {"kind": "medical", "amount": Money.yuan(900), "evidenced": False},
    ],
}  # fmt: skip


def explain(**changes: Any) -> Explanation:
    return run(FILING, {**FAMILY, **changes}, day=date(2024, 5, 1), standards={"dibao": LINE}, place="1/2/")


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_packs_prove_themselves(pack: Pack):
    assert len(pack.situations) >= 15
    prove(pack)


def test_the_decision_is_said_with_its_figures():
    told = explain()
    assert told.result == "deep" and told.decided
    assert told.sentence.zh == "月人均收入 521.88 元，低于当地低保标准 620.00 元"
    assert "521.88" in told.sentence.en and "620.00" in told.sentence.en
    deep = told.decisions[0]
    assert [ground.holds for ground in deep.grounds] == [False, True]
    assert deep.grounds[1].reading.zh == "扣除刚性支出后的月人均收入（521.88 元） < 当地低保标准（620.00 元）"
    assert [clause.reached for clause in told.decisions] == [True, False, False, False]
    (line,) = (used for used in told.standards if used.figure.name == "dibao")
    assert (line.id, line.place, line.document) == (7, LINE.place, LINE.document)
    assert [used.article for used in told.standards if used.figure.name == "relative_multiple"] == [
        "第六条（二）"
    ]


def test_what_is_noted_does_not_block_and_what_waits_does():
    told = explain()
    vehicle = next(clause for clause in told.exclusions if clause.code == "vehicle")
    assert (vehicle.holds, vehicle.missing, vehicle.blocks) == (None, ("vehicle",), False)
    waiting = explain(homes=None, annual_income=None)
    assert waiting.result == "unknown" and waiting.unknown == ("annual_income", "homes")
    assert waiting.sentence.zh == "缺少家庭年可支配收入、住房套数，暂不能认定"


def test_an_exclusion_can_be_set_aside_with_a_reason():
    closed = explain(homes=2)
    assert closed.result == "excluded" and closed.sentence.zh == "拥有 2 套住房"
    facts = {**FAMILY, "homes": 2}
    aside = run(
        FILING,
        facts,
        day=date(2024, 5, 1),
        standards={"dibao": LINE},
        overruled={"two_homes": "一套已成危房"},
    )
    assert aside.result == "deep"
    assert aside.exclusions[0].overruled == "一套已成危房"


def test_caps_that_bit_are_told():
    facts = {"file_class": "deep", "residence": "urban", "granted_this_year": Money.yuan(5_000)}
    told = run(AID, facts, day=date(2024, 5, 1), standards={"dibao": LINE})
    due = told.benefit("living")
    assert due is not None and due.amount == Money.yuan(2_440) and due.formula == 7440
    (cap,) = due.caps
    assert cap.bit and cap.because.zh == "本年度已批 5,000.00 元，至多再发 2,440.00 元"


@pytest.mark.parametrize(
    "changes", [{}, {"annual_income": None}, {"homes": 3}, {"expenses": None}, {"people": 0}]
)
def test_json_and_back(changes: dict[str, Any]):
    told = explain(**changes)
    again = Explanation.from_json(json.loads(json.dumps(told.to_json())))
    assert again == told
    assert run(FILING, again.given(), day=told.day, standards={"dibao": LINE}, place="1/2/") == told


def test_facts_outside_their_domain_are_unknown():
    assert explain(people=-1).unknown == ("people",)
    assert explain(people=Decimal("2.5")).unknown == ("people",)
    assert explain(annual_income=Decimal("10000000000000")).unknown == ("annual_income",)
    assert explain(annual_income=Decimal("1.005")).unknown == ("annual_income",)
    told = run(
        AID, {"file_class": "moon", "granted_this_year": 0}, day=date(2024, 5, 1), standards={"dibao": LINE}
    )
    assert told.unknown == ("file_class",)


def test_a_float_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError):
        explain(annual_income=46_200.0)
