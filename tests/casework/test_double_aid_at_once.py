"""Two counties decide for one person at the same moment: exactly one of them gives the money."""

import pytest

from nuanxin.approvals.models import Process
from nuanxin.casework import services
from nuanxin.casework.models import Application, Award
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused

from . import applying
from . import factories as make
from .test_concurrency import at_once
from .test_double_aid import temporary


@pytest.mark.usefixtures("committed")
def test_two_counties_decide_for_one_person_at_once():
    """The person moved to the second county while the first had an application for them under way."""
    with scope.acting(system()):
        there, here = make.county(), make.county()
        home = make.household(here)
        second = temporary(here, home)
        first = applying.temporary(there, "draft")
        with scope.acting(there.officer):
            payee = services.NewPayee("和建国", "农业银行", "6217001234567890128")
            fund = first.fund
            first = services.answer(
                application=first, answers=first.answers | applying.NEED, fund=fund, payee=payee
            )
            first = services.submit(application=first)
        first = applying.onward(there, first, "checked")
        rows = Application.objects.filter(pk=first.pk)
        rows.update(person=home.head, household=None)
        Process.objects.filter(pk=first.process_id).update(persons=[bytes(home.head.id_hash)])
        first = rows.get()
    found = at_once(
        (there.decider, lambda: services.approve(application=first)),
        (here.decider, lambda: services.approve(application=second)),
    )
    assert sorted(type(one).__name__ for one in found) == ["Award", "DoubleAid"]
    assert [one.code for one in found if isinstance(one, Refused)] == ["double_aid"]
    with scope.acting(system()):
        assert Award.objects.filter(application__in=[first.pk, second.pk]).count() == 1
