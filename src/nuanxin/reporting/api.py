"""API operations of returns."""

from datetime import date

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight

from . import queries
from .permissions import SEE

router = Router()


class ReturnOut(Schema):
    """A return: its unit, form, half-open period, version and state."""

    id: int
    form: str
    org: str
    starts_on: date
    ends_on: date
    version: int
    state: str

    @staticmethod
    def resolve_org(row: object) -> str:
        return str(row.org)  # type: ignore[attr-defined]


class FigureOut(Schema):
    """A cell: counts as whole numbers, money in fen."""

    code: str
    unit: str
    value: int | None


@router.get("", response=list[ReturnOut])
@paginate
@needs(SEE)
def returns(request: HttpRequest) -> object:
    """Returns in scope, newest period first."""
    return queries.returns()


@router.get("{pk}/cells", response=list[FigureOut])
@needs(SEE)
def cells(request: HttpRequest, pk: int) -> object:
    """Every figure of a return."""
    report = get_or_out_of_sight(queries.returns(), pk=pk)
    figures = queries.values(report)
    return [
        {"code": c.code, "unit": c.unit, "value": figures.get(c.code)} for c in queries.form_of(report).cells
    ]
