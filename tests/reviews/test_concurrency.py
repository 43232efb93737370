"""Two people at once on one proposal: exactly one decision is carried out."""

import pytest

from nuanxin.casework.models import Assessment
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.reviews import services
from nuanxin.reviews.models import Difference
from tests.casework.test_concurrency import at_once

from . import factories as make


@pytest.mark.usefixtures("committed")
def test_two_deciders_on_one_proposal(jobs):
    with scope.acting(system()):
        county = make.county()
        file = make.file(county, "relative", 800)
        second = make.orgs.actor(county.node, *make.DECIDER)
        review = make.start(county)
    jobs()
    with scope.acting(county.reviewer):
        services.propose(rows=Difference.objects.filter(review=review), opinion="follow")
        before = Assessment.objects.count()
    found = at_once(
        (county.decider, lambda: services.decide(rows=Difference.objects.filter(review=review)).done),
        (
            second,
            lambda: services.return_many(rows=Difference.objects.filter(review=review), reason="请核对").done,
        ),
    )
    assert sorted(found) == [0, 1]
    with scope.acting(system()):
        row = Difference.objects.get(review=review)
        file.refresh_from_db()
        decided = row.state == "settled"
        assert file.clazz == ("deep" if decided else "relative")
        assert Assessment.objects.count() == before + decided
