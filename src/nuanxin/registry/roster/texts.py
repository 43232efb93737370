"""Rosters as text files: packed into one file of the store, opened as the sheets of a workbook would be.

One text holds one table, so the households and their members come as two files of one upload.
"""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import IO, Any

from nuanxin.kernel.delimited import TextTable, read_table

from .columns import SHEETS
from .header import find_layout

#: How a pack of texts ends in the store, and how the files in it may end when they come in.
PACKED = ".texts"
ENDINGS = (".csv", ".tsv", ".txt")


def pack(files: Iterable[tuple[str, Iterator[bytes]]]) -> IO[bytes]:
    """One file, rewound, with the texts as they came, uncompressed: (name, its bytes in pieces)."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for at, (name, pieces) in enumerate(files):
            with archive.open(f"{at}/{PurePath(name).name}", "w") as part:
                for piece in pieces:
                    part.write(piece)
    target.seek(0)
    return target


def open_texts(path: Path) -> list[TextTable]:
    """The texts of a pack, each looked through once; WorkbookError tells what is wrong with one."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return [read_table(_title(name), partial(_open, path, name), _sense) for name in names]


def _open(path: Path, name: str) -> IO[bytes]:
    # the archive closes itself once the part it was opened for is closed
    with zipfile.ZipFile(path) as archive:
        return archive.open(name)


def _title(name: str) -> str:
    """The file's name as that of a sheet."""
    return PurePath(name).stem


def _sense(rows: list[list[Any]]) -> int:
    """How many headings of a roster the first rows show."""
    return max(len(find_layout(spec, rows, ()).found) for spec in SHEETS.values())
