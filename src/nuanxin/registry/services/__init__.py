"""Writes of the registry."""

from .circumstances import change_facts
from .consents import record_consent, withdraw_consent
from .corrections import correct_fact, keeps_periods
from .divisions import load_divisions
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
    open_household,
    record_expense,
    record_expenses,
    version_of,
)
from .lifetimes import (
    change_head,
    end_household,
    merge_households,
    move_household,
    record_death,
    remove_member,
    reopen_household,
    split_household,
)
from .likenesses import (
    filed_elsewhere_by_number,
    find_doubles,
    judge_distinct,
    look_again,
    look_for_doubles,
    search_under_way,
)
from .mappings import change_mapping, forget_mappings, map_columns
from .merging import merge_persons, undo_merge
from .people import FIELDS as PERSON_FIELDS
from .people import create_person, ensure_person
from .receipts import write_roster_receipt
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
from .transfers import (
    accept_transfer,
    answerable,
    ask_transfer,
    offer_transfer,
    refuse_transfer,
    withdraw_transfer,
)
from .undoing import undo_roster

__all__ = [
    "HOUSEHOLD_FIELDS",
    "PERSON_FIELDS",
    "accept_transfer",
    "add_member",
    "admit",
    "answerable",
    "ask_transfer",
    "card_doubtful",
    "card_fields",
    "change_card",
    "change_facts",
    "change_head",
    "change_mapping",
    "commit_roster",
    "correct_fact",
    "correct_row",
    "create_household",
    "create_person",
    "discard_roster",
    "drop_row",
    "edit_household",
    "edit_person",
    "end_household",
    "ensure_person",
    "filed_elsewhere_by_number",
    "find_doubles",
    "forget_mappings",
    "is_busy",
    "judge_distinct",
    "keeps_periods",
    "load_divisions",
    "look_again",
    "look_for_doubles",
    "map_columns",
    "merge_households",
    "merge_persons",
    "move_household",
    "offer_transfer",
    "open_household",
    "read_again",
    "record_consent",
    "record_death",
    "record_expense",
    "record_expenses",
    "refuse_transfer",
    "remove_member",
    "reopen_household",
    "reveal",
    "search_under_way",
    "split_household",
    "typed_cells",
    "undo_merge",
    "undo_roster",
    "upload_again",
    "upload_roster",
    "version_of",
    "withdraw_consent",
    "withdraw_transfer",
    "write_returned_workbook",
    "write_roster_receipt",
]
