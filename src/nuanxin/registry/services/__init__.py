"""Writes of the registry."""

from .households import (
    add_member,
    change_card,
    create_household,
    edit_household,
    edit_person,
    record_expense,
    record_expenses,
)
from .people import create_person, ensure_person
from .reveal import reveal
from .rosters import (
    commit_roster,
    correct_row,
    discard_roster,
    drop_row,
    read_again,
    upload_again,
    upload_roster,
    write_returned_workbook,
)

__all__ = [
    "add_member",
    "change_card",
    "commit_roster",
    "correct_row",
    "create_household",
    "create_person",
    "discard_roster",
    "drop_row",
    "edit_household",
    "edit_person",
    "ensure_person",
    "read_again",
    "record_expense",
    "record_expenses",
    "reveal",
    "upload_again",
    "upload_roster",
    "write_returned_workbook",
]
