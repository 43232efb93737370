"""A household's file: its page, its printed form, and the way out."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused

from ... import queries, services
from ...determination import told
from ...models import File
from ...permissions import DECIDE, SEE
from ..explained import sheet
from ..forms import CloseForm
from ..household import facts_strip, finances, people
from ..tabs import chosen, tabs

TABS = {
    "explanation": _("认定说明"),
    "members": _("家庭成员"),
    "finance": _("收入与支出"),
    "awards": _("帮扶记录"),
    "visits": _("走访"),
    "documents": _("材料"),
}


def _find(pk: int) -> File:
    rows = File.objects.select_related("household__head", "org", "assessment", "application__assessment")
    return get_or_out_of_sight(rows, pk=pk)


def _context(row: File) -> dict[str, Any]:
    """What the page and the printed form have in common."""
    household, assessment = row.household, row.basis
    return {
        "file": row,
        "household": household,
        "assessment": assessment,
        "sheet": sheet(told(assessment), household) if assessment else None,
        "facts": facts_strip(household, assessment),
        "people": people(household),
        "finances": finances(household),
        "awards": list(queries.awards_of_file(row)),
        "had_this_year": queries.sum_this_year(row),
        "visits": list(queries.visits_of(household)),
        "documents": queries.documents_of(row.application, row),
    }


@needs(SEE)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file: head, facts, tabs, timeline."""
    return _show(request, _find(pk), CloseForm())


def _show(request: HttpRequest, row: File, close_form: CloseForm, status: int = 200) -> HttpResponse:
    context = _context(row)
    counts = {
        "members": len(context["people"]),
        "awards": len(context["awards"]),
        "visits": len(context["visits"]),
        "documents": len(context["documents"]),
    }
    tab = chosen(TABS, request)
    context |= {
        "tab": tab,
        "tabs": tabs(TABS, tab, counts),
        "steps": queries.timeline(row, row.application),
        "may_close": row.state == "open" and scope.current().can(DECIDE),
        "close_form": close_form,
        "close_open": close_form.is_bound,
    }
    return render(request, "casework/file.html", context, status=status)


@needs(SEE)
def print_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as the paper form it replaces."""
    return render(request, "casework/file_print.html", _context(_find(pk)))


@needs(DECIDE)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the file; a refusal comes back with what was typed."""
    row = _find(pk)
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                services.close_file(
                    file=row, reason=form.cleaned_data["reason"], on=form.cleaned_data["closed_on"]
                )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("档案已退出帮扶。"))
            return redirect("casework:file", pk=pk)
    return _show(request, row, form, status=422)
