"""API operations of simulations: scenarios, starting a run, and what it came to."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused

from . import queries, services
from .models import COLUMNS, Difference, Run, Scenario, Tally
from .permissions import RUN

router = Router()

MOST = 1000


class Paging(Schema):
    """Rows after `after` (a key), at most `limit` (1000)."""

    after: int = 0
    limit: int = 200


class ScenarioOut(Schema):
    """A scenario; what it changes is on its page."""

    id: int
    org_path: str
    name: str
    day: date

    @staticmethod
    def resolve_org_path(row: Scenario) -> str:
        return row.org_id


class RunIn(Schema):
    """What to calculate; without a place the whole of the caller's scope, without a day the scenario's."""

    first: int
    second: int | None = None
    place: str | None = None
    day: date | None = None


class RunOut(Schema):
    """A run: `state` is that of its job, `done` of `total` households are determined."""

    id: int
    place: str
    day: date
    first: int
    second: int | None
    state: str
    done: int
    total: int
    finished: datetime | None

    @staticmethod
    def of(run: Run) -> dict[str, Any]:
        job = run.job
        return {
            "id": run.pk,
            "place": run.place_id,
            "day": run.day,
            "first": run.first_id,
            "second": run.second_id,
            "state": job.state if job else "failed",
            "done": job.done if job else 0,
            "total": job.total if job else 0,
            "finished": run.finished,
        }


class MovesOut(Schema):
    """Households of a county or cause by how they move; costs a year in fen."""

    name: str
    households: int
    filed: int
    filed_then: int
    enters: int
    leaves: int
    changes: int
    untold: int
    fen_now: int
    fen_then: int


class DueOut(Schema):
    """A benefit ("programme/benefit"): households and fen a year for each variant, in their order."""

    key: str
    households: list[int]
    fen: list[int]


class DifferenceOut(Schema):
    """A household that comes out differently; empty without a second scenario: `second`, `fen_second`."""

    id: int
    household_id: int
    org_path: str
    cause: str
    before: str
    first: str
    second: str
    fen_before: int
    fen_first: int
    fen_second: int


@router.get("/scenarios", response=list[ScenarioOut])
@needs(RUN)
def scenarios(request: HttpRequest, paging: Query[Paging]) -> list[Scenario]:
    """Scenarios in scope, by key."""
    return _page(queries.scenarios(), paging)


@router.post("/runs", response={201: RunOut})
@needs(RUN)
def start(request: HttpRequest, given: RunIn) -> Status[dict[str, Any]]:
    """Start a run; it goes on in the background."""
    first = get_or_out_of_sight(queries.scenarios(), pk=given.first)
    second = get_or_out_of_sight(queries.scenarios(), pk=given.second) if given.second else None
    run = services.start_run(first=first, second=second, place=given.place, day=given.day)
    return Status(201, RunOut.of(run))


@router.get("/runs/{pk}", response=RunOut)
@needs(RUN)
def run(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far a run is."""
    return RunOut.of(queries.run_by_key(pk))


@router.get("/runs/{pk}/counties", response=list[MovesOut])
@needs(RUN)
def counties(request: HttpRequest, pk: int, variant: int = 1) -> list[dict[str, Any]]:
    """What a scenario (1 or 2) comes to in each county; `name` is the county's path."""
    return _moves(_finished(pk), variant, "org_id")


@router.get("/runs/{pk}/causes", response=list[MovesOut])
@needs(RUN)
def causes(request: HttpRequest, pk: int, variant: int = 1) -> list[dict[str, Any]]:
    """What a scenario (1 or 2) comes to for each main cause; `name` is its code."""
    return _moves(_finished(pk), variant, "cause")


@router.get("/runs/{pk}/benefits", response=list[DueOut])
@needs(RUN)
def benefits(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """What each benefit comes to in a year."""
    found = queries.tally(_finished(pk), Tally.Kind.DUE)
    return [
        {"key": key, "households": [n for n, _fen in pairs], "fen": [fen.fen for _n, fen in pairs]}
        for key, pairs in sorted(found.items())
    ]


@router.get("/runs/{pk}/households", response=list[DifferenceOut])
@needs(RUN)
def households(request: HttpRequest, pk: int, paging: Query[Paging]) -> list[dict[str, Any]]:
    """The households that come out differently, by key; names and numbers are in the registry."""
    rows = _page(Difference.objects.filter(run=_finished(pk)), paging)
    return [
        {
            "id": row.pk,
            "household_id": row.household_id,
            "org_path": row.org_id,
            "cause": row.cause,
            **{name: getattr(row, name) for name in COLUMNS},
            **{f"fen_{name}": getattr(row, f"fen_{name}").fen for name in COLUMNS},
        }
        for row in rows
    ]


def _page(rows: QuerySet[Any], paging: Paging) -> list[Any]:
    limit = min(max(paging.limit, 1), MOST)
    return list(rows.filter(pk__gt=paging.after).order_by("pk")[:limit])


def _finished(pk: int) -> Run:
    found = queries.run_by_key(pk)
    if found.finished is None:
        raise Refused(_("测算还没有完成。"), code="not_finished")
    return found


def _moves(run: Run, variant: int, by: str) -> list[dict[str, Any]]:
    if variant not in list(run.variants)[1:]:
        raise Refused(_("这次测算没有第 %(n)s 个方案。") % {"n": variant}, code="no_scenario")
    return [
        {
            "name": name,
            "households": one.households,
            "filed": one.filed,
            "filed_then": one.filed_then,
            "enters": one.enters,
            "leaves": one.leaves,
            "changes": one.changes,
            "untold": one.untold,
            "fen_now": one.now.fen,
            "fen_then": one.then.fen,
        }
        for name, one in queries.moves(run, variant, by).items()
    ]
