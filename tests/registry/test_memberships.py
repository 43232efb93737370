"""Members of unions: joining, moving, leaving; many at once from a list, with a receipt; the figures."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.registry.models import Enrolment, Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER, SEE_EMPLOYER
from nuanxin.registry.queries import employers as queries
from nuanxin.registry.services import memberships as services
from nuanxin.registry.services.enrolling import Receipt, Row, enrol_many, rows_of
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db

DAY = date(2021, 5, 8)


def refused(code: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def county() -> Node:
    return orgs.node("county")


@pytest.fixture
def unions(county: Node) -> Iterator[list[Node]]:
    """Two unions, acting as the county above them."""
    made = [orgs.node("grassroots", orgs.node("township", county)) for _ in range(2)]
    with scope.acting(orgs.actor(county)):
        yield made


def join(union: Node, person: Person | None = None, **fields: Any) -> Membership:
    values: dict[str, Any] = {"form": "courier", "joined_on": DAY} | fields
    return services.join_union(person=person or factories.person(union.path), union=union.path, **values)


def enrol(union: Node, rows: list[Row], **fields: Any) -> Receipt:
    values: dict[str, Any] = {"title": "集中入会第一期", "held_on": DAY, "form": "rider"} | fields
    return enrol_many(union=union.path, rows=rows, **values)


def people(number: int, first: int = 1) -> list[Row]:
    return [Row(line, f"杨{line}", factories.id_number()) for line in range(first, first + number)]


def test_a_person_is_in_one_union_at_a_time(unions: list[Node]) -> None:
    row = join(unions[0])
    with refused("member"):
        join(unions[1], row.person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(org=unions[1], person=row.person, form="courier", joined_on=DAY)


def test_a_member_moves_within_the_scope(unions: list[Node]) -> None:
    row = join(unions[0])
    made = services.transfer_member(membership=row, union=unions[1].path, on=date(2021, 9, 1))
    row.refresh_from_db()
    assert (row.left_on, row.left_because) == (date(2021, 9, 1), Membership.Left.TRANSFER)
    assert (made.org_id, made.joined_on, made.form) == (unions[1].path, date(2021, 9, 1), "courier")


def test_a_union_out_of_scope_is_refused_with_what_to_do(unions: list[Node]) -> None:
    with refused("union_out_of_scope") as told:
        services.transfer_member(membership=join(unions[0]), union=orgs.node("grassroots").path, on=DAY)
    assert "离会" in str(told.value)


@pytest.mark.parametrize("day", [date(2021, 5, 7), date(2999, 1, 1)])
def test_leaving_is_within_the_time_of_the_membership(unions: list[Node], day: date) -> None:
    with refused("wrong_day"):
        services.leave_union(membership=join(unions[0]), left_on=day, because="retired")


def test_who_left_may_join_again(unions: list[Node]) -> None:
    row = join(unions[0])
    with refused("no_reason"):
        services.leave_union(membership=row, left_on=DAY, because="")
    services.leave_union(membership=row, left_on=DAY, because="resigned")
    with refused("ended"):
        services.leave_union(membership=row, left_on=DAY, because="resigned")
    assert join(unions[1], row.person).org_id == unions[1].path


def test_death_ends_the_membership(unions: list[Node]) -> None:
    row = join(unions[0])
    with refused("alive"):
        services.end_memberships_of_dead(person=row.person)
    Person.objects.filter(pk=row.person_id).update(died_on=date(2021, 7, 1))
    assert services.end_memberships_of_dead(person=row.person) == 1
    row.refresh_from_db()
    assert (row.left_on, row.left_because) == (date(2021, 7, 1), Membership.Left.DIED)
    with refused("dead"):
        join(unions[0], row.person)


def test_a_list_is_taken_in_with_a_receipt(unions: list[Node], county: Node) -> None:
    known = factories.person(unions[0].path, "和阿牛", id_number=(number := factories.id_number()))
    member = factories.id_number()
    enrol(unions[1], [Row(1, "木兰", member)])
    with scope.acting(orgs.actor(orgs.node("grassroots"))):
        elsewhere = factories.id_number()
        there = factories.person(scope.current().org_path, "李远", id_number=elsewhere)
        assert there.pk
    good = people(3, 10)
    with scope.acting(orgs.actor(county)):
        receipt = enrol(
            unions[0],
            [
                *good,
                Row(20, "和阿牛", number),
                Row(21, "和阿马", number),
                Row(22, "坏号", "533422199001010000"),
                Row(23, "木兰", member),
                Row(24, "李远", elsewhere),
                Row(25, "", factories.id_number()),
                Row(26, good[0].name, good[0].id_number),
            ],
        )
        why = {wrong.line: wrong.why for wrong in receipt.wrong}
        assert (receipt.listed, receipt.joined, receipt.entered, receipt.already) == (10, 4, 3, 0)
        assert set(why) == {21, 22, 23, 24, 25, 26}
        assert unions[1].local_name in why[23] and "登记" in why[24] and "10" in why[26]
        assert all(number not in wrong.number for wrong in receipt.wrong)
        assert known.unions.get().org_id == unions[0].path
        assert Membership.objects.filter(enrolment=receipt.enrolment).count() == 4


def test_the_same_list_again_changes_nothing(unions: list[Node]) -> None:
    rows = people(5)
    enrol(unions[0], rows)
    again = enrol(unions[0], rows)
    assert (again.joined, again.entered, again.already, again.wrong) == (0, 0, 5, [])


def test_a_list_costs_the_same_statements_whatever_its_length(unions: list[Node]) -> None:
    counts = []
    for number in (3, 60):
        with CaptureQueriesContext(
            connection,
        ) as ran:
            enrol(unions[0], people(number))
        counts.append(len(ran))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("rows", "fields", "code"),
    [(0, {}, "empty"), (1, {"title": " "}, "no_title"), (1, {"held_on": date(2999, 1, 1)}, "future")],
)
def test_an_impossible_list_is_refused(
    unions: list[Node], rows: int, fields: dict[str, Any], code: str
) -> None:
    with refused(code):
        enrol(unions[0], people(rows), **fields)
    assert not Enrolment.objects.exists()


def test_ten_events_of_four_hundred_persons_come_out_as_figures(county: Node) -> None:
    unions = [orgs.node("grassroots", orgs.node("township", county)) for _ in range(6)]
    with scope.acting(orgs.actor(county)):
        for event in range(10):
            union = unions[event % 6]
            enrol(
                union, people(40), title=f"集中入会第{event + 1}期", held_on=date(2021, event + 1, 8),
                form=["courier", "rider", "driver", "trucker"][event % 4], founded=event in (4, 5),
            )  # fmt: skip
        year = (date(2021, 1, 1), date(2022, 1, 1))
        figures = queries.enrolment_figures(*year)
        assert (figures.events, figures.joined, figures.unions, figures.founded) == (10, 400, 6, 2)
        rows = queries.unions(*year)
        assert len(rows) == 6 and sum(row.members for row in rows) == 400
        assert sum(row.joined for row in queries.unions(date(2021, 1, 1), date(2021, 4, 1))) == 120
        assert queries.by_form(queries.memberships())["courier"] == 120


def test_rows_of_a_table() -> None:
    table = [["姓名", "身份证号"], [], ["和建国", "533422198001010012", 13987654321.0], ["木云", "5334"]]
    assert rows_of(table) == [
        Row(3, "和建国", "533422198001010012", "13987654321"),
        Row(4, "木云", "5334"),
    ]


@pytest.fixture
def officer(unions: list[Node], client: Client) -> Client:
    post = orgs.post(unions[0], SEE_EMPLOYER, EDIT_EMPLOYER)
    client.force_login(post.staff)
    return client


def test_a_pasted_list_and_a_workbook_are_enrolled_on_the_page(officer: Client, unions: list[Node]) -> None:
    url = reverse("registry:enrol", args=[unions[0].pk])
    fields = {"title": "第一期", "held_on": "2021-05-08", "form": "courier"}
    one, two, three = (factories.id_number() for _ in range(3))
    pasted = f"和一\t{one}\n和二，{two}\n和三 {three} 13900001111"
    page = officer.post(url, fields | {"people": pasted})
    assert page.status_code == 200 and Membership.objects.filter(org=unions[0]).count() == 3
    with BytesIO() as out:
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "身份证号"])
        sheet.write_row(1, 0, ["和四", factories.id_number()])
        book.close()
        file = SimpleUploadedFile("list.xlsx", out.getvalue())
    assert officer.post(url, fields | {"file": file}).status_code == 200
    assert Membership.objects.filter(org=unions[0]).count() == 4
    text = f"姓名,身份证号,手机\r\n和五,{factories.id_number()},\r\n".encode("gb18030")
    answer = officer.post(url, fields | {"file": SimpleUploadedFile("名单.csv", text)})
    assert answer.status_code == 200 and Membership.objects.filter(org=unions[0]).count() == 5
    lost = SimpleUploadedFile("名单.csv", "和\ufffd,533422198005170011".encode())
    answer = officer.post(url, fields | {"file": lost})
    assert answer.status_code == 422 and Membership.objects.filter(org=unions[0]).count() == 5
    broken = SimpleUploadedFile("list.xlsx", b"nothing")
    assert officer.post(url, fields | {"file": broken}).status_code == 422


PAGES = ["unions", "union", "enrol", "join", "membership", "membership_transfer", "membership_leave"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_to_its_permission_and_to_its_county_alone(
    officer: Client, unions: list[Node], name: str
) -> None:
    row = join(unions[0])
    key = {"unions": None, "union": unions[0].pk, "enrol": unions[0].pk, "join": unions[0].pk}.get(
        name, row.pk
    )
    url = reverse(f"registry:{name}", args=[key] if key else [])
    assert officer.get(url).status_code == 200
    blind = orgs.post(unions[0], "casework.file.see")
    officer.force_login(blind.staff)
    assert officer.get(url).status_code == 403
    if key:
        away = orgs.post(orgs.node("county"), SEE_EMPLOYER, EDIT_EMPLOYER)
        officer.force_login(away.staff)
        assert officer.get(url).status_code == 404


def test_joining_and_leaving_on_the_pages(officer: Client, unions: list[Node]) -> None:
    fields = {"name": "和五", "id_number": factories.id_number(), "form": "driver", "joined_on": "2021-05-08"}
    url = reverse("registry:join", args=[unions[0].pk])
    assert officer.post(url, fields).status_code == 302
    assert officer.post(url, fields).status_code == 422
    row = Membership.objects.get(org=unions[0])
    leave = reverse("registry:membership_leave", args=[row.pk])
    assert officer.post(leave, {"left_on": "2021-06-01", "because": "retired"}).status_code == 302
    row.refresh_from_db()
    assert row.left_because == Membership.Left.RETIRED
