"""Route files: every fault is told with its file and line, and what is in force does not change."""

import pytest

from nuanxin.approvals import services
from nuanxin.approvals.models import Route
from nuanxin.approvals.routefile import RouteFileError
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system

pytestmark = pytest.mark.django_db

GOOD = """code: test-route
title: {zh: 测试, en: Test}
place: all
valid: [2021-01-01, null]
steps:
  - {code: check, title: {zh: 审核, en: Check}, kind: check, level: county, \
permission: casework.application.review}
  - {code: decide, title: {zh: 审批, en: Decide}, kind: decide, level: county, \
permission: casework.application.decide, needed: 2, days: 5}
"""


@pytest.fixture
def load(tmp_path):
    def act(text):
        (tmp_path / "test.yaml").write_text(text, encoding="utf-8")
        with scope.acting(system()):
            return services.load_routes(folder=tmp_path)

    return act


def test_loaded_once_and_ended_by_its_successor(load):
    (made,) = load(GOOD)
    assert (made.state, made.made_by, made.steps.count()) == ("in_force", None, 2)
    assert load(GOOD) == []
    (later,) = load(GOOD.replace("2021-01-01", "2027-01-01").replace("days: 5", "days: 3"))
    made.refresh_from_db()
    assert made.valid.upper == later.valid.lower


def test_what_is_in_force_does_not_change(load):
    load(GOOD)
    with pytest.raises(RouteFileError, match=r"^test\.yaml:1: route test-route is in force"):
        load(GOOD.replace("days: 5", "days: 3"))
    assert Route.objects.get(code="test-route").steps.get(code="decide").days == 5


@pytest.mark.parametrize(
    "before, after, line, reason",
    [
        ("code: test-route", "code: Test Route", 1, "not a code"),
        ("place: all", "place: nowhere", 1, "no unit with the code nowhere"),
        ("place: all", "plaice: all", 3, "plaice is unknown"),
        ("place: all", "place: all\nplace: all", 4, "said twice"),
        ("[2021-01-01, null]", "[2021-13-01, null]", 4, "not a day"),
        ("[2021-01-01, null]", "[2021-01-01, 2020-01-01]", 4, "ends before"),
        ("kind: check", "kind: chat", 6, "chat is unknown"),
        ("kind: check", "kind: notice", 6, "a notice has no votes"),
        ("level: county, permission: casework.application.r", "level: moon, permission: x", 6, "moon"),
        ("casework.application.review", "casework.application.revue", 6, "revue is unknown"),
        (", permission: casework.application.review", "", 6, "names no permission"),
        ("needed: 2", "needed: 0", 7, "whole number"),
        ("needed: 2", "over: 1.234", 7, "amount in yuan"),
        ("needed: 2", "over: -1", 7, "not below nothing"),
        ("days: 5", "days: ５", 7, "whole number"),
        ("days: 5", "escalate: perhaps", 7, "one of: no, yes"),
        ("days: 5", "when_missing: skip", 6, "no condition"),
        ("code: decide", "code: check", 6, "there twice"),
        ("kind: decide", "kind: check", 6, "last step decides"),
        ("title: {zh: 测试, en: Test}", "title: {zh: 测试}", 2, "en is missing"),
        ("steps:", "steps: [", 6, "not a YAML document"),
    ],
)
def test_faults_name_file_and_line(load, before, after, line, reason):
    assert before in GOOD
    with pytest.raises(RouteFileError) as error:
        load(GOOD.replace(before, after, 1))
    assert str(error.value).startswith(f"test.yaml:{line}: ")
    assert reason in str(error.value)
    assert not Route.objects.filter(code="test-route").exists()
