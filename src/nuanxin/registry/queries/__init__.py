"""Reads of the registry."""

from nuanxin.registry.words import in_words

from .divisions import division_of, divisions_like, find_division, native_place, native_places
from .doubles import Likely, belongings, likely, likenesses, merges_of, open_likenesses
from .facts import (
    MONEY,
    Households,
    Relation,
    expenses_relation,
    facts_relation,
    members_relation,
    places_relation,
)
from .finding import (
    LONGEST,
    MOST,
    Asked,
    Found,
    Kind,
    asked,
    by_number,
    find,
    find_households,
    find_people,
    home_of,
)
from .held import FactAsOf, FileAsOf, fact_in_words, file_as_of, period_in_words, periods_of
from .history import Change, changes, name_of
from .households import expenses_of, household_of, households, members_of
from .rosters import rosters, staged
from .transfers import person_asked_for, transfers, transfers_to_answer

__all__ = [
    "LONGEST",
    "MONEY",
    "MOST",
    "Asked",
    "Change",
    "FactAsOf",
    "FileAsOf",
    "Found",
    "Households",
    "Kind",
    "Likely",
    "Relation",
    "asked",
    "belongings",
    "by_number",
    "changes",
    "division_of",
    "divisions_like",
    "expenses_of",
    "expenses_relation",
    "fact_in_words",
    "facts_relation",
    "file_as_of",
    "find",
    "find_division",
    "find_households",
    "find_people",
    "home_of",
    "household_of",
    "households",
    "in_words",
    "likely",
    "likenesses",
    "members_of",
    "members_relation",
    "merges_of",
    "name_of",
    "native_place",
    "native_places",
    "open_likenesses",
    "period_in_words",
    "periods_of",
    "person_asked_for",
    "places_relation",
    "rosters",
    "staged",
    "transfers",
    "transfers_to_answer",
]
