"""Applications for all kinds of assistance, from the draft at the union to the money on the card."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nuanxin.approvals import queries as approvals
from nuanxin.approvals.models import StepKind
from nuanxin.casework import services as casework
from nuanxin.casework.models import Application, File
from nuanxin.casework.services import NewPayee
from nuanxin.kernel.money import Money
from nuanxin.kernel.workdays import add_working_days
from nuanxin.ledger.models import Fund
from nuanxin.payments import queries as payments
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme
from nuanxin.records import services as records
from nuanxin.registry.models import Employer, Household, Member

from . import money, papers
from .cases import Office
from .cast import Cast
from .families import luhn_number
from .machinery import Agenda
from .requests import ASIDE, CHECKED, DECIDED, DRAFT, PAID, QUICK, REFUSED, RETURNED, Request
from .tree import NATIONAL, PROVINCE

#: Working days from the start to the submission, the check, the decision, the pay; after a notice.
SUBMIT, CHECK, DECIDE, PAY, NOTICE = 0, 2, 4, 6, 6
#: Who decides above the county, by the code of the unit.
ABOVE = {PROVINCE: "province3", NATIONAL: "national"}


class Desk:
    """One county's applications: brought in at the unions, checked, decided and paid in the county."""

    def __init__(
        self, cast: Cast, agenda: Agenda, office: Office, cashier: str, funds: dict[str, Fund], home: str
    ) -> None:
        self.cast, self.agenda, self.office, self.cashier = cast, agenda, office, cashier
        self.funds, self.home = funds, home
        self.rng = random.Random(office.path)
        self._taken: set[int] = set()
        self._firms: set[int] = set()

    def plan(self, requests: Iterable[Request]) -> None:
        """Plan every request from its first day on."""
        for request in requests:
            day = self.agenda.ago(request.days)
            self.agenda.on(day, self._bring_in, request, day)

    def _bring_in(self, request: Request, day: date) -> None:
        subject, union = self._subject(request)
        with self.cast.acting(union):
            row = casework.start(programme=request.programme, **subject)
            programme = _programme(row)
            row = casework.answer(
                application=row,
                answers=request.answers,
                fund=self.funds[request.fund] if programme.outcome == "award" else None,
                payee=self._payee(subject["employer"]) if "employer" in subject else None,
            )
            self._evidence(row, programme)
            if request.aside:
                casework.propose_overruling(application=row, code=request.aside, reason=ASIDE)
        if request.until == DRAFT:
            return
        if request.aside:
            with self.cast.acting(self.office.decider):
                casework.agree_overruling(overruling=row.overrulings.get())
        with self.cast.acting(union):
            casework.submit(application=Application.objects.get(pk=row.pk))
        self._plan_rest(request, programme, row.pk, day)

    def _plan_rest(self, request: Request, programme: Programme, pk: int, day: date) -> None:
        on, later = self.agenda.on, add_working_days
        if request.ends:
            on(later(day, CHECK), self._end, pk, request.ends)
            return
        wait = NOTICE if programme.route == "aid-notice" else 0
        if request.until >= CHECKED:
            on(later(day, CHECK), self._check, pk, bool(wait))
        if request.until >= DECIDED:
            on(later(day, DECIDE + wait), self._decide, pk, request.outcome)
        if request.until >= PAID:
            on(later(day, PAY + wait), self._pay, programme.title.zh, self.funds[request.fund])

    # for whom

    def _subject(self, request: Request) -> tuple[dict[str, Any], str]:
        """Whom it is for, as the service takes it, and the union that brings it in."""
        at = [self.home] if request.home else []
        if request.who == "worker":
            found = self.office.choose(1, at=at, filed=False) or self.office.choose(1, filed=False)
            ((household, union),) = found
            with self.cast.acting(self.office.reviewer):
                return {"person": Household.objects.select_related("head").get(pk=household).head}, union
        with self.cast.acting(self.office.reviewer):
            if request.who == "firm":
                firms = Employer.objects.filter(union__isnull=False).exclude(pk__in=self._firms)
                employer = firms.order_by("headcount", "pk")[0]
                self._firms.add(employer.pk)
                return {"employer": employer}, str(employer.org_id)
            member = self._member(request.who, at)
        self._taken.add(member.household_id)
        subject = {"household": member.household} if request.who == "filed" else {"person": member.person}
        return subject, str(member.household.org_id)

    def _member(self, who: str, at: list[str]) -> Member:
        """Of a family with an open file: its head where there are bills, or a child at school."""
        files = File.objects.filter(state="open").exclude(household__in=self._taken)
        if at and files.filter(org__in=at).exists():
            files = files.filter(org__in=at)
        living = Member.objects.filter(until__isnull=True, household__in=files.values("household"))
        if who == "filed":
            ill = living.filter(relation="0", household__expenses__kind="medical")
            found = ill.filter(household__expenses__evidenced=True)
        else:
            born = timezone.localdate() - timedelta(days=15 * 366)
            found = living.filter(relation__in=["2", "3"], person__born_on__lt=born)
        return found.select_related("person", "household").order_by("pk")[0]

    # what is handed in

    def _payee(self, employer: Employer) -> NewPayee:
        card = luhn_number(f"990000{employer.pk:012}")
        return NewPayee(employer.name, "云岭农村信用社", card, "营业部")

    def _evidence(self, row: Application, programme: Programme) -> None:
        for document in programme.documents:
            if document.required:
                paper = papers.paper(document.code)
                upload = SimpleUploadedFile(paper.name, paper.body)
                records.attach(subject=row, category=document.code, upload=upload)
        if programme.consent and row.household_id is None:
            paper = papers.paper("consent")
            upload = SimpleUploadedFile(paper.name, paper.body)
            records.attach(subject=row, category="consent", upload=upload)
        if programme.visit and row.household is not None:
            casework.record_visit(
                household=row.household, application=row, visited_on=timezone.localdate(),
                visitors="工会经办人、社区网格员", finding="agrees", note="情况属实，票据齐全。",
                checked=casework.as_declared(row.household),
            )  # fmt: skip

    # the county and above

    def _check(self, pk: int, notice: bool) -> None:
        """The county's check, where the route has one, with the notice put up after it."""
        with self.cast.acting(self.office.reviewer):
            row = Application.objects.select_related("process").get(pk=pk)
            step = approvals.step_of(row.process)
            if step is None or step.kind != StepKind.CHECK:
                return
            if notice:
                node = self.cast.node(self.office.reviewer)
                place = f"{row.org.name}公示栏"
                casework.pass_to_notice(application=row, phone=node.supervision_phone, place=place)
            else:
                casework.pass_on(application=row)

    def _decide(self, pk: int, outcome: str) -> None:
        """The county's word; what goes on from there the province decides the same day, the nation later."""
        with self.cast.acting(self.office.decider):
            casework.approve(application=Application.objects.get(pk=pk), outcome=outcome)
            step = approvals.step_of(Application.objects.select_related("process").get(pk=pk).process)
        if step is not None and step.org.code == PROVINCE:
            with self.cast.acting(ABOVE[PROVINCE]):
                casework.approve(application=Application.objects.get(pk=pk))

    def _end(self, pk: int, how: str) -> None:
        with self.cast.acting(self.office.reviewer if how == "returned" else self.office.decider):
            row = Application.objects.get(pk=pk)
            if how == "returned":
                casework.return_application(application=row, reason=RETURNED)
            else:
                casework.refuse(application=row, reason=REFUSED)

    def _pay(self, title: str, fund: Fund) -> None:
        """Pay what waits under a title; an earlier batch may have taken it along."""
        with self.cast.acting(self.cashier):
            if not payments.dues().filter(state="waiting", reason=title).exists():
                return
        sent = money.send(self.cast, self.cashier, money.batch(self.cast, self.cashier, fund, title))
        money.settle(self.cast, self.cashier, sent)

    # money before papers

    def act_first(self, days: int, yuan: int, answers: dict[str, Any], deciders: tuple[str, ...]) -> None:
        """Plan urgent aid: decided the same day by these people, paid the next; with none it waits."""
        day = self.agenda.ago(days)
        self.agenda.on(day, self._act_first, day, yuan, answers, deciders)

    def _act_first(self, day: date, yuan: int, answers: dict[str, Any], deciders: tuple[str, ...]) -> None:
        ((household, union),) = self.office.choose(1, filed=False)
        fund = self.funds["own"]
        with self.cast.acting(union):
            head = Household.objects.select_related("head").get(pk=household).head
            row = casework.act_first(
                programme="temporary-aid", person=head, amount=Money.yuan(yuan),
                answers=answers | {"needed": str(yuan)}, fund=fund, note=QUICK,
            )  # fmt: skip
        for decider in deciders:
            with self.cast.acting(decider):
                casework.approve(application=Application.objects.get(pk=row.pk))
        if len(deciders) > 1:
            self.agenda.on(add_working_days(day, 1), self._pay, _programme(row).title.zh, fund)

    def complete(self, day: date) -> None:
        """Plan that the papers of the first urgent aid come in."""
        self.agenda.on(day, self._complete)

    def _complete(self) -> None:
        with self.cast.acting(self.office.reviewer):
            waiting = Application.objects.filter(papers_due_on__isnull=False, papers_done_on__isnull=True)
            row = waiting.order_by("papers_due_on", "pk")[0]
        with self.cast.acting(row.org_id):
            self._evidence(row, _programme(row))
            casework.complete_papers(application=row)


def _programme(row: Application) -> Programme:
    return policy.programme_by_hash(row.programme_version)
