"""What approvals put on the home page: the posts somebody stands in for, with what waits there."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, offers_work

from . import queries
from .models import Deputy

#: Nobody stands in for more people at a time than fit here.
MOST = 10


@offers_work
def standing_in(actor: Actor) -> Iterable[Heap]:
    """Posts the person stands in for, other than the one they act in; one statement or two for each."""
    today = timezone.localdate()
    standing = Deputy.objects.filter(staff=actor.staff_id, ended__isnull=True)
    rows = standing.filter(since__lte=today, until__gt=today).exclude(post=actor.post_id)
    rows = rows.select_related("holder__staff", "post__staff", "post__node", "post__role").order_by("pk")
    items = [work for row in rows[:MOST] if (work := _work(row))]
    yield Heap("standing_in", _("代办的岗位"), len(items), items, reverse("approvals:mine"))


def _work(row: Deputy) -> Work | None:
    """How much waits there, by when the holder is back; None when nothing does."""
    count = queries.waiting_for(row.post.actor()).count()
    if not count:
        return None
    return Work(
        what=gettext("代%(name)s办理") % {"name": row.holder.staff.local_name},
        who=f"{row.post.role.local_name} · {row.post.node.local_name}",
        step=_("切换到代办的岗位"),
        url=reverse("approvals:mine"),
        chip=gettext("%(count)s 件") % {"count": f"{count:,}"},
        since=row.since,
        facets=frozenset(["delegated"]),
    )
