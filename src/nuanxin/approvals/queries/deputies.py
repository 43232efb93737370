"""Who stands in for whom."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from nuanxin.orgs.models import Post, Staff

from ..models import Deputy


def eligible(post: Post) -> QuerySet[Staff]:
    """Staff who may stand in for the holder: at the same unit or the one above, in another role.

    Whether their roles go together the database says when they are named.
    """
    held = Post.objects.held_on(timezone.localdate())
    near = held.filter(Q(node=post.node_id) | Q(node__children=post.node_id))
    same = held.filter(node=post.node_id, role=post.role_id, staff=OuterRef("pk"))
    staff = Staff.objects.filter(posts__in=near, is_active=True).exclude(pk=post.staff_id)
    return staff.exclude(Exists(same)).distinct().order_by("name", "pk")


def deputies_of(staff_id: int | None) -> QuerySet[Deputy]:
    """Whom somebody named to stand in for them, and for whom they stand in; the latest first."""
    rows = Deputy.objects.filter(Q(holder__staff=staff_id) | Q(staff=staff_id))
    return rows.select_related("holder__staff", "holder__node", "holder__role", "staff")
