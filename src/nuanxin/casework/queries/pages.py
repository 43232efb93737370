"""What the pages of an application and of a file show."""

from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workdays import working_days_between
from nuanxin.policy.queries import Explanation
from nuanxin.records import documents
from nuanxin.records import queries as records
from nuanxin.records.models import Attachment
from nuanxin.registry.models import Household

from .. import determination, facts
from ..models import FILING, KEPT, Application, Assessment, Award, Exit, File, Notice, Visit


def latest_assessment(household: Household) -> Assessment | None:
    """What the policy said of the household last."""
    return Assessment.objects.filter(household=household, programme=FILING).order_by("-id").first()


def determined_as_of(household: Household, day: date) -> Explanation:
    """What the filing policy says of a household as of a day, on the facts known at its end.

    Refused when the household was not registered by then, or no pack was in force.
    """
    subjects = facts.of_households([household.pk], day, day)
    if not subjects:
        message = _("该户在 %(day)s 还没有登记。")
        raise Refused(message % {"day": day.isoformat()}, code="not_known", field="on")
    return determination.explain(determination.FILING, subjects, day)[household.pk]


def assessments_of(household: Household) -> QuerySet[Assessment]:
    """All determinations of the household, newest first, without their explanations."""
    return (
        Assessment.objects.filter(household=household, programme=FILING).select_related("staff").defer(*KEPT)
    )


def visits_of(household: Household) -> QuerySet[Visit]:
    """Home visits, newest first, with how many items of a checklist were gone through and how many differ."""
    rows = Visit.objects.filter(household=household).select_related("staff")
    return rows.annotate(items=Count("found"), differing=Count("found", filter=Q(found__agrees=False)))


def documents_of(*subjects: Application | Exit | File | Household | Visit) -> list[Attachment]:
    """The documents of these records that the reader may open, oldest first."""
    actor = scope.current()
    return [found for found in records.attachments_of(*subjects) if documents.may_open(found, actor)]


def live_notice(application: Application) -> Notice | None:
    """The newest notice that counts, running or over."""
    return application.notices.filter(withdrawn=False).order_by("-id").first()


def notices_of(application: Application) -> list[Notice]:
    """All its notices with the objections to them, the newest first."""
    rows = application.notices.select_related("step__org").order_by("-id")
    return list(rows.prefetch_related("objections__recorded_by", "objections__settled_by"))


def earlier_file(file: File) -> File | None:
    """The file the household had before it returned to difficulty; None when this is its first."""
    if not file.reopened:
        return None
    return File.objects.filter(household=file.household_id, pk__lt=file.pk).order_by("-pk").first()


def later_file(file: File) -> File | None:
    """The file the household got when it returned to difficulty after this one was closed."""
    if file.state == "open":
        return None
    return File.objects.filter(household=file.household_id, pk__gt=file.pk).order_by("pk").first()


def awards_of_file(file: File) -> QuerySet[Award]:
    """What the file got or is to get, newest first."""
    rows = Award.objects.filter(file=file).exclude(state__in=["proposed", "removed"])
    return rows.select_related("aid_list__fund", "application__fund").defer(*KEPT).order_by("-id")


def sum_this_year(file: File) -> Money:
    """What reached the household's card this year, of all programmes."""
    paid = Award.objects.filter(file=file, state="paid", paid_on__year=timezone.localdate().year)
    return paid.aggregate(total=Sum("amount"))["total"] or Money(0)


def notice_day(notice: Notice) -> int:
    """On which of its working days a notice stands today; its last one when it is over."""
    today = timezone.localdate()
    passed = working_days_between(notice.since + timedelta(days=1), today + timedelta(days=1))
    return min(max(passed, 0), notice.working_days)
