"""The work of a place's people: what is open, what is late, how long the steps they passed took."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Extract
from django.utils import timezone

from nuanxin.approvals import queries as approvals
from nuanxin.approvals.models import StepKind, Vote
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.sets import by_key
from nuanxin.orgs.models import Post

from ..models import UNDER_WAY, Application

#: Permissions of those who have work here; posts without any of them are not part of the team.
WORKING = (
    "casework.application.submit",
    "casework.application.review",
    "casework.application.decide",
    "casework.aid.propose",
    "casework.aid.decide",
)


class Percentile(Aggregate):
    """The value below which a share of the rows lies, between neighbours where it falls between them."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass
class _Figures:
    """What one post has to do and has done; times in days."""

    brought: int = 0
    returned: int = 0
    waiting: int = 0
    late: int = 0
    load: int = 0
    passed: int = 0
    median: float | None = None
    slow: float | None = None


def team(place: str, since: datetime) -> QuerySet[Post]:
    """The posts held today at or below `place` that have work, with figures of each.

    `brought`: applications under way that the person brought in at or below `place` (a person with two
    posts has them at both); `returned`: of these, sent back. `waiting`: steps open at the unit for which
    the role has the permission, shared by all who hold it. `late`: of both, past their day. `load`: both.
    `passed`: steps spoken on since `since`; `median` and `slow`: days from the entry of the step to the
    word, in the middle and for nine in ten; None when there is none.
    """
    low, high = subtree(place)
    held = Post.objects.held_on(timezone.localdate()).filter(node__path__gte=low, node__path__lt=high)
    posts = held.filter(staff__is_active=True, role__permissions__overlap=list(WORKING))
    found = _figures(posts, place, since)
    kinds = {"median": "float", "slow": "float"}
    rows = posts.annotate(
        **{
            field.name: _own(found, field.name, kinds.get(field.name, "integer"))
            for field in fields(_Figures)
        }
    )
    return rows.select_related("staff", "node", "role").order_by("-late", "-load", "pk")


def _own(found: dict[int, _Figures], name: str, kind: str) -> RawSQL:
    return by_key(Post, {post: getattr(figures, name) for post, figures in found.items()}, kind)


def _figures(posts: QuerySet[Post], place: str, since: datetime) -> dict[int, _Figures]:
    """By post. Each source is read once, by person or unit: asked post by post, every post of a unit would
    count all that is open there again.
    """
    brought, waiting, passed = _brought(place), _waiting(place), _passed(place, since)
    found = {}
    for post, staff, unit, permissions in posts.values_list("pk", "staff", "node__path", "role__permissions"):
        mine = brought.get(staff, {})
        steps = [waiting[key] for one in set(permissions) if (key := (unit, one)) in waiting]
        row = _Figures(**mine, **passed.get((staff, unit), {}))
        row.waiting = sum(count for count, _late in steps)
        row.late += sum(late for _count, late in steps)
        row.load = row.brought + row.waiting
        found[post] = row
    return found


def _brought(place: str) -> dict[int, dict[str, int]]:
    """By person: `brought`, `returned` and `late` of the applications under way at or below the place."""
    low, high = subtree(place)
    rows = Application.objects.filter(org__gte=low, org__lt=high, state__in=UNDER_WAY).order_by()
    counted = rows.values("officer").annotate(
        brought=Count("pk"),
        returned=Count("pk", filter=Q(state="returned")),
        late=Count("pk", filter=Q(due_on__lt=timezone.localdate())),
    )
    return {row.pop("officer"): row for row in counted}


def _waiting(place: str) -> dict[tuple[str, str], tuple[int, int]]:
    """By unit and permission: how many steps are open, and how many of them are late."""
    low, high = subtree(place)
    rows = approvals.open_steps().exclude(kind=StepKind.NOTICE).filter(org__gte=low, org__lt=high).order_by()
    late = Count("pk", filter=Q(due_on__lt=timezone.localdate()))
    counted = rows.values_list("org", "permission").annotate(every=Count("pk"), late=late)
    return {(unit, permission): (every, late) for unit, permission, every, late in counted}


def _passed(place: str, since: datetime) -> dict[tuple[int, str], dict[str, Any]]:
    """By person and unit: `passed`, `median` and `slow` of the steps spoken on since then."""
    low, high = subtree(place)
    words = Vote.objects.filter(
        process_step__org__gte=low,
        process_step__org__lt=high,
        process_step__entered__isnull=False,
        at__gte=since,
    ).order_by()
    took = ExpressionWrapper(F("at") - F("process_step__entered"), output_field=DurationField())
    days = Extract(took, "epoch") / Value(86400.0)
    counted = words.values("voter", "process_step__org").annotate(
        passed=Count("pk"), median=Percentile(days, share="0.5"), slow=Percentile(days, share="0.9")
    )
    return {(row.pop("voter"), row.pop("process_step__org")): row for row in counted}
