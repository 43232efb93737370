"""Two at once: one of them is told clearly, and a step counts what was said once."""

import threading

import pytest
from django.db import connection

from nuanxin.approvals import services
from nuanxin.approvals.models import Process, Vote
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused

from . import factories as make
from .factories import DECIDE, begin, say, step


def at_once(*acts):
    """Run the acts in threads that start together; what each came to."""
    gate = threading.Barrier(len(acts))
    found = [None] * len(acts)

    def run(place, act):
        try:
            gate.wait()
            found[place] = act()
        except Refused as refusal:
            found[place] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [getattr(one, "outcome", one) for one in found]


@pytest.mark.usefixtures("committed")
def test_deciding_twice_at_once_gives_one_clear_refusal():
    with scope.acting(system()):
        tree = make.tree()
        maker, one, two = tree.actor("grassroots"), tree.actor("county", DECIDE), tree.actor("county", DECIDE)
        way = make.route(step("decide"))
    process = begin(maker, way)
    found = at_once(lambda: say(one, process), lambda: say(two, process))
    assert sorted(found) == ["done", "process_closed"]
    same = begin(maker, way)
    found = at_once(*[lambda: say(one, same, "refuse", reason="不符合") for _ in range(3)])
    assert sorted(found) == ["process_closed", "process_closed", "refused"]
    with scope.acting(system()):
        assert Vote.objects.filter(process__in=[process, same]).count() == 2


@pytest.mark.usefixtures("committed")
def test_two_of_two_and_batches_over_the_same_processes():
    with scope.acting(system()):
        tree = make.tree()
        maker, one, two = tree.actor("grassroots"), tree.actor("county", DECIDE), tree.actor("county", DECIDE)
        way = make.route(step("decide", needed=2))
    processes = [begin(maker, way) for _ in range(20)]

    def all_of(actor, rows):
        def act():
            with scope.acting(actor):
                progress, refused = services.speak_many(processes=rows, verdict="pass")
                return len(progress), len(refused)

        return act

    assert at_once(all_of(one, processes), all_of(two, processes[::-1])) == [(20, 0), (20, 0)]
    with scope.acting(system()):
        assert set(Process.objects.values_list("outcome", flat=True)) == {"passed"}
        assert Vote.objects.count() == 40


@pytest.mark.usefixtures("committed")
def test_submitting_twice_at_once_makes_one_process():
    with scope.acting(system()):
        tree = make.tree()
        maker = tree.actor("grassroots")
        tree.actor("county", DECIDE)
        way = make.route(step("decide"))
    subject = make.Subject(maker.org_path)
    found = at_once(*[lambda: begin(maker, way, subject=subject).position for _ in range(2)])
    assert sorted(map(str, found)) == ["1", "under_way"]
