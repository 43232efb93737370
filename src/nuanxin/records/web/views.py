"""The audit trail, progress of long work, and attachments."""

from typing import Any

import django_filters as filters
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.lists import ListPage
from nuanxin.kernel.web.progress import Progress, show_progress
from nuanxin.kernel.web.tables import Column, Table

from .. import documents, queries, services
from ..models import Attachment, Entry, JobRun
from ..permissions import SEE_AUDIT
from ..words import say


class AuditTable(Table):
    main = "action"
    at = Column(_("时间"))
    staff = Column(_("人员"), accessor="staff__local_name", orderable=False, default="—")
    role = Column(_("岗位"), accessor="post__role__local_name", orderable=False, default="—")
    org = Column(_("单位"), orderable=False)
    action = Column(_("操作"))
    note = Column(_("说明"), orderable=False)
    number = Column(_("链号"), orderable=False)

    class Meta(Table.Meta):
        order_by = "-at"
        fields = ("at", "staff", "role", "org", "action", "note", "number")

    def order_at(self, rows: QuerySet[Entry], descending: bool) -> tuple[QuerySet[Entry], bool]:
        return rows.order_by("-id" if descending else "id"), True

    def render_at(self, value: Any) -> str:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"

    def render_action(self, value: str) -> Any:
        return say(value)

    def value_action(self, value: str) -> str:
        return str(say(value))


class AuditFilter(FilterSet):
    q = filters.CharFilter(label=_("操作或说明"), method="search")
    kind = filters.ChoiceFilter(
        label=_("记录类别"),
        method="by_kind",
        choices=[
            ("identity.", _("查看敏感信息")),
            ("access.", _("被拒绝的访问")),
            ("export.", _("数据导出")),
        ],
    )
    day = filters.DateFromToRangeFilter(label=_("日期"), field_name="at__date")

    def search(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        return rows.filter(action__startswith=value) | rows.filter(note__icontains=value)

    def by_kind(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        return rows.filter(action__startswith=value)


class Audit(ListPage):
    permissions = (SEE_AUDIT,)
    title = _("审计记录")
    note = _("谁在何时做了什么、看了什么、为什么。记录只增不改，逐条相扣，可随时验证。")
    table_class = AuditTable
    filterset_class = AuditFilter
    export_name = "audit"
    template_name = "records/audit.html"

    def get_queryset(self) -> QuerySet[Entry]:
        return queries.entries()

    def get_actions(self) -> list[dict[str, Any]]:
        return [{"label": _("验证审计链"), "url": "?verify=1"}]

    def get_context(self) -> dict[str, Any]:
        checked = "verify" in self.request.GET
        return {"checked": checked, "breaks": queries.verify_chains() if checked else []}


@signed_in
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress of one piece of long work, polled by the page."""
    return show_progress(request, _progress(get_or_out_of_sight(JobRun.objects.all(), pk=pk)))


def _progress(run: JobRun) -> Progress:
    seconds = ((run.ended or timezone.now()) - run.started).total_seconds() if run.started else 0
    rate = run.done / seconds if seconds > 1 else None
    return Progress(
        run.title,
        run.state,
        done=run.done,
        total=run.total or None,
        rate=rate,
        seconds_left=int((run.total - run.done) / rate) if rate and run.total else None,
        note=run.error,
        cancel_url=reverse("records:cancel_job", args=[run.pk]),
        result_url=run.result_url,
    )


@signed_in
@require_POST
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a piece of long work of one's own to stop."""
    services.cancel_job(run=get_or_out_of_sight(JobRun.objects.all(), pk=pk))
    return job(request, pk)


def _document(pk: int) -> Attachment:
    """A document the actor sees and may open; removed ones are gone for everybody."""
    found = get_or_out_of_sight(Attachment.objects.filter(removed__isnull=True), pk=pk)
    actor = scope.current()
    if not documents.may_open(found, actor):
        raise Denied(next(iter(documents.openers(found.kind)), SEE_AUDIT))
    return found


def _handed_out(place: str, **options: Any) -> FileResponse:
    """Bytes of others: never a page of ours, whatever a browser may see in them."""
    response = FileResponse(default_storage.open(place), **options)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@signed_in
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """A document, for those whom the app of its record lets; every look is recorded.

    A picture is shown; a PDF is saved, for no browser shows one in the sandbox it is handed out in.
    """
    found = _document(pk)
    services.note("attachment.seen", subject=found, note=found.name)
    saved = "download" in request.GET or found.content_type == "application/pdf"
    place = documents.place_of(found)
    return _handed_out(place, content_type=found.content_type, filename=found.name, as_attachment=saved)


@signed_in
def preview(request: HttpRequest, pk: int) -> FileResponse:
    """A document's small picture, for lists; it is not legible, so the look is not recorded."""
    place = documents.preview_of(_document(pk))
    if not default_storage.exists(place):
        raise Http404(place)
    return _handed_out(place, content_type="image/jpeg")
