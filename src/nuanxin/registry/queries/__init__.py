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
from .held import FactAsOf, FileAsOf, file_as_of, periods_of
from .history import Change, changes, name_of
from .households import expenses_of, household_of, households, members_of
from .rosters import rosters, staged

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
    "expenses_of",
    "expenses_relation",
    "facts_relation",
    "file_as_of",
    "find",
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
    "open_likenesses",
    "periods_of",
    "places_relation",
    "rosters",
    "staged",
]
