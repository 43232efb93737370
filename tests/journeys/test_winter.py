"""One county's winter in seven steps, walked in a browser with the demo accounts.

Each step goes on from what the steps before it made; together they are the main job.
"""

import random
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from nuanxin.kernel.identity import invent_id
from tests.casework.factories import PAPERS
from tests.registry.roster import factories as rosters

from .conftest import Program, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journey")]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0f01f0005050102cf1d8e0e0000000049454e44ae426082"
)
NAMES = ("冬至一", "冬至二", "冬至三")


def workbook(folder: Path) -> Path:
    """Three families: two in deep difficulty, the second with a wrong check digit, the third well off."""
    rng = random.Random(20261)
    today = timezone.localdate()
    heads, members = [], []
    for serial, name in enumerate(NAMES, start=1):
        head = rosters.household(rng, serial) | {
            "name": name,
            "id_number": invent_id("539901", today.replace(year=1980), 900 + serial),
            "monthly_income": 300.0 if serial < 3 else 9000.0,
            "other_income": 0.0,
            "annual_income": 3600.0 if serial < 3 else 216000.0,
            "dibao_certificate": "否",
            "homes": 1.0,
            "people": 2.0,
            "spend_medical": 1000.0,
            "spend_schooling": 0.0,
            "consent_on": today - timedelta(days=3),
        }
        member = rosters.member(rng, head, 1) | {
            "id_number": invent_id("539901", today.replace(year=2008), 900 + serial),
            "monthly_income": 0.0,
            "school_entered": float(today.year - 1),
        }
        heads.append(head)
        members.append(member)
    right = heads[1]["id_number"]
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    heads[1]["id_number"] = wrong
    path = rosters.write_roster(folder / "winter.xlsx", heads, members, titles=["困难职工花名册"])
    (folder / "right.txt").write_text(right)
    return path


def main(page: Any) -> Any:
    return page.locator("#main")


def open_dialog(page: Any, button: str) -> Any:
    """Open a dialog by its button and return it."""
    main(page).get_by_role("button", name=button, exact=True).first.click()
    opened = page.locator("dialog[open]")
    opened.wait_for()
    return opened


def send(page: Any, dialog: Any, button: str) -> None:
    """Send a dialog's form by its button and wait for the next page."""
    with page.expect_navigation():
        dialog.get_by_role("button", name=button, exact=True).click()


def press(page: Any, name: str) -> None:
    """Press a button that acts, saying yes when the page asks first."""
    before = page.url
    main(page).get_by_role("button", name=name, exact=True).first.click()
    sure = page.locator("dialog[open]")
    page.wait_for_timeout(300)
    if sure.count():
        sure.get_by_role("button").last.click()
    page.wait_for_load_state("networkidle")
    assert page.locator(".toast.tone-no, .summary").count() == 0, (before, main(page).inner_text())


def until(page: Any, text: str) -> None:
    """Look again until the page says so: a job works meanwhile."""
    for _ in range(90):
        if text in main(page).inner_text():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"never saw {text}: {main(page).inner_text()}")


def pick(page: Any, name: str, label: str) -> None:
    """Choose an option by (part of) its text, also where the page made a search of the select."""
    option = page.locator(f"select[name={name}] option").filter(has_text=label).first
    value = option.get_attribute("value")
    page.eval_on_selector(
        f"select[name={name}]",
        "(select, value) => { select.value = value; "
        "select.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def step_roster(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """1: the officer's roster in; a wrong ID number is corrected in the page; commit."""
    page = people("officer")
    page.goto("/registry/rosters/")
    with page.expect_download() as template:
        page.get_by_role("link", name=re.compile("下载模板")).first.click()
    template.value.save_as(folder / "template.xlsx")
    assert {"家庭", "成员"} <= set(openpyxl.load_workbook(folder / "template.xlsx").sheetnames)
    page.goto("/registry/rosters/upload/")
    page.set_input_files("input[type=file]", workbook(folder))
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/registry/rosters/\d+/"))
    until(page, "校验位不符")
    shoot(page, "1-roster-faulty")
    roster = page.url
    page.locator("tbody a").first.click()
    page.fill("input[name=id_number]", (folder / "right.txt").read_text())
    with page.expect_navigation():
        page.get_by_role("button", name="保存并检查").click()
    page.goto(roster)
    send(page, open_dialog(page, "入库 3 户"), "入库")
    until(page, "已入库")
    taken = "SELECT count(*) FROM registry_household WHERE roster_id = %s AND ended_on IS NULL"
    assert program.query(taken, int(roster.rstrip("/").split("/")[-1])) == [(3,)]
    shoot(page, "1-roster-committed")


def step_class(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """2: applications for the roster's families; the class proposed with clause, figures and source."""
    page = people("officer")
    page.goto("/casework/applications/new/?q=冬至")
    for tick in page.locator("input.tick-row").all():
        tick.check()
    press(page, "为所选家庭建立申请")
    page.goto("/casework/applications/?tab=draft&q=冬至一")
    page.locator("tbody a", has_text="冬至一").first.click()
    text = main(page).inner_text()
    assert "深度困难" in text
    assert "低保" in text and "第" in text
    shoot(page, "2-application")
    (folder / "application.txt").write_text(
        re.sub(r"\?.*", "", page.url.split("/applications/")[1]).strip("/")
    )


def step_decision(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """3: documents and home visit; returned with a reason; public notice; decision; the file opens."""
    number = (folder / "application.txt").read_text()
    where = f"/casework/applications/{number}/"
    officer = people("officer")
    officer.goto(where)
    main(officer).get_by_role("link", name="登记入户").click()
    officer.locator("[name=visitors]").fill("李雪梅、王工")
    officer.locator("[name=finding][value=agrees]").check(force=True)
    officer.locator("[name=note]").fill("家中两口人，收入与申报一致。")
    for item in officer.locator(".check").all():
        mark = "unverified" if item.get_attribute("data-unknown") is not None else "agrees"
        for choice in item.locator(f"input[value={mark}]").all():
            choice.check(force=True)
    press(officer, "登记走访")
    officer.wait_for_url(f"**{where}**")
    (folder / "scan.png").write_bytes(PNG)
    for kind in PAPERS:
        dialog = open_dialog(officer, "上传申请材料")
        dialog.locator("select[name=category]").select_option(kind)
        dialog.locator("input[type=file]").set_input_files(folder / "scan.png")
        send(officer, dialog, "上传申请材料")
    press(officer, "提交审核")
    reviewer = people("reviewer")
    reviewer.goto(where)
    dialog = open_dialog(reviewer, "退回补正")
    dialog.locator("[name=reason]").fill("缺少户口簿复印件")
    send(reviewer, dialog, "退回补正")
    officer.goto(where)
    assert "缺少户口簿复印件" in main(officer).inner_text()
    press(officer, "提交审核")
    reviewer.goto(where)
    send(reviewer, open_dialog(reviewer, "通过并公示"), "通过并公示")
    decider = people("decider")
    decider.goto(where)
    assert decider.get_by_role("button", name="批准建档").count() == 0 or "公示" in main(decider).inner_text()
    [(notice,)] = program.query("SELECT id FROM casework_notice WHERE application_id = %s", int(number))
    reviewer.goto(f"/casework/applications/notices/{notice}/")
    shown = main(reviewer).inner_text()
    assert "539901" not in shown and "监督电话" in shown
    shoot(reviewer, "3-notice")
    with reviewer.expect_download() as paper:
        reviewer.evaluate(
            "url => { const a = document.createElement('a'); "
            "a.href = url; a.download = 'n.pdf'; a.click(); }",
            f"/casework/applications/notices/{notice}/pdf/",
        )
    assert Path(paper.value.path()).read_bytes().startswith(b"%PDF-")
    earlier = "UPDATE casework_notice SET since = since - 14, until = until - 14 WHERE id = %s"
    program.query(earlier, notice, guards=False)
    decider.goto(where)
    press(decider, "批准建档")
    decider.goto(where)
    assert re.search(r"539901-\d{4}-\d{6}", decider.content())
    shoot(decider, "3-decided")


def step_aid(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """4: a living-aid list computed and approved in one go; a drive with families, a worker and a group."""
    reviewer, decider = people("reviewer"), people("decider")
    reviewer.goto("/casework/aid/new/")
    reviewer.fill("[name=title]", "冬季生活救助")
    pick(reviewer, "fund", "中央财政专项")
    reviewer.get_by_role("button", name="计算名单").click()
    reviewer.wait_for_url(re.compile(r"/casework/aid/\d+/"))
    for _ in range(60):
        if (
            reviewer.get_by_role("button", name="提交审批").count()
            and "冬至一" in main(reviewer).inner_text()
        ):
            break
        reviewer.wait_for_timeout(1000)
        reviewer.reload()
    shoot(reviewer, "4-aid-list")
    where = reviewer.url.split("?")[0]
    press(reviewer, "提交审批")
    decider.goto(where)
    press(decider, "整单批准")
    decider.goto(where)
    assert "已批准" in main(decider).inner_text()
    drive = step_drive(reviewer, decider)
    officer = people("officer", width=390)
    officer.goto("/drives/visits/")
    officer.get_by_role("link", name=re.compile("冬至一")).first.click()
    officer.locator("[name=finding][value=agrees]").check(force=True)
    officer.fill("[name=signed_name]", "冬至一")
    shoot(officer, "4-visit-phone")
    with officer.expect_navigation():
        officer.get_by_role("button", name=re.compile("完成")).first.click()
    assert program.query(
        "SELECT signed_name FROM campaigns_recipient WHERE drive_id = %s AND state = 'visited'", drive
    ) == [("冬至一",)]


def step_drive(reviewer: Any, decider: Any) -> int:
    today = timezone.localdate()
    reviewer.goto("/drives/new/")
    reviewer.fill("[name=name]", "冬日元旦春节送温暖")
    reviewer.fill("[name=starts_on]", today.isoformat())
    reviewer.fill("[name=ends_on]", (today + timedelta(days=60)).isoformat())
    pick(reviewer, "fund", "本级工会经费")
    reviewer.fill("[name=cash]", "500")
    reviewer.fill("[name=gift]", "棉被礼包")
    reviewer.fill("[name=gift_value]", "300")
    reviewer.get_by_role("button", name="保存并选择慰问对象").click()
    reviewer.wait_for_url(re.compile(r"/drives/\d+/"))
    drive = int(re.search(r"/drives/(\d+)/", reviewer.url)[1])
    reviewer.goto(f"/drives/{drive}/files/?q=冬至一")
    reviewer.locator("input.tick-row").first.check()
    press(reviewer, "加入名单")
    reviewer.goto(f"/drives/{drive}/worker/")
    reviewer.fill("[name=name]", "路小哥")
    reviewer.fill("[name=id_number]", invent_id("539901", today.replace(year=1990), 955))
    reviewer.fill("[name=phone]", "19900001234")
    pick(reviewer, "target", "新就业形态劳动者")
    pick(reviewer, "org", "化肥厂工会")
    reviewer.fill("[name=bank]", "农业银行")
    reviewer.fill("[name=card]", rosters.luhn_number(random.Random(7)))
    press(reviewer, "加入名单")
    reviewer.goto(f"/drives/{drive}/group/")
    reviewer.fill("[name=name]", "县环卫班组")
    pick(reviewer, "target", "一线职工")
    pick(reviewer, "org", "化肥厂工会")
    reviewer.fill("[name=headcount]", "40")
    reviewer.fill("[name=gifts]", "40")
    press(reviewer, "加入名单")
    reviewer.goto(f"/drives/{drive}/")
    shoot(reviewer, "4-drive")
    press(reviewer, "提交审批")
    decider.goto(f"/drives/{drive}/")
    press(decider, "批准")
    return drive


def step_money(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """5: province to prefecture to county; a batch, the bank's file out, its result in, twice."""
    fund = program.query("SELECT id FROM ledger_fund ORDER BY id LIMIT 1")[0][0]
    for account, place in (("province", "雪山州总工会"), ("prefecture", "梅里县总工会")):
        page = people(account)
        page.goto(f"/funds/{fund}/appropriate/")
        pick(page, "to", place)
        page.fill("[name=amount]", "12345.67")
        page.fill("[name=memo]", "冬季拨款")
        shoot(page, f"5-appropriate-{account}")
        press(page, "向下拨款")
    cashier = people("cashier")
    cashier.goto("/payments/")
    press(cashier, "制作批次")
    assert re.search(r"/payments/\d+/", cashier.url)
    batch = int(re.search(r"/payments/(\d+)/", cashier.url)[1])
    with cashier.expect_download() as download:
        cashier.get_by_role("button", name="银行文件（Excel）").click()
    download.value.save_as(folder / "bank.xlsx")
    result = bank_result(folder / "bank.xlsx", failing={2})
    paid = len(result.read_text("gb18030").splitlines()) - 2
    for upload in ("first", "again"):
        cashier.goto(f"/payments/{batch}/result/")
        cashier.set_input_files("input[type=file]", result)
        with cashier.expect_navigation():
            main(cashier).locator("form button.btn-go").click()
        shoot(cashier, f"5-result-{upload}")
        states = program.query(
            "SELECT state, count(*) FROM payments_due WHERE batch_id = %s GROUP BY 1 ORDER BY 1", batch
        )
        assert states == [("paid", paid), ("returned", 1)], (upload, paid, states)
    booked = program.query(
        "SELECT count(*) FROM ledger_transfer t JOIN payments_due d ON d.hold_id = t.resolves_id"
        " WHERE d.batch_id = %s",
        batch,
    )
    assert booked == [(paid + 1,)]


def bank_result(sent: Path, failing: set[int]) -> Path:
    """What the bank answers to its file: the lines in `failing` come back, the others are paid."""
    rows = list(openpyxl.load_workbook(sent).active.iter_rows(values_only=True))
    top = next(number for number, row in enumerate(rows) if row[0] == "批次号")
    lines = ["批次号,行号,卡号,金额,结果,原因"]
    for row in rows[top + 1 :]:
        if row[0] != "合计":
            came_back = int(row[1]) in failing
            verdict = "失败,账户已销户" if came_back else "成功,"
            lines.append(f"{row[0]},{row[1]},{str(row[3])[-4:]},{row[6]},{verdict}")
    path = sent.with_name("result.csv")
    path.write_text("\n".join(lines), "gb18030")
    return path


def step_figures(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """6: both tables sent up, one returned and corrected, accepted, rolled up, opened to a record."""
    today = timezone.localdate()
    first, last = today.replace(day=1) - timedelta(days=40), today + timedelta(days=20)
    reviewer, prefecture = people("reviewer"), people("prefecture")
    for form in ("aid_centre", "send_warmth"):
        where = derive(reviewer, form, first, last)
        with reviewer.expect_download() as official:
            reviewer.get_by_role("link", name="下载 Excel").click()
        official.value.save_as(folder / f"{form}.xlsx")
        assert openpyxl.load_workbook(folder / f"{form}.xlsx").active["A1"].value
        send_up(reviewer)
        prefecture.goto(where)
        press(prefecture, "接受")
        rolled = derive(prefecture, form, first, last)
        shoot(prefecture, f"6-{form}-rolled-up")
        prefecture.goto(
            rolled + ("cells/living_times/" if form == "aid_centre" else "cells/consoled.hardship/")
        )
        main(prefecture).get_by_role("link", name="梅里县总工会").last.click()
        prefecture.wait_for_load_state()
        assert "冬至一" in main(prefecture).inner_text()
        shoot(prefecture, f"6-{form}-cell")


def derive(page: Any, form: str, first: Any, last: Any) -> str:
    """Make a return; its address."""
    page.goto("/returns/new/")
    page.select_option("select[name=form]", form)
    page.fill("[name=starts_on]", first.isoformat())
    page.fill("[name=last_day]", last.isoformat())
    press(page, "取数并新建")
    return page.url


def send_up(page: Any) -> None:
    dialog = open_dialog(page, "上报")
    dialog.locator("[name=note]").fill("数据来自系统记录")
    send(page, dialog, "上报")


def step_right_people(people: Callable[..., Any], program: Program, folder: Path) -> None:
    """7: another county sees nothing of it; the auditor reads who did and saw what, and the chain holds."""
    number = (folder / "application.txt").read_text()
    stranger = people("reviewer2")
    answer = stranger.request.get(f"{program.url}/casework/applications/{number}/")
    assert answer.status == 404
    stranger.goto("/casework/files/?q=冬至一&tab=all")
    assert main(stranger).locator("tbody tr").count() == 0
    auditor = people("auditor")
    auditor.goto("/records/audit/?verify=1")
    text = main(auditor).inner_text()
    assert "审计链完整" in text
    assert "访问了不存在或管辖外的记录" in text
    shoot(auditor, "7-audit")
    assert "the audit trail is whole" in program.manage("verify_audit")


STEPS = (step_roster, step_class, step_decision, step_aid, step_money, step_figures, step_right_people)


def test_a_county_winter(people: Callable[..., Any], program: Program, tmp_path: Path) -> None:
    for step in STEPS:
        step(people, program, tmp_path)
