"""Paying what was decided; every step is one transaction and set-based.

`owe` takes what other apps decided, `make_batch`, `send` and `dissolve` lead it to the bank, `book_result`
books the bank's answer, `reissue` owes returned money again.
"""

from .batches import BankFile, Made, dissolve, make_batch, send
from .owing import NewCard, NewDue, owe, reissue
from .results import Outcome, book_result

__all__ = [
    "BankFile",
    "Made",
    "NewCard",
    "NewDue",
    "Outcome",
    "book_result",
    "dissolve",
    "make_batch",
    "owe",
    "reissue",
    "send",
]
