"""The data-protection officer's page: who looked at what, when and why."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.records import services as records
from nuanxin.registry import services
from nuanxin.registry.permissions import SEE_LOOKS
from nuanxin.registry.queries import looks
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db
PAGE = reverse("registry:looks")


@pytest.fixture
def county():
    return orgs.node("county")


@pytest.fixture
def union(county):
    return orgs.node("grassroots", orgs.node("township", county))


@pytest.fixture
def house(union):
    """A household somebody looked at: the ID number of its head, and its card."""
    with scope.acting(orgs.actor(union)):
        house = factories.household(union.path, "欧阳建国")
        services.reveal(subject=house.head, what="id", purpose="verify")
        services.reveal(subject=house, what="card", purpose="pay")
    return house


@pytest.fixture
def officer(county):
    return orgs.post(county, SEE_LOOKS).staff


def lines(client, officer, **query):
    client.force_login(officer)
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    found = answer.context["table"].page.object_list if answer.context["total"].number else []
    return [row.record for row in found], answer.content.decode()


def test_a_look_tells_what_whose_and_why_and_no_number(client, officer, house):
    rows, page = lines(client, officer)
    assert [row.action for row in rows] == [looks.REVEALED, looks.REVEALED, "registry.looked_up"]
    assert [(row.detail["what"], row.about) for row in rows[:2]] == [("card", "欧阳建国"), ("id", "欧阳建国")]
    assert "欧阳*" in page and "欧阳建国" not in page
    for word in ("身份证号", "银行卡号", "核对身份", "核对发放账户", "测试岗位"):
        assert word in page
    assert house.card_mask not in page and house.head.id_mask not in page


def test_filters(client, officer, house):
    assert [row.detail["what"] for row in lines(client, officer, what="card")[0]] == ["card"]
    assert [row.detail["what"] for row in lines(client, officer, purpose="verify")[0]] == ["id"]
    today = timezone.localdate()
    assert len(lines(client, officer, day_from=today)[0]) == 3
    assert lines(client, officer, day_to=today - timedelta(days=1))[0] == []
    with scope.acting(orgs.actor(house.org)):
        who = looks.looks()[0].staff.name
    assert len(lines(client, officer, q=who)[0]) == 3 and lines(client, officer, q="无此人")[0] == []


def test_exports_and_questions_to_other_counties_are_looks(client, officer, house, county):
    with scope.acting(orgs.actor(county)):
        records.note("list.exported", note="家庭", detail={"rows": 42})
        records.note("registry.looked_up", detail={"asked": 7, "found": 1})
    _rows, page = lines(client, officer)
    assert "导出清单（42 条）" in page and "（7 条）" in page


def test_unusual_volumes_stand_out(client, officer, house):
    busy = orgs.post(house.org, "*").actor()
    with scope.acting(busy):
        for _ in range(looks.AN_HOUR):
            services.reveal(subject=house.head, what="id", purpose="verify")
    client.force_login(officer)
    volumes = client.get(PAGE).context["volumes"]
    assert [(one.looks, one.peak, one.unusual) for one in volumes] == [(20, 20, True), (3, 2, False)]


def test_another_countys_looks_are_not_there(client, house):
    elsewhere = orgs.post(orgs.node("county"), SEE_LOOKS).staff
    assert lines(client, elsewhere)[0] == []


def test_the_page_needs_its_permission_and_export_is_masked(client, officer, house, county):
    client.force_login(orgs.post(county, "records.audit.see").staff)
    assert client.get(PAGE).status_code == 403
    client.force_login(officer)
    answer = client.get(PAGE, {"export": "xlsx"})
    assert answer.status_code == 200
    import io
    import zipfile

    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    text = "".join(book.read(name).decode() for name in book.namelist())
    assert "欧阳*" in text and "欧阳建国" not in text


def test_an_export_keeps_no_number_somebody_searched_by(client, house):
    client.force_login(orgs.post(house.org, "*").staff)
    number = factories.id_number()
    answer = client.get(reverse("registry:households"), {"export": "xlsx", "q": number}, follow=True)
    assert answer.status_code == 200
    with scope.acting(orgs.actor(house.org)):
        kept = looks.looks().filter(action="list.exported").get()
    assert number not in str(kept.detail) and "q=" in kept.detail["query"]
