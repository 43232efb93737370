import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.orgs.models import Node
from nuanxin.records import services as records
from nuanxin.records.models import Entry
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


def test_path_follows_parent_and_rows_follow_the_node():
    county = orgs.node("county")
    other = orgs.node("prefecture")
    union = orgs.node("grassroots", orgs.node("township", county))
    with scope.acting(orgs.actor(union)):
        records.note("test.noted", detail={"x": 1})
    Node.objects.filter(pk=county.pk).update(parent=other)
    union.refresh_from_db()
    county.refresh_from_db()
    assert county.path == f"{other.path}{county.pk}/"
    assert union.path.startswith(county.path)
    with scope.acting(system(other.path)):
        entry = Entry.objects.get(action="test.noted")
    assert entry.org_id == union.path


def test_no_actor_sees_no_rows_and_a_sibling_sees_none():
    county, other = orgs.node("county"), orgs.node("county")
    with scope.acting(orgs.actor(county)):
        records.note("test.noted")
        assert Entry.objects.filter(action="test.noted").count() == 1
    assert Entry.objects.count() == 0
    with scope.acting(orgs.actor(other)):
        assert Entry.objects.filter(action="test.noted").count() == 0
