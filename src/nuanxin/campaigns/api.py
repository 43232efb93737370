"""API operations of drives and visits. Amounts are yuan with two decimals, as text; ID numbers are masked."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.registry.groups import FINANCE, may

from . import queries, services
from .models import Drive, Recipient
from .permissions import SEE, VISIT

router = Router()


def _yuan(amount: Money) -> str:
    return str(amount.to_yuan())


class DriveOut(Schema):
    """A drive; `planned` counts persons by name, `visited` person-times; groups are in neither."""

    id: int
    name: str
    theme: str
    org: str
    starts_on: date
    ends_on: date
    cash: str
    gift: str
    gift_value: str
    state: str
    planned: int
    visited: int

    @staticmethod
    def resolve_org(drive: Drive) -> str:
        return drive.org_id

    @staticmethod
    def resolve_cash(drive: Drive) -> str:
        return _yuan(drive.cash)

    @staticmethod
    def resolve_gift_value(drive: Drive) -> str:
        return _yuan(drive.gift_value)


class RecipientOut(Schema):
    """A family, worker or group; `headcount` of a group may be unknown (null)."""

    id: int
    kind: str
    target: str
    name: str
    id_mask: str
    card_mask: str
    org: str
    headcount: int | None
    cash: str
    gifts: int
    gift_value: str
    state: str
    paid_on: date | None
    visited_on: date | None

    @staticmethod
    def resolve_org(row: Recipient) -> str:
        return row.org_id

    @staticmethod
    def resolve_card_mask(row: Recipient) -> str:
        return row.card_mask if may(scope.current(), FINANCE) else ""

    @staticmethod
    def resolve_cash(row: Recipient) -> str:
        return _yuan(row.cash)

    @staticmethod
    def resolve_gift_value(row: Recipient) -> str:
        return _yuan(row.gift_value)


class VisitIn(Schema):
    """A visit. Sending the same `key` again changes nothing and answers as the first time."""

    key: UUID
    finding: str
    signed_name: str
    note: str = ""
    gifts_delivered: int | None = None
    visited_on: date | None = None


@router.get("", response=list[DriveOut])
@needs(SEE)
@paginate
def drives(request: HttpRequest) -> QuerySet[Drive]:
    """Drives in sight, newest first."""
    return queries.drives()


@router.get("/{int:pk}", response=DriveOut)
@needs(SEE)
def drive(request: HttpRequest, pk: int) -> Drive:
    """One drive."""
    return get_or_out_of_sight(queries.drives(), pk=pk)


@router.get("/{int:pk}/recipients", response=list[RecipientOut])
@needs(SEE)
@paginate
def recipients(request: HttpRequest, pk: int) -> QuerySet[Recipient]:
    """Who is on a drive, as far as in sight; numbers masked."""
    return queries.recipients(get_or_out_of_sight(queries.drives(), pk=pk))


@router.get("/visits/due", response=list[RecipientOut])
@needs(VISIT)
@paginate
def due(request: HttpRequest) -> QuerySet[Recipient]:
    """Visits still to do, in the order one goes."""
    return queries.visits_due()


@router.post("/visits/{int:pk}", response=RecipientOut)
@needs(VISIT)
def visit(request: HttpRequest, pk: int, visit: VisitIn) -> Recipient:
    """Record a visit, once for each key."""
    recipient = get_or_out_of_sight(Recipient.objects.all(), pk=pk)
    return services.record_visit(recipient=recipient, **visit.dict())
