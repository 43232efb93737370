"""Papers: explanation sheets, and the public notice as a page and as a PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.registry.models import Household

from ... import printing, queries
from ...determination import open_to_reader, told
from ...models import Assessment, Award, Notice, Omission
from ...permissions import SEE
from ..explained import sheet
from ..forms import DayForm


@needs(SEE)
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """The explanation sheet of one determination."""
    rows = Assessment.objects.select_related("household__head", "org", "staff")
    row = get_or_out_of_sight(rows, pk=pk)
    context = {
        "assessment": row,
        "household": row.household,
        "sheet": sheet(told(row), row.household),
    }
    return render(request, "casework/assessment.html", context)


@needs(SEE)
def as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """What the policy says of a household as of a day, on the facts known then; nothing is kept."""
    rows = Household.objects.select_related("head", "org")
    household = get_or_out_of_sight(rows, pk=pk)
    form = DayForm(request.GET or None, initial={"on": timezone.localdate()})
    context: dict[str, Any] = {"household": household, "form": form}
    if form.is_valid():
        try:
            found = queries.determined_as_of(household, form.cleaned_data["on"])
            context["sheet"] = sheet(open_to_reader(found), household)
        except Refused as refusal:
            context["refused"] = refusal
    return render(request, "casework/as_of.html", context)


@needs(SEE)
def award(request: HttpRequest, pk: int) -> HttpResponse:
    """How one award was computed; where no pack computes it, what was decided."""
    rows = Award.objects.select_related(
        "file__household__head", "aid_list__fund", "application__household__head", "application__person",
        "application__employer", "application__fund", "application__assessment", "org",
    )  # fmt: skip
    row = get_or_out_of_sight(rows, pk=pk)
    return render(
        request,
        "casework/award.html",
        {"award": row, "sheet": sheet(told(row), row.household) if row.pack_hash else None},
    )


@needs(SEE)
def omission(request: HttpRequest, pk: int) -> HttpResponse:
    """Why a file is not on a list."""
    rows = Omission.objects.select_related("file__household__head", "aid_list", "org")
    row = get_or_out_of_sight(rows, pk=pk)
    return render(
        request,
        "casework/omission.html",
        {"omission": row, "sheet": sheet(told(row), row.file.household)},
    )


def _notice(pk: int) -> Notice:
    rows = Notice.objects.select_related(
        "application__household__head", "application__assessment", "application__org", "org", "step__org"
    )
    return get_or_out_of_sight(rows, pk=pk)


@needs(SEE)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice as the public sees it: name, cause, class and supervision phone, nothing else."""
    row = _notice(pk)
    return render(request, "casework/notice.html", {"notice": row, "paper": printing.notice_data(row)})


@needs(SEE)
def notice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice to be printed and put up."""
    row = _notice(pk)
    response = HttpResponse(printing.notice_pdf(row), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="notice-{row.pk}.pdf"'
    return response
