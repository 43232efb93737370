"""Writes of reviews: what pages, the API and commands may call."""

from .again import determine_again, record_visit
from .deciding import decide, decide_later, return_many
from .proposing import propose
from .reviewing import cancel_review, close_review, resume_review, start_review

__all__ = [
    "cancel_review",
    "close_review",
    "decide",
    "decide_later",
    "determine_again",
    "propose",
    "record_visit",
    "resume_review",
    "return_many",
    "start_review",
]
