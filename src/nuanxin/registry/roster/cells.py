"""What every reader of cells needs: the fault, plain text, and how a cell is shown in a message."""

import re
from datetime import date
from typing import Any, NamedTuple

from .problems import ERROR


class Fault(NamedTuple):
    """A cell that is wrong (value None) or doubtful (a value and the severity of a warning)."""

    code: str
    params: dict[str, Any] = {}
    value: Any = None
    severity: str = ERROR


EXACT_DIGITS = 10**15  # a spreadsheet number is exact up to fifteen digits
_ERRORS = frozenset(
    ["#=", "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!"]
)
NOTHING = frozenset(
    ["", "/", "\\", "-", "--", "—", "——", "－", "、", ".", "。", "n/a", "null", "nan", "none"]
)
NONE_WORDS = frozenset(["无", "没有", "暂无", "零"])
_DIRT = re.compile(
    r"[\u0000-\u001f\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\uff10-\uff5a]| {2}"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}
_HIDDEN = re.compile(
    r"[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_ECHO = 40


def echo(cell: Any) -> str:
    """A cell as it may be repeated in a message: one line, not long."""
    text = (
        f"{cell:%Y-%m-%d}"
        if isinstance(cell, date)
        else number_text(cell)
        if isinstance(cell, float)
        else str(cell)
    )
    text = " ".join(text.split())
    return text if len(text) <= _ECHO else text[: _ECHO - 1] + "…"


def number_text(number: float) -> str:
    """A spreadsheet number as a person would have typed it: 3 for 3.0."""
    return str(int(number)) if number == int(number) and abs(number) < EXACT_DIGITS else repr(number)


def plain_text(cell: str) -> str:
    """A cell as clean text: half-width letters and digits, one space for any run of spaces or line breaks,
    none at the ends, no invisible characters, no apostrophe that marks text in spreadsheets."""
    text = cell
    if _DIRT.search(text):
        text = " ".join(_HIDDEN.sub("", text).translate(_WIDE).split())
    text = text.strip()
    return text.lstrip("'‘’`") if text[:1] in "'‘’`" else text


def is_error_text(text: str) -> bool:
    """Whether a cell shows a formula's error."""
    return text.startswith("#") and text.upper() in _ERRORS
