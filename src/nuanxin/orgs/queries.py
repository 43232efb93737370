"""Reads of the tree, staff and posts."""

from django.utils import timezone

from .models import Node, Post, Role, Staff


def posts_of(staff_id: int) -> list[Post]:
    """The posts a member of staff holds today, with what an Actor needs loaded."""
    held = Post.objects.held_on(timezone.localdate()).filter(staff_id=staff_id, node__active=True)
    return list(held.select_related("staff", "node", "role").order_by("id"))


def node_at(path: str) -> Node:
    return Node.objects.get(path=path)


def chain_to(path: str) -> list[Node]:
    """The nodes from the root down to `path`."""
    return list(Node.objects.above(path))


def children_of(path: str) -> list[Node]:
    return list(Node.objects.filter(parent__path=path, active=True).order_by("code"))


def county_of(path: str) -> Node | None:
    """The county (or district) at or above the node at `path`."""
    return Node.objects.above(path).filter(kind=Node.Kind.COUNTY).last()


def staff_by_username(username: str) -> Staff | None:
    return Staff.objects.filter(username=username).first()


def role_by_code(code: str) -> Role:
    return Role.objects.get(code=code)
