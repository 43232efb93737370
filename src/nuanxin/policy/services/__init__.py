"""Writes: packs, programmes and standards that come with the program, and those two people put in force."""

from .changes import (
    activate_change,
    change_entries,
    change_heading,
    draft_change,
    return_change,
    submit_change,
    withdraw_change,
)
from .loading import load_packs, load_programmes
from .programmes import (
    activate_programme,
    change_programme,
    draft_programme,
    return_programme,
    submit_programme,
    withdraw_programme,
)
from .proposals import (
    activate_proposal,
    change_proposal,
    draft_proposal,
    return_proposal,
    submit_proposal,
    withdraw_proposal,
)
from .standards import WHOLE_TREE, NewStandard, set_standards

__all__ = [
    "WHOLE_TREE",
    "NewStandard",
    "activate_change",
    "activate_programme",
    "activate_proposal",
    "change_entries",
    "change_heading",
    "change_programme",
    "change_proposal",
    "draft_change",
    "draft_programme",
    "draft_proposal",
    "load_packs",
    "load_programmes",
    "return_change",
    "return_programme",
    "return_proposal",
    "set_standards",
    "submit_change",
    "submit_programme",
    "submit_proposal",
    "withdraw_change",
    "withdraw_programme",
    "withdraw_proposal",
]
