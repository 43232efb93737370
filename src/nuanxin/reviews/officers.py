"""Who is to take an application up: an officer at the household's union, or at the nearest above it."""

from collections.abc import Iterable

from django.utils import timezone

from nuanxin.casework.permissions import APPLY
from nuanxin.orgs.models import Post


def officers_for(paths: Iterable[str]) -> dict[str, int]:
    """For each path a member of staff (by key) who may bring applications in; missing where nobody may."""
    wanted = set(paths)
    above = {step for path in wanted for step in _steps(path)}
    posts = Post.objects.held_on(timezone.localdate()).filter(
        node__path__in=above,
        node__active=True,
        staff__is_active=True,
        role__permissions__contains=[APPLY],
    )
    held: dict[str, int] = {}
    for path, staff in posts.order_by("pk").values_list("node__path", "staff_id"):
        held.setdefault(path, staff)
    return {
        path: held[step]
        for path in wanted
        if (step := next((step for step in reversed(_steps(path)) if step in held), None))
    }


def _steps(path: str) -> list[str]:
    """The paths from the root down to the path itself."""
    parts = path.rstrip("/").split("/")
    return ["/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]
