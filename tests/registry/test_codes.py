"""Code lists and divisions as data: complete, versioned, told in both languages."""

from datetime import date

import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.registry import labels, queries
from nuanxin.registry.models import Division, Person
from nuanxin.registry.roster.codes import CODE_LISTS
from nuanxin.registry.services.divisions import load_divisions

STANDARDS = {
    "sex": ("GB/T 2261.1", {"0", "1", "2", "9"}),
    "marriage": ("GB/T 2261.2", {"10", "20", "21", "22", "23", "30", "40", "90"}),
    "ethnic_group": ("GB/T 3304", {f"{n:02d}" for n in range(1, 57)} | {"97", "98"}),
    "education": ("GB/T 4658", {"10", "20", "30", "40", "60", "70", "80", "90"}),
    "relation": ("GB/T 4761", set("012345678")),
    "political_status": ("GB/T 4762", {f"{n:02d}" for n in range(1, 14)}),
}


@pytest.mark.parametrize("key", STANDARDS)
def test_a_national_standard_has_all_its_codes(key):
    standard, codes = STANDARDS[key]
    found = CODE_LISTS[key]
    assert found.standard == standard and set(found.by_code) == codes
    assert found.edition.isdigit() and isinstance(found.valid_from, date)


@pytest.mark.parametrize("key", CODE_LISTS)
def test_every_code_is_told_in_both_languages(key):
    items = CODE_LISTS[key].items
    assert all(item.zh and item.en and item.en.isascii() for item in items)
    assert len({item.code for item in items}) == len(items)


def test_a_coded_field_reads_its_list():
    assert labels.label("ethnic", "27") == "纳西族" == str(dict(labels.choices("ethnic"))["27"])
    assert labels.label("sex", "1") == "男"


@pytest.mark.django_db
def test_divisions_are_loaded_once_and_found():
    with scope.acting(system()):
        count = load_divisions()
        assert load_divisions() == count == Division.objects.count() > 3000
        deqin = queries.division_of("533422")
        assert deqin and deqin.full_name == "云南省迪庆藏族自治州德钦县" and not deqin.abolished
        assert queries.find_division("德钦县") == deqin == queries.find_division(deqin.full_name)
        assert queries.find_division("533422") == deqin
        assert queries.find_division("朝阳区") is None, "there are two"
        gone = queries.division_of("110103")
        assert gone and gone.abolished and gone.edition == "2009"
        assert queries.native_place(Person(id_mask="533422********001X")) == deqin.full_name
        assert queries.native_place(Person(id_mask="999999********001X")) == ""
