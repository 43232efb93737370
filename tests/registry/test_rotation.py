"""Keys renewed while people work: every value and its history, nothing lost, nothing else changed."""

from base64 import b64encode

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from nuanxin.config import secrets
from nuanxin.kernel import rotation, scope, sealing
from nuanxin.kernel.actor import system
from nuanxin.registry import queries, services
from nuanxin.registry.models import Person, Roster, RosterRow
from tests.orgs import factories as orgs

from . import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def union():
    return orgs.node("grassroots")


@pytest.fixture
def officer(union):
    with scope.acting(orgs.actor(union)) as actor:
        yield actor


@pytest.fixture
def renew(settings):
    """Make another key the current one, with another cipher when asked."""

    def make_current(key_id: str = "2", **more: int) -> None:
        ring = settings.NUANXIN_KEYRING
        keys = ring["keys"] | {key_id: b64encode(int(key_id).to_bytes(32)).decode()}
        settings.NUANXIN_KEYRING = ring | {"current": key_id, "keys": keys} | more

    return make_current


def held() -> set[tuple[int, int]]:
    """The (cipher, key) pairs under which anything lies."""
    with scope.acting(system()):
        return {(count.cipher, count.key_id) for count in rotation.counts()}


def test_everything_comes_under_the_new_key(union, officer, renew):
    number = factories.id_number()
    house = factories.household(union.path, head=factories.person(union.path, id_number=number))
    house = services.change_card(household=house, card="6222 0000 0000 0000 123", bank="建设银行")
    roster = Roster.objects.create(
        org_id=union.path, name="x", sha256="", staff_id=officer.staff_id, year=2021
    )
    RosterRow.objects.create(
        org_id=union.path, roster=roster, upload=1, sheet="members", row_no=2,
        secrets=sealing.seal('{"card": "1"}', "roster"), id_cipher=sealing.seal(number, "id_number"),
    )  # fmt: skip
    histories = [apps.get_model("registry", name) for name in ("PersonHistory", "HouseholdHistory")]
    before = [history.objects.count() for history in histories]
    changed, hashed = house.changed, bytes(house.head.id_hash)
    assert held() == {(1, 1)}
    for key_id, cipher in (("2", 1), ("3", sealing.SM4_GCM)):
        renew(key_id, cipher=cipher)
        tables = {sealed.table for sealed, _rows in rotation.rotate(batch=1)}
        assert tables == {
            "registry_person", "registry_personhistory", "registry_household", "registry_householdhistory",
            "registry_rosterrow",
        }  # fmt: skip
        assert held() == {(cipher, int(key_id))}
        assert list(rotation.rotate()) == []
    assert [history.objects.count() for history in histories] == before
    house.refresh_from_db()
    assert house.changed == changed
    assert services.reveal(subject=house, what="card", purpose="pay") == "6222000000000000123"
    found = queries.by_number(number)
    assert found is not None and bytes(found.get().id_hash) == hashed
    assert sealing.unseal(RosterRow.objects.get().secrets, "roster") == '{"card": "1"}'
    kept = histories[0].objects.all()
    assert all(sealing.unseal(row.id_cipher, "id_number") == number for row in kept)


def test_a_run_that_was_stopped_goes_on(union, officer, renew):
    for _ in range(5):
        factories.person(union.path)
    renew()
    run = rotation.rotate(batch=2)
    next(run)
    run.close()
    with scope.acting(system()):
        by_key = {
            c.key_id: c.values
            for c in rotation.counts()
            if (c.table, c.column) == ("registry_person", "id_cipher")
        }
    assert by_key == {1: 3, 2: 2}
    assert sum(rows for sealed, rows in rotation.rotate(batch=2) if sealed.table == "registry_person") == 3
    assert held() == {(1, 2)}


def test_who_saves_at_the_same_time_wins(union, officer, renew, monkeypatch):
    person = factories.person(union.path, phone="13987654321")
    renew()
    reseal = sealing.reseal_many

    def meanwhile(values, purpose):
        """Somebody enters another phone after the batch was read."""
        if purpose == "phone" and not seen:
            seen.append(1)
            Person.objects.filter(pk=person.pk).update(phone_cipher=sealing.seal("13500001111", "phone"))
        return reseal(values, purpose)

    seen: list[int] = []
    monkeypatch.setattr(sealing, "reseal_many", meanwhile)
    list(rotation.rotate())
    person.refresh_from_db()
    assert sealing.unseal(person.phone_cipher, "phone") == "13500001111"
    assert sealing.key_id(person.id_cipher) == 2


def test_history_takes_nothing_but_a_resealed_cipher(union, officer, renew):
    factories.person(union.path)
    same = "set_byte(id_cipher, 20, (get_byte(id_cipher, 20) + 1) % 256)"
    other = "set_byte(id_cipher, 1, 2)"
    attempts = [
        ("on", f"id_cipher = {same}"),  # the same key: not a rotation
        ("on", f"id_cipher = {other}, name = 'x'"),
        ("on", "phone_cipher = NULL"),
        ("on", "name = 'x'"),
        ("", f"id_cipher = {other}"),
    ]
    for setting, change in attempts:
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute("SELECT set_config('nuanxin.rotating', %s, true)", [setting])
            c.execute(f"UPDATE registry_personhistory SET {change}")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nuanxin.rotating', 'on', true)")
        cursor.execute("DELETE FROM registry_personhistory")


def test_every_sealed_column_is_declared():
    declared = {(sealed.table, column) for sealed in rotation.sealed_tables() for column in sealed.purposes}
    columns = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
        and (field.name.endswith("_cipher") or field.name == "secrets")
    }
    assert columns == declared


def test_commands(union, officer, renew, capsys, tmp_path, monkeypatch):
    factories.person(union.path)
    renew()
    call_command("rotatekeys", dry_run=True)
    assert "4 values to seal under key 2" in capsys.readouterr().out  # ID and phone, and their history
    call_command("rotatekeys", batch=1)
    assert "2 rows" in capsys.readouterr().out
    call_command("keys")
    assert "registry_person.id_cipher" in capsys.readouterr().out
    monkeypatch.delenv("NUANXIN_SECRETS", raising=False)
    first = secrets.load(tmp_path)["keyring"]
    assert secrets.add_key(tmp_path) == "2"
    assert secrets.load(tmp_path)["keyring"]["current"] == "1"
    secrets.use_key(tmp_path, "2")
    secrets.drop_key(tmp_path, "1")
    kept = secrets.load(tmp_path)["keyring"]
    assert (
        kept["current"] == "2" and list(kept["keys"]) == ["2"] and kept["fingerprint"] == first["fingerprint"]
    )
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    for wrong in (lambda: secrets.drop_key(tmp_path, "2"), lambda: secrets.use_key(tmp_path, "9")):
        with pytest.raises(secrets.KeyProblem):
            wrong()


def test_the_worker_does_it(union, officer, renew):
    from nuanxin.config.jobs import rotate_keys

    factories.person(union.path)
    renew()
    rotate_keys(batch=100)
    assert held() == {(1, 2)}
