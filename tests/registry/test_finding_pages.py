"""The search box over HTTP: groups by permission, within the scope; numbers stay out of addresses."""

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.records.models import Entry
from nuanxin.registry.models import Employer
from tests.casework import factories as casework
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
ADDRESS = "升平镇南坪街12号"
SEARCH = "/search/"


@pytest.fixture
def county(db):
    """A county; the test looks on as the program itself."""
    with scope.acting(system()):
        yield casework.county()


@pytest.fixture
def file(county):
    return casework.file(county, address=ADDRESS)


@pytest.fixture
def client(county):
    """A browser of somebody at the county who may see everything that is found."""
    seer = orgs.post(county.node, casework.SEE, "registry.household.see", "registry.employer.see")
    return browser(seer)


def browser(post) -> Client:
    client = Client()
    client.force_login(post.staff)
    return client


def groups_of(answer) -> dict[str, list[str]]:
    """What a page shows: the addresses its rows open, by the icon of their group."""
    return {group.icon: [row.url for row in group.rows] for group in answer.context["answer"].groups}


def test_the_page_groups_what_it_found(client, county, file):
    firm = Employer.objects.create(org_id=county.union.path, name="南坪电站", pinyin="np", initials="npdz")
    page = reverse("casework:file", args=[file.pk])
    home = reverse("registry:household", args=[file.household_id])
    head = file.household.head
    for text in (head.name, head.pinyin, head.initials, "13987654321"):
        assert groups_of(client.post(SEARCH, {"q": text}, follow=True)) == {
            "folder": [page],
            "person": [home],
        }
    assert groups_of(client.get(SEARCH, {"q": file.number})) == {"folder": [page]}
    assert groups_of(client.get(SEARCH, {"q": file.number[:11].lower() + " "})) == {"folder": [page]}
    found = client.get(SEARCH, {"q": "南坪"})
    assert {"folder": [page], "home": [home]}.items() <= groups_of(found).items()
    assert len(groups_of(found)["building"]) == 1 and firm.name[2:] in found.content.decode()
    assert "<mark>南坪</mark>电站" in found.content.decode()


def test_a_group_needs_its_permission(county, file):
    Employer.objects.create(org_id=county.union.path, name="南坪电站", pinyin="np", initials="npdz")
    only = {"registry.household.see": {"home"}, casework.SEE: set()}
    for permission, icons in only.items():
        client = browser(orgs.post(county.node, permission))
        assert set(groups_of(client.get(SEARCH, {"q": "南坪"}))) == icons
        numbered = groups_of(client.get(SEARCH, {"q": file.number}))
        assert set(numbered) == ({"folder"} if permission == casework.SEE else set())
    assert browser(orgs.post(county.node, "records.audit.see")).get(SEARCH).status_code == 403


def test_another_county_finds_nothing(county, file):
    other = browser(orgs.post(casework.county().node, casework.SEE, "registry.household.see"))
    for text in (file.household.head.name, "hjg", "南坪", file.number, "13987654321"):
        answer = other.post(SEARCH, {"q": text}, follow=True)
        assert not groups_of(answer) and file.household.head.id_mask not in answer.content.decode()


def test_words_become_an_address_and_numbers_do_not(client):
    words = client.post(SEARCH, {"q": " 和建国 "})
    assert words.status_code == 302 and words.url == f"{SEARCH}?q=%E5%92%8C%E5%BB%BA%E5%9B%BD"
    for number in (factories.id_number(), "13711112222"):
        answer = client.post(SEARCH, {"q": number})
        assert answer.status_code == 200 and "没有登记这个号码" in answer.content.decode()


def looked_up() -> int:
    """How often somebody was told, or not, where an ID number is filed."""
    with scope.acting(system()):
        return Entry.objects.filter(action="registry.looked_up").count()


def test_an_id_filed_elsewhere_is_answered_with_the_county_alone_and_recorded(county):
    number = factories.id_number()
    with scope.acting(county.officer):
        factories.person(county.union.path, "欧阳文华", id_number=number)
    other = browser(orgs.post(casework.county().node, "registry.household.see"))
    before = looked_up()
    typed = other.post(SEARCH, {"q": number}, headers={"HX-Request": "true"})
    assert county.node.name not in typed.content.decode() and looked_up() == before
    told = other.post(SEARCH, {"q": number}).content.decode()
    assert county.node.name in told and "欧阳" not in told
    assert looked_up() == before + 1


def test_while_typing_only_the_groups_come(client, file):
    part = client.post(SEARCH, {"q": "南坪"}, headers={"HX-Request": "true"}).content.decode()
    assert "<mark>南坪</mark>" in part and "<html" not in part
    assert not client.post(SEARCH, {"q": " "}, headers={"HX-Request": "true"}).content.strip()


@pytest.mark.parametrize(
    "text", ["", "和", "h", "%", "'", "a" * 5000, "\0", "🙂", "<script>", "5334", "{{ 7 }}"]
)
def test_the_page_stands_whatever_is_asked(client, text):
    answer = client.get(SEARCH, {"q": text})
    assert answer.status_code == 200 and "<script>&" not in answer.content.decode()
    assert bool(answer.context["answer"].sentence)
