"""What the registry keeps: persons, households, employers, and the rosters they come in by."""

from .divisions import Division
from .doubles import Likeness, Merge, Transfer
from .employers import Employer, Enrolment, Membership
from .lifetimes import Circumstance, Consent
from .people import Expense, Household, Member, Person
from .rosters import ColumnMapping, Roster, RosterRow

__all__ = [
    "Circumstance",
    "ColumnMapping",
    "Consent",
    "Division",
    "Employer",
    "Enrolment",
    "Expense",
    "Household",
    "Likeness",
    "Member",
    "Membership",
    "Merge",
    "Person",
    "Roster",
    "RosterRow",
    "Transfer",
]
