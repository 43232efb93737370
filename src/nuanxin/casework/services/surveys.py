"""Surveys, so that all who qualify are filed: making the list, settling its rows, ending it."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs.models import Staff
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.registry.models import Household, Roster

from .. import determination, queries, surveying
from ..flow import SURVEY, SURVEYED
from ..models import Application, Survey, Surveyed
from ..permissions import MAKE_SURVEY
from . import listed
from .applications import start_application
from .assessments import CHUNK
from .common import need_reason
from .officers import Assigned, need_officer, under_posts

#: In how many days a survey is finished where no standard says so.
DAYS = 30


def due_on(day: date) -> date:
    """By when a survey begun on a day is to be finished where the actor sits."""
    days = determination.days(determination.SURVEY_DAYS, scope.current().org_path, day)
    return day + timedelta(days=days or DAYS)


@transaction.atomic
def make_survey(
    *,
    title: str,
    as_of: date | None = None,
    due: date | None = None,
    roster: Roster | None = None,
    unknowns: bool = False,
) -> Survey:
    """Begin a survey of the actor's place and list its households; of many a job lists the rest.

    Refused while another survey of the place runs, for a day to come, and for a due day that has passed.
    """
    actor, today = scope.current(), timezone.localdate()
    actor.require(MAKE_SURVEY)
    day = as_of or today
    if day > today:
        raise Refused(_("认定基准日不能在今天之后。"), code="wrong_day", field="as_of")
    until = due or due_on(today)
    if until < today:
        raise Refused(_("完成期限已经过去，请另选日期。"), code="wrong_day", field="due")
    row = _created(title.strip(), day, until, roster, unknowns)
    records.note("survey.made", subject=row)
    if not list_more(row):
        total = queries.without_file(row).count()
        name = gettext("编制摸底清单“%(title)s”") % {"title": row.title}
        row.job = jobs.start("casework.survey", title=name, total=total, survey=row.pk)
        row.save(update_fields=["job"])
    return row


def _created(title: str, day: date, until: date, roster: Roster | None, unknowns: bool) -> Survey:
    last = Household.objects.order_by("-pk").values_list("pk", flat=True).first()
    actor = scope.current()
    try:
        with transaction.atomic():
            return Survey.objects.create(
                org_id=actor.org_path,
                title=title,
                as_of=day,
                due_on=until,
                roster=roster,
                unknowns=unknowns,
                until=last or 0,
                maker_id=actor.staff_id,
            )
    except IntegrityError as error:
        if "survey_one_open" not in str(error):
            raise
        message = _("本单位已有进行中的摸底排查，请先结束或取消。")
        raise Refused(message, code="survey_open") from error


@transaction.atomic
def list_more(survey: Survey) -> bool:
    """List the next households in the order of their keys; whether all were looked at.

    The survey is locked, so of two deliveries of one job the second goes on where the first ended.
    """
    row = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if row.state == "open" and not row.computed:
        keys = list(queries.without_file(row).values_list("pk", flat=True)[:CHUNK])
        if keys:
            row.total += surveying.list_households(row, keys)
        row.reached = keys[-1] if len(keys) == CHUNK else row.until
        row.save(update_fields=["total", "reached"])
        survey.total, survey.reached = row.total, row.reached
    return row.state != "open" or row.computed


# its rows


@transaction.atomic
def file_surveyed(*, row: Surveyed) -> Application:
    """The household qualifies: the draft application for its file, or the one somebody else began
    meanwhile, to which the row is linked.

    Refused as `start_application` refuses, and after the survey was closed.
    """
    held = Surveyed.objects.select_for_update(of=("self",)).select_related("survey").get(pk=row.pk)
    if held.state not in SURVEYED.moves["apply"].sources or held.survey.state != "open":
        SURVEYED.fire(held, "apply")  # says why not
    scope.current().require(SURVEYED.moves["apply"].permission)
    if listed.link([held.household_id]):
        return Application.objects.get(surveyed=held)
    return start_application(household=held.household)


def settle_surveyed(*, row: Surveyed, action: str, reason: str) -> Surveyed:
    """The family declines, does not qualify or cannot be found (`decline`, `clear`, `lose`), and why."""
    reason = need_reason(reason)
    return SURVEYED.fire(
        row,
        action,
        note=reason,
        reason=reason,
        answered_on=timezone.localdate(),
        answered_by_id=scope.current().staff_id,
    )


def reopen_surveyed(*, row: Surveyed) -> Surveyed:
    """The household is to be visited once more."""
    return SURVEYED.fire(row, "reopen", reason="", answered_on=None, answered_by_id=None)


@transaction.atomic
def lapse_surveyed(*, survey: Survey, rows: QuerySet[Surveyed], reason: str) -> int:
    """Take households off the list that nobody has answered for, and why; how many."""
    reason = need_reason(reason)
    if survey.state != "open":
        raise Refused(_("排查已经结束，清单不再变动。"), code="survey_over")
    mine = rows.filter(survey=survey)
    return len(_lapse(survey, mine, reason))


def _lapse(survey: Survey, rows: QuerySet[Surveyed], reason: str) -> list[int]:
    path = str(survey.org_id)
    chosen = Surveyed.objects.filter(among(rows.order_by().values_list("pk", flat=True)))
    return SURVEYED.fire_many(chosen, "lapse", org_path=path, note=reason, guarded=True, reason=reason)


@transaction.atomic
def assign_surveyed(*, rows: QuerySet[Surveyed], officer: Staff) -> Assigned:
    """Give open rows to an officer, in one statement; only those at or below a post of theirs."""
    scope.current().require(MAKE_SURVEY)
    need_officer(officer)
    asked = list(rows.order_by().values_list("pk", flat=True))
    free = Surveyed.objects.select_for_update().filter(among(asked), under_posts(officer), state="open")
    keys = list(free.order_by("pk").values_list("pk", flat=True))
    Surveyed.objects.filter(among(keys)).update(officer=officer)
    if keys:
        path, kind = scope.current().org_path, Surveyed._meta.label
        records.note_many(
            "surveyed.officer_assigned", kind=kind, pks=tuple(keys), org_path=path, note=officer.name
        )
    return Assigned(len(keys), len(asked) - len(keys))


# its end


@transaction.atomic
def close_survey(*, survey: Survey) -> Survey:
    """Every household has its answer."""
    return SURVEY.fire(survey, "close", closed_on=timezone.localdate())


@transaction.atomic
def cancel_survey(*, survey: Survey, reason: str) -> Survey:
    """Call the survey off before anybody was answered for; nobody is looked for any more."""
    reason = need_reason(reason)
    held = Survey.objects.select_for_update(of=("self",)).filter(pk=survey.pk, state="open").first()
    if held is not None:
        _lapse(held, Surveyed.objects.filter(survey=held, state="open"), reason)
    return SURVEY.fire(survey, "cancel", note=reason)
