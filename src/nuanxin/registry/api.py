"""API operations of this app."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight

from . import queries
from .employers_api import router as employers
from .groups import HIDDEN, may_see, shown
from .models import Household, Roster
from .permissions import IMPORT_ROSTER, SEE_HOUSEHOLD

router = Router()
router.add_router("", employers)


def _masked(row: Any, name: str) -> str:
    """A masked number; nothing when there is none."""
    return shown(row, name) if getattr(row, name) else ""


class HouseholdOut(Schema):
    """A household; numbers masked, amounts in yuan as text, null for what is not known.

    What belongs to a field group closed to the caller is "•••"; of a child's name the surname stays.
    """

    id: int
    union: str
    head: str
    id_number: str
    phone: str
    residence: str
    people: int | None
    annual_income: str | None
    main_cause: str
    card: str
    consent_on: date | None

    @staticmethod
    def of(row: Household) -> dict[str, Any]:
        income = row.annual_income
        yuan = None if income is None else str(income.to_yuan())
        return {
            "id": row.pk,
            "union": row.org.code,
            "head": shown(row.head, "name"),
            "id_number": shown(row.head, "id_mask"),
            "phone": _masked(row.head, "phone_mask"),
            "residence": row.residence,
            "people": row.people,
            "annual_income": yuan if may_see(row, "annual_income") else HIDDEN,
            "main_cause": row.main_cause,
            "card": _masked(row, "card_mask"),
            "consent_on": row.consent_on,
        }


class MemberOut(Schema):
    name: str
    relation: str
    sex: str
    born_on: str
    id_number: str


class HouseholdDetail(HouseholdOut):
    members: list[MemberOut]


class RosterOut(Schema):
    """Where a roster stands. `receipts`: what each commit took in."""

    id: int
    name: str
    state: str
    households: int
    members: int
    faulty: int
    warned: int
    ready: int
    busy: bool
    created: datetime
    receipts: list[dict[str, Any]]


@router.get("/households", response=list[HouseholdOut])
@needs(SEE_HOUSEHOLD)
@paginate
def households(request: HttpRequest, q: str = "") -> Any:
    """Households in scope, newest first; `q` searches as the page does."""
    return _Rows(queries.find_households(q))


class _Rows:
    """A queryset whose slices are answers: only the page asked for is read."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows.count()

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return [HouseholdOut.of(row) for row in self.rows[part]]


@router.get("/households/{pk}", response=HouseholdDetail)
@needs(SEE_HOUSEHOLD)
def household(request: HttpRequest, pk: int) -> Any:
    """One household with those who live in it."""
    row = get_or_out_of_sight(queries.households(), pk=pk)
    members = [
        {
            "name": shown(member.person, "name"),
            "relation": member.relation,
            "sex": member.person.sex,
            "born_on": shown(member.person, "born_on"),
            "id_number": shown(member.person, "id_mask"),
        }
        for member in queries.members_of(row)
    ]
    return HouseholdOut.of(row) | {"members": members}


@router.get("/rosters/{pk}", response=RosterOut)
@needs(IMPORT_ROSTER)
def roster(request: HttpRequest, pk: int) -> Any:
    """Where a roster stands."""
    row: Roster = get_or_out_of_sight(queries.rosters(), pk=pk)
    names = ("name", "state", "faulty", "warned", "ready", "created", "receipts")
    counts = {"id": row.pk, "households": row.households_read, "members": row.members_read}
    busy = row.job is not None and row.job.state in {"waiting", "running"}
    return counts | {name: getattr(row, name) for name in names} | {"busy": busy}
