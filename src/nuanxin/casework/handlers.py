"""What casework does when money arrives or comes back, and when the facts of a family change."""

from collections import defaultdict
from datetime import date

from django.urls import reverse

from nuanxin.kernel.events import subscribe
from nuanxin.kernel.flow import Moved, MovedMany
from nuanxin.kernel.sets import among
from nuanxin.payments import queries as payments
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Batch, Due
from nuanxin.records import documents
from nuanxin.registry.events import HouseholdChanged
from nuanxin.registry.permissions import SEE_FINANCE, SEE_HEALTH

from .flow import AWARD
from .models import Application, Award, File, Visit
from .permissions import SEE
from .services.assessments import determine_and_keep

payments.opens(Award._meta.label, lambda award: reverse("casework:award", args=[award]), SEE)
for _model in (Application, File, Visit):
    documents.opened_by(_model._meta.label, SEE, also={"diagnosis": SEE_HEALTH, "bill": SEE_FINANCE})


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
    preparing = Application.objects.filter(household=event.household, state__in=["draft", "returned"])
    if preparing.exists():
        determine_and_keep(households=[event.household])
