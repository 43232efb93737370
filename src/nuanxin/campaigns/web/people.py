"""Pages that put people on a drive: files by filter, workers without a file, groups."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import File
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.registry.permissions import EXPORT

from .. import queries, services
from ..models import Drive, Target
from ..permissions import PLAN
from .forms import GroupForm, WorkerForm
from .tables import CandidateFilter, CandidateTable


class Files(ListPage):
    """Open files that may go on the list: the ticked ones, or all that the filter shows."""

    permissions = (PLAN,)
    template_name = "campaigns/files.html"
    title = _("从档案中选择")
    note = _("先选按哪一类统计，再筛选家庭；可以逐户勾选，也可以把筛选结果一次全部加入。")
    unit = _("户")
    table_class = CandidateTable
    filterset_class = CandidateFilter
    export_name = "campaigns.candidates"
    export_permission = EXPORT
    bulk_actions = (BulkAction("add", _("加入名单"), permission=PLAN, primary=True),)
    empty_title = _("没有可选的家庭")
    empty_text = _("在档家庭都已在名单中，或您管辖范围内没有在档家庭。")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.drive = get_or_out_of_sight(Drive.objects.all(), pk=kwargs["pk"])

    def get_queryset(self) -> QuerySet[File]:
        return queries.candidates(self.drive, timezone.localdate().year)

    def get_context(self) -> dict[str, Any]:
        return {"drive": self.drive, "on_list": self.drive.recipients.count()}

    def get_tabs(self) -> Sequence[Tab]:
        """Under which class the chosen families are counted; every tab shows the same families."""
        return [Tab(target.value, target.label) for target in Target]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("all") != "1":
            return super().post(request, *args, **kwargs)
        self._load()
        self._say(self._add(self.rows))
        return redirect(request.get_full_path())

    def bulk_add(self, rows: QuerySet[File]) -> None:
        self._say(self._add(rows))

    def _add(self, rows: QuerySet[File]) -> services.Added:
        return services.add_files(drive=self.drive, files=rows, target=self.tab)

    def _say(self, added: services.Added) -> None:
        messages.success(self.request, _("已加入 %(count)s 户。") % {"count": added.added})
        if added.without_card:
            said = _("%(count)s 户没有登记银行卡，未加入：%(names)s。请先在家庭信息中补填。")
            names = "、".join(added.without_card)
            messages.warning(self.request, said % {"count": added.without_card_count, "names": names})


@needs(PLAN)
def worker(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a worker without a file."""
    return _add(request, pk, WorkerForm, services.add_worker, _("添加未建档职工"))


@needs(PLAN)
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a group."""
    return _add(request, pk, GroupForm, services.add_group, _("添加集体"))


def _add(
    request: HttpRequest, pk: int, form_class: Any, service: Callable[..., Any], title: Any
) -> HttpResponse:
    drive = get_or_out_of_sight(Drive.objects.all(), pk=pk)
    form = form_class(request.POST or None, drive=drive)
    if request.method == "POST" and form.is_valid():
        try:
            made = service(drive=drive, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已加入：%(name)s。") % {"name": made.name})
            return redirect(
                request.path if "again" in request.POST else reverse("campaigns:drive", args=[pk])
            )
    page = {"form": form, "drive": drive, "title": title}
    return render(request, "campaigns/add.html", page, status=422 if form.errors else 200)
