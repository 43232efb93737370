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


@dataclass(frozen=True)
class PersonsMerged:
    """The row `gone` was found to be the person `kept` and answers for nobody any more."""

    merge: int
    kept: int
    gone: int
    org_path: str


@dataclass(frozen=True)
class MergeUndone:
    """A merge was taken back: `gone` is a person of its own again."""

    merge: int
    kept: int
    gone: int
    org_path: str


@dataclass(frozen=True)
class HouseholdEnded:
    """A household is about to end: who still has matters of it under way refuses."""

    household: int
    org_path: str
    because: str


@dataclass(frozen=True)
class HouseholdsMerged:
    """`gone` is about to end, its people moving into `kept`: who still has matters of it refuses."""

    kept: int
    gone: int
    org_path: str


@dataclass(frozen=True)
class HouseholdMoved:
    """A household moved to another union, within the scope of who moved it or by an agreed transfer."""

    household: int
    from_path: str
    to_path: str
