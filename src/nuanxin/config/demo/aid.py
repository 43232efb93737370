"""Lists of living aid, from the draft to the cards."""

from datetime import date

from django.utils import timezone

from nuanxin.casework import services as casework
from nuanxin.casework.models import AidList, Award, File
from nuanxin.ledger.models import Fund
from nuanxin.payments.models import Batch

from . import money
from .cast import Cast
from .machinery import Agenda

PROGRAMME, TAPER = "living-aid", "taper"


class AidOffice:
    """One county's lists and payments: who makes, decides and pays them."""

    def __init__(self, cast: Cast, agenda: Agenda, reviewer: str, decider: str, cashier: str) -> None:
        self.cast, self.agenda = cast, agenda
        self.reviewer, self.decider, self.cashier = reviewer, decider, cashier

    def plan(self, day: date, batch: str, fund: Fund, until: str, failing: tuple[int, ...] = ()) -> None:
        """Plan a list over the open files without living aid yet; `until`: submitted, approved or settled."""
        self.agenda.on(day, self._run, batch, fund, until, failing)

    def _run(self, which: str, fund: Fund, until: str, failing: tuple[int, ...]) -> None:
        today = timezone.localdate()
        title = f"{today.year}年{which}困难职工生活救助"
        with self.cast.acting(self.reviewer):
            helped = Award.objects.filter(programme=PROGRAMME, year=today.year).exclude(state="removed")
            files = File.objects.filter(state="open").exclude(pk__in=helped.values("file"))
            pks = list(files.values_list("pk", flat=True))
            made = casework.make_list(
                programme=PROGRAMME, title=title, year=today.year, as_of=today, fund=fund, files=pks
            )
            casework.submit_list(aid_list=made)
        if until != "submitted":
            self._decide(made, fund, until, failing)

    def taper(self, day: date, fund: Fund, until: str) -> None:
        """Plan a list of the month's aid to families in their taper."""
        self.agenda.on(day, self._taper, fund, until)

    def _taper(self, fund: Fund, until: str) -> None:
        today = timezone.localdate()
        title = f"{today.year}年{today.month}月渐退期帮扶"
        with self.cast.acting(self.reviewer):
            made = casework.make_list(programme=TAPER, title=title, year=today.year, as_of=today, fund=fund)
            casework.submit_list(aid_list=made)
        if until != "submitted":
            self._decide(made, fund, until, ())

    def _decide(self, made: AidList, fund: Fund, until: str, failing: tuple[int, ...]) -> None:
        with self.cast.acting(self.decider):
            casework.approve_list(aid_list=AidList.objects.get(pk=made.pk))
        if until == "settled":
            sent = money.send(self.cast, self.cashier, self._batch(made.title, fund))
            money.settle(self.cast, self.cashier, sent, failing)

    def send(self, day: date, which: str, fund: Fund) -> None:
        """Plan that an approved list goes to the bank, which does not answer yet."""
        self.agenda.on(day, self._send, which, fund)

    def _send(self, which: str, fund: Fund) -> None:
        with self.cast.acting(self.reviewer):
            title = AidList.objects.filter(title__contains=which, state="approved").latest("pk").title
        money.send(self.cast, self.cashier, self._batch(title, fund))

    def _batch(self, title: str, fund: Fund) -> Batch:
        return money.batch(self.cast, self.cashier, fund, title)
