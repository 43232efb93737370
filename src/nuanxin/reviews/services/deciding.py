"""The decision on what reviewers propose, carried out through casework for many households at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.casework import services as casework
from nuanxin.casework.models import File
from nuanxin.casework.services.officers import officers_for
from nuanxin.casework.services.reclassify import Result
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.records import jobs
from nuanxin.records.models import JobRun

from ..flow import DIFFERENCE
from ..models import Difference, Opinion, Review
from ..permissions import DECIDE
from .common import Outcome, facts_changed, locked, need, stale

#: Above so many households the decision goes to a job with progress.
AT_ONCE = 500


@transaction.atomic
def decide(*, rows: QuerySet[Difference]) -> Outcome:
    """Approve the proposals for these households and carry them out.

    Following the result changes the class of the file, closes it, or opens an application for an officer of
    the union; keeping changes nothing; visiting first hands the household to the union. What cannot be
    carried out (one's own proposal, changed facts, money on its way) is left with the reason on the row.
    """
    actor = scope.current()
    actor.require(DECIDE)
    held = locked(rows, "proposed")
    outcome = Outcome()
    own = [row.pk for row in held if row.proposer_id == actor.staff_id]
    outcome.refuse(own, Refused(_("您是经办人，不能审批自己提出的意见。"), code="own_proposal"))
    outcome.refuse(stale(held), facts_changed())
    outcome.refuse(_moved_on(held), Refused(_("档案已变动，请重新认定本户。"), code="file_changed"))
    left = [row for row in held if row.pk not in outcome.refused]
    for kind, carry_out in _WAYS.items():
        mine = [row for row in left if row.opinion == Opinion.FOLLOW and row.kind == kind]
        _carry_out(mine, carry_out, outcome)
    outcome.done += _settle([row.pk for row in left if row.opinion == Opinion.KEEP], "settle")
    outcome.done += _settle([row.pk for row in left if row.opinion == Opinion.VISIT], "send_to_visit")
    _keep_problems(held, outcome)
    return outcome


def _moved_on(held: Iterable[Difference]) -> list[int]:
    """The rows whose file is closed by now or has another class than the one they were compared with."""
    filed = {row.file_id: row for row in held if row.file_id}
    files = File.objects.filter(among(filed)).values_list("pk", "state", "clazz")
    return [filed[pk].pk for pk, state, clazz in files if (state, clazz) != ("open", filed[pk].was)]


def _settle(pks: list[int], action: str) -> int:
    if not pks:
        return 0
    actor = scope.current()
    rows = Difference.objects.filter(among(pks))
    given: dict[str, Any] = {"decider": actor.staff_id, "decided_at": timezone.now(), "problem": ""}
    return len(DIFFERENCE.fire_many(rows, action, org_path=actor.org_path, **given))


def _carry_out(
    rows: list[Difference], act: Callable[[list[Difference], Review], tuple[Result, str]], outcome: Outcome
) -> None:
    """Do it for the rows of each review with its own day, keep what came of it, and settle them."""
    by_review: dict[int, list[Difference]] = defaultdict(list)
    for row in rows:
        by_review[row.review_id].append(row)
    for pk, mine in by_review.items():
        result, kept = act(mine, Review.objects.get(pk=pk))
        key = {row.pk: row.file_id or row.household_id for row in mine}
        done = {pk: result.done[at] for pk, at in key.items() if at in result.done}
        for pk, at in key.items():
            if at in result.refused:
                outcome.refuse([pk], result.refused[at])
        if kept and done:
            Difference.objects.filter(among(done)).update(**{kept: by_key(Difference, done, "bigint")})
        outcome.done += _settle(list(done), "settle")


def _named(review: Review) -> str:
    return gettext("复核“%(title)s”") % {"title": review.title}


def _reclassify(rows: list[Difference], review: Review) -> tuple[Result, str]:
    files = {row.file_id: row.now for row in rows if row.file_id}
    result = casework.reclassify_many(files=files, as_of=review.as_of, reason=_named(review))
    return result, "assessment_id"


def _close(rows: list[Difference], review: Review) -> tuple[Result, str]:
    """Files are closed for the reason each reviewer gave, in sets of equal reasons."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.file_id:
            by_reason[row.reason or _named(review)].append(row.file_id)
    result = Result()
    for reason, files in by_reason.items():
        part = casework.close_many(files=files, reason=reason)
        result.done |= part.done
        result.refused |= part.refused
    return result, ""


def _invite(rows: list[Difference], review: Review) -> tuple[Result, str]:
    officers = officers_for([row.org_id for row in rows])
    invited = {row.household_id: officers[row.org_id] for row in rows if row.org_id in officers}
    result = casework.invite_many(households=invited, as_of=review.as_of)
    for row in rows:
        if row.org_id not in officers:
            result.refused[row.household_id] = Refused(
                _("该单位及上级没有可以代交申请的经办人，请先设置岗位。"), code="no_officer"
            )
    return result, "application_id"


_WAYS = {"class": _reclassify, "leaving": _close, "entering": _invite}


def _keep_problems(held: Iterable[Difference], outcome: Outcome) -> None:
    """Let each row that was left say why, for whoever looks at it next."""
    said = {pk: str(refusal) for pk, refusal in outcome.refused.items()}
    if said:
        Difference.objects.filter(among(said)).update(problem=by_key(Difference, said, "text"))


def decide_later(*, review: Review, rows: QuerySet[Difference]) -> JobRun:
    """Queue the decision on many proposals of a review as a job with progress."""
    scope.current().require(DECIDE)
    pks = list(rows.filter(review=review, state="proposed").order_by("pk").values_list("pk", flat=True))
    title = gettext("审批复核意见 %(count)s 户") % {"count": len(pks)}
    page = reverse("reviews:review", args=[review.pk])
    return jobs.start("reviews.decide", title=title, total=len(pks), result_url=page, differences=pks)


@transaction.atomic
def return_many(*, rows: QuerySet[Difference], reason: str) -> Outcome:
    """Send proposals back to who made them, with what to change."""
    actor = scope.current()
    actor.require(DECIDE)
    reason = need(reason, _("请写明退回的理由。"))
    held = locked(rows, "proposed")
    outcome = Outcome()
    own = [row.pk for row in held if row.proposer_id == actor.staff_id]
    outcome.refuse(own, Refused(_("您是经办人，不能审批自己提出的意见。"), code="own_proposal"))
    moved = DIFFERENCE.fire_many(
        Difference.objects.filter(among(row.pk for row in held if row.pk not in outcome.refused)),
        "return",
        org_path=actor.org_path,
        note=reason,
        returned_because=reason,
        decider=actor.staff_id,
        decided_at=timezone.now(),
    )
    outcome.done = len(moved)
    return outcome
