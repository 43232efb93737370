"""Determining households of a review once more: facts were completed, changed, or found on a visit."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from nuanxin.casework import services as casework
from nuanxin.casework.models import Visit
from nuanxin.kernel import scope
from nuanxin.kernel.sets import among

from ..computing import Chosen, computed
from ..flow import DIFFERENCE, UNSETTLED
from ..models import Difference, Review
from ..packs import packs_of
from ..permissions import RUN
from .common import Outcome, locked


@transaction.atomic
def determine_again(*, rows: QuerySet[Difference]) -> Outcome:
    """Determine these households on their facts of now and bring their differences up to date.

    A proposal that was made on the old facts falls. What does not differ any more is cleared; what was
    settled stays. All rows must be of one review.
    """
    scope.current().require(RUN)
    held = locked(rows, *UNSETTLED)
    if not held:
        return Outcome()
    review = Review.objects.get(pk=held[0].review_id)
    if any(row.review_id != review.pk for row in held):
        raise ValueError("rows of several reviews cannot be determined together")
    packs = packs_of(str(review.org_id), review.as_of, review.basis)
    with computed(review, packs, Chosen(keys=[row.household_id for row in held])) as outcome:
        kinds = outcome.kinds()
        for action in ("redetermine", "note", "clear"):
            _move([row.pk for row in held if _action(kinds.get(row.household_id)) == action], action)
        outcome.renew()
    return Outcome(done=len(held))


def _action(kind: str | None) -> str:
    """The move a household makes by how it differs now; one out of the review's range differs no more."""
    return {"award": "note", None: "clear"}.get(kind, "redetermine")


def _move(pks: list[int], action: str) -> None:
    """What was proposed on the old facts falls."""
    nothing: dict[str, Any] = {"opinion": "", "reason": "", "returned_because": "", "problem": ""}
    nobody: dict[str, Any] = dict.fromkeys(("proposer", "proposed_at", "decider", "decided_at"))
    rows = Difference.objects.filter(among(pks))
    DIFFERENCE.fire_many(rows, action, org_path=scope.current().org_path, **nothing, **nobody)


@transaction.atomic
def record_visit(
    *, difference: Difference, visited_on: date, visitors: str, finding: str, note: str = ""
) -> Difference:
    """Keep what the visit found that a decision asked for; the reviewer goes on from there."""
    casework.record_visit(
        household=difference.household, visited_on=visited_on, visitors=visitors, finding=finding, note=note
    )
    said = Visit.Finding(finding).label
    return DIFFERENCE.fire(difference, "visited", note=str(said))
