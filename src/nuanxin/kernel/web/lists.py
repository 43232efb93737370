"""List pages: filter, sort, page, act on ticked rows, export what is shown.

class Things(ListPage):
    permissions = ("app.thing.see",)
    title = "..."
    table_class = ThingTable
    filterset_class = ThingFilter
    export_name = "app.things"
    bulk_actions = (BulkAction("close", "...", permission="app.thing.close", primary=True),)

    def get_queryset(self):
        return queries.things()

    def bulk_close(self, rows):
        return f"{services.close_all(rows)} closed"
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views import View
from django_htmx.http import push_url
from django_tables2.rows import BoundRow
from django_tables2.utils import signature

from nuanxin.kernel import access, scope

from . import typed
from .exports import FORMATS, Exported, announce, write_file
from .filters import FilterSet, typed_in
from .paging import CappedPaginator, Count, capped_count
from .tables import PickColumn, Table

#: Never remembered: what was typed to find a person, and where one was in the list.
FORGOTTEN = ("q", "page", "export", "clear")


@dataclass(frozen=True)
class Tab:
    """A view of the list: `key` is the value of the query parameter `tab`."""

    key: str
    label: Any
    count: Any = None


@dataclass(frozen=True)
class BulkAction:
    """An act on ticked rows; the page's method `bulk_<name>(rows)` carries it out and says what it did."""

    name: str
    label: Any
    permission: str = ""
    primary: bool = False
    confirm: Any = ""


class _TakenOut(BoundRow):
    """A row of a file: what each column's `value` asks for is found out once, not for each cell."""

    def __init__(self, record: Any, table: Table, known: dict[str, Any]) -> None:
        super().__init__(record, table=table)
        self._known = known

    def _call_value(self, bound_column: Any, value: Any = None) -> Any:
        name = bound_column.name
        if name not in self._known:
            self._known[name] = signature(bound_column.value)
        names, rest = self._known[name]
        given = self._optional_cell_arguments(bound_column, value)
        return bound_column.value(**(given if rest else {key: given[key] for key in names}))


class ListPage(View):
    """One list. Subclasses name their parts and give the queryset, already within the actor's scope."""

    permissions: Sequence[str] = ()
    title: Any = ""
    note: Any = ""
    table_class: type[Table]
    filterset_class: type[FilterSet] | None = None
    template_name = "kernel/list/page.html"
    empty_title: Any = _("这里还没有内容")
    empty_text: Any = ""
    export_name = ""
    export_permission = ""
    bulk_actions: Sequence[BulkAction] = ()
    per_page = 50
    unit: Any = pgettext_lazy("unit", "条")
    #: Queries with these parameters in force are not remembered between visits.
    remember = True

    @classmethod
    def as_view(cls, **kwargs: Any) -> Callable[..., HttpResponse]:
        view = cast("Callable[..., HttpResponse]", super().as_view(**kwargs))
        return access.needs(*cls.permissions)(view) if cls.permissions else view

    # -- what a list may say about itself ------------------------------------------------
    def get_queryset(self) -> QuerySet[Any]:
        """All rows the list may show, ordered."""
        raise NotImplementedError(f"{type(self).__name__} gives no queryset")

    def get_tabs(self) -> Sequence[Tab]:
        """Tabs above the list; each narrows it through `in_tab`."""
        return ()

    def in_tab(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        """The rows of one tab."""
        return rows

    def get_summary(self, rows: QuerySet[Any]) -> Sequence[tuple[Any, Any]]:
        """Further (label, figure) pairs beside the count, of the rows in force."""
        return ()

    def get_actions(self) -> Sequence[dict[str, Any]]:
        """Buttons at the head: dicts of label, url, and kind "go" for the primary one."""
        return ()

    def get_context(self) -> dict[str, Any]:
        """More for the template."""
        return {}

    # -- requests ------------------------------------------------------------------------
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        moved = self._without_numbers()
        return redirect(moved) if moved else super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        remembered = self._recall()
        if remembered is not None:
            return redirect(f"{request.path}{remembered}")
        self._load()
        if "export" in request.GET and self.can_export:
            return self._export()
        self.table.paginate(
            page=request.GET.get("page"),
            per_page=self.per_page,
            paginator_class=CappedPaginator,
            total=self.total,
        )
        template = "kernel/list/_list.html" if self._wants_part else self.template_name
        response = render(request, template, self._context())
        if "clear" in request.GET:
            push_url(response, request.path)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Filter; or carry out a bulk action on the ticked rows that are in the list as filtered."""
        if "bulk" not in request.POST:
            return redirect(self._address(request.POST))
        action = next((a for a in self.offered if a.name == request.POST.get("bulk")), None)
        if action is None:
            raise Http404("no such bulk action")
        self._load()
        chosen = [key for key in request.POST.getlist("ids") if key.isascii() and key.isdigit()]
        answer = getattr(self, f"bulk_{action.name}")(self.rows.filter(pk__in=chosen))
        if isinstance(answer, HttpResponse):
            return answer
        if answer:
            messages.success(request, answer)
        return redirect(request.get_full_path())

    @property
    def _wants_part(self) -> bool:
        """True when htmx asks for the list region alone."""
        return bool(self.request.htmx) and self.request.htmx.target == "list"  # type: ignore[attr-defined]

    # -- parts ---------------------------------------------------------------------------
    @property
    def can_export(self) -> bool:
        may = not self.export_permission or scope.current().can(self.export_permission)
        return bool(self.export_name) and may

    @property
    def offered(self) -> list[BulkAction]:
        """The bulk actions this actor may take."""
        return [a for a in self.bulk_actions if not a.permission or scope.current().can(a.permission)]

    @cached_property
    def tabs(self) -> Sequence[Tab]:
        """The tabs of this request."""
        return self.get_tabs()

    @cached_property
    def tab(self) -> str:
        """The tab asked for, else the first: what is listed and typed may depend on it."""
        keys = [tab.key for tab in self.tabs]
        wanted = self.request.GET.get("tab", "")
        return wanted if wanted in keys else next(iter(keys), "")

    def _load(self) -> None:
        """Filter and sort; sets filterset, rows, total and table."""
        rows = self.get_queryset()
        rows = self.in_tab(rows, self.tab) if self.tabs else rows
        self.filterset = None
        if self.filterset_class:
            asked = typed.uncovered(self.request.GET, self._typed)
            self.filterset = self.filterset_class(asked, rows, request=self.request)
            rows = self.filterset.qs if self.filterset.is_valid() else rows.none()
        self.table = self._sorted(rows)
        self.rows: QuerySet[Any] = self.table.data.data
        self.total: Count = capped_count(self.rows)

    def _sorted(self, rows: QuerySet[Any]) -> Table:
        extra = [("pick", PickColumn())] if self.offered else []
        # Without the request: given it, django-tables2 would sort, count and page by itself.
        table = self.table_class(rows, extra_columns=extra)
        table.request = self.request
        if extra:
            table.sequence = ["pick", *(name for name in table.sequence if name != "pick")]
        asked = [
            s for s in self.request.GET.get("sort", "").split(",") if s.lstrip("-") in table.columns.names()
        ]
        if asked:
            table.order_by = asked
        # The key settles ties, so that no row is shown on two pages.
        data = table.data.data
        table.data.data = data.order_by(*(data.query.order_by or data.model._meta.ordering), "pk")
        return table

    def _context(self) -> dict[str, Any]:
        return {
            "view": self,
            "table": self.table,
            "filterset": self.filterset,
            "active": self.filterset.active() if self.filterset else [],
            "tabs": [(tab, tab.key == self.tab) for tab in self.tabs],
            "tab": self.tab,
            "total": self.total,
            "summary": self.get_summary(self.rows),
            "actions": self.get_actions(),
            **self.get_context(),
        }

    # -- what is typed --------------------------------------------------------------------
    @property
    def _typed(self) -> Sequence[str]:
        """The parameters one types into."""
        return typed_in(self.filterset_class) if self.filterset_class else ()

    def _address(self, asked: QueryDict) -> str:
        """The list as asked for, without the number of a person in its address."""
        query = typed.covered(asked, self._typed)
        for name in [n for n in query if n == "csrfmiddlewaretoken" or not any(query.getlist(n))]:
            del query[name]
        return f"{self.request.path}?{query.urlencode() or 'clear=1'}"

    def _without_numbers(self) -> str | None:
        """Where to go instead when a number stands in the address, or a sealed one is not understood."""
        asked = self.request.GET
        try:
            typed.uncovered(asked, self._typed)
        except typed.Stale:
            messages.info(self.request, _("按号码的查找已失效，请重新输入号码。"))
            return self._address(typed.dropped(asked, self._typed))
        return self._address(asked) if typed.covered(asked, self._typed) != asked else None

    # -- memory ---------------------------------------------------------------------------
    def _recall(self) -> str | None:
        """The query to go to instead, when the list is opened bare and was filtered before."""
        if not self.remember:
            return None
        key = f"list:{self.request.path}"
        session = self.request.session
        if "clear" in self.request.GET:
            session.pop(key, None)
            return None if self._wants_part else ""
        if not self.request.GET:
            return f"?{session[key]}" if session.get(key) else None
        kept = self._kept().urlencode()
        if kept != session.get(key, ""):
            session[key] = kept
        return None

    def _kept(self) -> QueryDict:
        query = self.request.GET.copy()
        for name in [n for n in query if n in FORGOTTEN or not any(query.getlist(n))]:
            del query[name]
        return query

    # -- export ---------------------------------------------------------------------------
    def _export(self) -> FileResponse:
        columns = [c for c in self.table.columns if not c.column.exclude_from_export]
        headings = tuple(str(c.header) for c in columns)
        asked = self.request.GET["export"]
        kind = asked if asked in FORMATS else "xlsx"
        file, written = write_file(kind, headings, self._values(columns), str(self.title))
        query = typed.left_out(self.request.GET, self._typed)
        query.pop("export", None)
        announce(
            self.request,
            Exported(self.export_name, str(self.title), headings, query.urlencode(), written, kind),
        )
        name = f"{self.title}-{localdate():%Y%m%d}.{kind}"
        return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[kind])

    def _values(self, columns: Sequence[Any]) -> Iterator[list[Any]]:
        """The cells of every row, read in chunks so that memory stays flat."""
        known: dict[str, Any] = {}
        for record in self.rows.iterator(chunk_size=2000):
            row = _TakenOut(record, self.table, known)
            yield [row.get_cell_value(column.name) for column in columns]
