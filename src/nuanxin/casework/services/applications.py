"""Bringing an application in: start, visit, submit, withdraw."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.workdays import add_working_days
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.models import JobRun
from nuanxin.registry.models import Household, Roster

from .. import determination
from ..flow import APPLICATION
from ..models import UNDER_WAY, Application, File
from ..permissions import APPLY
from .assessments import assess
from .common import open_round


@transaction.atomic
def start_application(*, household: Household, applied_on: date | None = None) -> Application:
    """Open a draft application for a household and assess it.

    Refused when the household has a live file or an application on its way (one household, one file),
    or has ended.
    """
    scope.current().require(APPLY)
    if not Household.objects.live().select_for_update().filter(pk=household.pk).exists():
        raise Refused(_("该户已销户，不能再申请。"), code="household_ended")
    if File.objects.filter(household=household, state="open").exists():
        raise Refused(_("该家庭已有在档档案（一户一档），不必再申请。"), code="file_open")
    try:
        with transaction.atomic():
            application = Application.objects.create(**_draft(household.pk, household.org_id, applied_on))
    except IntegrityError as error:
        if "application_one_open" not in str(error):
            raise
        raise Refused(_("该家庭已有办理中的申请，请在原申请上继续办理。"), code="application_open") from error
    records.note("application.start", subject=application)
    assess(households=[household.pk], as_of=application.applied_on, known_on=timezone.localdate())
    application.refresh_from_db()
    return application


def _draft(household: int, org_path: str, applied_on: date | None) -> dict[str, Any]:
    return {
        "household_id": household,
        "org_id": org_path,
        "officer_id": scope.current().staff_id,
        "applied_on": applied_on or timezone.localdate(),
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
    """Open drafts for those of the households that have neither a live file nor an open application."""
    scope.current().require(APPLY)
    chosen = among(households, "household")
    taken = set(File.objects.filter(chosen, state="open").values_list("household_id", flat=True))
    taken |= set(
        Application.objects.filter(chosen, state__in=UNDER_WAY).values_list("household_id", flat=True)
    )
    free = Household.objects.live().filter(among(set(households) - taken)).values_list("pk", "org_id")
    drafts = [Application(**_draft(pk, str(org_path), as_of)) for pk, org_path in free]
    made = Application.objects.bulk_create(drafts, ignore_conflicts=True)
    assess(households=[row.household_id for row in made], as_of=as_of, known_on=timezone.localdate())
    return len(made)


@transaction.atomic
def submit(*, application: Application) -> Application:
    """Hand the application to the reviewer: a new process, or a new round after a return.

    Refused (by the flow's guard) without consent, assessment, home visit or document.
    """
    today = timezone.localdate()
    days = determination.days(determination.REVIEW_DAYS, application.org_id, today)
    return APPLICATION.fire(
        application,
        "submit",
        process=open_round(application),
        due_on=add_working_days(today, days) if days else None,
        returned_because="",
    )


@transaction.atomic
def withdraw(*, application: Application, reason: str = "") -> Application:
    """Take the application back before it is decided; a running notice comes down."""
    withdrawn = APPLICATION.fire(application, "withdraw", note=reason.strip(), due_on=None)
    take_down(withdrawn)
    return withdrawn


def take_down(application: Application) -> None:
    """The application's live notice no longer counts."""
    application.notices.filter(withdrawn=False).update(withdrawn=True)
