"""What was known on a day in the past: a line of spending taken away that day is no longer among it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.registry import queries, services
from nuanxin.registry.models import Expense, Household
from tests.orgs import factories as orgs

from . import factories as make

pytestmark = pytest.mark.django_db
YEAR = 2024


def spend(home: Household, kind: str, yuan: int) -> None:
    services.record_expense(household=home, kind=kind, amount=Money.yuan(yuan), evidenced=True, year=YEAR)


def known_today(home: Household, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the history tells tomorrow of the spending known today: fen by kind."""
    today, localdate = timezone.localdate(), timezone.localdate

    def tomorrow(value: Any = None, *args: Any) -> Any:
        return localdate(value, *args) if value else today + timedelta(days=1)

    monkeypatch.setattr(timezone, "localdate", tomorrow)
    found = queries.expenses_relation([home.pk], today)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kind, amount FROM ({found.sql}) AS e ORDER BY kind", found.params)
        return dict(cursor.fetchall())


def test_a_deleted_line_is_not_known_any_more(monkeypatch):
    node = orgs.node("county")
    with scope.acting(system()):
        home = make.household(node.path)
        for kind in ("medical", "schooling"):
            spend(home, kind, 300)
        spend(home, "medical", 500)
        spend(home, "schooling", 0)
        assert not Expense.objects.filter(household=home, kind="schooling").exists()
        assert known_today(home, monkeypatch) == {"medical": 50_000}


def test_a_line_entered_again_is_known(monkeypatch):
    node = orgs.node("county")
    with scope.acting(system()):
        home = make.household(node.path)
        for yuan in (300, 0, 200):
            spend(home, "medical", yuan)
        assert known_today(home, monkeypatch) == {"medical": 20_000}
