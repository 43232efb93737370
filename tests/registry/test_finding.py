"""The search box: what is found by what, within the scope only, whatever is typed."""

import pytest
from django.db import DatabaseError, connection, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.registry import queries
from nuanxin.registry.models import Employer, Household, Person
from nuanxin.registry.queries import Kind
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
ADDRESS = "升平镇 南坪街１２号3栋201室"


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture(autouse=True)
def officer(union):
    with scope.acting(orgs.actor(union)) as actor:
        yield actor


@pytest.fixture
def home(union):
    """A household whose head is to be found by everything."""
    head = factories.person(union.path, "和建国", phone="13712345678", employer="第三纺织厂")
    return factories.household(union.path, head=head, address=ADDRESS)


def people(text: str) -> list[str]:
    return [person.name for person in queries.find(text).people]


def homes(text: str) -> list[int]:
    return [house.pk for house in queries.find(text).homes]


@pytest.mark.parametrize(
    "text",
    ["和建国", "和建", "和", "和 建 国", "　和建国　", "he jianguo", "hejianguo", "HE JianGuo", "he jian guo",
     "ｈｅｊｉａｎ", "hé jiàn", "he", "hjg", "HJ", "h.j.g.", "纺织", "第三纺织厂", "13712345678",
     "137 1234 5678", "１３７１２３４５６７８", "+86 137-1234-5678"],
)  # fmt: skip
def test_a_person_is_found_by(home, text):
    assert people(text) == ["和建国"]


@pytest.mark.parametrize(
    "text",
    ["建国", "jianguo", "h", "H", "1", "", "   ", "137123456", "53342219500101", "hjgx", "纺 绸", "织"],
)
def test_a_person_is_not_found_by(home, text):
    assert people(text) == []


def test_the_full_number_finds_whatever_its_form(union):
    number = factories.id_number()
    person = factories.person(union.path, id_number=number)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    for text in (number, number.lower(), f" {number[:6]} {number[6:14]} {number[14:]} ", full_width):
        assert queries.find(text).people == [person]
        assert queries.asked(text).kind is Kind.NUMBER
    assert queries.asked(number[:-1]).kind is Kind.PART
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    assert queries.asked(wrong).kind is Kind.PART and not queries.find(wrong)


@pytest.mark.parametrize(
    "text", ["南坪街", "升平镇南坪街", "街12号", "１２号", "12号3栋", "201", "南 坪", "坪街", ADDRESS]
)
def test_a_household_is_found_by_part_of_its_address(home, text):
    assert homes(text) == [home.pk]


@pytest.mark.parametrize(
    "text", ["街", "南街", "13号", "%", "南%", "_坪", "南_街", "南坪街\\", "'南坪'", "南坪街99"]
)
def test_a_household_is_not_found_by(home, text):
    assert homes(text) == []


@pytest.mark.parametrize(
    "text",
    ["买买提·艾力", "买买提•艾力", "买买提．艾", "买买提艾力", "买买提", "maimaiti aili", "maimaitiaili",
     "mmtal"],
)  # fmt: skip
def test_names_of_two_parts(union, text):
    factories.person(union.path, "买买提·艾力")
    assert people(text) == ["买买提·艾力"]


def test_names_of_four_byte_characters(union):
    factories.person(union.path, "𠮷𠀀")
    factories.household(union.path, address="𠮷田里𠀀号")
    assert people("𠮷") == people("𠮷𠀀") == ["𠮷𠀀"]
    assert len(homes("𠮷田")) == len(homes("𠀀号")) == 1


@pytest.mark.parametrize(
    "text",
    ["%", "%%", "_", "__", "\\", "'", "''; DROP TABLE registry_person; --", '"', "a" * 5000, "王" * 5000,
     "\0", "和\0建国\0", "\ud800", "<b>和</b>", "🙂🙂", "{}", "%s", "%(part)s", "١٢٣", "--", "...", "·",
     "0" * 30, "9" * 18],
)  # fmt: skip
def test_odd_input_is_only_text(home, text):
    found = queries.find(text)
    assert [person.name for person in found.people] in ([], ["和建国"]) and not found.homes
    assert len(queries.asked(text).text) <= queries.LONGEST


def test_employers_by_part_of_the_name_pinyin_and_initials(union):
    firm = Employer.objects.create(
        org_id=union.path, name="德钦县第三纺织厂", pinyin="deqinxiandisanfangzhichang", initials="dqxdsfzc"
    )
    for text in ("纺织", "第三纺织", "deqin", "De Qin Xian", "dqxd"):
        assert queries.find(text).employers == [firm]
    assert not queries.find("纺绸").employers and not queries.find("fangzhi").employers


def test_what_lies_out_of_scope_is_never_found(union, home, officer):
    number = factories.id_number()
    factories.person(union.path, "欧阳文华", id_number=number, employer="第三纺织厂")
    Employer.objects.create(org_id=union.path, name="第三纺织厂", pinyin="disan", initials="dsfzc")
    asked = ("和", "和建国", "hejianguo", "hjg", "南坪街", "纺织", "disan", "13712345678", number)
    assert all(queries.find(text) for text in asked)
    for place in (orgs.node("grassroots"), orgs.node("county")):
        with scope.acting(orgs.actor(place)):
            assert not any(queries.find(text) for text in asked)
    with scope.acting(system()):
        assert all(queries.find(text) for text in asked)


def test_the_addresses_are_out_of_reach_but_through_the_function(home):
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_homes_at('南坪', 10)")
        assert cursor.fetchall() == [(home.pk,)]
        cursor.execute(
            "SELECT set_config('nuanxin.scope_from', '', true), set_config('nuanxin.scope_to', '', true)"
        )
        cursor.execute("SELECT registry_homes_at('南坪', 10)")
        assert cursor.fetchall() == []
    for statement in ("SELECT * FROM registry_address", "DELETE FROM registry_address"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_address_follows_the_household(union, home, officer):
    Household.objects.filter(pk=home.pk).update(address="升平镇北门街7号")
    assert homes("南坪街") == [] and homes("北门街") == [home.pk]
    Household.objects.filter(pk=home.pk).update(remarks="不影响")
    assert homes("北门街") == [home.pk]
    other = orgs.node("county")
    with scope.acting(system()):
        union.refresh_from_db()
        union.parent = other
        union.save()
        union.refresh_from_db()
    with scope.acting(orgs.actor(other)):
        assert homes("北门街") == [home.pk]
    with scope.acting(orgs.actor(union)):
        Household.objects.filter(pk=home.pk).update(address="")
        assert homes("北门街") == []


def test_ended_households_and_merged_persons_are_gone(union, home):
    doubled = factories.person(union.path, "和建国")
    assert people("和建国") == ["和建国"] * 2
    Person.objects.filter(pk=doubled.pk).update(merged_into=home.head)
    assert people("和建国") == ["和建国"]


def test_no_more_than_so_many_are_shown(union):
    with scope.acting(system(union.path)):
        for _serial in range(queries.MOST + 2):
            factories.person(union.path, "王芳")
        found = queries.find("王芳")
    assert len(found.people) == queries.MOST and "people" in found.more
