"""The self-test at the door: pages and API, one question at a time, nothing kept."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.policy import services
from nuanxin.policy.services import NewStandard
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db
FAMILY: dict[str, Any] = {
    "people": "4", "residence": "urban", "annual_income": "46,200", "dibao_certificate": "false",
    "disaster_victim": "false", "loss": "0", "homes": "1", "business": "false", "costly_schooling": "false",
    "vehicle": "false", "focus_group": "expenditure", "employment_months": "60", "expenses": [],
}  # fmt: skip
SICK = {"kind": "medical", "amount": "21150", "evidenced": "true"}


@pytest.fixture
def county() -> Any:
    made = orgs.node()
    line = NewStandard(
        "dibao", "低保标准", "Living-allowance line", made.path, date(2020, 1, 1), "民发〔2020〕1号",
        "No. 1 of 2020", amount=Money.yuan(620), residence="urban",
    )  # fmt: skip
    with scope.acting(system(made.path, made.pk)):
        services.set_standards(standards=[line])
    return made


@pytest.fixture
def reader(client: Client, county: Any) -> Client:
    client.force_login(orgs.post(county, "orgs.node.see").staff)
    return client


def ask(reader: Client, answers: dict[str, Any], **more: Any) -> Any:
    body = {"answers": answers, **more}
    return reader.post("/api/policy/self-test/filing", json.dumps(body), content_type="application/json")


def interview(reader: Client, facts: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Every answer given until there is an outcome."""
    answers: dict[str, Any] = {}
    step = reader.get("/api/policy/self-test/filing").json()
    while step["question"]:
        assert step["asked"] == len(answers)
        answers[step["question"]["name"]] = facts.get(step["question"]["name"])
        step = ask(reader, answers).json()
    return answers, step["outcome"]


def test_the_api_asks_until_it_can_tell(reader: Client):
    answers, outcome = interview(reader, {**FAMILY, "expenses": [SICK]})
    assert outcome["result"] == "deep" and outcome["favourable"] is True
    assert outcome["result_title"] == {"zh": "深度困难", "en": "deep difficulty"}
    assert "521.88" in outcome["sentence"]["en"] and outcome["find_out"] == []
    assert outcome["explanation"]["sha256"] and "loss" not in answers


def test_an_exclusion_ends_it_at_once(reader: Client):
    answers, outcome = interview(reader, {**FAMILY, "homes": "3"})
    assert len(answers) <= 2 and outcome["favourable"] is False and outcome["result"] == "excluded"


def test_what_is_not_known_comes_out_as_to_find_out(reader: Client):
    answers, outcome = interview(reader, {})
    assert set(answers.values()) == {None}
    assert outcome["favourable"] is None and outcome["find_out"]


def test_the_api_lists_what_can_be_tested(reader: Client, county: Any):
    found = reader.get("/api/policy/self-test/", {"place": county.code}).json()
    assert "filing" in [row["programme"] for row in found]
    assert all(row["title"]["zh"] and row["title"]["en"] for row in found)


@pytest.mark.parametrize(
    "answers", [{"homes": "-1"}, {"homes": "many"}, {"nothing": 1}, {"expenses": [{"amount": "x"}]}]
)
def test_the_api_refuses_what_is_no_answer(reader: Client, answers: dict[str, Any]):
    refused = ask(reader, answers)
    assert refused.status_code == 409
    assert refused.json()["code"] == "bad_answer" and refused.json()["field"].startswith(next(iter(answers)))


def test_there_is_nothing_of_an_unknown_programme_or_place(reader: Client):
    assert reader.get("/api/policy/self-test/nothing").status_code == 404
    assert ask(reader, {}, place="nowhere").status_code == 404
    assert ask(reader, {}, day="1999-01-01").status_code == 404
    assert reader.get("/policy/self-test/nothing/").status_code == 404


def test_strangers_are_sent_to_sign_in(client: Client):
    assert client.get("/api/policy/self-test/filing").status_code == 401
    for url in ("/policy/self-test/", "/policy/self-test/filing/"):
        assert client.get(url).status_code == 302


# pages

URL = "/policy/self-test/filing/"


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1].replace("&quot;", '"') if found else ""


def asked(page: str) -> str:
    """The name of the question shown; empty on the result."""
    found = re.search(r'name="(\w+)"[^>]*id="id_', page) or re.search(r'id="id_(\w+?)_field"', page)
    return found[1] if found else ""


def send(reader: Client, page: str, act: str, **data: Any) -> str:
    state = {"state": field(page, "state"), "rows": field(page, "rows")}
    answer = reader.post(URL, {"act": act, **state, **data})
    assert answer.status_code == 200
    return answer.content.decode()


def walk(reader: Client, facts: dict[str, Any]) -> str:
    """The result page after every question was answered or skipped."""
    page = reader.get(URL).content.decode()
    for _ in range(20):
        if "rows" in page and 'name="rows"' in page:
            for row in facts["expenses"]:
                page = send(reader, page, "add", **row)
            page = send(reader, page, "next")
        elif name := asked(page):
            known = facts.get(name)
            page = (
                send(reader, page, "skip") if known is None else send(reader, page, "next", **{name: known})
            )
        else:
            return page
    raise AssertionError("the questions do not end")


def test_the_pages_lead_to_a_result(reader: Client):
    page = walk(reader, {**FAMILY, "expenses": [SICK, {**SICK, "kind": "schooling", "amount": "100"}]})
    assert "深度困难" in page and "620.00" in page and "可能的待遇" not in page
    assert "您填写的情况" in page


def test_the_pages_say_what_to_find_out(reader: Client):
    page = walk(reader, {**FAMILY, "annual_income": None})
    assert "还不能得出结果" in page and "家庭年可支配收入" in page


def test_the_pages_in_english(reader: Client):
    reader.cookies["django_language"] = "en"
    page = walk(reader, {**FAMILY, "homes": "3"})
    assert "the conditions are not met" in page and "3 homes" in page
    assert "filing" in reader.get("/policy/self-test/").content.decode()


def test_a_wrong_answer_is_asked_again(reader: Client):
    page = reader.get(URL).content.decode()
    name = asked(page)
    again = send(reader, page, "next", **{name: "many"})
    assert asked(again) == name and field(again, "state") == "{}" and "field-bad" in again


def test_one_can_go_back_and_nothing_is_lost(reader: Client):
    first = reader.get(URL).content.decode()
    name = asked(first)
    second = send(reader, first, "next", **{name: FAMILY[name]})
    assert asked(second) != name and "上一题" in second
    back = send(reader, second, "back")
    assert asked(back) == name and f'value="{FAMILY[name]}"' in back and "上一题" not in back


def test_rows_are_added_and_taken_out(reader: Client):
    state = json.dumps({name: value for name, value in FAMILY.items() if name not in ("expenses", "loss")})
    page = reader.post(URL, {"state": state}).content.decode()
    if 'name="rows"' not in page:  # the list is asked among the last
        pytest.fail("expenses are not asked for")
    page = send(reader, page, "add", **SICK)
    assert json.loads(field(page, "rows")) == {"expenses": [SICK]} and "21,150.00" in page
    wrong = send(reader, page, "add", **{**SICK, "amount": "much"})
    assert "field-bad" in wrong and json.loads(field(wrong, "rows")) == {"expenses": [SICK]}
    assert json.loads(field(send(reader, page, "remove-0"), "rows")) == {"expenses": []}
    assert "深度困难" in send(reader, page, "next")


@pytest.mark.parametrize(
    "state", ["{", "[]", "1", '{"homes": "x"}', "[" * 30_000, '{"homes": "1"' + " " * 50_000 + "}"]
)
def test_a_damaged_state_starts_anew(reader: Client, state: str):
    page = reader.post(URL, {"state": state}).content.decode()
    assert field(page, "state") == "{}" and asked(page)
