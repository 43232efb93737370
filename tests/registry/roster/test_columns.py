"""The declared columns: unique, complete, and findable by every header they claim."""

import pytest

from nuanxin.registry.roster.codes import normalise
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SHEETS, Kind, SheetSpec
from nuanxin.registry.roster.values import READERS

#: What the file form asks of every household beyond number and class, which the system gives.
COMPULSORY = """name id_number ethnic political health work_status model_worker marriage hukou mobile
hukou_division housing started_work_on industry monthly_income other_income annual_income
people medical_insurance residence main_cause"""
#: What a filing policy asks about a household.
FACTS = """dibao_certificate homes vehicle business costly_schooling loss disaster_victim spend_medical
spend_schooling spend_disability consent_on"""


@pytest.mark.parametrize("spec", SHEETS.values(), ids=lambda spec: spec.key)
def test_no_header_means_two_columns(spec: SheetSpec) -> None:
    meanings: dict[str, set[str]] = {}
    for column in spec.columns:
        for word in (column.zh, column.en, column.key, *column.synonyms):
            meanings.setdefault(normalise(word), set()).add(column.key)
    assert {word: keys for word, keys in meanings.items() if len(keys) > 1} == {}


def test_compulsory_fields_and_facts_are_declared() -> None:
    assert {column.key for column in HOUSEHOLDS.columns if column.required} == set(COMPULSORY.split())
    assert {column.key for column in HOUSEHOLDS.columns if column.asked} == set(FACTS.split())
    assert {column.key for column in MEMBERS.columns if column.required} == {
        "head_id", "name", "relation", "id_number",
    }  # fmt: skip


@pytest.mark.parametrize("spec", SHEETS.values(), ids=lambda spec: spec.key)
def test_every_column_can_be_read(spec: SheetSpec) -> None:
    for column in spec.columns:
        assert callable(READERS[column.kind](column))
        assert (column.codes is not None) == (column.kind in (Kind.CODE, Kind.CODES))
        assert bool(column.secret) == (column.kind in (Kind.ID, Kind.PHONE, Kind.CONTACT, Kind.CARD))
        if column.kind in (Kind.TEXT, Kind.NAME, Kind.COUNT, Kind.AREA, Kind.CODES, Kind.CONTACT):
            assert column.limit > 0
