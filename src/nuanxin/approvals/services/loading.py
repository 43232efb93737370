"""Loading the routes that come with the program, from files."""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.forms import model_to_dict

from nuanxin.orgs.models import Node

from .. import routefile
from ..models import Route, RouteStep
from ..routefile import RouteFile, RouteFileError


@transaction.atomic
def load_routes(*, folder: Path | None = None) -> list[Route]:
    """Put every route of a folder (packs/routes) in force; safe to repeat; gives those that are new.

    A file with a later start ends its predecessor there. RouteFileError (file, line, reason) when one is
    wrong, names an unknown unit, or reads differently from what is in force from that day on already.
    """
    files = sorted((folder or settings.PACKS / "routes").glob("*.yaml"))
    return [route for file in files if (route := _load(routefile.read(file)))]


def _load(file: RouteFile) -> Route | None:
    org = _path_of(file)
    before = Route.objects.filter(code=file.code, org=org, state="in_force").order_by("valid")
    same = [route for route in before if route.valid.lower == file.valid_from]
    if same:
        if _differs(same[0], file):
            raise RouteFileError(
                f"{file.name}:1: route {file.code} is in force from {file.valid_from} as it was; "
                "a changed one begins on a later day"
            )
        return None
    end_before(before, file.valid_from)
    return _write(file, org)


def _path_of(file: RouteFile) -> str | None:
    if file.place == routefile.WHOLE_TREE:
        return None
    path = Node.objects.filter(code=file.place).values_list("path", flat=True).first()
    if path is None:
        raise RouteFileError(f"{file.name}:1: there is no unit with the code {file.place}")
    return path


def _differs(route: Route, file: RouteFile) -> bool:
    stored = [_plain(step) for step in route.steps.order_by("position")]
    titles = (route.title, route.title_en) != (file.title, file.title_en)
    return titles or stored != [_plain(step) for step in file.steps]


def _plain(step: RouteStep) -> dict[str, object]:
    return model_to_dict(step, exclude=["id", "route"])


def end_before(routes: QuerySet[Route], day: date) -> None:
    """Routes in force that reach beyond a day end there: their successor begins."""
    for route in routes:
        if route.valid.lower < day and (route.valid.upper is None or route.valid.upper > day):
            route.valid = DateRange(route.valid.lower, day)
            route.save(update_fields=["valid"])


def _write(file: RouteFile, org: str | None) -> Route:
    route = Route.objects.create(
        code=file.code,
        title=file.title,
        title_en=file.title_en,
        org_id=org,
        valid=DateRange(file.valid_from, file.valid_to),
    )
    for step in file.steps:
        step.route = route
    RouteStep.objects.bulk_create(file.steps)
    for state in ("submitted", "in_force"):
        route.state = state
        route.save(update_fields=["state"])
    return route
