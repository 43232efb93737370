"""API operations of casework: applications, files, determinations, lists and awards; read only, paged."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.policy import queries as policy
from nuanxin.registry.groups import FINANCE, may

from . import queries
from .determination import open_facts, told
from .models import AidList, Application, Assessment, Award, File
from .permissions import SEE

router = Router()

MOST = 200


class Paging(Schema):
    """Rows after `after` (a key), at most `limit` (200)."""

    after: int = 0
    limit: int = 50


class ApplicationOut(Schema):
    """An application: its programme, where it stands, what the policy proposed. `name` is that of the
    person, the employer, the head of the household or the union; `step` that of its route, in words;
    `asked_fen` and `amount_fen` are whole fen.
    """

    id: int
    org_path: str
    programme: str
    name: str
    state: str
    step: str
    asked_fen: int | None
    amount_fen: int | None
    applied_on: date
    due_on: date | None
    assessment_id: int | None
    result: str | None

    @staticmethod
    def resolve_org_path(row: Application) -> str:
        return row.org_id

    @staticmethod
    def resolve_name(row: Application) -> str:
        return row.who

    @staticmethod
    def resolve_step(row: Application) -> str:
        return queries.step_of(row)

    @staticmethod
    def resolve_asked_fen(row: Application) -> int | None:
        return row.asked.fen if row.asked is not None else None

    @staticmethod
    def resolve_amount_fen(row: Application) -> int | None:
        return row.amount.fen if row.amount is not None else None

    @staticmethod
    def resolve_result(row: Application) -> str | None:
        return row.assessment.result if row.assessment else None


class FileOut(Schema):
    """A household's file; `clazz` is deep, relative or accident."""

    id: int
    org_path: str
    number: str
    name: str
    clazz: str
    state: str
    opened_on: date
    closed_on: date | None
    reopened: bool

    @staticmethod
    def resolve_org_path(row: File) -> str:
        return row.org_id

    @staticmethod
    def resolve_name(row: File) -> str:
        return row.household.head.name


#: What an operation gives of a determination as it was kept.
_KEPT = (
    "id", "household_id", "as_of", "pack", "pack_version", "pack_hash", "result", "known_on", "standards",
    "overruled",
)  # fmt: skip


class AssessmentOut(Schema):
    """A determination: the pack by its hash, the facts and standards it rested on, what came out, and the
    explanation made from them, clause by clause in both languages. What belongs to a field group that is
    closed to the caller is null, and "•••" in the texts.

    Shapes: docs of nuanxin.policy.keeping for facts, standards and outcome.
    """

    id: int
    household_id: int
    as_of: date
    pack: str
    pack_version: int
    pack_hash: str
    result: str
    monthly_per_head: Decimal | None
    known_on: date
    facts: dict[str, Any]
    standards: dict[str, Any]
    overruled: dict[str, str]
    outcome: dict[str, Any]
    explanation: dict[str, Any]

    @staticmethod
    def of(row: Assessment) -> dict[str, Any]:
        account = told(row)
        return {name: getattr(row, name) for name in _KEPT} | {
            "monthly_per_head": row.monthly_per_head if may(scope.current(), FINANCE) else None,
            "facts": open_facts(row, account),
            "outcome": policy.outcome(account),
            "explanation": account.to_json(),
        }


class AidListOut(Schema):
    """A list of awards of one programme."""

    id: int
    org_path: str
    programme: str
    title: str
    year: int
    as_of: date
    state: str
    decided_on: date | None

    @staticmethod
    def resolve_org_path(row: AidList) -> str:
        return row.org_id


class AwardOut(Schema):
    """An award; `fen` is the amount in whole fen."""

    id: int
    aid_list_id: int
    file_id: int
    number: str | None
    programme: str
    year: int
    fen: int
    state: str
    paid_on: date | None
    pack_hash: str

    @staticmethod
    def resolve_number(row: Award) -> str | None:
        return row.file.number if row.file else None

    @staticmethod
    def resolve_fen(row: Award) -> int:
        return row.amount.fen


def _page(rows: QuerySet[Any], paging: Paging) -> list[Any]:
    limit = min(max(paging.limit, 1), MOST)
    return list(rows.filter(pk__gt=paging.after).order_by("pk")[:limit])


@router.get("/applications", response=list[ApplicationOut])
@needs(SEE)
def applications(
    request: HttpRequest, paging: Query[Paging], state: str = "", programme: str = ""
) -> list[Application]:
    """Applications in scope, of one programme or of all, by key."""
    rows = queries.applications()
    rows = rows.filter(programme=programme) if programme else rows
    return _page(rows.filter(state=state) if state else rows, paging)


@router.get("/applications/{pk}", response=ApplicationOut)
@needs(SEE)
def application(request: HttpRequest, pk: int) -> Application:
    return get_or_out_of_sight(queries.applications(), pk=pk)


@router.get("/files", response=list[FileOut])
@needs(SEE)
def files(request: HttpRequest, paging: Query[Paging], state: str = "") -> list[File]:
    """Files in scope, by key."""
    rows = queries.files()
    return _page(rows.filter(state=state) if state else rows, paging)


@router.get("/files/{pk}", response=FileOut)
@needs(SEE)
def file(request: HttpRequest, pk: int) -> File:
    return get_or_out_of_sight(queries.files(), pk=pk)


@router.get("/assessments/{pk}", response=AssessmentOut)
@needs(SEE)
def assessment(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One determination with its full explanation."""
    return AssessmentOut.of(get_or_out_of_sight(Assessment.objects.all(), pk=pk))


@router.get("/aid-lists", response=list[AidListOut])
@needs(SEE)
def aid_lists(request: HttpRequest, paging: Query[Paging]) -> list[AidList]:
    """Lists of awards in scope, by key."""
    return _page(queries.aid_lists(), paging)


@router.get("/aid-lists/{pk}/awards", response=list[AwardOut])
@needs(SEE)
def awards(request: HttpRequest, pk: int, paging: Query[Paging]) -> list[Award]:
    """The awards of a list, by key."""
    return _page(queries.awards_of(get_or_out_of_sight(AidList.objects.all(), pk=pk)), paging)


@router.get("/awards/{pk}/explanation", response=dict[str, Any])
@needs(SEE)
def award_explanation(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How an award was computed, clause by clause."""
    row = get_or_out_of_sight(Award.objects.select_related("aid_list"), pk=pk)
    return told(row).to_json()
