"""What somebody does past the program shows in the chain; needs real commits, hence no django_db mark."""

import psycopg
import pytest

from nuanxin.kernel import scope
from nuanxin.records import queries, services
from tests.conftest import database_name, database_url
from tests.orgs import factories as orgs


@pytest.mark.parametrize(
    "tamper, where",
    [
        ("UPDATE records_entry SET note = 'x' WHERE chain = %s AND number = 2", 2),
        ("DELETE FROM records_entry WHERE chain = %s AND number = 2", 3),
        ("DELETE FROM records_entry WHERE chain = %s AND number = 3", 1),
    ],
)
@pytest.mark.usefixtures("committed")
def test_tampering_by_a_superuser_shows(tamper, where):
    county = orgs.node("county")
    with scope.acting(orgs.actor(county)):
        [services.note("test.noted", org_path=county.path) for _ in range(3)]
    with psycopg.connect(database_url("postgres", database_name()), autocommit=True) as super_connection:
        super_connection.execute("SET session_replication_role = replica")
        super_connection.execute(tamper, [county.pk])
    with scope.acting(orgs.actor(county)):
        breaks = queries.verify_chains()
    assert where in [gap.number for gap in breaks]
