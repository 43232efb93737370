"""Numbers typed into a list's filters: found by, but never in an address, a page's links or the record."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from django.utils.translation import override
from django_htmx.middleware import HtmxDetails

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.web import exports, typed
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.lists import BulkAction, ListPage
from nuanxin.kernel.web.tables import Column, Table

pytestmark = pytest.mark.django_db

NUMBER = "11010519491231002X"
SPOKEN = (
    "１１０１０５ 19491231 002X",
    "138 0013 8000",
    "138-0013-8000",
    "6222 0212 3456 7890 123",
    "1380013800",
)


class KindTable(Table):
    main = "app_label"
    app_label = Column("App")


class KindFilter(FilterSet):
    q = filters.CharFilter(label="Find", field_name="model")
    app_label = filters.ChoiceFilter(label="App", choices=[("zeta", "Zeta")])
    day = filters.DateFromToRangeFilter(label="Day", method="any_day")

    def any_day(self, rows: Any, name: str, value: Any) -> Any:
        return rows


class Kinds(ListPage):
    permissions = ()
    title = "Kinds"
    table_class = KindTable
    filterset_class = KindFilter
    export_name = "kinds"
    per_page = 2
    bulk_actions = (BulkAction("mark", "Mark"),)

    def get_queryset(self) -> Any:
        return ContentType.objects.filter(app_label__in=["zeta", "eta"])

    def bulk_mark(self, rows: Any) -> str:
        return f"{rows.count()} marked"


@pytest.fixture(autouse=True)
def kinds() -> None:
    rows = [ContentType(app_label="zeta", model=NUMBER), ContentType(app_label="eta", model="words")]
    ContentType.objects.bulk_create(rows)


def ask(query: str = "", data: Any = None, *, staff: int = 7, part: bool = False) -> HttpResponse:
    factory, headers = RequestFactory(), {"HX-Request": "true", "HX-Target": "list"} if part else {}
    path = f"/kinds/{query}"
    request: Any = factory.get(path, headers=headers) if data is None else factory.post(path, data)
    request.session = SessionStore()
    request.htmx = HtmxDetails(request)
    request._messages = FallbackStorage(request)
    with scope.acting(Actor(org_path="/", staff_id=staff)), override("en"):
        return Kinds.as_view()(request)


def searched(**more: str) -> str:
    """The query one is led to after typing the number."""
    answer = ask(data={"q": NUMBER, "csrfmiddlewaretoken": "t", "app_label": "", **more})
    assert answer.status_code == 302
    return "?" + urlsplit(answer["Location"]).query


def test_what_is_typed_leads_to_an_address_without_the_number() -> None:
    query = searched(app_label="zeta", sort="-app_label")
    parts = parse_qs(query[1:])
    assert set(parts) == {"q", "app_label", "sort"}
    assert parts["q"][0].startswith("~") and NUMBER not in query and NUMBER[:6] not in query
    body = ask(query).content.decode()
    assert "<b>1</b> rows" in body and "zeta" in body


def test_no_link_of_the_page_has_the_number() -> None:
    body = ask(searched(app_label="zeta", sort="-app_label")).content.decode()
    links = re.findall(r'(?:href|hx-get|hx-post|action)="([^"]*)"', body)
    assert len(links) > 5 and not any(NUMBER in link for link in links)
    assert f'value="{NUMBER}"' in body  # the box itself still says what was typed


@pytest.mark.parametrize("text", SPOKEN)
def test_a_number_in_an_address_is_sealed_at_once(text: str) -> None:
    answer = ask(f"?q={text}")
    assert answer.status_code == 302 and "q=~" in answer["Location"].replace("%7E", "~")
    with scope.acting(Actor(org_path="/", staff_id=7)):
        asked = QueryDict(urlsplit(answer["Location"]).query)
        assert typed.uncovered(asked, ["q"])["q"] == text


@pytest.mark.parametrize("query", ["?q=words", "?q=KD-2022-001", "?day_from=2022-01-01&day_to=2022-12-31"])
def test_words_and_days_stay_as_they_are(query: str) -> None:
    assert ask(query).status_code == 200


def test_nothing_typed_clears_the_list() -> None:
    answer = ask(data={"q": "", "app_label": ""})
    assert answer["Location"] == "/kinds/?clear=1"


def test_a_part_of_the_page_and_a_bulk_act_understand_it() -> None:
    query = searched()
    assert "<b>1</b> rows" in ask(query, part=True).content.decode()
    ids = list(ContentType.objects.filter(app_label__in=["zeta", "eta"]).values_list("pk", flat=True))
    answer = ask(query, {"bulk": "mark", "ids": ids})
    assert answer.status_code == 302 and answer["Location"].endswith(query)


def test_an_export_has_the_rows_and_the_record_not_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(exports, "_listeners", [lambda request, record: told.append(record)])
    answer: Any = ask(searched() + "&export=xlsx")
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    assert list(book.active.iter_rows(values_only=True)) == [("App",), ("zeta",)]
    assert told[0].query == "q=%E2%80%A6"


@pytest.mark.parametrize("staff", [8, None])
def test_a_sealed_number_is_nobody_elses(staff: Any) -> None:
    answer = ask(searched(app_label="zeta"), staff=staff)
    assert (answer.status_code, answer["Location"]) == (302, "/kinds/?app_label=zeta")


def test_a_sealed_number_ends_with_the_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    query = searched()
    moment = typed.time.time() + typed.LASTS + 60
    monkeypatch.setattr(typed.time, "time", lambda: moment)
    assert ask(query)["Location"] == "/kinds/?clear=1"


@pytest.mark.parametrize("text", ["~", "~A", "~AQEx", "~" + "A" * 80, "~é"])
def test_a_broken_seal_is_left_out(text: str) -> None:
    assert ask(f"?q={text}&app_label=zeta")["Location"] == "/kinds/?app_label=zeta"


@pytest.mark.parametrize(
    "text", ["533422-2022-000182", "533422-2022", "533422-2022-0", "ZF-533422-2026-0001"]
)
def test_numbers_of_the_house_are_shared_as_they_are(text):
    assert not typed.is_number(text)


@pytest.mark.parametrize(
    "text", ["11010519491231002X", "138-1234-5678", "622202 1201012345678", "1101051949-12-31"]
)
def test_numbers_of_persons_are_not(text):
    assert typed.is_number(text)
