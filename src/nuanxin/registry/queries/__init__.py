"""Reads of the registry."""

from nuanxin.registry.words import in_words

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
from .finding import by_number, find_households, find_people
from .held import FactAsOf, FileAsOf, file_as_of, periods_of
from .history import Change, changes, name_of
from .households import expenses_of, household_of, households, members_of
from .rosters import rosters, staged

__all__ = [
    "MONEY",
    "Change",
    "FactAsOf",
    "FileAsOf",
    "Households",
    "Likely",
    "Relation",
    "belongings",
    "by_number",
    "changes",
    "expenses_of",
    "expenses_relation",
    "facts_relation",
    "file_as_of",
    "find_households",
    "find_people",
    "household_of",
    "households",
    "in_words",
    "likely",
    "likenesses",
    "members_of",
    "members_relation",
    "merges_of",
    "name_of",
    "open_likenesses",
    "periods_of",
    "places_relation",
    "rosters",
    "staged",
]
