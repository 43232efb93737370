"""`python -m bench.workbook <path> <households>`: a roster without faults, one to three members each."""

import random
import sys
from datetime import timedelta
from typing import Any

import xlsxwriter

from bench import people
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SheetSpec

Cells = dict[str, Any]


def head_cells(number: int, rng: random.Random, others: int) -> Cells:
    """A household row with every column a careful officer fills."""
    head = people.person(number * 4)
    own = rng.randrange(5, 30) * 100
    return {
        "serial": str(number),
        "name": head.name,
        "id_number": head.id_number,
        "ethnic": rng.choice(["汉族", "藏族", "纳西族", "彝族"]),
        "political": rng.choice(["群众", "中共党员"]),
        "marriage": rng.choice(["已婚", "离异", "丧偶"]),
        "education": rng.choice(["初中", "高中", "大专"]),
        "health": rng.choice(["良好", "恶性肿瘤", "糖尿病"]),
        "work_status": rng.choice(["在岗", "下岗", "失业", "退休"]),
        "model_worker": "非劳模",
        "hukou": rng.choice(["农业", "非农业"]),
        "hukou_division": "云南省德钦县",
        "residence": rng.choice(["城镇", "农村"]),
        "mobile": head.phone,
        "postcode": "674500",
        "housing": rng.choice(["租房", "自建房", "公租房"]),
        "floor_area": float(rng.randrange(30, 120)),
        "address": f"升平镇南坪街{number}号",
        "homes": 1.0,
        "vehicle": "否",
        "business": "否",
        "costly_schooling": "否",
        "started_work_on": head.born_on + timedelta(days=365 * 20),
        "employer": f"第{number % 40 + 1}建筑公司",
        "employer_nature": "国有",
        "employer_state": "停产",
        "industry": rng.choice(["建筑业", "制造业"]),
        "monthly_income": float(own),
        "other_income": 1200.0,
        "annual_income": own * 12 + 1200.0 + rng.randrange(200) * 100,
        "people": float(others + 1),
        "single_parent": "否",
        "self_help": "有",
        "zero_employment": "否",
        "medical_insurance": rng.choice(["居民医保", "职工医保"]),
        "dibao_certificate": "否",
        "loss": 0.0,
        "disaster_victim": "否",
        "spend_medical": float(rng.randrange(1, 200) * 100),
        "spend_medical_evidenced": "是",
        "spend_schooling": float(rng.randrange(50) * 100),
        "spend_schooling_evidenced": "是",
        "spend_disability": 0.0,
        "main_cause": rng.choice(["重大疾病", "下岗", "意外事故"]),
        "other_causes": "子女上学",
        "focus_group": "支出型",
        "origin": "存量",
        "bank": "农村信用社",
        "branch": "德钦营业部",
        "card": people.card(number),
        "consent_on": head.born_on.replace(year=2024, day=5),
    }


def member_cells(number: int, place: int, head: Cells, rng: random.Random) -> Cells:
    """A row of the household's member number `place`, from 1 to 3."""
    member = people.person(number * 4 + place)
    return {
        "serial": head["serial"],
        "head_id": head["id_number"],
        "name": member.name,
        "id_number": member.id_number,
        "relation": "配偶" if place == 1 else rng.choice(["儿子", "女儿", "母亲"]),
        "monthly_income": float(rng.randrange(20) * 100),
        "health": "良好",
        "medical_insurance": "居民医保",
        "status": rng.choice(["学生", "务农", "失业"]),
        "education": "初中",
        "employer": "第一中学",
    }


def write(path: str, households: int) -> None:
    """Write the workbook row by row, so that its size does not matter here."""
    rng = random.Random(1)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        families = [rng.randrange(1, 4) for _ in range(households)]
        heads = (head_cells(number, rng, others) for number, others in enumerate(families, start=1))
        kept = _sheet(book, HOUSEHOLDS, heads, day)
        members = (
            member_cells(number, place, head, rng)
            for number, (head, others) in enumerate(zip(kept, families, strict=True), start=1)
            for place in range(1, others + 1)
        )
        _sheet(book, MEMBERS, members, day)


def _sheet(book: Any, spec: SheetSpec, rows: Any, day: Any) -> list[Cells]:
    """A sheet with its header; what the members need of each row is kept."""
    sheet = book.add_worksheet(spec.zh)
    sheet.write_row(0, 0, [column.zh for column in spec.columns])
    kept = []
    for at, cells in enumerate(rows, start=1):
        for key, value in cells.items():
            place = spec.position[key]
            if isinstance(value, str):
                sheet.write_string(at, place, value)
            elif isinstance(value, float):
                sheet.write_number(at, place, value)
            else:
                sheet.write_datetime(at, place, value, day)
        kept.append({"serial": cells["serial"], "id_number": cells["id_number"]})
    return kept


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
