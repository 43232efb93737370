"""API operations of reviews, for reading. Amounts are yuan with two decimals, as text."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.registry.groups import FINANCE, may

from . import queries
from .models import Difference, Review
from .permissions import SEE

router = Router()


def _yuan(amount: Money | None) -> str | None:
    return None if amount is None else str(amount.to_yuan())


def _per_head(figure: Any) -> str | None:
    """Null also for who may not see families' finances."""
    return str(figure) if figure is not None and may(scope.current(), FINANCE) else None


class ReviewOut(Schema):
    """A review of the households at and below `org`; `packs` are those it determined with, by hash."""

    id: int
    title: str
    reason: str
    org: str
    as_of: date
    basis: date
    survey: bool
    state: str
    total: int
    packs: list[dict[str, Any]]

    @staticmethod
    def resolve_org(review: Review) -> str:
        return str(review.org_id)


class DifferenceOut(Schema):
    """A household that comes out otherwise: class before and result now, what a year would bring (null:
    cannot be told), what is missing, and how far it is dealt with."""

    id: int
    household_id: int
    file_id: int | None
    org: str
    kind: str
    state: str
    was: str
    now: str
    per_head_was: str | None
    per_head_now: str | None
    aid_was: str | None
    aid_now: str | None
    missing: list[str]
    excluded: list[str]
    pack_hash: str
    stale: bool
    opinion: str
    reason: str
    problem: str

    @staticmethod
    def resolve_org(row: Difference) -> str:
        return str(row.org_id)

    @staticmethod
    def resolve_per_head_was(row: Difference) -> str | None:
        return _per_head(row.per_head_was)

    @staticmethod
    def resolve_per_head_now(row: Difference) -> str | None:
        return _per_head(row.per_head_now)

    @staticmethod
    def resolve_aid_was(row: Difference) -> str | None:
        return _yuan(row.aid_was)

    @staticmethod
    def resolve_aid_now(row: Difference) -> str | None:
        return _yuan(row.aid_now)


@router.get("", response=list[ReviewOut])
@needs(SEE)
@paginate
def reviews(request: HttpRequest) -> QuerySet[Review]:
    """Reviews in sight, newest first."""
    return queries.reviews()


@router.get("/{int:pk}", response=ReviewOut)
@needs(SEE)
def review(request: HttpRequest, pk: int) -> Review:
    """One review."""
    return get_or_out_of_sight(queries.reviews(), pk=pk)


@router.get("/{int:pk}/differences", response=list[DifferenceOut])
@needs(SEE)
@paginate
def differences(request: HttpRequest, pk: int) -> QuerySet[Difference]:
    """What a review found, as far as in sight; empty until it is computed to the end."""
    found = get_or_out_of_sight(queries.reviews(), pk=pk)
    rows = queries.differences(found)
    return rows if found.state in ("open", "closed") else rows.none()
