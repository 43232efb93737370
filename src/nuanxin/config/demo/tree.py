"""The tree of Yunling Province under a national federation: one prefecture, three counties, their townships,
unions and the bureaux that work with them. Invented.
"""

from dataclasses import dataclass

from nuanxin.orgs.models import Node

NATIONAL, PROVINCE, PREFECTURE = "00", "5399", "539900"
#: The bureaux beside each county's tree: name after the county's, short name after it, English.
BUREAUX = (
    ("人力资源和社会保障局", "人社局", "Human Resources and Social Security Bureau"),
    ("医疗保障局", "医保局", "Medical Insurance Bureau"),
    ("司法局", "司法局", "Justice Bureau"),
    ("住房和城乡建设局", "住建局", "Housing and Construction Bureau"),
)


@dataclass(frozen=True, slots=True)
class Union:
    """A grassroots union: its names, township (by place), and the industry of its workers (GB/T 4754)."""

    name: str
    name_en: str
    township: int
    industry: str


@dataclass(frozen=True, slots=True)
class County:
    """A county by division code, its townships and unions, its dibao lines, and how many families it has.

    `urban` and `rural` are the lines of the present year, in yuan a head and month.
    """

    code: str
    name: str
    name_en: str
    townships: tuple[tuple[str, str], ...]
    unions: tuple[Union, ...]
    urban: int
    rural: int
    families: int


def _unions(table: str) -> tuple[Union, ...]:
    """Lines of: name | English | township | industry."""
    rows = ([part.strip() for part in line.split("|")] for line in table.strip().splitlines())
    return tuple(Union(name, english, int(place), industry) for name, english, place, industry in rows)


COUNTIES = (
    County(
        "539901", "梅里县", "Meili",
        (("升平镇", "Shengping Town"), ("清江镇", "Qingjiang Town"), ("云台乡", "Yuntai Township")),
        _unions("""
            化肥厂工会 | Fertiliser Works Union | 0 | C
            升平社区工会 | Shengping Community Union | 0 | O
            清江餐饮联合工会 | Qingjiang Catering Joint Union | 1 | H
            梅里客运公司工会 | Meili Coach Company Union | 0 | G
            升平第一小学工会 | Shengping First Primary School Union | 0 | P
            云台茶厂工会 | Yuntai Tea Factory Union | 2 | C
            梅里县人民医院工会 | Meili People's Hospital Union | 0 | Q
            清江水电站工会 | Qingjiang Hydropower Station Union | 1 | D
            快递外卖行业联合工会 | Couriers' and Riders' Joint Union | 1 | G
            云台建筑公司工会 | Yuntai Construction Company Union | 2 | E
        """),
        urban=735, rural=545, families=260,
    ),
    County(
        "539902", "澜川县", "Lanchuan",
        (("河湾镇", "Hewan Town"), ("石桥镇", "Shiqiao Town"), ("茶岭乡", "Chaling Township")),
        _unions("""
            澜川糖厂工会 | Lanchuan Sugar Mill Union | 0 | C
            河湾社区工会 | Hewan Community Union | 0 | O
            石桥水泥厂工会 | Shiqiao Cement Works Union | 1 | C
            澜川县中学工会 | Lanchuan Secondary School Union | 0 | P
            澜川公交公司工会 | Lanchuan Bus Company Union | 0 | G
            茶岭茶业公司工会 | Chaling Tea Company Union | 2 | C
            河湾家政服务联合工会 | Hewan Household Services Joint Union | 0 | O
            澜川县中医院工会 | Lanchuan Hospital of Chinese Medicine Union | 0 | Q
            石桥煤业公司工会 | Shiqiao Coal Company Union | 1 | B
            澜川物流园联合工会 | Lanchuan Logistics Park Joint Union | 1 | G
        """),
        urban=710, rural=525, families=210,
    ),
    County(
        "539903", "松岩县", "Songyan",
        (("松岩镇", "Songyan Town"), ("白塔镇", "Baita Town"), ("林溪乡", "Linxi Township")),
        _unions("""
            松岩林场工会 | Songyan Forest Farm Union | 0 | A
            松岩社区工会 | Songyan Community Union | 0 | O
            白塔陶瓷厂工会 | Baita Ceramics Factory Union | 1 | C
            松岩第二小学工会 | Songyan Second Primary School Union | 0 | P
            林溪菌业公司工会 | Linxi Mushroom Company Union | 2 | A
            松岩供电所工会 | Songyan Power Station Union | 0 | D
            白塔环卫所工会 | Baita Sanitation Union | 1 | N
            松岩客运站工会 | Songyan Coach Station Union | 0 | G
            林溪景区联合工会 | Linxi Scenic Area Joint Union | 2 | R
            松岩农贸市场联合工会 | Songyan Market Joint Union | 0 | F
        """),
        urban=690, rural=510, families=130,
    ),
)  # fmt: skip


def bureau_code(county: County, number: int) -> str:
    """The code of a county's bureau, by its place in `BUREAUX` from one."""
    return f"{county.code}-b{number}"


def plant() -> dict[str, Node]:
    """Make the tree; its nodes by code."""
    kind = Node.Kind
    nodes: dict[str, Node] = {}

    def grow(code: str, level: str, under: str, name: str, short: str, english: str, phone: str = "") -> None:
        node = Node.objects.create(
            code=code, kind=level, parent=nodes.get(under), name=name, short_name=short, name_en=english,
            division=code if level in (kind.PROVINCE, kind.PREFECTURE, kind.COUNTY) else "",
            supervision_phone=phone,
        )  # fmt: skip
        node.refresh_from_db()
        nodes[code] = node

    federation = "Federation of Trade Unions"
    grow(NATIONAL, kind.NATIONAL, "", "全国总工会（演示）", "全国", f"National {federation} (demo)")
    grow(
        PROVINCE, kind.PROVINCE, NATIONAL, "云岭省总工会", "云岭省", f"Yunling Province {federation}",
        "19900990001",
    )  # fmt: skip
    grow(
        PREFECTURE, kind.PREFECTURE, PROVINCE, "雪山州总工会", "雪山州", f"Xueshan Prefecture {federation}",
        "19900990002",
    )  # fmt: skip
    for place, county in enumerate(COUNTIES, start=1):
        phone, english = f"1990099010{place}", f"{county.name_en} County {federation}"
        grow(county.code, kind.COUNTY, PREFECTURE, f"{county.name}总工会", county.name, english, phone)
        for number, (name, town) in enumerate(county.townships, start=1):
            code = f"{county.code}{100 + number}"
            grow(code, kind.TOWNSHIP, county.code, f"{name}总工会", name, f"{town} {federation}", phone)
        for number, union in enumerate(county.unions, start=1):
            above = f"{county.code}{101 + union.township}"
            short = union.name.removesuffix("工会")
            code = f"{county.code}-{number:02}"
            grow(code, kind.GRASSROOTS, above, union.name, short, union.name_en, phone)
        for number, (bureau, short, english) in enumerate(BUREAUX, start=1):
            grow(
                bureau_code(county, number), kind.PARTNER, county.code, f"{county.name}{bureau}",
                f"{county.name}{short}", f"{county.name_en} County {english}",
            )  # fmt: skip
    return nodes
