"""The work of a place's people: what is open, what is late, how long the steps they passed took."""

from datetime import datetime
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Extract
from django.utils import timezone

from nuanxin.approvals.models import ProcessStep, StepKind, Vote
from nuanxin.kernel.actor import subtree
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


def team(place: str, since: datetime) -> QuerySet[Post]:
    """The posts held today at or below `place` that have work, with figures of each.

    `brought`: applications under way that the person brought in at or below `place` (a person with two
    posts has them at both); `returned`: of these, sent back. `waiting`: steps open at the unit for which
    the role has the permission, shared by all who hold it. `late`: of both, past their day. `load`: both.
    `passed`: steps spoken on since `since`; `median` and `slow`: days from the entry of the step to the
    word, in the middle and for nine in ten; None when there is none.
    """
    low, high = subtree(place)
    today = timezone.localdate()
    held = Post.objects.held_on(today).filter(node__path__gte=low, node__path__lt=high)
    posts = held.filter(staff__is_active=True, role__permissions__overlap=list(WORKING))
    brought = Application.objects.filter(
        officer=OuterRef("staff"), org__gte=low, org__lt=high, state__in=UNDER_WAY
    )
    steps = ProcessStep.objects.filter(
        org=OuterRef("node__path"), entered__isnull=False, done__isnull=True, process__closed__isnull=True
    ).exclude(kind=StepKind.NOTICE)
    steps = steps.filter(Exists(_role_may()))
    words = Vote.objects.filter(
        voter=OuterRef("staff"),
        process_step__org=OuterRef("node__path"),
        process_step__entered__isnull=False,
        at__gte=since,
    )
    took = ExpressionWrapper(F("at") - F("process_step__entered"), output_field=DurationField())
    days = Extract(took, "epoch") / Value(86400.0)
    rows = posts.annotate(
        brought=_count(brought),
        returned=_count(brought.filter(state="returned")),
        waiting=_count(steps),
        late=_count(brought.filter(due_on__lt=today)) + _count(steps.filter(due_on__lt=today)),
        passed=_count(words),
        median=_over(words, Percentile(days, share="0.5")),
        slow=_over(words, Percentile(days, share="0.9")),
    )
    rows = rows.annotate(load=F("brought") + F("waiting"))
    return rows.select_related("staff", "node", "role").order_by("-late", "-load", "pk")


def _role_may() -> QuerySet[Any]:
    """For a step: the post's own role, when it holds the permission of the step."""
    post = Post.objects.filter(pk=OuterRef(OuterRef("pk")))
    return post.alias(asked=OuterRef("permission")).filter(role__permissions__contains=[F("asked")])


def _count(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(_over(rows, Count("pk")), 0)


def _over(rows: QuerySet[Any], figure: Any) -> Subquery:
    """One figure over all of the rows."""
    whole = rows.order_by().annotate(whole=Value("", CharField())).values("whole")
    return Subquery(whole.annotate(figure=figure).values("figure"))
