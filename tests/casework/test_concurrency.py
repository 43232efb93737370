"""Two people at once: exactly one decision, one file, one held budget."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from nuanxin.casework import services
from nuanxin.casework.models import Application, Award, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.refusal import Refused
from nuanxin.payments.models import Due

from . import factories as make


def at_once(*acts: tuple[Actor, Callable[[], Any]]) -> list[Any]:
    """Run the acts in threads of their own that start together; what each came to."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(place: int, actor: Actor, act: Callable[[], Any]) -> None:
        try:
            with scope.acting(actor):
                gate.wait()
                found[place] = act()
        except Refused as refusal:
            found[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, *act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def two_deciders() -> tuple[make.County, Actor, Actor]:
    with scope.acting(system()):
        county = make.county()
        return county, county.decider, make.orgs.actor(county.node, *make.DECIDER)


@pytest.mark.usefixtures("committed")
def test_two_deciders_approve_one_application():
    county, first, second = two_deciders()
    with scope.acting(system()):
        row = make.application(county, "noticed", over=True)
    found = at_once(*[(who, lambda: services.approve(application=row)) for who in (first, second)])
    assert sorted(type(one).__name__ for one in found) == ["File", "Refused"]
    assert next(one for one in found if isinstance(one, Refused)).code == "wrong_state"
    with scope.acting(system()):
        assert File.objects.filter(application=row).count() == 1
        assert row.process.votes.filter(step="decide").count() == 1


@pytest.mark.usefixtures("committed")
def test_one_approves_while_the_other_refuses():
    county, first, second = two_deciders()
    with scope.acting(system()):
        row = make.application(county, "noticed", over=True)
    found = at_once(
        (first, lambda: services.approve(application=row)),
        (second, lambda: services.refuse(application=row, reason="不符合")),
    )
    assert sum(isinstance(one, Refused) for one in found) == 1
    with scope.acting(system()):
        row = Application.objects.get(pk=row.pk)
        assert File.objects.filter(application=row).exists() == (row.state == "approved")


@pytest.mark.usefixtures("committed")
def test_two_lists_that_together_pass_the_fund():
    """Each list alone is covered, both are not: exactly one holds its money."""
    county, first, second = two_deciders()
    with scope.acting(system()):
        files = [make.file(county), make.file(county)]
        money = make.ledger.fund("living-aid")
        make.ledger.give(money, county.node, 10_000)
        lists = [make.aid_list(county, "submitted", fund=money, files=[file.pk]) for file in files]
    found = at_once(
        (first, lambda: services.approve_list(aid_list=lists[0])),
        (second, lambda: services.approve_list(aid_list=lists[1])),
    )
    assert [one.code for one in found if isinstance(one, Refused)] == ["overspent"]
    with scope.acting(system()):
        assert Due.objects.count() == Award.objects.filter(state="approved").count() == 1


@pytest.mark.usefixtures("committed")
def test_two_lists_that_together_pass_a_household_limit():
    county, first, second = two_deciders()
    with scope.acting(system()):
        make.file(county)
        lists = [make.aid_list(county, "submitted") for _ in range(2)]
    found = at_once(
        (first, lambda: services.approve_list(aid_list=lists[0])),
        (second, lambda: services.approve_list(aid_list=lists[1])),
    )
    assert [one.code for one in found if isinstance(one, Refused)] == ["over_quota"]
    with scope.acting(system()):
        assert Due.objects.count() == 1
