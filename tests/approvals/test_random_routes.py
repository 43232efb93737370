"""Random routes and random people: never decided without each vote, never one person twice in a round."""

import contextlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.approvals import queries, services
from nuanxin.approvals.models import Process, ProcessStep, Vote
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused

from . import factories as make
from .factories import begin, say, step

PEOPLE = 4
ways = st.lists(
    st.tuples(st.sampled_from(["check", "notice", "decide"]), st.integers(1, 2)), min_size=0, max_size=3
).map(lambda steps: [*steps, ("decide", 1)])
acts = st.lists(
    st.tuples(
        st.integers(0, PEOPLE),  # who: the last is the maker
        st.sampled_from(["pass", "pass", "pass", "return", "refuse", "notice", "again"]),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    max_size=14,
)


def do(process, actor, maker, way, subject, act, to):
    """One act of the story; what may not be is refused and changes nothing."""
    if act == "again":
        begin(maker, way, subject=subject)
    elif act == "notice":
        with scope.acting(actor):
            services.pass_notice(process=process)
    else:
        reason = {} if act == "pass" else {"reason": "重核", "to": to if act == "return" else None}
        say(actor, process, act, **reason)


def check(process):
    """What must hold at any time."""
    process = Process.objects.get(pk=process.pk)
    steps = list(queries.steps_of(process))
    for row in steps:
        assert not (row.result == "pass" and row.position > process.position > 0)
        if row.result == "pass" and row.kind != "notice":
            behind = Vote.objects.filter(process_step=row.carried_id or row.pk, verdict="pass")
            assert len({vote.voter_id for vote in behind}) >= row.needed
    counting = Counter(
        vote.voter_id for row in steps for vote in Vote.objects.filter(process_step=row.carried_id or row.pk)
    )
    assert not [voter for voter, times in counting.items() if times > 1]
    assert process.maker_id not in counting
    if process.outcome == "passed":
        assert steps and all(row.result == "pass" for row in steps)
    standing = ProcessStep.objects.filter(process=process, entered__isnull=False, done__isnull=True)
    assert standing.count() == (1 if process.position and not process.closed else 0)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=ways, story=acts)
def test_no_story_passes_a_step_without_its_votes(kinds, story):
    with scope.acting(system()):
        tree = make.tree()
        maker = tree.actor("county")
        people = [*(tree.actor("county") for _ in range(PEOPLE)), maker]
        way = make.route(
            *[
                step(f"s{n}", kind=kind, needed=0 if kind == "notice" else needed)
                for n, (kind, needed) in enumerate(kinds)
            ]
        )
    subject = make.Subject(tree["county"].path)
    try:
        process = begin(maker, way, subject=subject)
    except Refused as refusal:  # more votes in all than people
        assert refusal.code == "no_approver"
        return
    for who, act, to in story:
        with contextlib.suppress(Refused):
            do(process, people[who], maker, way, subject, act, to)
        with scope.acting(system()):
            check(process)
