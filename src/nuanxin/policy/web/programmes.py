"""Pages anyone with a post may read: what is offered at the actor's place, and one programme in full."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in

from .. import offered, queries
from ..models import ProgrammeVersion
from ..permissions import PROPOSE_PROGRAMME
from .packs import as_file
from .programme_words import by_group, routes, sheet


def own_version(code: str) -> ProgrammeVersion:
    """The version of a programme that counts at the actor's place today; 404 where it is not offered."""
    found = offered.versions_in_force(scope.current().org_path, timezone.localdate(), code)
    if not found:
        raise Http404("no such programme here")
    return found[0]


@signed_in
def programmes(request: HttpRequest) -> HttpResponse:
    """Everything that is offered at the actor's place today, by group."""
    place, today = scope.current().org_path, timezone.localdate()
    groups = by_group(queries.programmes_in_force(place, today))
    places = {row.code: row.org for row in offered.versions_in_force(place, today)}
    ways = dict(routes(place, today))
    for _title, rows in groups:
        for row in rows:
            row["route"] = ways.get(row["programme"].route, row["programme"].route)
            row["org"] = places[row["programme"].code]
    return render(request, "policy/programmes.html", {"groups": groups})


@signed_in
def programme(request: HttpRequest, code: str) -> HttpResponse:
    """One programme: its form, documents, rules, money, and the limits in force at the actor's place."""
    row, today = own_version(code), timezone.localdate()
    place = scope.current().org_path
    found = row.checked()
    page = {
        "row": row,
        "sheet": sheet(found, place, today),
        "pack": offered.pack_row(code, place, today) if found.pack else None,
        "can_propose": scope.current().can(PROPOSE_PROGRAMME),
        "versions": ProgrammeVersion.objects.filter(code=code, org=row.org_id)
        .select_related("proposal__approver")
        .order_by("-version"),
    }
    return render(request, "policy/programme.html", page)


@signed_in
def programme_text(request: HttpRequest, code: str) -> HttpResponse:
    """The file of the programme, byte for byte."""
    row = own_version(code)
    return as_file(row.text, f"{row.code}-{row.version}.yaml")
