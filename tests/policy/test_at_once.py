"""Two people at the same moment: real commits on two connections."""

import threading
from collections.abc import Callable

from django.db import connection, connections

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import permissions, services
from nuanxin.policy.models import Pack, PackProposal, Parameter
from tests.orgs import factories as orgs

from . import factories as make


def at_once(*acts: tuple[Actor, Callable[[], object]]) -> list[str]:
    """Do everything at the same time; "done" or the code of the refusal, sorted."""
    ready, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int) -> None:
        actor, act = acts[place]
        try:
            with scope.acting(actor):
                ready.wait(10)
                act()
                # hold the transaction open, so that the other meets what is not committed yet
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.3)")
            told[place] = "done"
        except Refused as refusal:
            told[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(told)


def test_of_two_rivals_activated_at_once_one_wins(committed: None):
    at = make.home()
    rows = [make.submitted(at), make.submitted(at, code="aid.rival")]
    actors = [at.decider.actor(), orgs.post(at.node, permissions.ACTIVATE_PACK).actor()]
    acts = [
        (actor, lambda row=row: services.activate_proposal(proposal=row))
        for actor, row in zip(actors, rows, strict=True)
    ]
    assert at_once(*acts) == ["done", "rival"]
    with scope.acting(system()):
        states = sorted(PackProposal.objects.filter(org=at.node).values_list("state", flat=True))
        assert states == ["in_force", "submitted"]
        assert Pack.objects.filter(org=at.node).count() == 1


def test_one_change_activated_twice_at_once_counts_once(committed: None):
    at = make.home()
    make.lines(make.line(at.node, 620))
    row = make.changed(at, "submitted", make.entry(at.node, 650))
    actors = [at.decider.actor(), orgs.post(at.node, permissions.SET_STANDARD).actor()]
    acts = [(actor, lambda: services.activate_change(change=row)) for actor in actors]
    assert at_once(*acts) == ["done", "wrong_state"]
    assert Parameter.objects.filter(org=at.node).count() == 2


def test_of_two_changes_of_one_line_at_once_one_wins(committed: None):
    at = make.home()
    make.lines(make.line(at.node, 620))
    rows = [make.changed(at, "submitted", make.entry(at.node, yuan)) for yuan in (650, 660)]
    actors = [at.decider.actor(), orgs.post(at.node, permissions.SET_STANDARD).actor()]
    acts = [
        (actor, lambda row=row: services.activate_change(change=row))
        for actor, row in zip(actors, rows, strict=True)
    ]
    assert at_once(*acts) == ["done", "overlap"]
    with scope.acting(system()):
        assert Parameter.objects.filter(org=at.node, valid__upper_inf=True).count() == 1
