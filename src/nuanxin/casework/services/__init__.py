"""Writes of casework: what other apps, pages, the API and commands may call."""

from .aid import drop_list, fill, make_list, remove_awards, submit_list
from .aid_decision import approve_list, return_list
from .applications import start_application, start_for_roster, start_many, submit, withdraw
from .assessments import assess, assess_later
from .decision import approve, approve_many, refuse, send_back
from .files import close_file
from .reclassify import close_many, invite_many, reclassify_many
from .review import pass_to_notice, record_objection, return_application, settle_objection
from .visits import CHANGING, Place, record_visit, remove_document

__all__ = [
    "CHANGING",
    "Place",
    "approve",
    "approve_list",
    "approve_many",
    "assess",
    "assess_later",
    "close_file",
    "close_many",
    "drop_list",
    "fill",
    "invite_many",
    "make_list",
    "pass_to_notice",
    "reclassify_many",
    "record_objection",
    "record_visit",
    "refuse",
    "remove_awards",
    "remove_document",
    "return_application",
    "return_list",
    "send_back",
    "settle_objection",
    "start_application",
    "start_for_roster",
    "start_many",
    "submit",
    "submit_list",
    "withdraw",
]
