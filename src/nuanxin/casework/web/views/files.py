"""A household's file: its page, its printed form, and the way out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.records import services as records
from nuanxin.registry.labels import labels
from nuanxin.registry.permissions import SEE_EMPLOYER
from nuanxin.registry.queries.employers import unions_of_home

from ... import file_paper, queries
from ...determination import told
from ...models import File
from ...permissions import APPLY, SEE
from .. import months
from ..explained import sheet
from ..filters import ORIGINS
from ..household import facts_strip, finances, people
from ..next_step import next_step
from ..tabs import chosen, tabs
from .care import care_of

TABS = {
    "explanation": _("认定说明"),
    "members": _("家庭成员"),
    "finance": _("收入与支出"),
    "awards": _("帮扶记录"),
    "visits": _("走访"),
    "care": _("帮扶计划"),
    "documents": _("材料"),
}
#: What the tabs count: the key of the context.
COUNTED = {"members": "people", "awards": "awards", "visits": "visits", "documents": "documents"}
MOST_STEPS = 40


def _find(pk: int) -> File:
    rows = File.objects.select_related(
        "household__head", "org", "officer", "assessment", "application__assessment"
    )
    return get_or_out_of_sight(rows, pk=pk)


def _context(row: File, wants_sheet: bool = True) -> dict[str, Any]:
    """What the page and the printed form have in common; the sheet takes a policy run, so on demand."""
    household, assessment = row.household, row.basis
    visits = list(queries.visits_of(household))
    return {
        "file": row,
        "household": household,
        "assessment": assessment,
        "sheet": sheet(told(assessment), household) if assessment and wants_sheet else None,
        "facts": facts_strip(household, assessment),
        "people": people(household),
        "finances": finances(household),
        "awards": list(queries.awards_of_file(row)),
        "had_this_year": queries.sum_this_year(row),
        "visits": visits,
        "documents": queries.documents_of(row.application, row, household, *visits),
    }


@needs(SEE)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file: head with the next step, facts, tabs, timeline."""
    return _show(request, _find(pk))


def _show(request: HttpRequest, row: File) -> HttpResponse:
    tab = chosen(TABS, request)
    context = _context(row, wants_sheet=tab == "explanation")
    counted = {name: len(context[key]) for name, key in COUNTED.items()}
    today = timezone.localdate()
    actor = scope.current()
    kind = request.GET.get("kind", "")
    steps = queries.file_timeline(row, context["visits"], context["awards"])
    context |= {
        "tab": tab,
        "tabs": tabs(TABS, tab, counted),
        "kind": kind,
        "kinds": queries.KINDS.items(),
        "steps": [step for step in steps if kind in ("", step.kind)][:MOST_STEPS],
        "next": next_step(row, context["visits"], actor, today),
        "open_aid": sum(1 for award in context["awards"] if award.state in ("approved", "returned")),
        "other_causes": labels("other_causes", row.household.other_causes),
        "chart": months.chart(row.household, context["finances"].expenses, context["awards"], today)
        if tab == "finance"
        else None,
        "unions": unions_of_home(row.household),
        "may_see_unions": actor.can(SEE_EMPLOYER),
        "may_assign": row.state == "open" and actor.can(APPLY),
        "standards": row.standards.filter(until__isnull=True).order_by("pk"),
        "origin": dict(ORIGINS)[row.origin(today.year)],
        "exit": queries.exit_under_way(row) if row.state == "open" else None,
        "may_exit": row.state == "open" and actor.can(APPLY),
        "earlier": queries.earlier_file(row),
        "later": queries.later_file(row),
    }
    if tab == "care":
        context |= care_of(row)
    return render(request, "casework/file.html", context)


@needs(SEE)
def print_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as the paper form it replaces, in the browser."""
    row = _find(pk)
    return render(request, "casework/file_print.html", _context(row) | {"paper": file_paper.data(row)})


@needs(SEE)
def file_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same form as a PDF; recorded, for a paper goes out of the house."""
    row = _find(pk)
    response = HttpResponse(file_paper.pdf(row), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{row.number}.pdf"'
    records.note("file.printed", subject=row)
    return response
