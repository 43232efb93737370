"""Two decisions at the same moment: the database holds the yearly cap and the money."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from nuanxin.campaigns import services
from nuanxin.campaigns.models import Drive
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger import queries as ledger
from nuanxin.payments.models import Due
from tests.orgs import factories as orgs
from tests.registry import factories as registry

from . import factories as made

pytestmark = pytest.mark.usefixtures("committed")
CARD = {"bank": "农业银行", "card": "6217001234567890128"}


def at_once(home: made.County, drives: list[Drive]) -> list[str]:
    """Approve the drives from as many threads at the same moment; the outcome of each."""
    ready = Barrier(len(drives))
    deciders = [orgs.post(home.node, "*").actor() for _ in drives]

    def approve(decider, drive) -> str:
        try:
            ready.wait(10)
            with scope.acting(decider):
                services.approve_drive(drive=drive)
            return "approved"
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(drives)) as pool:
        return sorted(pool.map(approve, deciders, drives))


def three_for_one_worker(home: made.County, yuan: int) -> list[Drive]:
    """Drives submitted with the same worker on each."""
    number = registry.id_number()
    drives = [made.drive(home, cash=Money.yuan(yuan)) for _ in range(3)]
    for drive in drives:
        with home.acting("planner"):
            worker = {"org": home.unions[0], "name": "李秀英", "id_number": number, "target": "migrant"}
            services.add_worker(drive=drive, **worker, **CARD)
            services.submit_drive(drive=drive)
    return drives


def test_three_drives_cannot_pass_the_yearly_cap_together():
    home = made.county()
    drives = three_for_one_worker(home, 3000)
    assert at_once(home, drives) == ["approved", "approved", "over_quota"]
    with scope.acting(system()):
        assert Money.total(due.amount for due in Due.objects.all()) == Money.yuan(6000)
        assert ledger.available(home.fund.pk, home.node.path).free == Money.yuan(94_000)
        assert Drive.objects.filter(state="submitted").count() == 1


def test_three_drives_cannot_spend_more_than_there_is():
    home = made.county(yuan=5000)
    drives = three_for_one_worker(home, 2000)
    assert at_once(home, drives) == ["approved", "approved", "overspent"]
    with scope.acting(system()):
        assert ledger.available(home.fund.pk, home.node.path).free == Money.yuan(1000)
