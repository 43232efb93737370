"""Who looks after a file: the union officer a household can turn to."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs.models import Post, Staff
from nuanxin.records import services as records

from ..models import File
from ..permissions import APPLY, SEE


@dataclass(frozen=True)
class Assigned:
    """How many files (户) got the officer, and how many were left: not open, or not under their post."""

    done: int
    left: int


def officers() -> QuerySet[Staff]:
    """Staff with a post in the actor's scope today who may see files, by name."""
    low, high = subtree(scope.current().org_path)
    posts = Post.objects.held_on(timezone.localdate()).filter(
        node__path__gte=low, node__path__lt=high, node__active=True, role__permissions__contains=[SEE]
    )
    return Staff.objects.filter(pk__in=posts.values("staff"), is_active=True).order_by("name", "pk")


@transaction.atomic
def assign_officer(*, files: QuerySet[File], officer: Staff) -> Assigned:
    """Give files to an officer, in one statement; only open ones at or below a post of theirs."""
    scope.current().require(APPLY)
    need_officer(officer)
    asked = list(files.order_by().values_list("pk", flat=True))
    rows = File.objects.select_for_update().filter(among(asked), under_posts(officer), state="open")
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    File.objects.filter(among(keys)).update(officer=officer)
    if keys:
        path = scope.current().org_path
        records.note_many(
            "file.officer_assigned", kind=File._meta.label, pks=tuple(keys), org_path=path, note=officer.name
        )
    return Assigned(len(keys), len(asked) - len(keys))


def need_officer(officer: Staff) -> None:
    """Refused for somebody without a post in the actor's scope."""
    if not officers().filter(pk=officer.pk).exists():
        raise Refused(_("请选择您管辖范围内在岗的干部。"), code="no_officer", field="officer")


def under_posts(officer: Staff) -> Q:
    """Rows at or below a post of the officer."""
    posts = Post.objects.held_on(timezone.localdate()).filter(
        staff=officer, role__permissions__contains=[SEE]
    )
    under = Q(pk__in=[])
    for path in set(posts.values_list("node__path", flat=True)):
        low, high = subtree(path)
        under |= Q(org__gte=low, org__lt=high)
    return under


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
