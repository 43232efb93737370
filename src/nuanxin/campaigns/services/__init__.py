"""Writes of the app: drives and their decision, who is on them, and the visits."""

from .drives import (
    OPEN,
    approve_drive,
    change_drive,
    close_drive,
    create_drive,
    drop_drive,
    return_drive,
    submit_drive,
)
from .recipients import Added, add_files, add_group, add_worker, take_off, take_off_over
from .visits import record_visit

__all__ = [
    "OPEN",
    "Added",
    "add_files",
    "add_group",
    "add_worker",
    "approve_drive",
    "change_drive",
    "close_drive",
    "create_drive",
    "drop_drive",
    "record_visit",
    "return_drive",
    "submit_drive",
    "take_off",
    "take_off_over",
]
