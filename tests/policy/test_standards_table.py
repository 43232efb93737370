"""Standards set by a table: reading it, what is wrong in it, what it does, two people, corrections."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from python_calamine import CalamineWorkbook

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.policy import permissions, queries, services, standing, tablefile
from nuanxin.policy.entries import plain_entries, read_entries
from nuanxin.policy.models import Parameter
from tests.orgs import factories as orgs

from . import factories as make

pytestmark = pytest.mark.django_db
EVE, DAY = date(2024, 12, 31), date(2025, 1, 1)
DIBAO = standing.StandardKind("dibao", "低保标准", "Living-allowance line", True, True)


def workbook(*rows: list[Any], name: str = "table.xlsx") -> SimpleUploadedFile:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile(name, body.getvalue())


def comma_table(*rows: list[Any], encoding: str = "utf-8-sig") -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile("table.csv", text.getvalue().encode(encoding))


def refused(at: make.Home, who: str, service: Any, **given: Any) -> Refused:
    with at.acting(who), pytest.raises(Refused) as error:
        service(**given)
    return error.value


def value(place: Node, day: date, residence: str = "urban") -> Decimal | None:
    found = queries.standard("dibao", place.path, day, residence)
    return found and found.value


@pytest.fixture
def prefecture() -> make.Home:
    """A prefecture with three counties and their lines of 2024."""
    at = make.home("prefecture", orgs.node("province"))
    for yuan in (620, 600, 580):
        county = orgs.node("county", at.node)
        make.lines(make.line(county, yuan), make.line(county, yuan - 150, "rural"))
    return at


def counties(at: make.Home) -> list[Node]:
    return list(Node.objects.filter(parent=at.node).order_by("pk"))


# reading tables


def test_a_wide_workbook_gives_town_and_country():
    found = tablefile.read_table(
        workbook(
            ["2025年城乡低保标准"],
            [
                "地区代码",
                "地区",
                "现行城镇标准（元）",
                "现行农村标准（元）",
                "新城镇标准（元）",
                "新农村标准（元）",
            ],
            ["539901", "梅里县", 735, 545, 760, 570.5],
            ["539902", "澜川县", 710, 525, "", 550],
            ["539903", "松岩县", 690, 510],
        )
    )
    assert found == [
        {"row": 3, "place": "539901", "residence": "urban", "value": "760"},
        {"row": 3, "place": "539901", "residence": "rural", "value": "570.5"},
        {"row": 4, "place": "539902", "residence": "rural", "value": "550"},
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_long_csv_is_read(encoding: str):
    rows = [["县区", "城乡", "标准"], ["梅里县", "城镇", "760"], [], ["澜川县", "农村", "550元"]]
    assert tablefile.read_table(comma_table(*rows, encoding=encoding)) == [
        {"row": 2, "place": "梅里县", "residence": "城镇", "value": "760"},
        {"row": 4, "place": "澜川县", "residence": "农村", "value": "550元"},
    ]


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04 not a workbook"), "unreadable"),
        (SimpleUploadedFile("a.csv", b"a\0b"), "unreadable"),
        (SimpleUploadedFile("a.csv", b"x" * (5 * 2**20 + 1)), "unreadable"),
        (comma_table(["甲", "乙"], ["1", "2"]), "no_heading"),
        (SimpleUploadedFile("a.csv", b""), "no_heading"),
        (comma_table(["地区代码", "新标准"], ["539901", ""]), "empty_table"),
        (comma_table(["地区代码", "新标准"], *[["539901", "1"]] * 2001), "too_many_rows"),
    ],
)
def test_what_cannot_be_read_is_refused(upload: SimpleUploadedFile, code: str):
    with pytest.raises(Refused) as error:
        tablefile.read_table(upload)
    assert error.value.code == code


def test_a_formula_without_result_is_not_an_empty_cell():
    body = io.BytesIO()
    with xlsxwriter.Workbook(body) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["地区代码", "新标准"])
        sheet.write_string(1, 0, "539901")
        sheet.write_formula(1, 1, "=A9*1.05", None, "")
    (entry,) = tablefile.read_table(SimpleUploadedFile("a.xlsx", body.getvalue()))
    assert entry["value"] == "="


def test_the_template_holds_what_stands_and_comes_back(prefecture: make.Home):
    places = counties(prefecture)
    keys = [(node.path, residence) for node in places for residence in ("urban", "rural")]
    current = {key: found.value for key, found in standing.values_at("dibao", keys, EVE).items()}
    rows = CalamineWorkbook.from_filelike(tablefile.write_template(DIBAO, places, current))
    table = rows.get_sheet_by_index(0).to_python()
    assert table[0][2] == "现行城镇标准（元）" and table[1][:4] == [places[0].code, places[0].name, 620, 470]
    filled = [table[0], *([*row[:4], row[2] + 25, ""] for row in table[1:])]
    entries = tablefile.read_table(workbook(*filled))
    assert [(entry["place"], entry["value"]) for entry in entries] == [
        (node.code, str(yuan)) for node, yuan in zip(places, (645, 625, 605), strict=True)
    ]


# what is wrong in it


@pytest.mark.parametrize(
    ("place", "residence", "typed", "column"),
    [
        ("", "城镇", "650", "place"),
        ("没有的县", "城镇", "650", "place"),
        (None, "", "650", "residence"),
        (None, "郊区", "650", "residence"),
        (None, "城镇", "", "value"),
        (None, "城镇", "六百五", "value"),
        (None, "城镇", "650.005", "value"),
        (None, "城镇", "0", "value"),
        (None, "城镇", "-650", "value"),
        (None, "城镇", "1" * 30, "value"),
        (None, "城镇", "=", "value"),
    ],
)
def test_each_fault_is_named(
    prefecture: make.Home, place: str | None, residence: str, typed: str, column: str
):
    good, bad = counties(prefecture)[:2]
    entries = plain_entries(
        [make.entry(good, 650), {"row": 9} | make.entry(bad if place is None else place, typed, residence)]
    )
    with prefecture.acting("proposer"):
        table = read_entries(entries, DIBAO, prefecture.node.path)
    (fault,) = table.faults
    assert (fault.index, fault.row, fault.column) == (1, 9, column) and fault.why and fault.column_name
    assert [line.node for line in table.lines] == [good]


def test_places_are_found_by_any_of_their_names(prefecture: make.Home):
    node = counties(prefecture)[0]
    Node.objects.filter(pk=node.pk).update(division="533301", name_en="Test County")
    for word in (
        node.code,
        node.code.lower(),
        node.name,
        node.short_name,
        "533301",
        "Test County",
        f" {node.name} ",
    ):
        table = read_entries(plain_entries([make.entry(word, "６５０元")]), DIBAO, prefecture.node.path)
        assert [(line.node, line.value) for line in table.lines] == [(node, Decimal(650))], word


def test_places_out_of_scope_ambiguous_or_twice_are_faults(prefecture: make.Home):
    one, two, three = counties(prefecture)
    Node.objects.filter(pk__in=[one.pk, two.pk]).update(short_name="同名")
    typed = [make.entry(orgs.node(), 1), make.entry("同名", 2), make.entry(three, 3), make.entry(three, 4)]
    table = read_entries(plain_entries(typed), DIBAO, prefecture.node.path)
    assert [fault.index for fault in table.faults] == [0, 1, 2, 3] and not table.lines


def test_a_number_is_no_money_and_has_no_residence(prefecture: make.Home):
    days = standing.StandardKind("notice_working_days", "公示工作日", "days", False, False)
    node = counties(prefecture)[0]
    typed = [make.entry(node, "7", ""), make.entry(node, "7", "城镇"), make.entry(prefecture.node, "五", "")]
    table = read_entries(plain_entries(typed), days, prefecture.node.path)
    assert [(line.residence, line.value) for line in table.lines] == [("any", Decimal(7))]
    assert [(fault.index, fault.column) for fault in table.faults] == [(1, "residence"), (2, "value")]


# what it does


def test_two_people_set_a_years_lines(prefecture: make.Home):
    one, two, three = counties(prefecture)
    row = make.changed(
        prefecture, "submitted", make.entry(one, 650), make.entry(one, "490.50", "农村"), make.entry(two, 800)
    )
    with prefecture.acting("decider"):
        found = standing.preview(row)
        assert [(step.old, step.line.value, step.percent) for step in found.steps] == [
            (Decimal(620), Decimal(650), Decimal("4.8")),
            (Decimal(470), Decimal("490.5"), Decimal("4.4")),
            (Decimal(600), Decimal(800), Decimal("33.3")),
        ]
        assert (found.swings, found.left_out) == (1, (three,))
        made = services.activate_change(change=row)
    assert len(made) == 3 and {parameter.change_id for parameter in made} == {row.pk}
    assert (value(one, EVE), value(one, DAY), value(one, DAY, "rural")) == (620, 650, Decimal("490.5"))
    assert (value(two, DAY), value(three, DAY)) == (800, 580)
    stored = Parameter.objects.get(change=row, org=two)
    assert stored.document == "关于公布低保标准的通知（民发〔2025〕1号，2024-12-20）"
    assert stored.document_en == "Notice of the living-allowance lines (民发〔2025〕1号, 2024-12-20)"
    with prefecture.acting("proposer"):
        row.refresh_from_db()
        again = standing.preview(row)
    assert [step.old for step in again.steps] == [620, 470, 600]
    assert (row.state, row.approver) == ("in_force", prefecture.decider.staff)


def test_nothing_is_set_by_half(prefecture: make.Home):
    one, two, _three = counties(prefecture)
    row = make.change(prefecture, make.entry(one, 650), make.entry(two, "六百"))
    said = refused(prefecture, "proposer", services.submit_change, change=row)
    assert said.code == "faulty" and "2" in str(said) and "标准" in str(said)
    with prefecture.acting("proposer"):
        row = services.change_entries(change=row, entries=[make.entry(one, 650), make.entry(two, 600)])
        row = services.submit_change(change=row)
    make.lines(make.line(two, 610, start=DAY))
    assert refused(prefecture, "decider", services.activate_change, change=row).code == "overlap"
    assert (value(one, DAY), value(two, DAY)) == (620, 610)


def test_an_empty_change_is_not_submitted(prefecture: make.Home):
    row = make.change(prefecture)
    assert refused(prefecture, "proposer", services.submit_change, change=row).code == "no_entries"


def test_a_period_must_run_forward(prefecture: make.Home):
    with pytest.raises(Refused) as error:
        make.change(prefecture, valid_to=DAY)
    assert (error.value.code, error.value.field) == ("period", "valid_to")
    with pytest.raises(Refused):
        make.change(prefecture, valid_to=date(2026, 1, 1), correction=True)
    with prefecture.acting("proposer"), pytest.raises(Refused) as error:
        services.draft_change(code="nobody_knows", **make.DOCUMENT, valid_from=DAY)
    assert error.value.code == "no_standard"


def test_the_same_first_day_is_refused_as_new_and_meant_as_a_correction(prefecture: make.Home):
    one = counties(prefecture)[0]
    make.changed(prefecture, "in_force", make.entry(one, 650))
    row = make.changed(prefecture, "submitted", make.entry(one, 605))
    said = refused(prefecture, "decider", services.activate_change, change=row)
    assert said.code == "overlap" and "更正" in str(said)
    assert value(one, DAY) == 650


# corrections


def test_a_wrong_value_is_struck_and_the_right_one_takes_its_time(prefecture: make.Home):
    one, two, _three = counties(prefecture)
    make.changed(prefecture, "in_force", make.entry(one, 560), make.entry(two, 660))
    make.lines(make.line(one, 700, start=date(2026, 1, 1)))
    wrong = Parameter.objects.get(org=one, valid__startswith=DAY)
    row = make.changed(prefecture, "submitted", make.entry(one, 650), correction=True)
    with prefecture.acting("decider"):
        assert [step.old for step in standing.preview(row).steps] == [560]
        (right,) = services.activate_change(change=row)
    wrong.refresh_from_db()
    assert (wrong.struck_by_id, wrong.amount, right.valid) == (row.pk, Money.yuan(560), wrong.valid)
    assert (value(one, EVE), value(one, DAY), value(one, date(2026, 1, 1))) == (620, 650, 700)
    assert (value(two, DAY)) == 660
    assert list(standing.history("dibao", one.path).filter(valid__startswith=DAY)) == [wrong, right]
    assert right in standing.standards(DAY, one.path) and wrong not in standing.standards(DAY, one.path)


def test_nothing_to_correct_is_refused(prefecture: make.Home):
    one = counties(prefecture)[0]
    row = make.changed(prefecture, "submitted", make.entry(one, 650), correction=True)
    said = refused(prefecture, "decider", services.activate_change, change=row)
    assert said.code == "nothing_to_correct" and value(one, DAY) == 620
    with prefecture.acting("decider"):
        row.refresh_from_db()
        assert row.state == "submitted"


# two people


def test_who_submitted_does_not_decide(prefecture: make.Home):
    one = counties(prefecture)[0]
    both = orgs.post(prefecture.node, permissions.PROPOSE_STANDARD, permissions.SET_STANDARD).actor()
    row = make.change(prefecture, make.entry(one, 650))
    with scope.acting(both):
        row = services.submit_change(change=row)
        with pytest.raises(Refused) as error:
            services.activate_change(change=row)
    assert error.value.code == "same_person" and value(one, DAY) == 620


def test_nobody_sets_a_standard_alone():
    county = orgs.node()
    with scope.acting(orgs.actor(county)), pytest.raises(Refused) as error:
        services.set_standards(standards=[make.line(county, 620)])
    assert error.value.code == "needs_change"
    with (
        scope.acting(orgs.actor(county)),
        pytest.raises(DatabaseError, match="two people"),
        transaction.atomic(),
    ):
        make.line(county, 620).row().save()


def test_permission_and_scope(prefecture: make.Home):
    one = counties(prefecture)[0]
    row = make.changed(prefecture, "submitted", make.entry(one, 650))
    with prefecture.acting("proposer"), pytest.raises(Denied):
        services.activate_change(change=row)
    with prefecture.acting("decider"), pytest.raises(Denied):
        services.change_entries(change=row, entries=[])
    county = make.home("county", prefecture.node)
    with county.acting("decider"):
        assert not standing.changes()
        with pytest.raises(Refused) as error:
            services.activate_change(change=row)
        assert error.value.code == "out_of_sight"
    with prefecture.acting("decider"):
        services.activate_change(change=row)
    with county.acting("proposer"):
        assert list(standing.changes()) == [row]


# what raw SQL cannot do


@pytest.mark.parametrize(
    "values",
    [
        {"amount": Money.yuan(1)},
        {"document": "x"},
        {"residence": "rural"},
        {"code": "x"},
        {"valid": (date(2023, 1, 1), None)},
        {"struck_by": "submitted"},
        {"struck_by": "in_force"},
        {"change": "in_force"},
    ],
)
def test_a_standard_never_changes(prefecture: make.Home, values: dict[str, Any]):
    one, two, _three = counties(prefecture)
    for name in ("struck_by", "change"):
        if name in values:
            values = {name: make.changed(prefecture, values[name], make.entry(two, 650))}
    row = Parameter.objects.get(org=one, residence="urban")
    with scope.acting(system()), pytest.raises(DatabaseError), transaction.atomic():
        Parameter.objects.filter(pk=row.pk).update(**values)


def test_its_end_may_move_and_a_struck_one_rests(prefecture: make.Home):
    one = counties(prefecture)[0]
    make.changed(prefecture, "in_force", make.entry(one, 560))
    make.changed(prefecture, "in_force", make.entry(one, 650), correction=True)
    rows = Parameter.objects.filter(org=one, residence="urban")
    struck = rows.get(struck_by__isnull=False)
    end = ("2025-01-01", "2025-07-01")
    assert rows.filter(valid__upper_inf=True, struck_by__isnull=True).update(valid=end) == 1
    for values in ({"valid": end}, {"struck_by": None}):
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            rows.filter(pk=struck.pk).update(**values)


def test_a_moved_county_keeps_its_standards_and_changes(prefecture: make.Home):
    home = make.home("county", prefecture.node)
    make.lines(make.line(home.node, 620))
    row = make.changed(home, "in_force", make.entry(home.node, 650))
    other = orgs.node("prefecture")
    with scope.acting(system()):
        home.node.parent = other
        home.node.save()
        home.node.refresh_from_db()
        row.refresh_from_db()
    assert row.org_id == home.node.path and home.node.path.startswith(other.path)
    assert (value(home.node, EVE), value(home.node, DAY)) == (620, 650)
