"""Reads of files, applications, lists and awards."""

from .figures import Aided, aided, awards_paid, closed, files_open_at, opened, reopened
from .finding import MOST as MOST_FOUND
from .finding import files_numbered, is_file_number, newest_files
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
    visits_of,
)
from .timeline import KINDS, Step, file_timeline, timeline
from .visiting import Due, open_application, visited_by, visits_due
from .work import lists_of, lists_to_decide, mine, objected_to, to_decide, to_review

__all__ = [
    "KINDS",
    "MOST_FOUND",
    "Aided",
    "Due",
    "Step",
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
    "file_timeline",
    "files",
    "files_numbered",
    "files_open_at",
    "is_file_number",
    "latest_assessment",
    "lists_of",
    "lists_to_decide",
    "live_notice",
    "mine",
    "newest_files",
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
