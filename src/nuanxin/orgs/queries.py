"""Reads of the tree, staff and posts."""

from collections.abc import Iterable

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


def counties_of(paths: Iterable[str]) -> dict[str, Node]:
    """By path its county or district, in one query; the node itself where no county stands above it."""
    chains = {path: chain_paths(path) for path in paths}
    wanted = {step for chain in chains.values() for step in chain}
    nodes = {node.path: node for node in Node.objects.filter(path__in=wanted)}
    found = {}
    for path, chain in chains.items():
        counties = [nodes[step] for step in chain if step in nodes and nodes[step].kind == Node.Kind.COUNTY]
        found[path] = counties[-1] if counties else nodes[path]
    return found


def chain_paths(path: str) -> list[str]:
    """The paths from the root down to `path`."""
    parts = path.rstrip("/").split("/")
    return ["/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]


def staff_by_username(username: str) -> Staff | None:
    return Staff.objects.filter(username=username).first()


def role_by_code(code: str) -> Role:
    return Role.objects.get(code=code)
