"""Invented people, each by a running number: the same number is the same person in every run."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from nuanxin.kernel.identity import id_check_digit, luhn_ok

FIRST_BIRTH = date(1955, 1, 1)
DAYS = 18_000  # births up to 2004; 37 has no factor in common with it, so every number gets its own ID
#: The commonest surnames with how many in a thousand bear them, and some of the south-west.
SURNAMES = {
    "王": 72, "李": 75, "张": 68, "刘": 54, "陈": 45, "杨": 60, "赵": 28, "黄": 22, "周": 25, "吴": 20,
    "徐": 15, "孙": 14, "马": 18, "朱": 13, "胡": 12, "郭": 11, "何": 16, "林": 10, "高": 12, "罗": 14,
    "和": 30, "木": 12, "段": 16, "普": 10, "施": 8, "欧阳": 2,
}  # fmt: skip
GIVEN = (
    "建国志强永福文华栋家明光荣正林德昌学军润生继业春世平立新长河云山海峰庆丰启贵宗少天佑金兴旺耀辉振东克勤守信"
    "秀英桂兰丽芬梅雪莲玉珍凤仙红霞彩花素琴美玲慧敏月娥翠萍小燕淑芳晓秋菊冬艳琼银惠巧荣芝香会雨桐欣怡"
)


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist."""

    name: str
    id_number: str
    sex: str
    born_on: date
    phone: str


def person(number: int, division: str = "530000") -> Invented:
    """The person of this running number."""
    rng = random.Random(number)
    born = FIRST_BIRTH + timedelta(days=number * 37 % DAYS)
    body = f"{division}{born:%Y%m%d}{number // DAYS + 1:03d}"
    surname = rng.choices(list(SURNAMES), list(SURNAMES.values()))[0]
    given = "".join(rng.choices(GIVEN, k=1 if rng.random() < 0.15 else 2))
    sex = "1" if int(body[-1]) % 2 else "2"
    return Invented(surname + given, body + id_check_digit(body), sex, born, f"13{number % 10**9:09d}")


def card(number: int) -> str:
    """A card number of no bank that passes the Luhn check."""
    body = f"990000{number:012d}"
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))
