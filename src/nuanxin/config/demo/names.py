"""Invented names of persons."""

import random

_HAN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_NAXI = "和木"
_MEN = [
    "建国", "志强", "永福", "文华", "国栋", "家明", "光荣", "正林", "德昌", "学军",
    "润生", "继业", "春生", "世平", "立新", "长河", "云山", "海峰", "庆丰", "启明",
    "贵生", "宗林", "少华", "天佑", "金山", "兴旺", "耀辉", "振东", "克勤", "守信",
]  # fmt: skip
_WOMEN = [
    "秀英", "桂兰", "丽芬", "春梅", "雪莲", "玉珍", "凤仙", "红霞", "彩云", "金花",
    "素琴", "美玲", "慧敏", "月娥", "翠萍", "小燕", "淑芳", "晓霞", "秋菊", "冬梅",
    "艳琼", "琼芬", "银凤", "云仙", "惠珍", "巧玲", "荣芝", "桂香", "燕萍", "会仙",
]  # fmt: skip
_BOYS = ["子轩", "浩然", "宇航", "俊杰", "天宇", "明哲", "家豪", "文轩", "思远", "一鸣", "小龙", "志远"]
_GIRLS = ["小雨", "思琪", "雨桐", "欣怡", "梦瑶", "佳慧", "诗涵", "雅婷", "晓月", "静雯", "小梅", "若兰"]
_TIBETAN_MEN = ["扎西", "扎西顿珠", "次仁", "洛桑", "丹增", "格桑旺堆", "多吉", "尼玛", "平措", "江初"]
_TIBETAN_WOMEN = ["卓玛", "央金", "拉姆", "德吉", "白玛措", "次仁卓玛", "曲珍", "格桑", "梅朵", "永宗"]
MAN, WOMAN = "1", "2"


def person(rng: random.Random, sex: str) -> tuple[str, str]:
    """A grown-up's name and ethnic group."""
    draw = rng.random()
    if draw < 0.16:
        return rng.choice(_TIBETAN_MEN if sex == MAN else _TIBETAN_WOMEN), "藏族"
    given = rng.choice(_MEN if sex == MAN else _WOMEN)
    if draw < 0.30:
        return rng.choice(_NAXI) + given, "纳西族"
    group = "汉族" if draw < 0.78 else rng.choice(["白族", "彝族", "傈僳族", "普米族"])
    return rng.choice(_HAN) + given, group


def child(rng: random.Random, sex: str, parent: str, ethnic: str) -> str:
    """A child's name: the family's surname, or a name of its own where there are no surnames."""
    if ethnic == "藏族":
        return rng.choice(_TIBETAN_MEN if sex == MAN else _TIBETAN_WOMEN)
    return parent[0] + rng.choice(_BOYS if sex == MAN else _GIRLS)
