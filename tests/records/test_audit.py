import pytest
from django.db import DatabaseError, connection, transaction

from nuanxin.kernel import scope
from nuanxin.records import queries, services
from nuanxin.records.models import Entry
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


def write_lines(path: str, number: int = 3) -> None:
    for index in range(number):
        services.note("test.noted", org_path=path, detail={"index": index})


def test_a_whole_trail_verifies():
    county = orgs.node("county")
    with scope.acting(orgs.actor(county)):
        write_lines(county.path)
        assert queries.verify_chains() == []
        assert list(Entry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize("statement", ["UPDATE records_entry SET note = 'x'", "DELETE FROM records_entry"])
def test_lines_cannot_be_changed_or_deleted(statement):
    county = orgs.node("county")
    with scope.acting(orgs.actor(county)):
        write_lines(county.path)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert Entry.objects.count() == 3


def test_numbers_have_no_gaps_and_survive_a_rollback():
    assert services.next_number("a") == 1
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert services.next_number("a") == 2
        _ = 1 / 0
    assert services.next_number("a") == 2
    assert services.next_number("b") == 1
