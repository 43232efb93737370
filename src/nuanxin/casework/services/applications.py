"""Bringing an application in: start, answer, submit, withdraw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.ledger.models import Fund
from nuanxin.policy.programmes import Programme
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.models import JobRun
from nuanxin.registry.models import Employer, Household, Person, Roster
from nuanxin.registry.services import card_fields

from .. import answers as answering
from .. import programmes, subjects, urgency
from ..flow import APPLICATION
from ..models import FILING, UNDER_WAY, Application, File, Notice, Payee
from ..permissions import APPLY
from . import double_aid, listed
from .assessments import assess
from .common import due_on, matter
from .computing import PREPARING, compute_and_keep


@dataclass(frozen=True)
class NewPayee:
    """The account money is to go to, as it was written down."""

    name: str
    bank: str
    card: str
    branch: str = ""


@transaction.atomic
def start(
    *,
    programme: str,
    household: Household | None = None,
    person: Person | None = None,
    employer: Employer | None = None,
    applied_on: date | None = None,
    answers: Mapping[str, Any] | None = None,
    asked: Money | None = None,
) -> Application:
    """Open a draft application for a programme and determine it, as of the day it was applied for.

    Refused when the programme is not in force there, when the subject does not fit it or has one on its
    way, when it may not be repeated, or when it needs a file and there is none.
    """
    if programme == FILING and household is not None:
        return start_application(household=household, applied_on=applied_on)
    actor, day = scope.current(), applied_on or timezone.localdate()
    actor.require(APPLY)
    place = next((row.org_id for row in (household, person, employer) if row), actor.org_path)
    version = programmes.in_force(programme, str(place), day)
    subject = subjects.chosen(version, household, person, employer)
    _refuse_repeated(version, subject, day)
    row = _created(
        org_id=subject.org_path,
        programme=version.code,
        programme_version=version.sha256,
        household=subject.household,
        person=subject.person,
        employer=subject.employer,
        rests_on=subjects.file_behind(version, subject.household),
        officer_id=actor.staff_id,
        applied_on=day,
        answers=answering.read(version, answers or {}),
        asked=_within_limit(version, asked, subject.org_path),
    )
    compute_and_keep(applications=[row.pk], as_of=day)
    row.refresh_from_db()
    return row


def _created(**fields: Any) -> Application:
    """The draft; Refused when the subject has one of the programme on its way."""
    try:
        with transaction.atomic():
            row = Application.objects.create(**fields)
    except IntegrityError as error:
        if "application_one_open" in str(error):
            message = _("该家庭已有办理中的申请，请在原申请上继续办理。")
        elif "application_one_of_a_kind" in str(error):
            message = _("已有办理中的同一项目申请，请在原申请上继续办理。")
        else:
            raise
        raise Refused(message, code="application_open") from error
    records.note("application.start", subject=row)
    return row


def _refuse_repeated(programme: Programme, subject: subjects.Subject, day: date) -> None:
    """Once, or once a year, where the programme says so; what another union gave is double aid."""
    if programme.repeat == "any":
        return
    before = Application.objects.filter(
        programme=programme.code,
        state="approved",
        household=subject.household,
        person=subject.person,
        employer=subject.employer,
    )
    if programme.subject == "organisation":
        before = before.filter(org=subject.org_path)
    if programme.repeat == "yearly":
        before = before.filter(decided_on__year=day.year)
    if before.exists():
        message = _("该对象已享受过本项目，不能重复申请。")
        if programme.repeat == "yearly":
            message = _("该对象本年度已享受过本项目，不能重复申请。")
        raise Refused(message, code="repeated")


def _within_limit(programme: Programme, asked: Money | None, place: str) -> Money | None:
    """What was asked; Refused above what the programme can give at most, and for nothing at all."""
    if asked is None:
        return None
    if asked <= Money(0):
        raise Refused(_("金额必须大于 0。"), code="no_amount", field="asked")
    most = programmes.most(programme, place)
    if most is not None and asked > most:
        message = _("该项目最多 %(most)s 元。") % {"most": most}
        raise Refused(message, code="over_limit", field="asked")
    return asked


@transaction.atomic
def answer(
    *,
    application: Application,
    answers: Mapping[str, Any],
    asked: Money | None = None,
    fund: Fund | None = None,
    payee: NewPayee | None = None,
) -> Application:
    """Keep what was answered to the programme's questions, and determine the application again.

    `answers` replaces all that was answered before; questions may stay open until it is submitted.
    Without `payee` the account stays. Refused once it was submitted; Unreadable names every wrong field.
    """
    scope.current().require(APPLY)
    row = _preparing(application)
    version = programmes.of(row)
    if fund is not None and not programmes.allows(version, fund):
        raise Refused(_("所选资金不能用于该项目，请另选资金。"), code="fund_use", field="fund")
    row.answers = answering.read(version, answers)
    row.asked, row.fund = _within_limit(version, asked, str(row.org_id)), fund
    row.amount = None
    row.save(update_fields=["answers", "asked", "fund", "amount", "changed"])
    if payee is not None:
        _keep_payee(row, payee)
    records.note("application.answered", subject=row)
    compute_and_keep(applications=[row.pk])
    row.refresh_from_db()
    return row


def _preparing(application: Application) -> Application:
    """The application, locked; Refused unless it is being prepared."""
    row = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if row.state not in PREPARING:
        raise Refused(_("申请已提交，退回后才能修改。"), code="wrong_state")
    return row


def _keep_payee(application: Application, payee: NewPayee) -> None:
    """The account, sealed; Refused without a name or for what is no account number."""
    if not payee.name.strip():
        raise Refused(_("请填写收款人。"), code="no_payee", field="payee_name")
    fields = card_fields(payee.card, payee.bank, payee.branch)
    if fields["card_hash"] is None:
        raise Refused(_("请填写银行账号。"), code="card", field="card")
    values = {"org_id": application.org_id, "name": payee.name.strip(), **fields}
    Payee.objects.update_or_create(application=application, defaults=values)


@transaction.atomic
def start_application(*, household: Household, applied_on: date | None = None) -> Application:
    """Open a draft application for a household's file and assess it.

    Refused when the household has a live file or an application on its way (one household, one file),
    or has ended.
    """
    scope.current().require(APPLY)
    if not Household.objects.live().select_for_update().filter(pk=household.pk).exists():
        raise Refused(_("该户已销户，不能再申请。"), code="household_ended")
    if File.objects.filter(household=household, state="open").exists():
        raise Refused(_("该家庭已有在档档案（一户一档），不必再申请。"), code="file_open")
    day = applied_on or timezone.localdate()
    version = programmes.in_force(FILING, str(household.org_id), day).sha256
    row = _created(**_draft(household.pk, household.org_id, day, version))
    listed.link([household.pk])
    assess(households=[household.pk], as_of=row.applied_on, known_on=timezone.localdate())
    row.refresh_from_db()
    return row


def _draft(household: int, org_path: str, applied_on: date, version: str) -> dict[str, Any]:
    return {
        "household_id": household,
        "org_id": org_path,
        "officer_id": scope.current().staff_id,
        "applied_on": applied_on,
        "programme_version": version,
    }


def start_for_roster(*, roster: Roster) -> JobRun:
    """Queue draft applications for every household of a committed roster that has none yet."""
    scope.current().require(APPLY)
    total = Household.objects.live().filter(roster=roster).count()
    if not total:
        raise Refused(_("该花名册还没有导入家庭，请先确认导入。"), code="roster_empty")
    title = gettext("为花名册“%(name)s”生成申请") % {"name": roster.name[:60]}
    return jobs.start("casework.start_applications", title=title, total=total, roster=roster.pk)


@transaction.atomic
def start_many(*, households: list[int], as_of: date | None = None) -> int:
    """Open drafts for a file for those of the households that have neither a live one nor such a draft."""
    scope.current().require(APPLY)
    day = as_of or timezone.localdate()
    chosen = among(households, "household")
    taken = set(File.objects.filter(chosen, state="open").values_list("household_id", flat=True))
    under_way = Application.objects.filter(chosen, state__in=UNDER_WAY, programme=FILING)
    taken |= set(under_way.values_list("household_id", flat=True))
    free = list(Household.objects.live().filter(among(set(households) - taken)).values_list("pk", "org_id"))
    places = {str(org) for _pk, org in free}
    versions = {place: programmes.in_force(FILING, place, day).sha256 for place in places}
    drafts = [Application(**_draft(pk, str(org), day, versions[str(org)])) for pk, org in free]
    made = Application.objects.bulk_create(drafts, ignore_conflicts=True)
    listed.link([row.household_id for row in made if row.household_id])
    assess(households=[row.household_id for row in made], as_of=as_of, known_on=timezone.localdate())
    return len(made)


@transaction.atomic
def submit(*, application: Application) -> Application:
    """Hand the application on by its programme's route: a new process, or a new round after a return.

    Refused (by the flow's guard) while anything the programme asks for is missing.
    """
    row = APPLICATION.fire(application, "submit", returned_because="")
    double_aid.check(row)
    mine = matter(row)
    row.process = approvals.begin(
        subject=row,
        route=urgency.route_of(row, programmes.of(row)),
        place=mine.place,
        amount=mine.amount,
        clazz=mine.clazz,
        persons=mine.persons,
    )
    urgency.need_approvers(row, programmes.of(row))
    row.due_on = due_on(steps.step_of(row.process), row)
    row.save(update_fields=["process", "due_on", "changed"])
    return row


@transaction.atomic
def withdraw(*, application: Application, reason: str = "") -> Application:
    """Take the application back before it is decided; a running notice comes down."""
    withdrawn = APPLICATION.fire(application, "withdraw", note=reason.strip(), due_on=None)
    take_down(withdrawn)
    return withdrawn


def take_down(application: Application) -> None:
    """The application's live notice no longer counts."""
    take_down_many([application.pk])


def take_down_many(applications: Iterable[int]) -> None:
    """The live notices of the applications no longer count."""
    Notice.objects.filter(among(applications, "application"), withdrawn=False).update(withdrawn=True)
