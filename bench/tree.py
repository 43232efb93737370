"""A province of five levels: 3 prefectures, 30 counties, 150 townships and 900 unions, with its staff."""

from datetime import date

from django.contrib.auth.hashers import make_password

from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Post, Role, Staff
from nuanxin.policy import services as policy

PREFECTURES, COUNTIES, TOWNSHIPS, UNIONS = 3, 10, 5, 6  # each below one of the level above
SINCE = date(2020, 1, 1)


def plant(prefectures: int = PREFECTURES, counties_each: int = COUNTIES) -> None:
    """Make the nodes, and the lines of every county: 720 yuan in town, 540 in the country."""
    kind = Node.Kind
    province = _level([None], 1, kind.PROVINCE, "省总工会")
    counties = _level(
        _level(province, prefectures, kind.PREFECTURE, "州总工会"), counties_each, kind.COUNTY, "县总工会"
    )
    _level(_level(counties, TOWNSHIPS, kind.TOWNSHIP, "镇总工会"), UNIONS, kind.GRASSROOTS, "厂工会")
    policy.set_standards(
        standards=[
            policy.NewStandard(
                code="dibao",
                name="低保标准",
                name_en="Living-allowance line",
                place=county.path,
                residence=residence,
                valid_from=SINCE,
                amount=Money.yuan(yuan),
                document="关于公布城乡居民最低生活保障标准的通知（虚构）",
                document_en="Notice of the living-allowance lines (invented)",
            )
            for county in counties
            for residence, yuan in (("urban", 720), ("rural", 540))
        ]
    )


def _level(above: list[Node] | list[None], each: int, kind: str, ending: str) -> list[Node]:
    """So many nodes below each node above, with the paths the database gave them."""
    nodes = []
    for parent in above:
        for place in range(1, each + 1):
            code = f"{parent.code}{place:02}" if parent else "53"
            name = f"第{code}{ending}"
            division = code.ljust(6, "0") if kind in ("province", "prefecture", "county") else ""
            nodes.append(
                Node(
                    parent=parent,
                    kind=kind,
                    code=code,
                    name=name,
                    short_name=code,
                    name_en=f"Union {code}",
                    division=division,
                    supervision_phone="19900990001",
                )
            )
    Node.objects.bulk_create(nodes)
    return list(Node.objects.filter(kind=kind).order_by("path"))


def post(at: Node, role: str) -> Post:
    """A new member of staff in the role at the node."""
    staff = Staff.objects.create(
        username=f"{role}-{at.code}-{Staff.objects.count()}",
        name=f"{at.short_name}经办",
        password=make_password(None),
    )
    return Post.objects.create(staff=staff, node=at, role=Role.objects.get(code=role), since=SINCE)


def first(kind: str) -> Node:
    """The first node of a level."""
    return Node.objects.filter(kind=kind).order_by("path")[0]
