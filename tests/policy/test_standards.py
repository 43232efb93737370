"""Packs and standards in the database: loading, nearest place, time, refusals, pages."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries, services
from nuanxin.policy.models import Pack, Parameter
from nuanxin.policy.permissions import SET_STANDARD
from nuanxin.policy.services import NewStandard
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db
DAY = date(2024, 5, 1)
FACTS = {"file_class": "deep", "residence": "urban", "granted_this_year": Money(0)}


@pytest.fixture
def packs() -> None:
    services.load_packs()


def dibao(place: str | None, yuan: int, start: date = date(2024, 1, 1), **fields: Any) -> NewStandard:
    return NewStandard(
        "dibao", "低保标准", "Living-allowance line", place, start, "民发〔2024〕1号", "No. 1 of 2024",
        amount=Money.yuan(yuan), **{"residence": "urban"} | fields,
    )  # fmt: skip


def put(at: Any, *standards: NewStandard) -> list[Parameter]:
    """Set as the program itself does at set-up; what people do is in test_standards_table."""
    with scope.acting(system(at.path, at.pk)):
        return services.set_standards(standards=standards)


def test_loading_twice_changes_nothing(packs: None):
    before = Pack.objects.count()
    assert before == len(list(settings.PACKS.glob("*.yaml")))
    assert services.load_packs() == [] and Pack.objects.count() == before
    assert queries.standard("notice_working_days", "1/", DAY).value == 5


def test_a_version_is_never_rewritten(packs: None, tmp_path: Path):
    text = (settings.PACKS / "living-aid.yaml").read_text(encoding="utf-8")
    (tmp_path / "aid.yaml").write_text(text + "# changed\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        services.load_packs(folder=tmp_path)
    assert refused.value.code == "pack_changed"
    with pytest.raises(DatabaseError), transaction.atomic():
        Pack.objects.filter(code="living-aid.months").update(text="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        Pack.objects.all().delete()


def test_a_new_version_counts_from_its_day(packs: None, tmp_path: Path):
    text = (settings.PACKS / "living-aid.yaml").read_text(encoding="utf-8")
    text = text.replace("version: 2", "version: 3").replace("[2021-01-01, null]", "[2025-01-01, null]")
    (tmp_path / "aid.yaml").write_text(text, encoding="utf-8")
    services.load_packs(folder=tmp_path)
    found = [
        queries.pack_in_force("living-aid", "1/", day) for day in (date(2020, 1, 1), DAY, date(2025, 1, 1))
    ]
    assert [pack and pack.version for pack in found] == [None, 2, 3]


def test_the_nearest_pack_wins_and_two_codes_never_rule_at_once(packs: None, tmp_path: Path):
    county = orgs.node()
    text = (settings.PACKS / "living-aid.yaml").read_text(encoding="utf-8")
    own = text.replace("pack: living-aid.months", "pack: living-aid.county").replace(
        "place: all", f"place: {county.code}"
    )
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    services.load_packs(folder=tmp_path)
    assert queries.pack_in_force("living-aid", county.path + "9/", DAY).code == "living-aid.county"
    assert queries.pack_in_force("living-aid", orgs.node().path, DAY).code == "living-aid.months"
    rival = text.replace("pack: living-aid.months", "pack: living-aid.rival")
    (tmp_path / "own.yaml").write_text(rival, encoding="utf-8")
    with pytest.raises(DatabaseError), transaction.atomic():
        services.load_packs(folder=tmp_path)


def test_the_nearest_standard_wins_as_of_the_day(packs: None):
    province = orgs.node("province")
    prefecture = orgs.node("prefecture", province)
    county, other = orgs.node("county", prefecture), orgs.node("county", prefecture)
    put(
        province,
        dibao(province.path, 500),
        dibao(county.path, 620),
        dibao(county.path, 480, residence="rural"),
    )
    put(county, dibao(county.path, 650, date(2025, 1, 1)))
    township = county.path + "99/"
    line = lambda place, day, home: queries.standard("dibao", place, day, home)  # noqa: E731
    assert line(township, DAY, "urban").value == 620
    assert line(township, DAY, "urban").valid_to == date(2025, 1, 1)
    assert line(township, date(2025, 1, 1), "urban").value == 650
    assert line(township, DAY, "rural").value == 480
    assert line(other.path, DAY, "urban").value == 500
    assert line(other.path, DAY, "rural") is None and line(township, date(2023, 12, 31), "urban") is None
    told = queries.determine("living-aid", township, DAY, FACTS)
    assert told.benefit("living").amount == Money.yuan(7_440)
    used = next(row for row in told.standards if row.figure.name == "dibao")
    assert (used.place.zh, used.document.zh) == (county.name, "民发〔2024〕1号")


def test_overlaps_are_refused_by_service_and_database(packs: None):
    county = orgs.node()
    put(county, dibao(county.path, 620, valid_to=date(2025, 1, 1)))
    with pytest.raises(Refused) as refused:
        put(county, dibao(county.path, 650, date(2024, 12, 31)))
    assert refused.value.code == "overlap"
    with pytest.raises(DatabaseError), transaction.atomic():
        dibao(county.path, 1, date(2024, 3, 1)).row().save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Parameter.objects.filter(code="dibao").delete()
    both = dibao(county.path, 650, date(2026, 1, 1)).row()
    both.number = Decimal(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        both.save()


def test_standards_are_set_within_ones_own_tree(packs: None):
    county, other = orgs.node(), orgs.node()
    with pytest.raises(Refused) as refused:
        put(county, dibao(other.path, 620))
    assert refused.value.code == "out_of_scope"
    with scope.acting(orgs.actor(county, "orgs.node.see")), pytest.raises(Denied) as denied:
        services.set_standards(standards=[dibao(county.path, 620)])
    assert denied.value.permission == SET_STANDARD


def test_a_kept_explanation_is_reproduced(packs: None):
    county = orgs.node()
    put(county, dibao(county.path, 620))
    told = queries.determine("living-aid", county.path, DAY, FACTS)
    put(county, dibao(county.path, 700, date(2024, 5, 1)))
    again = queries.determine("living-aid", county.path, DAY, FACTS)
    assert again.benefit("living").amount == Money.yuan(8_400)
    assert queries.reproduce(queries.Explanation.from_json(told.to_json())) == told


def test_many_are_determined_in_few_queries(packs: None, django_assert_max_num_queries: Any):
    county, other = orgs.node(), orgs.node()
    put(county, dibao(county.path, 620))
    subjects = {n: ((county if n % 2 else other).path, FACTS) for n in range(50)}
    with django_assert_max_num_queries(3):
        told = queries.determine_many("living-aid", subjects, DAY)
    assert told[1].benefit("living").amount == Money.yuan(7_440)
    assert told[2].result == "unknown" and told[2].unknown == ("dibao",)


def test_no_pack_is_said(packs: None):
    with pytest.raises(Refused) as refused:
        queries.determine("living-aid", "1/", date(2019, 1, 1), FACTS)
    assert refused.value.code == "no_policy"


def test_the_statement_reads_the_standards_of_the_day(packs: None):
    county = orgs.node()
    put(county, dibao(county.path, 620))
    given = queries.Relation(
        "SELECT 1 AS subject, %s::text AS place, 'deep' AS file_class, 'urban' AS residence,"
        " 100::bigint AS granted_this_year",
        [county.path + "7/"],
        frozenset(["subject", "place", "file_class", "residence", "granted_this_year"]),
    )
    pack = queries.pack_in_force("living-aid", county.path, DAY)
    statement = queries.determine_sql(pack, given, {}, DAY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT result, benefit_living, caps_living FROM ({statement.sql}) d", statement.params
        )
        assert cursor.fetchall() == [("grant", 743_900, ["year"])]
