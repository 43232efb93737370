"""A person entered twice in a browser: the hint, the queue, the merge and its undoing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel.identity import invent_id

from .conftest import Program, shoot
from .test_winter import main, open_dialog, send

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journey")]

NAME = "谷雨甲"
PHONE = "13900990077"


def numbers() -> tuple[str, str]:
    """Two numbers of one birth date that differ in one digit of the serial."""
    born = timezone.localdate().replace(year=1991, day=1)
    return invent_id("539901", born, 731), invent_id("539901", born, 751)


def enter(page: Any, household: int, number: str) -> None:
    page.goto(f"/registry/households/{household}/members/add/")
    page.fill("[name=name]", NAME)
    page.fill("[name=id_number]", number)
    page.select_option("[name=relation]", "8")
    page.fill("[name=phone]", PHONE)
    page.keyboard.press("Tab")


def save(page: Any) -> None:
    with page.expect_navigation():
        main(page).get_by_role("button", name="保存", exact=True).click()


def stored(program: Program) -> list[tuple[Any, ...]]:
    """Who lives under the name, and what points where."""
    return program.query(
        "SELECT m.until IS NULL, p.merged_into_id IS NULL FROM registry_person p"
        " JOIN registry_member m ON m.person_id = p.id WHERE p.name = %s ORDER BY p.id",
        NAME,
    )


def test_a_double_is_seen_merged_and_taken_back(program: Program, people: Callable[..., Any]) -> None:
    [(household,)] = program.query(
        "SELECT h.id FROM registry_household h JOIN orgs_node n ON n.path = h.org_path"
        " WHERE n.code LIKE '539901-%%' AND h.ended_on IS NULL ORDER BY h.id LIMIT 1"
    )
    page = people("reviewer")
    first, second = numbers()
    enter(page, household, first)
    save(page)
    enter(page, household, second)
    hint = main(page).get_by_text("手机号和姓名相同")
    hint.wait_for()
    shoot(page, "doubles-hint")
    save(page)
    assert stored(program) == [(True, True), (True, True)]

    page.goto("/registry/doubles/")
    shoot(page, "doubles-queue")
    main(page).get_by_role("link", name=f"{NAME} ／ {NAME}").first.click()
    page.wait_for_load_state("networkidle")
    assert "编号" in main(page).inner_text()
    shoot(page, "doubles-pair")
    dialog = open_dialog(page, "合并")
    dialog.get_by_label("判断是同一人的依据").fill("身份证原件")
    send(page, dialog, "合并")
    assert "已合并" in main(page).inner_text()
    shoot(page, "doubles-merged")
    assert stored(program) == [(True, True), (False, False)]
    page.goto(f"/registry/households/{household}/")
    assert main(page).get_by_role("cell", name=NAME, exact=True).count() == 1

    page.go_back()
    dialog = open_dialog(page, "撤销合并")
    dialog.get_by_label("依据").fill("另有其人")
    send(page, dialog, "撤销合并")
    assert stored(program) == [(True, True), (True, True)]
    dialog = open_dialog(page, "不是同一人")
    dialog.get_by_label("依据").fill("两人的身份证原件都看过")
    send(page, dialog, "不是同一人")
    assert NAME not in main(page).inner_text()
