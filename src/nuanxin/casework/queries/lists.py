"""The rows of the lists people open, with what their tables show."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, Sum

from nuanxin.approvals.models import ProcessStep
from nuanxin.kernel.actor import subtree
from nuanxin.registry.models import Household

from ..models import FILING, KEPT, UNDER_WAY, AidList, Application, Assessment, Award, File, Omission

# What belongs to the rows of a page is fetched for them alone, not joined: a join over tables with
# policies is planned for the whole scope, and badly so while a new county is missing in the statistics.
_RESULTS = Prefetch("assessment", Assessment.objects.defer(*KEPT))


#: The steps the processes of the rows stand at.
_STANDING = Prefetch(
    "process__steps",
    ProcessStep.objects.filter(entered__isnull=False, done__isnull=True),
    to_attr="standing",
)


def applications() -> QuerySet[Application]:
    """Applications in scope, newest first."""
    rows = Application.objects.select_related("org", "officer")
    subjects = ("household__head", "person", "employer")
    return rows.prefetch_related(*subjects, _RESULTS, "process", _STANDING).order_by("-id")


def step_of(application: Application) -> str:
    """The step a row of `applications` stands at, in words; empty when it is with the officer or decided."""
    process = application.process
    if process is None or application.state not in ("submitted", "noticed"):
        return ""
    return process.standing[0].local_title if process.standing else ""  # type: ignore[attr-defined]


def at_step(rows: QuerySet[Application], code: str) -> QuerySet[Application]:
    """The applications that stand at the steps of a code."""
    standing = ProcessStep.objects.filter(
        process=OuterRef("process"), code=code, entered__isnull=False, done__isnull=True
    )
    return rows.filter(Exists(standing), state__in=("submitted", "noticed"))


def candidates() -> QuerySet[Household]:
    """Households without a live file and without an application for one on its way."""
    live = Exists(File.objects.filter(household=OuterRef("pk"), state="open"))
    filing = Application.objects.filter(programme=FILING, state__in=UNDER_WAY)
    under_way = Exists(filing.filter(household=OuterRef("pk")))
    rows = Household.objects.live().filter(~live, ~under_way).select_related("org")
    return rows.prefetch_related("head").order_by("-id")


def files() -> QuerySet[File]:
    """Files in scope, newest first."""
    return File.objects.prefetch_related("household__head", "org").order_by("-id")


def aid_lists() -> QuerySet[AidList]:
    """Lists of awards in scope with their sum, newest first."""
    live = Award.objects.filter(aid_list=OuterRef("pk")).exclude(state="removed").order_by()
    total = live.values("aid_list").annotate(total=Sum("amount")).values("total")
    return (
        AidList.objects.select_related("org", "fund", "maker", "job")
        .annotate(total=Subquery(total))
        .order_by("-id")
    )


def awards() -> QuerySet[Award]:
    """Awards in scope, of lists and of applications, newest first, without their explanations."""
    rows = Award.objects.select_related("org").defer(*KEPT).order_by("-id")
    subjects = ("application__household__head", "application__person", "application__employer")
    return rows.prefetch_related("file__household__head", *subjects, "application__org")


def awards_of(aid_list: AidList) -> QuerySet[Award]:
    """The awards of a list in the order they were computed, without their explanations."""
    rows = Award.objects.filter(aid_list=aid_list).select_related("org").defer(*KEPT)
    return rows.prefetch_related("file__household__head").order_by("pk")


def omissions_of(aid_list: AidList) -> QuerySet[Omission]:
    """The open files a list left out."""
    rows = Omission.objects.filter(aid_list=aid_list).select_related("org", "aid_list")
    return rows.prefetch_related("file__household__head").order_by("pk")


def below(rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    """The rows of the node at `path` and all below it."""
    low, high = subtree(path)
    return rows.filter(org__gte=low, org__lt=high)
