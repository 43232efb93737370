"""What casework does when money arrives or comes back, and when the facts of a family change."""

from collections import defaultdict
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.events import subscribe
from nuanxin.kernel.flow import Moved, MovedMany
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.payments import queries as payments
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Batch, Due
from nuanxin.records import documents
from nuanxin.registry.events import (
    HouseholdChanged,
    HouseholdEnded,
    HouseholdMoved,
    HouseholdsMerged,
    PersonsMerged,
)
from nuanxin.registry.permissions import SEE_FINANCE, SEE_HEALTH

from . import telling as telling  # its handlers: what people are told
from .events import FileClosed, FilesOpened
from .flow import AWARD
from .models import UNDER_WAY, Application, Award, Exit, File, Taper, Visit, Watch
from .permissions import SEE
from .services import pairings, standards, tapers, tasks, watches
from .services.computing import PREPARING, compute_and_keep

payments.opens(Award._meta.label, lambda award: reverse("casework:award", args=[award]), SEE)
#: Papers that tell of a person's health or money need the permission for that besides.
_GUARDED = {"diagnosis": SEE_HEALTH, "injury": SEE_HEALTH, "bill": SEE_FINANCE, "income_proof": SEE_FINANCE}
for _model in (Application, Exit, File, Visit):
    documents.opened_by(_model._meta.label, SEE, also=_GUARDED)


@subscribe(DuesSettled)
def settle_awards(event: DuesSettled) -> None:
    """Awards whose dues reached the card are paid, those that came back are returned; set-based."""
    kind = Award._meta.label
    path = str(Batch.objects.values_list("org_id", flat=True).get(pk=event.batch))
    paid = Due.objects.filter(among(event.paid), source_kind=kind)
    days: dict[date, list[int]] = defaultdict(list)
    for source, day in paid.values_list("source", "settled_on"):
        if day:
            days[day].append(source)
    for day, awards in days.items():
        AWARD.fire_many(Award.objects.filter(among(awards)), "pay", org_path=path, paid_on=day)
    returned = Due.objects.filter(among(event.returned), source_kind=kind).values_list("source", flat=True)
    if event.returned:
        AWARD.fire_many(Award.objects.filter(among(returned)), "return", org_path=path)


@subscribe(Moved)
def reissue_award(event: Moved) -> None:
    """A returned due that is issued again makes its award wait for the card once more."""
    if (event.kind, event.action) == (Due._meta.label, "reissue"):
        _reissue((event.pk,), event.org_path)


@subscribe(MovedMany)
def reissue_awards(event: MovedMany) -> None:
    """The same for many dues in one go."""
    if (event.kind, event.action) == (Due._meta.label, "reissue"):
        _reissue(event.pks, event.org_path)


def _reissue(dues: tuple[int, ...], org_path: str) -> None:
    sources = Due.objects.filter(among(dues), source_kind=Award._meta.label).values_list("source", flat=True)
    AWARD.fire_many(Award.objects.filter(among(sources)), "reissue", org_path=org_path)


@subscribe(HouseholdChanged)
def determine_again(event: HouseholdChanged) -> None:
    """Facts changed while an application is being prepared: its assessment must not stand on old ones."""
    preparing = Application.objects.filter(household=event.household, state__in=PREPARING)
    compute_and_keep(applications=list(preparing.values_list("pk", flat=True)))


@subscribe(HouseholdEnded)
def refuse_end(event: HouseholdEnded) -> None:
    """A household with a file, an application or money under way does not end."""
    _refuse_filed(event.household)
    _refuse_under_way(event.household)


@subscribe(HouseholdsMerged)
def refuse_merge(event: HouseholdsMerged) -> None:
    """The same for the household that goes; the file of the one that stays stays."""
    _refuse_filed(event.gone)
    _refuse_under_way(event.gone)


@subscribe(PersonsMerged)
def refuse_merge_of_applicant(event: PersonsMerged) -> None:
    """Applications that were decided name whom they were decided for; one under way is finished first."""
    if Application.objects.filter(person=event.gone, state__in=UNDER_WAY).exists():
        raise Refused(_("此人有办理中的申请，请先办结或撤回，再合并。"), code="application_open")


@subscribe(HouseholdMoved)
def refuse_move(event: HouseholdMoved) -> None:
    """The file moves along (the database carries it); what is under way is finished first."""
    _refuse_under_way(event.household)


@subscribe(FilesOpened)
def end_what_followed_an_exit(event: FilesOpened) -> None:
    """Families that have a file again are no longer in their taper, nor watched beside it."""
    opened = File.objects.filter(among(event.files))
    homes = list(opened.values_list("household_id", flat=True))
    running = Taper.objects.filter(among(homes, "file__household"), stopped_on__isnull=True)
    for taper in running.select_related("file"):
        tapers.halt(taper, gettext("家庭已重新建档"))
    watched = Watch.objects.filter(among(homes, "household"), until__isnull=True)
    for watch in watched.select_related("household"):
        watches.finish(watch, gettext("家庭已建档"))


@subscribe(FilesOpened)
def begin_standards(event: FilesOpened) -> None:
    """New files are kept at the standards they meet."""
    standards.renew_standards(files=event.files, because=gettext("建档"))


@subscribe(FileClosed)
def end_standards(event: FileClosed) -> None:
    """A closed file is kept at none."""
    standards.end_standards(file=event.file)


@subscribe(FileClosed)
def end_care(event: FileClosed) -> None:
    """Nobody is paired with a closed file, and nothing more is done for it."""
    pairings.end_pairs(event.file, gettext("档案已退出"))
    tasks.drop_all(event.file, gettext("档案已退出"))


@subscribe(MovedMany)
def renew_standards(event: MovedMany) -> None:
    """A new class may meet other standards."""
    if (event.kind, event.action) == (File._meta.label, "reclassify"):
        standards.renew_standards(files=event.pks, because=event.note)


@subscribe(HouseholdEnded)
def end_watch(event: HouseholdEnded) -> None:
    """A household that has ended is watched no longer."""
    for watch in Watch.objects.filter(household=event.household, until__isnull=True):
        watches.finish(watch, gettext("该户已销户"))


def _refuse_filed(household: int) -> None:
    if File.objects.filter(household=household, state="open").exists():
        raise Refused(_("该户有在档档案，请先办理退出帮扶。"), code="file_open")


def _refuse_under_way(household: int) -> None:
    if Application.objects.filter(household=household, state__in=UNDER_WAY).exists():
        raise Refused(_("该户有办理中的申请，请先办结或撤回。"), code="application_open")
    theirs = Q(file__household=household) | Q(application__household=household)
    if Award.objects.filter(theirs, state__in=["proposed", "approved", "returned"]).exists():
        raise Refused(_("该户有尚未到卡的帮扶金，请等到账或移出名单后再办理。"), code="payment_open")
