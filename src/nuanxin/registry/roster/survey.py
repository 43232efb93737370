"""What the columns of a file are called and what stands in them, for mapping them to ours by hand.

Samples are cut short and the middle of every long number is hidden: they serve to recognise a column.
"""

import re
from difflib import SequenceMatcher
from operator import itemgetter
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from .cells import echo
from .codes import normalise
from .columns import HOUSEHOLDS, SHEETS, SheetSpec
from .header import known_words, spellings
from .workbook import Finder, Own, RosterSheet, open_finder

MOST_SHEETS, MOST_COLUMNS, MOST_SAMPLES = 8, 150, 3
_LONG_NUMBER = re.compile(r"\d{7,}[\dXx]*")
_ALIKE = 0.6
_FEWEST = 2  # columns in common below which a sheet is none of ours


def survey(path: str | Path, own: Own) -> list[dict[str, Any]]:
    """Per sheet: `name`, `kind` (the sheet of ours it looks like, or ""), and its `columns` with `heading`,
    `letter` and `samples`. JSON-ready; WorkbookError as `open_workbook`."""
    finder = open_finder(path, own=own)
    kinds = _kinds(finder, list(finder.sheets)[:MOST_SHEETS])
    sheets = {name: finder.load(SHEETS[kind or HOUSEHOLDS.key], name) for name, kind in kinds.items()}
    return [
        {"name": name, "kind": kinds[name], "columns": _columns(sheet)}
        for name, sheet in sheets.items()
        if sheet.layout.headings
    ]


def _kinds(finder: Finder, names: list[str]) -> dict[str, str]:
    """For each sheet the kind of ours it most looks like: one of each kind, the households first."""
    kinds = dict.fromkeys(names, "")
    for spec in SHEETS.values():
        left = [(_likeness(finder.load(spec, name)), name) for name in names if not kinds[name]]
        score, best = max(left, key=itemgetter(0), default=(0, ""))
        if score >= _FEWEST:
            kinds[best] = spec.key
    return kinds


def _likeness(sheet: RosterSheet) -> int:
    """How many columns of its kind a sheet has, found or guessed; a name of ours decides."""
    spec = sheet.spec
    keys = set(guess(spec, [heading for _place, heading in sheet.layout.headings]).values())
    named = normalise(sheet.name) in {normalise(name) for name in spec.names}
    return len(keys | sheet.layout.found.keys()) + named * len(spec.columns)


def _columns(sheet: RosterSheet) -> list[dict[str, Any]]:
    below = sheet.top[sheet.layout.first_row :]
    return [
        {"heading": heading, "letter": xl_col_to_name(place), "samples": _samples(below, place)}
        for place, heading in sheet.layout.headings[:MOST_COLUMNS]
    ]


def _samples(rows: list[list[Any]], place: int) -> list[str]:
    cells = (row[place] for row in rows if place < len(row) and row[place] != "")
    texts = dict.fromkeys(_LONG_NUMBER.sub(_hidden, echo(cell)) for cell in cells)
    return list(texts)[:MOST_SAMPLES]


def _hidden(number: re.Match[str]) -> str:
    digits = number[0]
    return f"{digits[:3]}{'*' * (len(digits) - 5)}{digits[-2:]}"


def guess(spec: SheetSpec, headings: list[str], own: dict[str, str] | None = None) -> dict[str, str]:
    """The likeliest column for each heading, by heading: what the union said before, then names we know,
    then names alike; no column twice."""
    words, own = known_words(spec), own or {}
    guessed: dict[str, str] = {}
    for heading in headings:
        meant = next((words[form] for form in spellings(heading) if form in words), "")
        key = own.get(normalise(heading), meant)
        if key and key not in guessed.values():
            guessed[heading] = key
    left = [h for h in headings if h not in guessed and own.get(normalise(h)) != ""]
    alike = sorted(
        ((_alike(normalise(heading), word), heading, key) for heading in left for word, key in words.items()),
        reverse=True,
    )
    for score, heading, key in alike:
        if score >= _ALIKE and heading not in guessed and key not in guessed.values():
            guessed[heading] = key
    return guessed


def _alike(heading: str, word: str) -> float:
    """From 0 to 1: one within the other counts by their lengths, else by what they have in common."""
    if not heading or not word:
        return 0.0
    short, long = sorted((heading, word), key=len)
    within = 0.55 + 0.45 * len(short) / len(long) if len(short) > 1 and short in long else 0.0
    matcher = SequenceMatcher(None, heading, word, autojunk=False)
    return max(within, matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0)
