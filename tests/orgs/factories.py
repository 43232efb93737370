"""A small tree with staff, for every test."""

from datetime import date
from itertools import count
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.permissions import declared
from nuanxin.orgs.models import Node, Post, Role, Staff

_numbers = count(1)
_PARENT_KIND = {
    "prefecture": "province",
    "county": "prefecture",
    "township": "county",
    "grassroots": "township",
}


def node(kind: str = "county", parent: Node | None = None, **fields: Any) -> Node:
    """A node of the kind, with its own new chain of parents unless one is given."""
    if parent is None and kind in _PARENT_KIND:
        parent = node(_PARENT_KIND[kind])
    number = next(_numbers)
    values = {
        "code": f"T{number:06d}",
        "name": f"测试{kind}{number}工会",
        "short_name": f"测{number}",
    } | fields
    made = Node.objects.create(kind=kind, parent=parent, **values)
    made.refresh_from_db()
    return made


def staff(**fields: Any) -> Staff:
    number = next(_numbers)
    person = Staff(username=f"staff{number}", name=f"员工{number}", **fields)
    person.set_unusable_password()
    person.save()
    return person


def post(at: Node, *permissions: str, **fields: Any) -> Post:
    """A post of a new member of staff with exactly these permissions ("*": all of them)."""
    codes = sorted(declared()) if permissions == ("*",) else list(permissions)
    number = next(_numbers)
    role = Role.objects.create(code=f"role{number}", name="测试岗位", name_en="Test role", permissions=codes)
    return Post.objects.create(
        staff=fields.pop("staff", None) or staff(), node=at, role=role, since=date(2020, 1, 1), **fields
    )


def actor(at: Node, *permissions: str) -> Actor:
    return post(at, *(permissions or ("*",))).actor()
