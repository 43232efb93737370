"""Households on a survey's list for whom an application is begun, wherever it is begun."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.sets import among, by_key

from ..flow import SURVEYED
from ..models import FILING, UNDER_WAY, Application, Surveyed

_SOURCES = SURVEYED.moves["apply"].sources


def link(households: Sequence[int]) -> int:
    """Let the rows of running surveys point at the applications for a file these households have under
    way, or got their file by; how many rows.
    """
    rows = Surveyed.objects.filter(
        among(households, "household"), state__in=_SOURCES, survey__state="open"
    ).values_list("pk", "household")
    listed = dict(rows)
    if not listed:
        return 0
    counts = Q(state__in=UNDER_WAY) | Q(file__state="open")
    filing = Application.objects.filter(counts, among(listed.values(), "household"), programme=FILING)
    begun = dict(filing.values_list("household", "pk"))
    of = {pk: begun[household] for pk, household in listed.items() if household in begun}
    actor = scope.current()
    moved = SURVEYED.fire_many(
        Surveyed.objects.filter(among(of)),
        "apply",
        org_path=actor.org_path,
        guarded=True,
        application_id=by_key(Surveyed, of, "bigint"),
        answered_on=timezone.localdate(),
        answered_by_id=actor.staff_id,
        reason="",
    )
    return len(moved)
