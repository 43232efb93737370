"""Starting a review, ending it, and calling it off."""

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import jobs
from nuanxin.records import services as records

from ..flow import REVIEW
from ..models import Review
from ..packs import covered, packs_of
from ..permissions import RUN
from ..queries import in_range
from .common import need

#: The states of a job in which it will still do something.
_RUNNING = ("waiting", "running")


@transaction.atomic
def start_review(
    *, title: str, reason: str, path: str, as_of: date, basis: date, survey: bool = False
) -> Review:
    """Begin a review of all households at and below a path and queue its computation.

    `basis` is the day before the change (or of the last review): what was due before is computed with the
    packs and standards of that day. Refused outside one's own scope, for days in the wrong order, without
    a filing pack, or when there is nobody to look at.
    """
    actor = scope.current()
    actor.require(RUN)
    title = need(title, _("请填写复核名称。"), "title")
    reason = need(reason, _("请写明复核的原因，如标准调整文件或年度复核通知。"))
    if not path.startswith(actor.org_path):
        raise OutOfSight("orgs.Node", path)
    if basis > as_of:
        raise Refused(_("对比基准日不能晚于认定基准日。"), code="wrong_day", field="basis")
    packs = packs_of(path, as_of, basis)
    if not covered(packs, path):
        message = _("%(day)s 没有生效的建档标准，请先启用政策包。")
        raise Refused(message % {"day": as_of.isoformat()}, code="no_policy", field="as_of")
    rows = in_range(path, survey)
    total = rows.count()
    if not total:
        raise Refused(_("所选范围内没有要复核的家庭。"), code="nobody", field="path")
    review = Review.objects.create(
        org_id=path,
        title=title,
        reason=reason,
        as_of=as_of,
        basis=basis,
        survey=survey,
        packs=packs.listed(),
        total=total,
        until=rows.order_by("-pk").values_list("pk", flat=True)[0],
        maker_id=actor.staff_id,
    )
    records.note("review.start", subject=review, note=title, detail={"households": total})
    return _compute_later(review)


def _compute_later(review: Review) -> Review:
    label = gettext("复核“%(title)s”") % {"title": review.title}
    page = reverse("reviews:review", args=[review.pk])
    review.job = jobs.start(
        "reviews.compute", title=label, total=review.total, result_url=page, review=review.pk
    )
    review.save(update_fields=["job"])
    return review


def _held(review: Review) -> Review:
    """The review, locked; OutOfSight for those it only reaches from above."""
    rows = Review.objects.select_for_update(of=("self",)).select_related("job")
    return get_or_out_of_sight(rows, pk=review.pk)


@transaction.atomic
def resume_review(*, review: Review) -> Review:
    """Queue the rest of a computation that broke off; what was computed is kept."""
    scope.current().require(RUN)
    row = _held(review)
    if row.state != "computing" or (row.job and row.job.state in _RUNNING):
        raise Refused(_("计算正在进行或已经完成，不必继续。"), code="running")
    records.note("review.resume", subject=row, note=row.title)
    return _compute_later(row)


@transaction.atomic
def cancel_review(*, review: Review) -> Review:
    """Call a review off: while it is computed, its job stops and drops the list; later, while nothing was
    decided, the list is dropped at once. Refused once a household was dealt with by it."""
    scope.current().require(RUN)
    row = _held(review)
    if row.state == "computing" and row.job and row.job.state in _RUNNING:
        records.cancel_job(run=row.job)
        return row
    return discard(row)


def discard(review: Review) -> Review:
    """Cancel the review and take away what was computed: no half list is left to be worked on."""
    cancelled = REVIEW.fire(review, "cancel")
    for rows in (cancelled.differences, cancelled.tallies, cancelled.effects):
        rows.all().delete()
    return cancelled


@transaction.atomic
def close_review(*, review: Review) -> Review:
    """End a review whose list is worked through."""
    return REVIEW.fire(review, "close", closed_on=timezone.localdate())
