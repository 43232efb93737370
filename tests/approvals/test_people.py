"""Who has no vote, and who stands in for whom."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from nuanxin.approvals import queries, services
from nuanxin.approvals.models import Barred, Deputy, Kin, Vote
from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.orgs import queries as posts
from nuanxin.orgs.models import Post
from tests.orgs import factories as orgs

from . import factories as make
from .factories import CHECK, DECIDE, begin, say, step
from .test_speaking import refused

pytestmark = pytest.mark.django_db
NUMBER = invent_id("539901", date(1960, 5, 17), 41)
HASH = fingerprint(NUMBER, "id_number")
DAY = timedelta(days=1)


@pytest.fixture
def tree():
    return make.tree()


@pytest.fixture
def maker(tree):
    return tree.actor("grassroots")


def declare(actor, number=NUMBER, relation="parent"):
    with scope.acting(actor):
        return services.declare_kin(relation=relation, id_number=number)


def test_kin_of_the_applicant_have_no_vote_wherever_they_sit(tree, maker):
    kin, other = tree.actor("county", DECIDE), tree.actor("county", DECIDE)
    declare(kin)
    process = begin(maker, make.route(step("decide")), persons=[HASH])
    refused("barred", say, kin, process)
    with scope.acting(kin):
        assert not queries.waiting_for(kin).exists()
        row = queries.step_of(process)
        with pytest.raises(IntegrityError, match="barred"), transaction.atomic():
            Vote.objects.create(
                org_id=process.org_id,
                process=process,
                process_step=row,
                maker_id=maker.staff_id,
                voter_id=kin.staff_id,
                round=1,
                step="decide",
                verdict="pass",
            )
    assert say(other, process).outcome == "done"


def test_when_only_kin_could_decide_the_matter_is_not_taken_in(tree, maker):
    declare(tree.actor("county", DECIDE))
    refused("no_approver", begin, maker, make.route(step("decide")), persons=[HASH])


def test_kin_declared_after_the_submission_has_no_vote_either(tree, maker):
    kin, other = tree.actor("county", DECIDE), tree.actor("county", DECIDE)
    process = begin(maker, make.route(step("decide")), persons=[HASH])
    row = declare(kin)
    refused("barred", say, kin, process)
    with scope.acting(kin):
        assert not queries.waiting_for(kin).exists()
        services.withdraw_kin(kin=row)
        with pytest.raises(OutOfSight):
            services.withdraw_kin(kin=row)
    assert say(kin, process).outcome == "done"
    assert other.staff_id != kin.staff_id


def test_declarations_are_seen_by_nobody_else_and_keep_no_number(tree):
    one, other = tree.actor("county"), tree.actor("county")
    row = declare(one)
    assert NUMBER not in str(row) and NUMBER not in repr(row.__dict__)
    refused("declared_already", declare, one)
    refused("check", declare, one, NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"))
    with scope.acting(other):
        assert not Kin.objects.exists()
        with pytest.raises(OutOfSight):
            services.withdraw_kin(kin=row)
    with scope.acting(one), pytest.raises(DatabaseError), transaction.atomic():
        Kin.objects.update(relation="self")


def test_a_conflict_declared_by_hand(tree, maker):
    one, two, three = (tree.actor("county", DECIDE) for _ in range(3))
    process = begin(maker, make.route(step("decide", needed=2)))
    with scope.acting(one):
        refused("no_reason", services.bar, process=process, reason=" ")
        services.bar(process=process, reason="与申请人是同学")
        services.bar(process=process, reason="再说一次")
        assert Barred.objects.filter(process=process).count() == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            Barred.objects.all().delete()
    refused("barred", say, one, process)
    with scope.acting(tree.actor("county", "orgs.node.see")):
        refused("not_your_matter", services.bar, process=process, reason="听说", staff_id=two.staff_id)
    say(two, process)
    with scope.acting(three):
        refused("voted_already", services.bar, process=process, reason="亲戚", staff_id=two.staff_id)
        services.bar(process=process, reason="亲戚", staff_id=orgs.staff().pk)


def named(holder, staff, days=5):
    """A deputy for the holder's own post from today; the actor of the deputy's new post."""
    today = timezone.localdate()
    with scope.acting(holder):
        post = Post.objects.select_related("node").get(pk=holder.post_id)
        row = services.name_deputy(
            post=post, staff=staff, since=today, until=today + days * DAY, reason="出差"
        )
    return row, row.post.actor()


def colleague(tree, level="county"):
    return orgs.post(tree[level], "orgs.node.see").staff


def test_a_deputy_speaks_for_the_holder_and_the_two_count_as_one(tree, maker):
    holder, other = tree.actor("county", DECIDE), tree.actor("county", DECIDE)
    row, deputy = named(holder, colleague(tree))
    process = begin(maker, make.route(step("decide", needed=2)))
    with scope.acting(deputy):
        assert [s.process_id for s in queries.waiting_for(deputy)] == [process.pk]
    assert say(deputy, process).outcome == "waiting"
    with scope.acting(holder):
        vote = Vote.objects.get(process=process)
        assert (vote.voter_id, vote.stands_for_id) == (row.staff_id, holder.staff_id)
        assert not queries.waiting_for(holder).exists()
    refused("voted_already", say, holder, process)
    assert say(other, process).outcome == "done"


def test_the_deputy_of_the_maker_or_of_kin_has_no_vote(tree):
    maker, kin = tree.actor("county"), tree.actor("county", DECIDE)
    free = tree.actor("county", DECIDE)
    declare(kin)
    _row, for_maker = named(maker, colleague(tree))
    _row, for_kin = named(kin, colleague(tree))
    process = begin(maker, make.route(step("decide")), persons=[HASH])
    refused("maker_may_not_vote", say, for_maker, process)
    refused("barred", say, for_kin, process)
    assert say(free, process).outcome == "done"


def test_a_deputy_makes_a_step_staffed(tree, maker):
    holder = tree.actor("county", DECIDE)
    way = make.route(step("decide", needed=2))
    named(holder, colleague(tree))
    refused("no_approver", begin, maker, way)  # holder and deputy are one
    tree.actor("county", DECIDE)
    assert begin(maker, way).position == 1


def test_who_may_be_a_deputy(tree):
    holder = tree.actor("county", DECIDE)
    for stranger in (orgs.staff(), orgs.post(orgs.node("county"), CHECK).staff):
        refused("not_eligible", named, holder, stranger)
    above = colleague(tree, "prefecture")
    row, deputy = named(holder, above)
    refused("deputy_already", named, holder, colleague(tree))
    refused("deputy_of_deputy", named, deputy, colleague(tree))
    assert {p.pk for p in posts.posts_of(above.pk)} > {row.post_id}
    with scope.acting(tree.actor("county")), pytest.raises(OutOfSight):
        post = Post.objects.select_related("node").get(pk=holder.post_id)
        today = timezone.localdate()
        services.name_deputy(post=post, staff=colleague(tree), since=today, until=today + DAY)


def test_roles_that_may_not_be_held_together_cannot_be_lent(tree):
    holder = tree.actor("county", DECIDE)
    paying = orgs.post(tree["county"], "payments.batch.pay")
    role = Post.objects.get(pk=holder.post_id).role
    role.conflicts = [paying.role.code]
    role.save()
    refused("conflicting_roles", named, holder, paying.staff)
    with scope.acting(holder):
        assert not Deputy.objects.exists()


def test_a_deputyship_ends_at_once(tree, maker):
    holder = tree.actor("county", DECIDE)
    row, _deputy = named(holder, colleague(tree))
    with scope.acting(holder):
        services.end_deputy(deputy=Deputy.objects.select_related("holder__node", "post").get(pk=row.pk))
        refused("ended", services.end_deputy, deputy=row)
    assert row.post_id not in {p.pk for p in posts.posts_of(row.staff_id)}
    today = timezone.localdate()
    for since, until, code in ((today - DAY, today, "past"), (today, today, "period")):
        with scope.acting(holder), pytest.raises(Refused) as refusal:
            post = Post.objects.select_related("node").get(pk=holder.post_id)
            services.name_deputy(post=post, staff=colleague(tree), since=since, until=until)
        assert refusal.value.code == code
