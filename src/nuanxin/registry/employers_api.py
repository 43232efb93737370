"""API operations of employers, members and the standing queues."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.orgs.models import Node

from .groups import CHILDREN, may, shown
from .models import Employer, Membership
from .permissions import EDIT_EMPLOYER, SEE_EMPLOYER, SEE_HOUSEHOLD
from .queries import employers as queries
from .queries import queues, schooling
from .services import employers as services
from .services.enrolling import Receipt, Row, enrol_many

router = Router()


class EmployerOut(Schema):
    """An employer; `union` is the code of its grassroots union, empty while there is none."""

    id: int
    name: str
    credit_code: str | None
    union: str
    registered_at: str
    industry: str
    headcount: int | None
    closed_on: date | None

    @staticmethod
    def of(row: Employer) -> dict[str, Any]:
        names = ("name", "credit_code", "industry", "headcount", "closed_on")
        union = row.union.code if row.union else ""
        return {"id": row.pk, "union": union, "registered_at": row.org.code} | {
            name: getattr(row, name) for name in names
        }


class EmployerIn(Schema):
    name: str = Field(max_length=120)
    credit_code: str = Field("", max_length=30)
    union: str = Field("", max_length=24)
    industry: str = Field("", max_length=40)
    headcount: int | None = Field(None, ge=0, le=2_000_000_000)


class MemberOut(Schema):
    """A live membership; numbers masked."""

    id: int
    name: str
    id_number: str
    form: str
    employer: str
    joined_on: date

    @staticmethod
    def of(row: Membership) -> dict[str, Any]:
        return {
            "id": row.pk,
            "name": shown(row.person, "name"),
            "id_number": shown(row.person, "id_mask"),
            "form": row.form,
            "employer": row.employer.name if row.employer else "",
            "joined_on": row.joined_on,
        }


class WorkerIn(Schema):
    name: str = Field(max_length=60)
    id_number: str = Field(max_length=30)
    phone: str = Field("", max_length=30)


class EnrolmentIn(Schema):
    """A list of an enrolment drive; `people` in the order that the receipt's lines count, from 1."""

    title: str = Field(max_length=80)
    held_on: date
    form: str
    founded: bool = False
    people: list[WorkerIn]


class WrongOut(Schema):
    line: int
    name: str
    number: str
    why: str


class ReceiptOut(Schema):
    """What came of a list: people (人)."""

    listed: int
    joined: int
    entered: int
    already: int
    wrong: list[WrongOut]


class QueuesOut(Schema):
    """How long the standing queues are: households (户) twice, persons (人) twice, employers (家)."""

    stale: int
    without_consent: int
    id_expiring: int
    #: Null for those to whom children's data are closed.
    reaching_school: int | None
    unorganised: int


class _Rows:
    """A queryset whose slices are answers: only the page asked for is read."""

    def __init__(self, rows: Any, schema: Any) -> None:
        self.rows, self.schema = rows, schema

    def __len__(self) -> int:
        return self.rows.count()

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return [self.schema.of(row) for row in self.rows[part]]


def _union(code: str) -> Node:
    return get_or_out_of_sight(queries.taking_members(scope.current().org_path), code=code)


@router.get("/employers", response=list[EmployerOut])
@needs(SEE_EMPLOYER)
@paginate
def employers(request: HttpRequest, q: str = "", unorganised: bool = False) -> Any:
    """Employers in scope by name; `q` searches as the page does."""
    rows = queries.unorganised() if unorganised else queries.employers()
    return _Rows(queries.find_employers(q, rows), EmployerOut)


@router.get("/employers/{pk}", response=EmployerOut)
@needs(SEE_EMPLOYER)
def employer(request: HttpRequest, pk: int) -> Any:
    """One employer."""
    return EmployerOut.of(get_or_out_of_sight(queries.employers(), pk=pk))


@router.post("/employers", response={201: EmployerOut})
@needs(EDIT_EMPLOYER)
def create_employer(request: HttpRequest, data: EmployerIn) -> Any:
    """Enter an employer; 409 when its credit code is wrong or taken anywhere."""
    fields = data.dict()
    union = _union(fields.pop("union")).path if data.union else None
    made = services.create_employer(union=union, **fields)
    return 201, EmployerOut.of(get_or_out_of_sight(queries.employers(), pk=made.pk))


@router.get("/unions/{code}/members", response=list[MemberOut])
@needs(SEE_EMPLOYER)
@paginate
def members(request: HttpRequest, code: str) -> Any:
    """The live members of a union, the newest first."""
    return _Rows(queries.roster_of(_union(code)).filter(left_on__isnull=True), MemberOut)


@router.post("/unions/{code}/enrolments", response=ReceiptOut)
@needs(EDIT_EMPLOYER)
def enrol(request: HttpRequest, code: str, data: EnrolmentIn) -> Receipt:
    """Take the people of a list into a union; the receipt says line by line who was left out and why."""
    rows = [Row(line, one.name, one.id_number, one.phone) for line, one in enumerate(data.people, 1)]
    fields = data.dict(exclude={"people"})
    return enrol_many(union=_union(code).path, rows=rows, **fields)


@router.get("/queues", response=QueuesOut)
@needs(SEE_HOUSEHOLD)
def standing_queues(request: HttpRequest) -> dict[str, Any]:
    """The lengths of the standing queues in scope."""
    found = asdict(queues.counts(schooling.ages()))
    return found if may(scope.current(), CHILDREN) else found | {"reaching_school": None}
