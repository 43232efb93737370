import pytest
from django.db import DatabaseError, IntegrityError, transaction

from nuanxin.approvals import services
from nuanxin.approvals.models import Vote
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    return orgs.node("county")


def open_as(actor, county):
    """A process about the county's own node, standing in for any record."""

    class Matter:
        _meta = county._meta
        pk = county.pk
        org_id = county.path

    with scope.acting(actor):
        return services.open_process(subject=Matter)


def test_maker_checker_and_decider_are_three_people(county):
    maker, checker, decider = (orgs.actor(county) for _ in range(3))
    process = open_as(maker, county)
    with scope.acting(maker), pytest.raises(Refused) as refusal:
        services.vote(process=process, step="review", verdict="pass")
    assert refusal.value.code == "maker_may_not_vote"
    with scope.acting(checker):
        services.vote(process=process, step="review", verdict="pass")
        with pytest.raises(Refused) as refusal:
            services.vote(process=process, step="decide", verdict="pass")
        assert refusal.value.code == "voted_already"
    with scope.acting(decider):
        services.vote(process=process, step="decide", verdict="pass")
        assert Vote.objects.count() == 2


def test_the_database_refuses_the_makers_vote_whoever_is_named_as_maker(county):
    maker, other = orgs.actor(county), orgs.actor(county)
    process = open_as(maker, county)
    row = {"org_id": county.path, "process": process, "round": 1, "step": "x", "verdict": "pass"}
    with scope.acting(maker):
        with pytest.raises(IntegrityError, match="vote_not_maker"), transaction.atomic():
            Vote.objects.create(maker_id=maker.staff_id, voter_id=maker.staff_id, **row)
        with pytest.raises(IntegrityError, match="vote_process_maker"), transaction.atomic():
            Vote.objects.create(maker_id=other.staff_id, voter_id=maker.staff_id, **row)


def test_a_return_needs_a_reason_and_a_new_round_lets_the_checker_vote_again(county):
    maker, checker = orgs.actor(county), orgs.actor(county)
    process = open_as(maker, county)
    with scope.acting(checker):
        with pytest.raises(Refused) as refusal:
            services.vote(process=process, step="review", verdict="return", reason=" ")
        assert refusal.value.code == "no_reason"
        services.vote(process=process, step="review", verdict="return", reason="缺材料")
    assert open_as(maker, county).round == 2
    with scope.acting(checker):
        services.vote(process=process, step="review", verdict="pass")


def test_votes_are_never_changed(county):
    maker, checker = orgs.actor(county), orgs.actor(county)
    process = open_as(maker, county)
    with scope.acting(checker):
        services.vote(process=process, step="review", verdict="pass")
        with pytest.raises(DatabaseError), transaction.atomic():
            Vote.objects.update(verdict="refuse", reason="x")
