"""Who acts: a post at an organisation node, with its permissions.

Every request, job and command acts as exactly one Actor. The kernel knows only the shape; posts
and roles live in `orgs`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

#: The whole tree. Node paths consist of digits and "/", so ":" sorts after every one of them.
WHOLE_TREE = ""


class Denied(PermissionError):
    """The actor lacks a permission; `permission` names it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


@dataclass(frozen=True, slots=True)
class Actor:
    """A post (or the system itself) acting for one node and its subtree."""

    org_path: str
    org_id: int | None = None
    staff_id: int | None = None
    post_id: int | None = None
    name: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    all_permissions: bool = False

    def can(self, permission: str) -> bool:
        return self.all_permissions or permission in self.permissions

    def can_any(self, permissions: Iterable[str]) -> bool:
        return any(self.can(permission) for permission in permissions)

    def require(self, permission: str) -> None:
        """Raise Denied unless the actor holds the permission."""
        if not self.can(permission):
            raise Denied(permission)

    @property
    def scope(self) -> tuple[str, str]:
        """The half-open range of node paths this actor may see."""
        return subtree(self.org_path)


def subtree(path: str) -> tuple[str, str]:
    """The half-open range [from, to) of materialised paths at or below `path`.

    A path ends in "/" and "0" is the next character in the C collation, so replacing the last
    character gives the first path outside the subtree.
    """
    return (path, path[:-1] + "0") if path else ("", ":")


def system(org_path: str = WHOLE_TREE, org_id: int | None = None, name: str = "system") -> Actor:
    """The program itself, for set-up, scheduled jobs and commands."""
    return Actor(org_path=org_path, org_id=org_id, name=name, all_permissions=True)
