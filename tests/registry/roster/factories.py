"""Invented families as real rosters show them: correct in substance, dirty in form.

`families(n)` gives typed cells by column key; `write_roster` lays them out as a workbook. Every person is
invented; ID numbers come from `invent_id` and belong to nobody by design of the demonstration.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from nuanxin.kernel.identity import invent_id
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SheetSpec

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗和木"
GIVEN = ["建国", "秀英", "桂兰", "志强", "丽", "芳", "敏", "文华", "春梅", "永福", "卓玛", "扎西", "雪梅"]
DIVISIONS = ("533421", "533422", "532501", "532502", "530304")
WIDE = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")

Cells = dict[str, Any]


def luhn_number(rng: random.Random) -> str:
    """A 19-digit card number that passes the Luhn check."""
    body = "621700" + "".join(rng.choices("0123456789", k=12))
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def household(rng: random.Random, serial: int) -> Cells:
    """One clean household row, as text, numbers and dates."""
    born = date(1955, 1, 1) + timedelta(days=rng.randrange(15_000))
    # 15,000 days, five divisions and 1,000 serials leave room for every test without a double.
    division = DIVISIONS[serial % 5]
    own = rng.randrange(0, 30) * 100
    return {
        "serial": str(serial),
        "name": rng.choice(SURNAMES) + rng.choice(GIVEN),
        "id_number": invent_id(division, born, (serial // 5) % 1000),
        "ethnic": rng.choice(["汉族", "藏族", "纳西族", "彝"]),
        "political": rng.choice(["群众", "中共党员"]),
        "marriage": rng.choice(["已婚", "离异", "丧偶"]),
        "education": rng.choice(["初中", "高中", "大专"]),
        "health": rng.choice(["良好", "恶性肿瘤", "糖尿病"]),
        "work_status": rng.choice(["在岗", "下岗", "失业", "退休"]),
        "model_worker": "非劳模",
        "hukou": rng.choice(["农业", "非农业"]),
        "hukou_division": "云南省德钦县",
        "residence": rng.choice(["城镇", "农村"]),
        "mobile": f"13{rng.randrange(10**9):09}",
        "postcode": "674500",
        "housing": rng.choice(["租房", "自建房", "公租房"]),
        "floor_area": float(rng.randrange(30, 120)),
        "address": f"升平镇南坪街{serial}号",
        "homes": float(rng.randrange(2)),
        "vehicle": "否",
        "business": "否",
        "costly_schooling": "否",
        "started_work_on": born + timedelta(days=365 * 20),
        "employer": f"德钦县第{serial % 40 + 1}建筑公司",
        "employer_nature": "国有",
        "employer_state": "停产",
        "industry": rng.choice(["建筑业", "制造业", "餐饮"]),
        "monthly_income": float(own),
        "other_income": float(rng.randrange(50) * 100),
        "annual_income": float(own * 12 + rng.randrange(200) * 100),
        "people": float(rng.randrange(1, 6)),
        "single_parent": "否",
        "self_help": "有",
        "zero_employment": "否",
        "medical_insurance": rng.choice(["居民医保", "职工医保", "新农合"]),
        "dibao_certificate": rng.choice("是否"),
        "loss": 0.0,
        "disaster_victim": "否",
        "spend_medical": float(rng.randrange(200) * 100),
        "spend_medical_evidenced": "是",
        "spend_schooling": float(rng.randrange(50) * 100),
        "spend_schooling_evidenced": "是",
        "spend_disability": 0.0,
        "main_cause": rng.choice(["重大疾病", "下岗", "意外事故"]),
        "other_causes": "子女上学",
        "focus_group": "支出型",
        "origin": "存量",
        "bank": "农业银行",
        "branch": "德钦支行",
        "card": luhn_number(rng),
        "consent_on": date(2024, 11, 5),
    }


def member(rng: random.Random, head: Cells, place: int) -> Cells:
    """A member of a household; `place` keeps the ID apart from the head's and the other members'."""
    born = date(1980, 1, 1) + timedelta(days=rng.randrange(14_000))
    return {
        "serial": head["serial"],
        "head_id": head["id_number"],
        "name": rng.choice(SURNAMES) + rng.choice(GIVEN),
        "relation": rng.choice(["配偶", "儿子", "女儿", "母亲"]),
        "id_number": invent_id("53342" + str(3 + place), born, int(head["serial"]) % 1000),
        "monthly_income": float(rng.randrange(20) * 100),
        "health": "良好",
        "medical_insurance": "居民医保",
        "status": rng.choice(["学生", "务农", "失业"]),
        "education": "初中",
        "school_entered": 2021.0,
        "school_years": "3年",
        "employer": "德钦县第一中学",
    }


def families(count: int, seed: int = 12351) -> tuple[list[Cells], list[Cells]]:
    """So many clean households and about twice as many members."""
    rng = random.Random(seed)
    heads = [household(rng, serial) for serial in range(1, count + 1)]
    return heads, [member(rng, head, place) for head in heads for place in range(rng.randrange(1, 4))]


def _wan(amount: Any) -> str:
    return f"{amount / 10_000:.6f}万元"


DIRT: dict[str, list[Callable[[Any], Any]]] = {
    "id_number": [
        lambda text: text.lower(),
        lambda text: f" {text}\u00a0",
        lambda text: text.translate(WIDE),
        lambda text: f"{text[:6]} {text[6:14]} {text[14:]}",
        lambda text: f"'{text}",
    ],
    "name": [lambda text: "\u3000".join(text), lambda text: f"{text} ", lambda text: f"\ufeff{text}"],
    "mobile": [
        float,
        lambda text: f"{text[:3]}-{text[3:7]}-{text[7:]}",
        lambda text: f"+86 {text}",
        lambda text: text.translate(WIDE),
    ],
    "card": [lambda text: " ".join(text[at : at + 4] for at in range(0, 19, 4))],
    "started_work_on": [
        lambda day: f"{day.year}-{day.month}-{day.day}",
        lambda day: f"{day:%Y/%m/%d}",
        lambda day: f"{day:%Y%m%d}",
        lambda day: f"{day.year}年{day.month}月{day.day}日",
        lambda day: f"{day.year}.{day.month}.{day.day}",
        lambda day: float((day - date(1899, 12, 30)).days),
    ],
    "annual_income": [
        lambda yuan: f"{yuan:,.2f}",
        lambda yuan: f"{yuan:.0f}元",
        _wan,
        lambda yuan: f"￥{yuan:,.0f}",
    ],
    "people": [lambda count: f"{count:.0f}人", lambda count: f"{count:.0f}".translate(WIDE)],
    "dibao_certificate": [
        {"是": "√", "否": "×"}.get,
        {"是": "有", "否": "无"}.get,
        {"是": "Y", "否": "N"}.get,
    ],
    "health": [lambda text: f" {text}", lambda text: f"{text}\n"],
    "residence": [lambda text: f"\u3000{text}\u3000"],
    "other_causes": [lambda text: f"{text}、下岗" if text != "下岗" else text],
}


def soil(rows: Iterable[Cells], share: float = 0.3, seed: int = 20211) -> list[Cells]:
    """The same facts, a share of the cells typed the way people type them. Nothing becomes wrong."""
    rng = random.Random(seed)
    return [
        {
            key: rng.choice(DIRT[key])(cell) if key in DIRT and rng.random() < share else cell
            for key, cell in row.items()
        }
        for row in rows
    ]


def write_roster(
    path: Path | str,
    households: Sequence[Cells],
    members: Sequence[Cells] = (),
    *,
    titles: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    names: tuple[str, str] = ("家庭", "成员"),
    leave_out: Sequence[str] = (),
) -> Path:
    """Write a workbook: merged titles above the header, headers renamed by `headers`, columns left out."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for spec, name, rows in ((HOUSEHOLDS, names[0], households), (MEMBERS, names[1], members)):
            sheet = book.add_worksheet(name)
            columns = [column for column in spec.columns if column.key not in leave_out]
            for row_no, title in enumerate(titles):
                sheet.merge_range(row_no, 0, row_no, len(columns) - 1, title)
            top = len(titles)
            sheet.write_row(top, 0, [(headers or {}).get(column.key, column.zh) for column in columns])
            _write_rows(sheet, spec, [column.key for column in columns], rows, top + 1, day)
    return Path(path)


def _write_rows(
    sheet: Any, spec: SheetSpec, keys: list[str], rows: Sequence[Cells], top: int, day: Any
) -> None:
    for row_no, row in enumerate(rows, top):
        for place, key in enumerate(keys):
            cell = row.get(key, "")
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(row_no, place, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(row_no, place, cell, day)
            else:
                sheet.write(row_no, place, cell)
