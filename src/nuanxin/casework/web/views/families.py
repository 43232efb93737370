"""Who is paired with whom: a leader's own families on the phone, the list of pairs, pairing many files."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import Table

from ... import queries, services
from ...models import File, Pairing
from ...permissions import CARE, FAMILIES, SEE
from ..care_forms import PairForm
from ..care_tables import EndedPairingTable, PairingFilter, PairingTable
from ..forms import Reason
from .care import care_url, form_page

#: Where the ticked files wait for their pair to be chosen.
TICKED = "pair_files"


@needs(FAMILIES)
def families(request: HttpRequest) -> HttpResponse:
    """My families: whom to visit by when, what they need, and a link to write the visit down."""
    actor, today = scope.current(), timezone.localdate()
    rows = list(queries.families(actor))
    # a family may be mine and my unit's: the visit due first counts
    once = {row.file_id: row for row in reversed(rows)}
    mine = sorted(once.values(), key=rows.index)
    late = [row for row in mine if row.next_on and row.next_on <= today]  # type: ignore[attr-defined]
    context = {
        "due": late,
        "others": [row for row in mine if row not in late],
        "hidden": queries.out_of_sight(actor, rows),
        "today": today,
        "may_see": actor.can(SEE),
    }
    return render(request, "casework/families.html", context)


class Pairings(ListPage):
    permissions = (SEE,)
    title = _("结对帮扶")
    note = _("每份档案由一名领导或一个单位结对，由一名干部联系。")
    unit = pgettext_lazy("pair", "对")
    filterset_class: type[FilterSet] = PairingFilter
    export_name = "casework.pairings"
    empty_title = _("没有结对")
    empty_text = _("在职工档案列表勾选后批量结对，或在档案页逐户结对。")

    @property
    def table_class(self) -> type[Table]:  # type: ignore[override]
        return EndedPairingTable if self.tab == "ended" else PairingTable

    def get_queryset(self) -> QuerySet[Pairing]:
        return queries.pairings()

    def get_tabs(self) -> Sequence[Tab]:
        live = Pairing.objects.filter(until__isnull=True).count()
        due = queries.pairings_due().count()
        return (Tab("live", _("结对中"), live), Tab("due", _("应走访"), due), Tab("ended", _("已结束")))

    def in_tab(self, rows: QuerySet[Pairing], key: str) -> QuerySet[Pairing]:
        if key == "due":
            return queries.pairings_due()
        return rows.filter(until__isnull=key == "live")

    def get_actions(self) -> Sequence[dict[str, Any]]:
        missing = f"{reverse('casework:file_queues')}?tab=no_leader"
        return ({"label": _("尚未结对的档案"), "url": missing},)


@needs(CARE)
def pair(request: HttpRequest) -> HttpResponse:
    """Choose leader, unit and officer of the ticked files."""
    ticked = request.session.get(TICKED, [])
    back = reverse("casework:files")
    if not ticked:
        return redirect(back)
    return _pair(request, ticked, back, count=len(ticked))


@needs(CARE)
def pair_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for one file."""
    file = get_or_out_of_sight(File.objects.select_related("household__head"), pk=pk)
    return _pair(request, [file.pk], care_url(pk), household=file.household)


def _pair(request: HttpRequest, files: list[int], back: str, **page: Any) -> HttpResponse:
    form = PairForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.pair(files=File.objects.filter(among(files)), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            request.session.pop(TICKED, None)
            _tell(request, made)
            return redirect(back)
    context = {"form": form, "title": _("结对"), "back": back} | page
    return render(request, "casework/care_form.html", context, status=422 if form.errors else 200)


def _tell(request: HttpRequest, made: services.Paired) -> None:
    if made.done:
        messages.success(request, _("已为 %(count)s 户结对。") % {"count": f"{made.done:,}"})
    if made.left:
        text = _("%(count)s 户不在所选人员的岗位范围内或已退出，没有全部办成。") % {"count": f"{made.left:,}"}
        messages.warning(request, text)


@needs(CARE)
def end_pair(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pair, with the reason."""
    row = get_or_out_of_sight(Pairing.objects.select_related("file__household__head"), pk=pk)
    return form_page(
        request,
        Reason(request.POST or None),
        lambda **data: services.unpair(pairing=row, **data),
        _("结对已结束。"),
        title=_("结束结对"),
        household=row.file.household,
        back=care_url(row.file_id),
    )
