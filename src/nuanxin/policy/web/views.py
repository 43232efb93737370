"""Pages anyone with a post may read: the rules and standards in force, and one pack in full."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.objects import get_or_out_of_sight

from .. import queries
from ..models import Pack
from .showing import Reader


@signed_in
def packs(request: HttpRequest) -> HttpResponse:
    """What is in force today: every pack, and the standards that hold at the actor's place."""
    today = timezone.localdate()
    language = get_language() or "zh"
    rows = [(row, Reader(row.checked(), language).sheet()) for row in queries.packs_in_force(today)]
    standards = queries.standards_for_page(today, scope.current().org_path)
    return render(request, "policy/packs.html", {"today": today, "packs": rows, "standards": standards})


@signed_in
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of a pack, as an official reads it."""
    row = get_or_out_of_sight(Pack.objects.select_related("org"), pk=pk)
    sheet = Reader(row.checked(), get_language() or "zh").sheet()
    return render(request, "policy/pack.html", {"row": row, "sheet": sheet})
