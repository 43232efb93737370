"""Correcting one staged row in the page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.registry import queries, services
from nuanxin.registry.models import RosterRow
from nuanxin.registry.permissions import IMPORT_ROSTER

from .forms import RowForm, posted


def _found(pk: int, row: int) -> RosterRow:
    roster = get_or_out_of_sight(queries.rosters(), pk=pk)
    return get_or_out_of_sight(queries.staged(roster).select_related("roster__job"), pk=row)


@needs(IMPORT_ROSTER)
def row(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """The row's cells, the faulty ones first; saved and judged anew, it shows what is still wrong."""
    staged = _found(pk, row)
    form = RowForm(staged, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            staged = services.correct_row(row=staged, typed=form.changed())
            if not staged.faulty:
                messages.success(request, _("第 %(row)s 行已更正。") % {"row": staged.row_no})
                return redirect(_next_faulty(staged))
            form = RowForm(staged)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"row": staged, "roster": staged.roster, "form": form, "busy": services.is_busy(staged.roster)}
    status = 422 if request.method == "POST" else 200
    return render(request, "registry/row.html", context, status=status)


def _next_faulty(row: RosterRow) -> str:
    """The next row to correct, else the roster."""
    following = queries.staged(row.roster).filter(faulty=True).first()
    if following:
        return reverse("registry:roster_row", args=[row.roster_id, following.pk])
    return reverse("registry:roster", args=[row.roster_id])


@needs(IMPORT_ROSTER)
@require_POST
def drop(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Take a superfluous row out."""
    staged = _found(pk, row)
    services.drop_row(row=staged)
    messages.success(request, _("第 %(row)s 行已删除。") % {"row": staged.row_no})
    return redirect("registry:roster", pk)
