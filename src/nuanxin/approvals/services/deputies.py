"""Absence: the holder of a post names somebody who stands in for a time."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.orgs.models import Post, Staff
from nuanxin.orgs.permissions import MANAGE_ORGS
from nuanxin.records import services as records

from ..models import Deputy
from ..queries.deputies import eligible

#: Nobody is away longer than this without the post being given to somebody.
LONGEST = timedelta(days=366)


@transaction.atomic
def name_deputy(*, post: Post, staff: Staff, since: date, until: date, reason: str = "") -> Deputy:
    """`staff` acts in the holder's post in [since, until), under a post of their own made for it.

    One names a deputy for one's own post; who manages posts does for others. Refused when the deputy
    is not eligible (not_eligible: not at this unit or the one above, or in the role already), holds a
    role that may not go with it (conflicting_roles), or somebody stands in already (deputy_already).
    """
    _refuse_period(since, until)
    _refuse_stranger(post)
    if not eligible(post).filter(pk=staff.pk).exists():
        message = _("%(name)s不能代办：须在本单位或上一级任职，且不在同一岗位。") % {"name": staff}
        raise Refused(message, code="not_eligible", field="staff")
    try:
        with transaction.atomic():
            own = Post.objects.create(
                staff=staff, node_id=post.node_id, role_id=post.role_id, since=since, until=until
            )
            row = Deputy.objects.create(
                holder=post, staff=staff, post=own, since=since, until=until, reason=reason.strip()
            )
    except IntegrityError as error:
        raise _explained(error, staff) from error
    records.note("approvals.deputy_named", subject=row, note=row.reason)
    return row


def _refuse_period(since: date, until: date) -> None:
    if since < timezone.localdate():
        raise Refused(_("代办不能从过去的日期开始。"), code="past", field="since")
    if not since < until <= since + LONGEST:
        raise Refused(_("截止日期应在起始日期之后，最长一年。"), code="period", field="until")


def _refuse_stranger(post: Post) -> None:
    """Only for one's own post, or as who manages the posts of the unit; never for a deputy's own."""
    actor = scope.current()
    managed = actor.can(MANAGE_ORGS) and post.node.path.startswith(actor.org_path)
    if post.staff_id != actor.staff_id and not managed:
        raise OutOfSight(Post._meta.label, post.pk)
    if Deputy.objects.filter(post=post).exists():
        raise Refused(_("代办的岗位不能再委托他人。"), code="deputy_of_deputy")


def _explained(error: IntegrityError, staff: Staff) -> Exception:
    if "post_conflicts" in str(error):
        message = _("%(name)s已有的岗位与这一岗位不能由一人兼任，请另选代办人。") % {"name": staff}
        return Refused(message, code="conflicting_roles", field="staff")
    if "deputy_one_at_a_time" in str(error):
        told = _("这段时间已经指定了代办人，请先结束原来的委托。")
        return Refused(told, code="deputy_already", field="since")
    return error


@transaction.atomic
def end_deputy(*, deputy: Deputy) -> None:
    """The holder is back: from now on the deputy's post counts no more.

    A post lasts a day at least; one that ends on its first day, or before it, is dated back by a day.
    What is kept here of the deputy's time stays as it was.
    """
    _refuse_stranger(deputy.holder)
    if not Deputy.objects.filter(pk=deputy.pk, ended__isnull=True).update(ended=timezone.now()):
        raise Refused(_("这项委托已经结束。"), code="ended")
    today = timezone.localdate()
    post = deputy.post
    if post.until is None or post.until > today:
        post.since, post.until = min(post.since, today - timedelta(days=1)), today
        post.save(update_fields=["since", "until"])
    records.note("approvals.deputy_ended", subject=deputy)
