"""The decision: approve and open the file, refuse, send back; one or many."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import events
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records

from ..events import FileOpened
from ..flow import APPLICATION
from ..models import FILED, Application, File
from .applications import take_down
from .common import Verdict, need_reason, speak

STEP = "decide"


@dataclass
class Outcome:
    """What a batch decision came to: files opened, and why each of the others was not."""

    opened: list[File] = field(default_factory=list)
    refused: list[tuple[Application, Refused]] = field(default_factory=list)


@transaction.atomic
def approve(*, application: Application, on: date | None = None) -> File:
    """Approve the application and open the household's file with its number.

    Refused before the notice is over or with an open objection (guard and database), for who made
    or reviewed it, and when the household has a live file already.
    """
    day = on or timezone.localdate()
    approved = APPLICATION.fire(application, "approve", decided_on=day, due_on=None)
    clazz = approved.assessment.result if approved.assessment else ""
    if clazz not in FILED:
        raise Refused(_("认定结论不属于建档类别，不能批准建档。"), code="not_filed_class")
    speak(approved, STEP, Verdict.PASS)
    file = _open_file(approved, clazz, day)
    approvals.close(process=approved.process)
    events.publish(FileOpened(file=file.pk))
    return file


def _open_file(application: Application, clazz: str, day: date) -> File:
    household = application.household_id
    try:
        with transaction.atomic():
            file = File.objects.create(
                org_id=application.org_id,
                number=_number(application.org_id, day),
                household_id=household,
                application=application,
                clazz=clazz,
                opened_on=day,
                reopened=File.objects.filter(household_id=household, state="closed").exists(),
            )
    except IntegrityError as error:
        if "file_one_live" not in str(error):
            raise
        raise Refused(_("该家庭已有在档档案（一户一档），不能重复建档。"), code="file_open") from error
    records.note("file.open", subject=file, detail={"application": application.pk})
    return file


def _number(org_path: str, day: date) -> str:
    """Division, year and running number, as 533422-2022-000182: of the county the file belongs to."""
    node = orgs.county_of(org_path) or orgs.node_at(org_path)
    division = node.division or node.code
    return f"{division}-{day.year}-{records.next_number(f'file.{division}.{day.year}'):06d}"


def approve_many(*, applications: Iterable[Application]) -> Outcome:
    """Approve each of the applications; one that is refused does not stop the others."""
    outcome = Outcome()
    for application in applications:
        try:
            outcome.opened.append(approve(application=application))
        except Refused as refusal:
            outcome.refused.append((application, refusal))
    return outcome


@transaction.atomic
def refuse(*, application: Application, reason: str) -> Application:
    """Refuse the application with a reason that the family is told."""
    reason = need_reason(reason)
    refused = APPLICATION.fire(
        application,
        "refuse",
        note=reason,
        refused_because=reason,
        decided_on=timezone.localdate(),
        due_on=None,
    )
    speak(refused, STEP, Verdict.REFUSE, reason)
    approvals.close(process=refused.process)
    return refused


@transaction.atomic
def send_back(*, application: Application, reason: str) -> Application:
    """The decision maker returns the application to the officer; the notice comes down."""
    reason = need_reason(reason)
    returned = APPLICATION.fire(application, "send_back", note=reason, returned_because=reason, due_on=None)
    speak(returned, STEP, Verdict.RETURN, reason)
    take_down(returned)
    return returned
