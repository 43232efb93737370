"""What the registry tells the apps above it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HouseholdsTakenIn:
    """A roster put this many new households into the registry; find them by Household.roster."""

    roster: int
    org_path: str
    households: int


@dataclass(frozen=True)
class HouseholdChanged:
    """Facts of a household, or of one of its people, were changed by hand."""

    household: int
    org_path: str
