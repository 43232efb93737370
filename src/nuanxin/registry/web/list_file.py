"""A short list of persons in a file: the first rows of a workbook's first sheet, or of a text file."""

import tempfile
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile

from nuanxin.kernel.delimited import read_table
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workbook import WorkbookError, opened

SHEETS, TEXTS = (".xlsx", ".xlsm"), (".csv", ".tsv", ".txt")


def first_rows(file: UploadedFile, most: int) -> list[list[Any]]:
    """At most so many rows as they stand, a heading too; Refused at `file` when it cannot be read."""
    name = file.name or ""
    text = Path(name).suffix.casefold() in TEXTS
    with tempfile.NamedTemporaryFile(suffix=".txt" if text else ".xlsx") as kept:
        for piece in file.chunks():
            kept.write(piece)
        kept.flush()
        try:
            if text:
                table = read_table(name, partial(_open, kept.name), _persons)
                return list(islice(table.iter_rows(), most))
            with opened(Path(kept.name)) as book:
                return book.get_sheet_by_index(0).to_python(nrows=most)
        except WorkbookError as error:
            raise Refused(str(error), code=error.code, field="file") from error


def _open(path: str) -> IO[bytes]:
    return Path(path).open("rb")


def _persons(rows: list[list[str]]) -> int:
    """How many rows hold a name and a number beside it: by that the separator is known."""
    return sum(len(row) > 1 and row[0].strip() != "" and any(map(str.isdigit, row[1])) for row in rows)
