"""Reads of files, applications, lists and awards."""

from .figures import Aided, aided, awards_paid, closed, files_open_at, opened, reopened
from .finding import Hit, find
from .lists import aid_lists, applications, awards_of, below, candidates, files, omissions_of
from .pages import (
    assessments_of,
    awards_of_file,
    determined_as_of,
    documents_of,
    latest_assessment,
    live_notice,
    notice_day,
    sum_this_year,
    timeline,
    visits_of,
)
from .visiting import Due, open_application, visited_by, visits_due
from .work import lists_of, lists_to_decide, mine, objected_to, to_decide, to_review

__all__ = [
    "Aided",
    "Due",
    "Hit",
    "aid_lists",
    "aided",
    "applications",
    "assessments_of",
    "awards_of",
    "awards_of_file",
    "awards_paid",
    "below",
    "candidates",
    "closed",
    "determined_as_of",
    "documents_of",
    "files",
    "files_open_at",
    "find",
    "latest_assessment",
    "lists_of",
    "lists_to_decide",
    "live_notice",
    "mine",
    "notice_day",
    "objected_to",
    "omissions_of",
    "open_application",
    "opened",
    "reopened",
    "sum_this_year",
    "timeline",
    "to_decide",
    "to_review",
    "visited_by",
    "visits_due",
    "visits_of",
]
