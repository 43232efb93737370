"""The tree of the whole country: provinces with as many counties as each has; all below them invented."""

import random
from collections.abc import Iterator
from itertools import count

from bench.registry.names import county_names

#: Provinces with the first digits of their divisions and the number of their counties and districts.
_PROVINCES = (
    "北京11:16 天津12:16 河北13:167 山西14:117 内蒙古15:103 辽宁21:100 吉林22:60 黑龙江23:121"
    " 上海31:16 江苏32:95 浙江33:90 安徽34:104 福建35:84 江西36:100 山东37:136 河南41:157 湖北42:103"
    " 湖南43:122 广东44:122 广西45:111 海南46:25 重庆50:38 四川51:183 贵州52:88 云南53:129 西藏54:74"
    " 陕西61:107 甘肃62:86 青海63:44 宁夏64:22 新疆65:107"
)
#: Counties a prefecture, townships a county, unions a township.
COUNTIES, TOWNSHIPS, UNIONS = 9, 4, 3

#: id, parent, path, kind, code, name, short name, English name, division
Row = tuple[int, int | None, str, str, str, str, str, str, str]


def nodes() -> Iterator[Row]:
    """Every node, parents before children."""
    keys, called = count(2), county_names()
    yield 1, None, "1/", "national", "00", "全国总工会", "全国", "National Federation", ""
    for entry in _PROVINCES.split():
        name, counties = entry.split(":")
        name, code = name[:-2], name[-2:]
        province = next(keys)
        path = f"1/{province}/"
        yield province, 1, path, "province", code, f"{name}总工会", name, f"Province {code}", f"{code}0000"
        for serial in range(int(counties)):
            if serial % COUNTIES == 0:
                prefecture, area = next(keys), f"{code}{serial // COUNTIES + 1:02}"
                above = f"{path}{prefecture}/"
                title = next(called)
                yield (
                    *(prefecture, province, above, "prefecture", area),
                    *(f"{title}市总工会", title, f"Prefecture {area}", f"{area}00"),
                )
            yield from _county(keys, prefecture, above, f"{area}{serial % COUNTIES + 1:02}", next(called))


def _county(keys: "count[int]", parent: int, above: str, code: str, name: str) -> Iterator[Row]:
    key = next(keys)
    path = f"{above}{key}/"
    yield key, parent, path, "county", code, f"{name}县总工会", f"{name}县", f"County {code}", code
    rng = random.Random(key)
    for town in range(1, TOWNSHIPS + 1):
        township, at = next(keys), f"{code}{town:02}"
        title = f"{rng.choice('东西南北中上下新')}{rng.choice('关河山岭桥塘坪洲湾')}镇"
        yield (
            township,
            key,
            f"{path}{township}/",
            "township",
            at,
            f"{title}总工会",
            title,
            f"Township {at}",
            "",
        )
        for place in range(1, UNIONS + 1):
            union, number = next(keys), f"{at}{place:02}"
            below = f"{path}{township}/{union}/"
            yield (
                union,
                township,
                below,
                "grassroots",
                number,
                f"{title}第{place}工会",
                title,
                f"Union {number}",
                "",
            )
