"""A person filed in another county, in a browser: the hint, the request, a no, a yes, and who sees what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from nuanxin.kernel.identity import invent_id

from .conftest import Program, shoot
from .test_winter import main, pick

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journey")]

NAME, WIFE = "霜降甲", "霜降乙"
STREET = "澜川县糖厂街转移巷7号"


def numbers() -> tuple[str, str]:
    """ID numbers of the head and of the wife, which no other journey uses."""
    born = timezone.localdate().replace(year=1979, day=1)
    return invent_id("539902", born, 611), invent_id("539902", born, 622)


def send(page: Any, button: str) -> None:
    """Press a button of the page's form and wait for the next page."""
    with page.expect_navigation():
        main(page).get_by_role("button", name=button, exact=True).click()


def file_there(page: Any, head: str, wife: str) -> str:
    """Enter a family by hand in the second county; the address of its page."""
    page.goto("/registry/households/new/")
    page.fill("[name=name]", NAME)
    page.fill("[name=id_number]", head)
    pick(page, "union", "澜川糖厂工会")
    page.fill("[name=address]", STREET)
    page.select_option("[name=residence]", "urban")
    page.fill("[name=people]", "2")
    page.fill("[name=annual_income]", "7654")
    send(page, "保存")
    home = page.url
    page.goto(f"{home}members/add/")
    page.fill("[name=name]", WIFE)
    page.fill("[name=id_number]", wife)
    page.select_option("[name=relation]", "1")
    send(page, "保存")
    page.goto(f"{home}edit/")
    page.fill("[name=annual_income]", "8765")
    page.fill("[name=note]", "补发工资")
    send(page, "保存")
    return home


def ask(page: Any, number: str, reason: str) -> None:
    """Send a request for the head from the first county."""
    page.goto("/registry/transfers/ask/")
    page.fill("[name=id_number]", number)
    page.fill("[name=name]", NAME)
    pick(page, "union", "化肥厂工会")
    page.fill("[name=reason]", reason)
    send(page, "提交请求")
    assert "澜川县总工会" in main(page).inner_text()


def open_request(page: Any) -> None:
    """Open the newest request about the person from the list of all."""
    page.goto("/registry/transfers/?tab=all")
    main(page).get_by_role("link", name=NAME).first.click()
    page.wait_for_load_state("networkidle")


def where(program: Program) -> list[tuple[Any, ...]]:
    """County and open stay of the two, as stored."""
    return program.query(
        "SELECT left(n.code, 6), h.org_path = p.org_path FROM registry_person p"
        " JOIN registry_member m ON m.person_id = p.id AND m.until IS NULL"
        " JOIN registry_household h ON h.id = m.household_id JOIN orgs_node n ON n.path = p.org_path"
        " WHERE p.name IN (%s, %s) ORDER BY p.id",
        NAME,
        WIFE,
    )


def test_a_family_comes_over_with_its_history(program: Program, people: Callable[..., Any]) -> None:
    head, wife = numbers()
    here, there = people("reviewer"), people("reviewer2")
    home = file_there(there, head, wife)

    here.goto("/registry/households/new/")
    here.fill("[name=name]", NAME)
    here.fill("[name=id_number]", head)
    here.keyboard.press("Tab")
    main(here).get_by_text("已在别处登记").wait_for()
    shoot(here, "transfer-hint")
    told = main(here).inner_text()
    assert "澜川县总工会" in told and "转移巷" not in told and WIFE not in told and "7,654" not in told
    assert here.request.get(home).status == 404
    main(here).get_by_role("link", name="提出转入请求").click()
    here.wait_for_url("**/transfers/ask/**")

    ask(here, head, "全家已迁入梅里县")
    shoot(here, "transfer-asked")
    told = main(here).inner_text()
    assert "转移巷" not in told and WIFE not in told

    there.goto("/registry/transfers/")
    shoot(there, "transfer-list")
    open_request(there)
    assert head[:6] in main(there).inner_text()
    shoot(there, "transfer-answer")
    there.fill("[name=answer]", "户籍未迁，暂不转出")
    send(there, "拒绝")
    assert where(program) == [("539902", True), ("539902", True)]
    here.reload()
    assert "户籍未迁，暂不转出" in main(here).inner_text() and "已拒绝" in main(here).inner_text()
    shoot(here, "transfer-refused")

    ask(here, head, "户口已迁入，附迁移证")
    open_request(there)
    there.fill("[name=answer]", "同意")
    send(there, "同意并转移")
    assert where(program) == [("539901", True), ("539901", True)]
    assert there.request.get(home).status == 404
    there.goto("/registry/households/")
    assert NAME not in main(there).inner_text()

    here.reload()
    main(here).get_by_role("link", name="打开家庭").click()
    here.wait_for_load_state("networkidle")
    shoot(here, "transfer-arrived")
    told = main(here).inner_text()
    assert here.url == home and WIFE in told and "转移巷" in told
    assert "户口已迁入，附迁移证" in told and "家庭转移" in told
    assert "7,654.00" in told and "8,765.00" in told, told
    here.goto(f"{home}facts/annual_income/")
    assert "补发工资" in main(here).inner_text()
