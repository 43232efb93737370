"""Invented families as rows of a roster: who they are, what they live on, what weighs on them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from nuanxin.kernel.identity import invent_id, luhn_ok

from . import names
from .names import MAN, WOMAN
from .standards import line
from .tree import COUNTIES, County

Cells = dict[str, Any]

#: Of a hundred families: what the filing policy will say of them.
LOTS = {"deep": 45, "relative": 30, "accident": 5, "none": 13, "excluded": 4, "unknown": 3}
#: The monthly income a head after rigid spending, as a multiple of the local line.
SHARES = {
    "deep": (0.35, 0.96),
    "relative": (1.05, 1.9),
    "accident": (2.1, 3.2),
    "none": (2.1, 3.4),
    "excluded": (0.5, 2.5),
    "unknown": (0.5, 1.8),
}
CAUSES = {
    "重大疾病": 36,
    "子女上学": 15,
    "下岗": 12,
    "有劳动能力但未就业": 10,
    "无劳动能力": 9,
    "保险待遇不足": 6,
    "意外事故": 5,
    "未参加社会保险": 3,
    "其他": 4,
}
ILLNESSES = ["恶性肿瘤", "终末期肾病", "心血管疾病", "脑血管疾病", "糖尿病", "肝病", "血液病", "脊柱疾病"]
HOUSING = {"租房": 26, "自建房": 34, "公租房": 20, "商品房": 8, "单位公房": 12}
BANKS = (("云岭农村信用社", "信用社"), ("雪山农商银行", "支行"), ("云岭村镇银行", "支行"))
#: Age at entry, level, years, and the school's name; the eldest first.
SCHOOLS = (
    (18, "大学专科", 3, "雪山职业技术学院"),
    (15, "高中", 3, "{county}第一中学"),
    (12, "初中", 3, "{county}中学"),
    (6, "小学", 6, "{county}完全小学"),
)
BIN = "990000"  # of no bank


def luhn_number(body: str) -> str:
    """The body with the digit that makes it pass the Luhn check."""
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))


@dataclass
class Family:
    """A household row and its member rows."""

    head: Cells
    members: list[Cells] = field(default_factory=list)


class Registry:
    """Deals families of one county. Nobody gets a number twice."""

    def __init__(self, county: County, rng: random.Random, day: date, this_year: int) -> None:
        self.county, self.rng, self.day, self.this_year = county, rng, day, this_year
        self._ids: dict[date, Iterator[int]] = {}
        self._cards, self._phones = count(1), count(1)

    def family(self, serial: int, union: int, lot: str) -> Family:
        """One family of a union, such that the policy will say `lot` of it."""
        rng = self.rng
        head = self._head(serial, union)
        family = Family(head)
        self._add_members(family)
        people = head["people"] = 1.0 + len(family.members)
        spent = self._spending(family)
        low, high = SHARES[lot]
        local = line(self.county, head["residence"] == "城镇", self.day.year, self.this_year)
        wanted = local * rng.uniform(low, high) * 12 * people + spent
        head["annual_income"] = float(round(wanted / 10) * 10)
        head["monthly_income"] = float(round(head["annual_income"] / 12 * rng.uniform(0.45, 0.8) / 10) * 10)
        head["other_income"] = float(round(head["annual_income"] * rng.uniform(0, 0.08) / 10) * 10)
        self._mark(head, lot)
        return family

    def first(self) -> Family:
        """The family that the pictures of the program show: four people, illness, a daughter at school."""
        head = self._head(1, 0)
        birth = date(self.day.year - 47, 5, 12)
        head |= {
            "name": "和建国", "id_number": self._number(birth, MAN), "ethnic": "纳西族", "marriage": "已婚",
            "started_work_on": date(birth.year + 20, 7, 1), "residence": "城镇", "people": 4.0,
            "annual_income": 46_200.0, "monthly_income": 2_350.0, "other_income": 600.0,
            "spend_medical": 18_650.0, "spend_medical_evidenced": "是", "spend_schooling": 2_500.0,
            "spend_schooling_evidenced": "是", "main_cause": "重大疾病", "other_causes": "子女上学",
            "focus_group": "支出型", "homes": 1.0, "address": "升平镇南坪街17号", "health": "良好",
        }  # fmt: skip
        spouse = self._spouse(head, WOMAN, birth) | {"name": "杨素梅"}
        born = date(self.day.year - 15, 9, 3)
        daughter = self._member(head, "女", WOMAN, born, "和小雨", **self._school(15))
        return Family(head, [spouse, daughter, self._parent(head, birth)])

    def _number(self, birth: date, sex: str) -> str:
        serials = self._ids.setdefault(birth, count(self.rng.randrange(50, 90)))
        return invent_id(self.county.code, birth, 2 * next(serials) + (sex == MAN))

    def _born(self, youngest: int, oldest: int) -> date:
        return self.day - timedelta(days=self.rng.randrange(youngest * 365, oldest * 365))

    def _phone(self) -> str:
        return f"199{self.county.code[-2:]}{next(self._phones):06}"

    def _card(self) -> str:
        return luhn_number(f"{BIN}{self.county.code[-2:]}{next(self._cards):010}")

    def _head(self, serial: int, union: int) -> Cells:
        rng, place = self.rng, self.county.unions[union]
        sex = MAN if rng.random() < 0.6 else WOMAN
        born = self._born(30, 56)
        name, ethnic = names.person(rng, sex)
        town = self.county.townships[place.township][0]
        urban = rng.random() < 0.72
        bank, office = rng.choice(BANKS)
        cause = rng.choices(list(CAUSES), list(CAUSES.values()))[0]
        ill = cause == "重大疾病" and rng.random() < 0.6
        no = "否"
        return {
            "serial": str(serial), "union": place.name, "name": name, "id_number": self._number(born, sex),
            "ethnic": ethnic, "political": "中共党员" if rng.random() < 0.12 else "群众",
            "marriage": rng.choices(["已婚", "离婚", "丧偶", "未婚"], [70, 14, 9, 7])[0],
            "education": rng.choices(["小学", "初中", "高中", "中专", "大专"], [15, 40, 25, 12, 8])[0],
            "health": rng.choice(ILLNESSES) if ill else "良好",
            "work_status": _work(rng, cause), "model_worker": "市级" if rng.random() < 0.02 else "非劳模",
            "hukou": "非农业" if urban else "农业", "hukou_division": f"云岭省雪山州{self.county.name}",
            "residence": "城镇" if urban else "农村", "mobile": self._phone(), "postcode": "699100",
            "housing": rng.choices(list(HOUSING), list(HOUSING.values()))[0],
            "floor_area": float(rng.randrange(36, 110)),
            "address": f"{town}{_street(rng)}{rng.randrange(1, 190)}号",
            "homes": float(rng.random() < 0.55), "vehicle": no, "business": no, "costly_schooling": no,
            "started_work_on": born + timedelta(days=rng.randrange(19, 25) * 365),
            "employer": place.name.removesuffix("工会"),
            "employer_nature": rng.choice(["国有企业", "集体企业", "民营企业", "事业单位"]),
            "employer_state": rng.choices(["正常", "停产半停产", "改制"], [70, 20, 10])[0],
            "industry": place.industry, "zero_employment": no, "self_help": "有",
            "single_parent": no, "medical_insurance": rng.choices(["职工医保", "居民医保"], [60, 40])[0],
            "dibao_certificate": no, "loss": 0.0, "disaster_victim": no, "spend_medical": 0.0,
            "spend_schooling": 0.0, "spend_disability": 0.0, "main_cause": cause,
            "focus_group": "支出型" if cause in ("重大疾病", "子女上学") else "其他", "origin": "新增",
            "bank": bank, "branch": f"{town}{office}", "card": self._card(),
            "consent_on": self.day - timedelta(days=rng.randrange(3, 40)),
        }  # fmt: skip

    def _add_members(self, family: Family) -> None:
        rng, head = self.rng, family.head
        sex = MAN if int(head["id_number"][16]) % 2 else WOMAN
        birth = date.fromisoformat(head["id_number"][6:14])
        if head["marriage"] == "已婚":
            family.members.append(self._spouse(head, WOMAN if sex == MAN else MAN, birth))
        children = rng.choices([0, 1, 2], [24, 50, 26])[0] if head["marriage"] != "未婚" else 0
        for _place in range(children):
            family.members.append(self._child(head, birth))
        if rng.random() < 0.34:
            family.members.append(self._parent(head, birth))
        alone = head["marriage"] in ("离婚", "丧偶") and children
        head["single_parent"] = "是" if alone else "否"

    def _member(self, head: Cells, relation: str, sex: str, birth: date, name: str, **more: Any) -> Cells:
        return {
            "serial": head["serial"], "head_id": head["id_number"], "name": name, "relation": relation,
            "id_number": self._number(birth, sex), "ethnic": head["ethnic"], "health": "良好",
            "monthly_income": 0.0, "medical_insurance": "居民医保",
        } | more  # fmt: skip

    def _spouse(self, head: Cells, sex: str, birth: date) -> Cells:
        rng = self.rng
        ill = head["main_cause"] == "重大疾病" and head["health"] == "良好"
        status = "无劳动能力" if ill else rng.choices(["在职", "务农", "失业"], [35, 30, 35])[0]
        earned = float(rng.randrange(60, 180) * 10) if status == "在职" else 0.0
        return self._member(
            head, "配偶", sex, birth + timedelta(days=rng.randrange(-1800, 1800)), names.person(rng, sex)[0],
            status=status, monthly_income=earned, education="初中",
            health=rng.choice(ILLNESSES) if ill else "良好",
        )  # fmt: skip

    def _child(self, head: Cells, birth: date) -> Cells:
        rng, sex = self.rng, self.rng.choice((MAN, WOMAN))
        earliest = max(birth + timedelta(days=22 * 365), self.day - timedelta(days=21 * 365))
        latest = self.day - timedelta(days=365)
        born = earliest + timedelta(days=rng.randrange(max((latest - earliest).days, 1)))
        name = names.child(rng, sex, head["name"], head["ethnic"])
        age = (self.day - born).days // 365
        return self._member(head, "子" if sex == MAN else "女", sex, born, name, **self._school(age))

    def _school(self, age: int) -> Cells:
        """Where a child of this age is, with what the roster asks about a pupil."""
        if age < 6:
            return {"status": "学龄前儿童"}
        begun, level, years, school = next(stage for stage in SCHOOLS if age >= stage[0])
        return {
            "status": "学生", "education": level, "school_years": float(years),
            "school_entered": float(self.day.year - min(age - begun, years - 1)),
            "employer": school.format(county=self.county.name),
        }  # fmt: skip

    def _parent(self, head: Cells, birth: date) -> Cells:
        rng, sex = self.rng, self.rng.choice((MAN, WOMAN))
        born = birth - timedelta(days=rng.randrange(22, 30) * 365)
        name = names.person(rng, sex)[0]
        if sex == MAN and head["ethnic"] != "藏族":
            given = "德昌" if name[1:] == head["name"][1:] else name[1:]
            name = head["name"][0] + given
        health = rng.choice(["高血压", "一般疾病", "糖尿病", "脑血管疾病"])
        return self._member(
            head, "父母", sex, born, name, status=rng.choice(["无劳动能力", "退休", "务农"]), health=health
        )

    def _spending(self, family: Family) -> float:
        """Fill in the year's rigid spending; what of it has vouchers, in yuan."""
        rng, head = self.rng, family.head
        pupils = [m for m in family.members if m.get("education") in ("高中", "大学专科")]
        if head["main_cause"] == "重大疾病":
            head["spend_medical"] = float(rng.randrange(60, 340) * 100)
        elif rng.random() < 0.3:
            head["spend_medical"] = float(rng.randrange(8, 60) * 100)
        if pupils:
            head["spend_schooling"] = float(sum(rng.randrange(20, 110) * 100 for _pupil in pupils))
            head["other_causes"] = "" if head["main_cause"] == "子女上学" else "子女上学"
        elif head["main_cause"] == "子女上学":
            head["spend_schooling"] = float(rng.randrange(15, 40) * 100)
        total = 0.0
        for kind in ("spend_medical", "spend_schooling"):
            if head[kind]:
                kept = rng.random() < 0.94
                head[f"{kind}_evidenced"] = "是" if kept else "否"
                total += head[kind] if kept else 0.0
        return total

    def _mark(self, head: Cells, lot: str) -> None:
        """What makes the family belong to its lot beside the income."""
        rng = self.rng
        if lot == "deep" and rng.random() < 0.22:
            head["dibao_certificate"], head["focus_group"] = "是", "低保"
        elif lot == "accident":
            flood = rng.random() < 0.5
            head["main_cause"] = "自然灾害" if flood else "意外事故"
            head["disaster_victim"] = "是" if flood else "否"
            head["loss"] = float(round(head["annual_income"] * rng.uniform(0.85, 1.6) / 100) * 100)
        elif lot == "excluded":
            key, value = rng.choice([("homes", 2.0), ("business", "是"), ("vehicle", "是")])
            head[key] = value
        elif lot == "unknown":
            del head[rng.choice(["homes", "business", "costly_schooling"])]


def _work(rng: random.Random, cause: str) -> str:
    if cause in ("下岗", "有劳动能力但未就业"):
        return "下岗" if cause == "下岗" else "失业"
    return rng.choices(["在岗", "病休", "退休", "失业"], [62, 18, 10, 10])[0]


def _street(rng: random.Random) -> str:
    return rng.choice(["南坪街", "北门街", "文明路", "团结路", "滨河路", "老街", "新村", "东山路"])


def deal(registry: Registry) -> list[Family]:
    """The county's families; the first union, whose officer signs in, has more of them than the others."""
    county, rng = registry.county, registry.rng
    weights = [20] + [9] * (len(county.unions) - 1)
    lots = rng.choices(list(LOTS), list(LOTS.values()), k=county.families)
    unions = rng.choices(range(len(county.unions)), weights, k=county.families)
    families = [registry.family(n, *pair) for n, pair in enumerate(zip(unions, lots, strict=True), start=1)]
    if county is COUNTIES[0]:
        families[0] = registry.first()
    return families
