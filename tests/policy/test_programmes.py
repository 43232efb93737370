"""Programmes: those delivered are whole and fit their packs; which one counts where and when."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries, services
from nuanxin.policy.engine.reading import load_file as load_pack
from nuanxin.policy.engine.types import Kind
from nuanxin.policy.models import ProgrammeVersion
from nuanxin.policy.programme_reading import load, load_file
from nuanxin.policy.programmes import Limit
from nuanxin.policy.services.loading import keep_programme
from tests.orgs import factories as orgs

FILES = sorted(settings.PACKS.glob("programmes/*.yaml"))
PROGRAMMES = {path.stem: load_file(path) for path in FILES}
each = pytest.mark.parametrize("code", PROGRAMMES)
DAY = date(2024, 5, 1)


@each
def test_a_programme_is_named_as_its_file_and_holds_everywhere(code: str):
    programme = PROGRAMMES[code]
    assert (programme.code, programme.place) == (code, "all")
    assert programme.fields
    assert programme.documents


@each
def test_its_questions_answer_facts_of_its_pack(code: str):
    programme = PROGRAMMES[code]
    packs = [load_pack(path) for path in settings.PACKS.glob("*.yaml")]
    theirs = [pack for pack in packs if pack.programme == code]
    assert bool(theirs) >= programme.pack
    for pack in theirs:
        assert pack.subject == programme.subject
        for field in programme.facts:
            fact = pack.facts[field.code]
            assert str(fact.type.kind) == field.type
            if fact.type.kind is Kind.CODE:
                assert {value for value, _title in field.options} == set(pack.codes[fact.type.codes])


@each
def test_programmes_it_excludes_are_delivered(code: str):
    double = PROGRAMMES[code].double
    assert set(double.kinds if double else ()) <= PROGRAMMES.keys() - {code}


# which one counts


@pytest.fixture
def loaded(db):
    with scope.acting(system()):
        return services.load_programmes()


def kept(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "programmes"
    folder.mkdir(exist_ok=True)
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    with scope.acting(system()):
        services.load_programmes(folder=tmp_path)


def of_place(place: str, version: int = 1, title: str = "Aid of the county") -> str:
    text = PROGRAMMES["living-aid"].text.replace("place: all", f"place: {place}")
    return numbered(text, version).replace('en: "Living aid"', f'en: "{title}"')


def numbered(text: str, version: int) -> str:
    """The same text as another version."""
    return re.sub(r"(?m)^version: \d+", f"version: {version}", text)


def test_all_are_loaded_once(loaded):
    assert {row.code for row in ProgrammeVersion.objects.filter(org=None)} == set(PROGRAMMES)
    with scope.acting(system()):
        assert services.load_programmes() == []


def test_the_nearest_place_counts_there_the_highest_version(loaded, tmp_path):
    county, other = orgs.node("county"), orgs.node("county")
    kept(of_place(county.code), tmp_path)
    kept(of_place(county.code, 2, "Second"), tmp_path)
    here = queries.programme_in_force("living-aid", county.path, DAY)
    there = queries.programme_in_force("living-aid", other.path, DAY)
    assert (here.title.en, there.title.en) == ("Second", "Living aid")
    assert queries.programme_in_force("living-aid", county.path, date(2019, 1, 1)) is None
    assert queries.programme_in_force("no-such", county.path, DAY) is None
    assert queries.programme_by_hash(here.sha256) == here


def test_one_query_tells_all_that_is_offered(loaded, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.programmes_in_force("1/", DAY)
    assert {programme.code for programme in found} == set(PROGRAMMES)
    assert found[0].group == "files"


def test_a_version_that_is_kept_never_changes(loaded, tmp_path):
    with pytest.raises(Refused) as refused:
        kept(PROGRAMMES["living-aid"].text + "# changed\n", tmp_path)
    assert refused.value.code == "programme_changed"
    with scope.acting(system()), pytest.raises(DatabaseError), transaction.atomic():
        ProgrammeVersion.objects.filter(code="living-aid").update(version=9)
    with scope.acting(system()), pytest.raises(DatabaseError), transaction.atomic():
        ProgrammeVersion.objects.filter(code="living-aid").delete()


def test_a_person_writes_no_version_without_a_proposal(loaded):
    post = orgs.post(orgs.node("county"))
    row = ProgrammeVersion.objects.get(code="living-aid")
    text = numbered(row.text, 7)
    with scope.acting(post.actor()), pytest.raises(DatabaseError, match="two people"), transaction.atomic():
        keep_programme(load(text.encode(), "x"))


def test_a_limit_is_an_amount_or_a_standard_of_the_place(db):
    assert queries.limit_at(Limit(amount=Money.yuan(3000)), "1/", DAY) == Money.yuan(3000)
    assert queries.limit_at(Limit(standard="no_such"), "1/", DAY) is None
