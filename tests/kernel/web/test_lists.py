"""Lists: filters, order, pages, memory, bulk acts and exports."""

from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from django_htmx.middleware import HtmxDetails

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, Denied
from nuanxin.kernel.web import exports, paging
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.kernel.web.tables import Column, MaskedColumn, NumberColumn, Table

pytestmark = pytest.mark.django_db


class KindTable(Table):
    main = "app_label"
    app_label = Column("App")
    model = MaskedColumn("Model", mask=lambda text: text[:2] + "**")
    pk = NumberColumn("Key")

    def row_url(self, record: ContentType) -> str:
        return f"/kinds/{record.pk}/"


class KindFilter(FilterSet):
    q = filters.CharFilter(label="Find", field_name="model", lookup_expr="icontains")
    app_label = filters.ChoiceFilter(label="App", choices=[("auth", "Auth"), ("zeta", "Zeta")])
    early = filters.BooleanFilter(label="Early", method="among_the_first")
    day = filters.DateFromToRangeFilter(label="Day", method="nothing_left_out")
    apps = filters.MultipleChoiceFilter(label="Apps", field_name="app_label", choices=[("zeta", "Zeta")])

    def among_the_first(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(model__lt="model05") if value else rows.filter(model__gte="model05")

    def nothing_left_out(self, rows: Any, name: str, value: Any) -> Any:
        return rows


class Kinds(ListPage):
    permissions = ("kinds.see",)
    title = "Kinds"
    table_class = KindTable
    filterset_class = KindFilter
    export_name = "kinds"
    per_page = 5
    bulk_actions = (
        BulkAction("mark", "Mark", permission="kinds.mark", primary=True),
        BulkAction("drop", "Drop", permission="kinds.drop"),
    )
    marked: list[str] = []

    def get_queryset(self) -> Any:
        return ContentType.objects.filter(app_label__in=["zeta", "eta"]).order_by("app_label")

    def bulk_mark(self, rows: Any) -> str:
        Kinds.marked = sorted(rows.values_list("model", flat=True))
        return "marked"


@pytest.fixture
def kinds() -> list[ContentType]:
    Kinds.marked = []
    return ContentType.objects.bulk_create(
        [ContentType(app_label="zeta", model=f"model{n:02}") for n in range(12)]
        + [ContentType(app_label="eta", model="=cmd|x")]
    )


@pytest.fixture
def listeners() -> Iterator[list[Any]]:
    before = list(exports._listeners)
    exports._listeners.clear()
    yield exports._listeners
    exports._listeners[:] = before


def ask(
    query: str = "",
    *,
    session: Any = None,
    may: str = "kinds.see kinds.mark",
    data: Any = None,
    part: bool = False,
) -> tuple[HttpRequest, HttpResponse]:
    factory = RequestFactory()
    headers = {"HX-Request": "true", "HX-Target": "list"} if part else {}
    path = f"/kinds/{query}"
    request: Any = (
        factory.get(path, headers=headers) if data is None else factory.post(path, data, headers=headers)
    )
    request.session = SessionStore() if session is None else session
    request.htmx = HtmxDetails(request)
    request._messages = FallbackStorage(request)
    with scope.acting(Actor(org_path="/", permissions=frozenset(may.split()))), override("en"):
        response = Kinds.as_view()(request)
    return request, response


def test_the_view_asks_for_its_permission(kinds: Any) -> None:
    with pytest.raises(Denied):
        ask(may="kinds.other")
    assert Kinds.as_view().permissions == ("kinds.see",)


def test_rows_open_and_are_masked(kinds: Any) -> None:
    body = ask()[1].content.decode()
    assert f'data-href="/kinds/{kinds[0].pk}/"' in body
    assert "mo**" in body and "model00" not in body
    assert "<b>13</b> rows" in body


def test_part_alone_for_htmx(kinds: Any) -> None:
    body = ask("?app_label=zeta", part=True)[1].content.decode()
    assert body.lstrip().startswith('<div class="list') and "<html" not in body


def test_every_row_is_on_exactly_one_page(kinds: Any) -> None:
    shown = [row.record.pk for n in (1, 2, 3) for row in page_of(f"?sort=app_label&page={n}")]
    assert sorted(shown) == sorted(kind.pk for kind in kinds)


def page_of(query: str) -> Any:
    view = Kinds()
    view.setup(RequestFactory().get(f"/kinds/{query}"))
    with scope.acting(Actor(org_path="/")):
        view._load()
    view.table.paginate(
        page=view.request.GET.get("page"),
        per_page=5,
        paginator_class=paging.CappedPaginator,
        total=view.total,
    )
    return view.table.page.object_list


def test_sorting_by_an_unknown_column_is_ignored(kinds: Any) -> None:
    assert ask("?sort=-nothing,password")[1].status_code == 200


def test_pages_outside_the_list_show_the_nearest(kinds: Any) -> None:
    assert len(page_of("?page=99")) == 3
    assert len(page_of("?page=-4")) == 5
    assert len(page_of("?page=abc")) == 5


def test_counting_stops_at_the_cap(kinds: Any) -> None:
    rows = ContentType.objects.filter(app_label="zeta")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        count = paging.capped_count(rows, cap=10)
    assert (str(count), count.capped) == ("10+", True)
    assert "LIMIT 11" in queries[0]["sql"]
    assert str(paging.capped_count(rows, cap=12)) == "12"


def test_a_capped_list_goes_on_beyond_its_count(kinds: Any) -> None:
    rows = list(range(30))
    pages = paging.CappedPaginator(rows, 10, total=paging.Count(20, True))
    assert list(pages.page(3)) == list(range(20, 30))
    assert list(paging.CappedPaginator(rows, 10, total=paging.Count(20)).page(3)) == list(range(10, 20))


def test_pills_name_their_filter_while_it_is_off(kinds: Any) -> None:
    body = ask()[1].content.decode()
    assert '<option value="" selected>App</option>' in body
    assert "Early</option>" in body and "-----" not in body and "Unknown" not in body


def test_filters_are_shown_as_chips_that_come_off(kinds: Any) -> None:
    body = ask("?app_label=zeta&q=model0&page=2&sort=pk")[1].content.decode()
    assert 'href="?q=model0&amp;sort=pk"' in body
    assert "App: Zeta" in body


def test_yes_and_no_dates_and_several_choices_are_spoken_and_come_off(kinds: Any) -> None:
    body = ask("?early=true&day_from=2022-01-01&day_to=2022-02-01&apps=zeta")[1].content.decode()
    assert "Early: Yes" in body and "Day: 2022-01-01 – 2022-02-01" in body and "Apps: Zeta" in body
    assert 'href="?early=true&amp;apps=zeta"' in body
    assert "<b>5</b> rows" in body


def test_a_filter_that_makes_no_sense_shows_nothing_and_says_so(kinds: Any) -> None:
    body = ask("?app_label=nonsense")[1].content.decode()
    assert "note tone-no" in body and "data-href" not in body


def test_filters_are_remembered_but_not_what_was_searched(kinds: Any) -> None:
    request, _ = ask("?app_label=zeta&q=somebody&page=2")
    again = ask(session=request.session)[1]
    assert (again.status_code, again["Location"]) == (302, "/kinds/?app_label=zeta")
    cleared, answer = ask("?clear=1", session=request.session)
    assert answer["Location"] == "/kinds/"
    assert ask(session=cleared.session)[1].status_code == 200


def test_bulk_acts_touch_only_rows_of_the_list(kinds: Any) -> None:
    outside = ContentType.objects.create(app_label="theta", model="x")
    ids = [kinds[0].pk, kinds[12].pk, outside.pk, "1 OR 1=1", "²"]
    _, answer = ask("?app_label=zeta", data={"bulk": "mark", "ids": ids})
    assert answer.status_code == 302
    assert Kinds.marked == ["model00"]


@pytest.mark.parametrize("name", ["drop", "mark_", "", "__class__"])
def test_an_act_that_is_not_offered_is_not_found(kinds: Any, name: str) -> None:
    with pytest.raises(Http404):
        ask(data={"bulk": name, "ids": [kinds[0].pk]})


def test_only_permitted_acts_are_offered(kinds: Any) -> None:
    assert 'value="drop"' not in ask()[1].content.decode()
    assert "tick-row" not in ask(may="kinds.see")[1].content.decode()


def exported(response: Any) -> list[tuple[Any, ...]]:
    from io import BytesIO

    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    return list(book.active.iter_rows(values_only=True))


def test_export_is_what_is_shown(kinds: Any, listeners: list[Any]) -> None:
    told: list[Any] = []
    exports.on_export(lambda request, record: told.append(record))
    rows = exported(ask("?q=model1&sort=-pk&export=xlsx")[1])
    assert rows[0] == ("App", "Model", "Key")
    assert rows[1:] == [("zeta", "mo**", kinds[11].pk), ("zeta", "mo**", kinds[10].pk)]
    assert (told[0].name, told[0].rows, told[0].query) == ("kinds", 2, "q=model1&sort=-pk")


def test_export_as_text(kinds: Any, listeners: list[Any]) -> None:
    told: list[Any] = []
    exports.on_export(lambda request, record: told.append(record))
    answer: Any = ask("?q=model1&sort=-pk&export=csv")[1]
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == ["App,Model,Key", f"zeta,mo**,{kinds[11].pk}", f"zeta,mo**,{kinds[10].pk}"]
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and ".csv" in answer["Content-Disposition"]
    assert (told[0].format, told[0].rows) == ("csv", 2)


def test_cells_cannot_start_a_formula(kinds: Any, listeners: list[Any]) -> None:
    assert "'=c**" in [row[1] for row in exported(ask("?export=xlsx")[1])]


def test_an_export_that_cannot_be_recorded_is_not_handed_out(kinds: Any, listeners: list[Any]) -> None:
    def refuse(request: Any, record: Any) -> None:
        raise RuntimeError("no record")

    exports.on_export(refuse)
    with pytest.raises(RuntimeError):
        ask("?export=xlsx")


def test_a_page_costs_two_queries(kinds: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        ask("?sort=model")
    seen = [q["sql"] for q in queries if "content_type" in q["sql"]]
    assert len(seen) == 2
    assert all("LIMIT" in sql for sql in seen)


@pytest.fixture(autouse=True)
def _no_tabs() -> Iterator[None]:
    yield
    Kinds.get_tabs = ListPage.get_tabs  # type: ignore[method-assign]
    Kinds.in_tab = ListPage.in_tab  # type: ignore[method-assign]


def test_tabs_narrow_the_list(kinds: Any) -> None:
    Kinds.get_tabs = lambda self: [Tab("all", "All"), Tab("eta", "Eta", 1)]  # type: ignore[method-assign]
    Kinds.in_tab = lambda self, rows, key: rows.filter(app_label="eta") if key == "eta" else rows  # type: ignore[method-assign]
    assert "<b>13</b>" in ask("?tab=unknown")[1].content.decode()
    body = ask("?tab=eta")[1].content.decode()
    assert "<b>1</b> rows" in body and 'href="?tab=eta" aria-current="page"' in body
