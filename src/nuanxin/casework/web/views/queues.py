"""The standing queues of files and applications, and giving files to an officer."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.forms import Form, SearchSelect
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, Table

from ... import labels
from ...determination import told
from ...models import Application, File
from ...permissions import APPLY, CARE, SEE
from ...queries import queues
from ...services import officers
from ..filters import ApplicationFilter, FileFilter
from ..tables import FileTable, PaperTable
from .families import TICKED as PAIRED

#: Where the ticked files wait for the officer to be chosen.
TICKED = "officer_files"


class QueuedFileTable(FileTable):
    officer = Column(_("联系干部"), accessor="officer__local_name", orderable=False)


class UndecidedTable(PaperTable):
    opens = "casework:application"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin",))
    org = Column(_("单位"), order_by=("org",))
    missing = Column(_("缺少的情况"), accessor="pk", orderable=False)
    state = ChipColumn(_("状态"), tones=labels.APPLICATION_TONES)
    applied_on = DateColumn(_("申请日期"))
    officer = Column(_("经办人"), accessor="officer__local_name", order_by=("officer__name",))

    def render_missing(self, record: Application) -> str:
        assert record.assessment is not None
        return "、".join(str(title) for title in told(record.assessment).unknown_titles)

    value_missing = render_missing


class FileQueues(ListPage):
    """Tabs: never helped, without an officer, without a pair, decisions that lack facts."""

    permissions = (SEE,)
    title = _("待跟进档案")
    note = _("长期清单：建档后还没有得到帮扶的、没有联系干部的、没有结对的、缺情况不能认定的。")
    export_name = "casework.queues"
    remember = False
    empty_title = _("清单是空的")
    empty_text = _("没有要跟进的档案。")
    bulk_actions = (
        BulkAction("pair", _("结对"), permission=CARE),
        BulkAction("assign", _("指定联系干部"), permission=APPLY, primary=True),
    )

    @property
    def table_class(self) -> type[Table]:  # type: ignore[override]
        return UndecidedTable if self.tab == "unknown" else QueuedFileTable

    @property
    def filterset_class(self) -> type[FilterSet]:  # type: ignore[override]
        return ApplicationFilter if self.tab == "unknown" else FileFilter

    @property
    def unit(self) -> Any:  # type: ignore[override]
        return _("件") if self.tab == "unknown" else _("户")

    @property
    def offered(self) -> list[BulkAction]:
        return [] if self.request.GET.get("tab") == "unknown" else super().offered

    def get_queryset(self) -> QuerySet[Any]:
        return queues.never_helped().select_related("officer")

    def get_tabs(self) -> Sequence[Tab]:
        found = queues.counts()
        return (
            Tab("never_helped", _("从未帮扶"), found.never_helped),
            Tab("no_officer", _("无联系干部"), found.without_officer),
            Tab("no_leader", _("尚未结对"), found.without_leader),
            Tab("unknown", _("缺情况不能认定"), found.undecidable),
        )

    def in_tab(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        if key == "unknown":
            return queues.undecidable()
        if key == "no_leader":
            return queues.without_leader().select_related("officer")
        return queues.without_officer() if key == "no_officer" else rows

    def bulk_pair(self, rows: QuerySet[File]) -> Any:
        """Keep the ticked files and go on to choose who is paired with them."""
        self.request.session[PAIRED] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect("casework:pair")

    def bulk_assign(self, rows: QuerySet[File]) -> Any:
        """Keep the ticked files and go on to choose the officer."""
        self.request.session[TICKED] = list(rows.order_by("pk").values_list("pk", flat=True))
        return redirect("casework:assign_officer")


class OfficerForm(Form):
    officer: Any = forms.ModelChoiceField(None, label=_("联系干部"), widget=SearchSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        field.queryset = officers.officers()


@needs(APPLY)
def assign_officer(request: HttpRequest) -> HttpResponse:
    """Choose the officer of the ticked files."""
    ticked = request.session.get(TICKED, [])
    back = f"{reverse('casework:file_queues')}?tab=no_officer"
    if not ticked:
        return redirect(back)
    form = OfficerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = officers.assign_officer(
                files=File.objects.filter(among(ticked)), officer=form.cleaned_data["officer"]
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            del request.session[TICKED]
            messages.success(request, _("已为 %(count)s 户指定联系干部。") % {"count": done.done})
            if done.left:
                text = _("%(count)s 户不在该干部的岗位范围内或已退出，没有变动。") % {"count": done.left}
                messages.warning(request, text)
            return redirect(back)
    context = {"form": form, "count": len(ticked), "back": back}
    return render(request, "casework/assign_officer.html", context, status=422 if form.errors else 200)


@needs(APPLY)
def file_officer(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the officer of one file, and go back to it."""
    row = get_or_out_of_sight(File.objects.all(), pk=pk)
    back = reverse("casework:file", args=[pk])
    form = OfficerForm(
        request.POST if request.method == "POST" else None, initial={"officer": row.officer_id}
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = officers.assign_officer(
                files=File.objects.filter(pk=pk), officer=form.cleaned_data["officer"]
            )
            if done.done:
                messages.success(request, _("已保存。"))
                return redirect(back)
            form.add_error("officer", _("该干部的岗位不管这户，或档案已退出，请另选。"))
        except Refused as refusal:
            form.refuse(refusal)
    context = {"form": form, "file": row, "back": back}
    return render(request, "casework/assign_officer.html", context, status=422 if form.errors else 200)
