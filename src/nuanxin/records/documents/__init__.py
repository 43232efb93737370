"""Documents: what may come in, in which form it is kept, where it lies, and who may open it."""

from .access import may_open, opened_by, openers
from .intake import Cleaned, cleaned
from .store import keep, place_of, preview_of, sweep

__all__ = [
    "Cleaned",
    "cleaned",
    "keep",
    "may_open",
    "opened_by",
    "openers",
    "place_of",
    "preview_of",
    "sweep",
]
