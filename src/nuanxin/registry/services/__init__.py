"""Writes of the registry."""

from .circumstances import change_facts
from .households import FIELDS as HOUSEHOLD_FIELDS
from .households import (
    add_member,
    admit,
    card_doubtful,
    card_fields,
    change_card,
    create_household,
    edit_household,
    edit_person,
    record_expense,
    record_expenses,
    version_of,
)
from .likenesses import (
    filed_elsewhere_by_number,
    find_doubles,
    judge_distinct,
    look_again,
    look_for_doubles,
    search_under_way,
)
from .merging import merge_persons, undo_merge
from .people import FIELDS as PERSON_FIELDS
from .people import create_person, ensure_person
from .revealing import reveal
from .rosters import (
    commit_roster,
    correct_row,
    discard_roster,
    drop_row,
    is_busy,
    read_again,
    typed_cells,
    upload_again,
    upload_roster,
    write_returned_workbook,
)

__all__ = [
    "HOUSEHOLD_FIELDS",
    "PERSON_FIELDS",
    "add_member",
    "admit",
    "card_doubtful",
    "card_fields",
    "change_card",
    "change_facts",
    "commit_roster",
    "correct_row",
    "create_household",
    "create_person",
    "discard_roster",
    "drop_row",
    "edit_household",
    "edit_person",
    "ensure_person",
    "filed_elsewhere_by_number",
    "find_doubles",
    "is_busy",
    "judge_distinct",
    "look_again",
    "look_for_doubles",
    "merge_persons",
    "read_again",
    "record_expense",
    "record_expenses",
    "reveal",
    "search_under_way",
    "typed_cells",
    "undo_merge",
    "upload_again",
    "upload_roster",
    "version_of",
    "write_returned_workbook",
]
