"""Long work of reviews: computing one chunk by chunk, and deciding on many proposals."""

from django.db import connection

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, subtree
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.records.jobs import Cancelled, Progress, running, task

from .computing import Chosen, computed
from .flow import REVIEW
from .models import Difference, Review, Tally
from .packs import packs_of
from .services.deciding import decide
from .services.reviewing import discard

#: Households determined and written in one transaction; a few seconds' work, so that progress is seen.
CHUNK = 50_000
#: Decisions carried out in one transaction.
DECISIONS = 500


@task("reviews.compute")
def compute(run: int, path: str, review: int) -> None:
    """Compute a review from where it stands; each chunk is kept with how far it reached, or not at all."""
    with running(run, path) as job:
        if job is None:
            return
        _record, actor, progress = job
        try:
            _compute(review, actor, progress)
        except (Cancelled, Refused):
            with scope.acting(actor):
                left = Review.objects.select_for_update(of=("self",)).get(pk=review)
                if left.state == "computing":
                    discard(left)
            raise


def _compute(pk: int, actor: Actor, progress: Progress) -> None:
    left = True
    while left:
        with scope.acting(actor):
            done = sum(Tally.objects.filter(review=pk).values_list("households", flat=True))
        progress(done)
        with scope.acting(actor):
            left = _next_chunk(pk)


def _next_chunk(pk: int) -> bool:
    """Determine the next households in the order of their keys; False when the review is computed.

    The review stays locked, so of two deliveries of one job the second goes on where the first ended.
    """
    review = Review.objects.select_for_update(of=("self",)).get(pk=pk)
    if review.state != "computing":
        return False
    upto = _end_of_chunk(review)
    if upto is None:
        REVIEW.fire(review, "finish")
        return False
    packs = packs_of(str(review.org_id), review.as_of, review.basis)
    with computed(review, packs, Chosen(review.reached, upto)) as found:
        found.add()
    Review.objects.filter(pk=pk).update(reached=upto)
    return True


def _end_of_chunk(review: Review) -> int | None:
    """The last household of the next chunk."""
    low, high = subtree(str(review.org_id))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM registry_household WHERE id > %s AND id <= %s"
            " AND org_path >= %s AND org_path < %s ORDER BY id LIMIT %s) chunk",
            [review.reached, review.until, low, high, CHUNK],
        )
        found: int | None = cursor.fetchone()[0]
        return found


@task("reviews.decide")
def decide_many(run: int, path: str, differences: list[int]) -> None:
    """Carry out proposals; those settled before an interruption are passed over."""
    with running(run, path) as job:
        if job is None:
            return
        _record, actor, progress = job
        for start in range(0, len(differences), DECISIONS):
            chunk = differences[start : start + DECISIONS]
            with scope.acting(actor):
                decide(rows=Difference.objects.filter(among(chunk)))
            progress(start + len(chunk), len(differences))
