"""A batch as the bank wants it: a line for each payee with the full card, and the control totals last."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from nuanxin.kernel.money import Money
from nuanxin.kernel.sealing import unseal_many
from nuanxin.kernel.web.exports import harmless, write_workbook

from .. import queries
from ..models import Batch
from .words_zh import HEADINGS, TOTAL


def _rows(batch: Batch) -> Iterator[list[Any]]:
    """The lines in order, then how many and how much."""
    columns = ("line", "payee", "card_cipher", "bank", "branch", "amount", "reason")
    found = list(queries.lines(batch).values_list(*columns))
    cards = unseal_many((row[2] for row in found), "card")
    for (line, payee, _sealed, bank, branch, amount, reason), card in zip(found, cards, strict=True):
        yield [batch.number, line, payee, card, bank, branch, amount, reason]
    yield [TOTAL, len(found), "", "", "", "", Money.total(row[5] for row in found), ""]


def workbook(batch: Batch) -> IO[bytes]:
    """An .xlsx; cards as text, amounts as numbers."""
    return write_workbook(HEADINGS, _rows(batch), batch.number)[0]


def text(batch: Batch) -> IO[bytes]:
    """A .csv in GB 18030, which banks' programs and spreadsheets in Chinese read without asking."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    out = io.TextIOWrapper(file, encoding="gb18030", newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    writer.writerows([_plain(cell) for cell in row] for row in _rows(batch))
    out.flush()
    out.detach()
    file.seek(0)
    return file


def _plain(cell: Any) -> str:
    return str(cell.to_yuan()) if isinstance(cell, Money) else harmless(str(cell))


#: The formats on offer, by the ending of the file's name.
KINDS: dict[str, Callable[[Batch], IO[bytes]]] = {"xlsx": workbook, "csv": text}
